namespace Uns.Connectors;

/// <summary>How long to wait before the next attempt: doubling, bounded, and spread so that many devices do not come back at one moment.</summary>
/// <param name="random">Where the spread comes from.</param>
/// <param name="failuresBeforeRest">After so many failures in a row only the longest wait is taken.</param>
/// <param name="longest">The longest wait; null for <see cref="Longest"/>.</param>
public sealed class BackOff(Random random, int failuresBeforeRest = BackOff.UsualFailures, TimeSpan? longest = null)
{
    /// <summary>Failures after which the doubled wait has come to the longest by itself.</summary>
    public const int UsualFailures = 7;

    private readonly TimeSpan _longest = longest ?? Longest;
    private int _failures;

    /// <summary>The first wait, before the spread.</summary>
    public static TimeSpan First { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait, unless another is set.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait after one more failure: half to the whole of 0.5, 1, 2 … s up to the longest, or at once the longest after enough failures.</summary>
    public TimeSpan Next()
    {
        // Thirteen doublings pass an hour; the exponent stays small through years of failures.
        var whole = First * Math.Pow(2, Math.Min(_failures, 13));
        _failures = Math.Min(_failures + 1, int.MaxValue - 1);
        whole = whole > _longest || _failures >= failuresBeforeRest ? _longest : whole;
        return whole * (0.5 + (0.5 * random.NextDouble()));
    }

    /// <summary>Starts small again: the device has answered.</summary>
    public void Reset() => _failures = 0;
}
