namespace Uns.Tags;

/// <summary>
/// Report by exception for one tag: lets a sample through when the value moved beyond the deadband, or when quality, its
/// reason or the type changed; and what answers a write. One caller at a time; kept in place, a copy of it remembers on its own.
/// </summary>
/// <remarks>The distance is taken from the sample last let through, so that a slow drift is told too.</remarks>
public struct ChangeFilter
{
    private TagValue _value;
    private string? _reason;
    private TagQuality _quality;
    private bool _hasReported;

    /// <summary>The value let through last; null before the first.</summary>
    public readonly TagValue? LastTold => _hasReported ? _value : null;

    /// <summary>True when the sample is news; it is then what the next ones are measured against.</summary>
    /// <param name="sample">What was read.</param>
    /// <param name="deadband">How far a number has to move.</param>
    public bool Passes(in TagSample sample, Deadband deadband)
    {
        var isNews = !_hasReported
            || sample.IsAnswer
            || sample.Quality != _quality
            || !string.Equals(sample.Reason, _reason, StringComparison.Ordinal)
            || deadband.IsBeyond(_value, sample.Value);
        if (isNews)
        {
            (_value, _quality, _reason, _hasReported) = (sample.Value, sample.Quality, sample.Reason, true);
        }

        return isNews;
    }
}
