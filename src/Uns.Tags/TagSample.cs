namespace Uns.Tags;

/// <summary>What one tag was at one moment.</summary>
/// <param name="Tag">The tag's name within its device, as the user wrote it; <c>/</c> separates folders.</param>
/// <param name="Value">The value in engineering units. With bad quality it is null: who keeps the last value is the receiver.</param>
/// <param name="Quality">Good, uncertain or bad.</param>
/// <param name="SourceTime">When the device knew it; where the protocol does not tell, when the answer was read. UTC.</param>
/// <param name="Reason">Why the quality is not good, in one short sentence; null when it is good.</param>
public readonly record struct TagSample(string Tag, TagValue Value, TagQuality Quality, DateTimeOffset SourceTime, string? Reason = null)
{
    /// <summary>True for the first sample after a write that the device confirmed: it is told although nothing may have changed, since somebody waits for it.</summary>
    public bool IsAnswer { get; init; }
}
