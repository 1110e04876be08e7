using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>Keeps each edge node's bdSeq over restarts.</summary>
public interface IBirthSequenceStore
{
    /// <summary>The number for the CONNECT about to be sent: one more than the last, 0 after 255, 0 the very first time.</summary>
    /// <param name="node">Whose number.</param>
    /// <param name="cancellationToken">Ends the wait; the number may then be spent or not.</param>
    /// <returns>0 to 255. On return the number is kept so that a crash cannot give it out again.</returns>
    /// <remarks>[tck-id-topics-nbirth-bdseq-increment]</remarks>
    ValueTask<int> NextAsync(EdgeNodeId node, CancellationToken cancellationToken);
}
