namespace Uns.Connectors.TagFiles;

/// <summary>A connector whose device can name everything it holds, so that a whole part of it becomes tags in one import.</summary>
public interface IOffersTags
{
    /// <summary>All values below a place, as rows of an import.</summary>
    /// <param name="below">An id from browsing; null for everything.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="ConnectorException">There is no such place, or the device was lost.</exception>
    Task<TagOffer> OfferAsync(string? below, CancellationToken cancellationToken);
}

/// <summary>What a device holds below a place.</summary>
/// <param name="Rows">One for each value, numbered in the order in which they were found.</param>
/// <param name="IsWhole">False when there was more than fits, or more than there was time for: ask for parts of it.</param>
public sealed record TagOffer(IReadOnlyList<TagRow> Rows, bool IsWhole);
