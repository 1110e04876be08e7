namespace Uns.Tags;

/// <summary>
/// Report by exception for one tag: lets a sample through when the value moved beyond the deadband, or when quality, its
/// reason or the type changed. Pure; one caller at a time.
/// </summary>
/// <remarks>The distance is taken from the sample last let through, so that a slow drift is told too.</remarks>
public sealed class ChangeFilter(Deadband deadband)
{
    private TagSample _reported;
    private bool _hasReported;

    /// <summary>True when the sample is news; it is then what the next ones are measured against.</summary>
    public bool Passes(in TagSample sample)
    {
        var isNews = !_hasReported
            || sample.Quality != _reported.Quality
            || !string.Equals(sample.Reason, _reported.Reason, StringComparison.Ordinal)
            || deadband.IsBeyond(_reported.Value, sample.Value);
        if (isNews)
        {
            _reported = sample;
            _hasReported = true;
        }

        return isNews;
    }
}
