using System.Text.Json;

namespace Uns.Tree;

/// <summary>Writes values, as <see cref="TreeWriter"/> does; whoever stands between may refuse.</summary>
public interface IValueWriter
{
    /// <summary>Writes one value.</summary>
    /// <param name="path">The value's path in the tree.</param>
    /// <param name="given">The new value in engineering units; it must fit the type without loss, and the range that the birth gave.</param>
    /// <param name="answerTimeout">Longest wait for the effect to come back as data.</param>
    /// <param name="cancellationToken">Ends the wait; a command already sent stays sent. It is never sent twice.</param>
    /// <param name="who">Who writes, for the witness.</param>
    Task<WriteResult> WriteAsync(string path, JsonElement given, TimeSpan answerTimeout, CancellationToken cancellationToken, string who = "");
}
