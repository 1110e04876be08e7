using System.Text.Json;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>A connector whose device keeps a history of its own.</summary>
public interface IReadsHistory
{
    /// <summary>Reads what the device remembers of one value.</summary>
    /// <exception cref="ConnectorException">The device was lost.</exception>
    Task<HistoryPage> ReadHistoryAsync(HistoryAsk ask, CancellationToken cancellationToken);
}

/// <summary>Which part of a history is wanted.</summary>
/// <param name="Address">The value, in the protocol's own notation.</param>
/// <param name="From">Begin, included. UTC.</param>
/// <param name="To">End, not included; before <paramref name="From"/> to read backwards. UTC.</param>
public sealed record HistoryAsk(string Address, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Most values of one answer.</summary>
    public const int MostValues = 10_000;

    /// <summary>True for the values that were changed or deleted afterwards.</summary>
    public bool Modified { get; init; }

    /// <summary>What the device is to work out of each interval, such as <c>Average</c>; null for the values themselves.</summary>
    public string? Aggregate { get; init; }

    /// <summary>Length of one interval, where there is an aggregate; above zero.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>How many values are wanted, 1 to <see cref="MostValues"/>.</summary>
    public int Most { get; init; } = MostValues;
}

/// <summary>What a device remembers.</summary>
/// <param name="Values">In the order asked for.</param>
/// <param name="IsWhole">False when there is more than was given: ask again from the last time on.</param>
/// <param name="Refusal">Why the device gave nothing, in one sentence; null when it did not refuse.</param>
public sealed record HistoryPage(IReadOnlyList<HistoryEntry> Values, bool IsWhole, string? Refusal = null);

/// <summary>One remembered value.</summary>
/// <param name="At">When it was so, by the device's clock; null when it does not tell. UTC.</param>
/// <param name="Value">The value; null where there was none.</param>
/// <param name="Quality">Good, uncertain or bad.</param>
/// <param name="Status">The device's own word for it.</param>
public sealed record HistoryEntry(DateTimeOffset? At, JsonElement Value, TagQuality Quality, string Status)
{
    /// <summary>When it was changed or deleted; null for a value that was not. UTC.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>What was done to it: Insert, Replace, Update or Delete; null for a value that was not changed.</summary>
    public string? Modification { get; init; }

    /// <summary>Who did it, if the device tells.</summary>
    public string? ModifiedBy { get; init; }
}
