namespace Uns.Connectors.TagFiles;

/// <summary>A connector whose device can name everything it holds, so that a whole part of it becomes tags in one import.</summary>
public interface IOffersTags
{
    /// <summary>All values below a place, as rows of an import.</summary>
    /// <param name="ask">Which place, and how long it may take.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="ConnectorException">There is no such place, or the device was lost.</exception>
    Task<TagOffer> OfferAsync(OfferAsk ask, CancellationToken cancellationToken);
}

/// <summary>What is asked of a device that can name its values.</summary>
/// <param name="Below">An id from browsing; null for everything.</param>
public sealed record OfferAsk(string? Below = null)
{
    /// <summary>How long to look before what was found so far is told; above zero.</summary>
    /// <value>20 s unless set: below the limit of one call of the worker.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Hears how far it is, after each place; null: nobody. Must not block.</summary>
    public Action<OfferProgress>? Told { get; init; }
}

/// <summary>How far a walk through a device is.</summary>
/// <param name="Places">Places that were looked at.</param>
/// <param name="Waiting">Places that are known and were not looked at yet.</param>
/// <param name="Values">Values that were found.</param>
public readonly record struct OfferProgress(int Places, int Waiting, int Values);

/// <summary>What a device holds below a place.</summary>
/// <param name="Rows">One for each value, numbered in the order in which they were found.</param>
/// <param name="IsWhole">False when there was more than fits, or more than there was time for: ask for parts of it.</param>
public sealed record TagOffer(IReadOnlyList<TagRow> Rows, bool IsWhole)
{
    /// <summary>Everything that was met on the way, values included, by id; the start is not in it.</summary>
    public IReadOnlyDictionary<string, OfferedPlace> Places { get; init; } = new Dictionary<string, OfferedPlace>();
}

/// <summary>Something that was met on a walk.</summary>
/// <param name="Name">Its name, as the device tells it.</param>
/// <param name="Above">Id of what it was found below; empty directly below the start.</param>
public readonly record struct OfferedPlace(string Name, string Above);
