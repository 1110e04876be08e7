using Uns.Tags;

namespace Uns.Historian;

/// <summary>How far a moment of the past can be believed. A larger one is worse.</summary>
public enum HistoryQuality
{
    /// <summary>Read as it should be.</summary>
    Good,

    /// <summary>The device itself doubted it.</summary>
    Uncertain,

    /// <summary>The device refused it; the value beside it is the one known before.</summary>
    Bad,

    /// <summary>Who told us was gone.</summary>
    Stale,

    /// <summary>Nobody recorded: the hub did not run, or values were lost.</summary>
    Gap,
}

/// <summary>One moment of a series. The value holds until the next sample.</summary>
/// <param name="Time">Source time in ms since 1970, UTC.</param>
/// <param name="Value">The value; what is neither number, truth, time nor text is kept as text of at most 1,000 characters.</param>
/// <param name="Quality">How far it can be believed.</param>
public readonly record struct HistorySample(long Time, TagValue Value, HistoryQuality Quality)
{
    /// <summary>The value as a number that can be drawn; NaN when it is none, or not to be believed.</summary>
    public double Number => Quality <= HistoryQuality.Uncertain && double.IsFinite(Value.Number) ? Value.Number : double.NaN;
}
