namespace Uns.Connectors;

/// <summary>How long to wait before the next attempt: doubling, bounded, and spread so that many devices do not come back at one moment.</summary>
/// <param name="random">Where the spread comes from.</param>
public sealed class BackOff(Random random)
{
    private int _failures;

    /// <summary>The first wait, before the spread.</summary>
    public static TimeSpan First { get; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait after one more failure: half to the whole of 0.5, 1, 2 … 30 s.</summary>
    public TimeSpan Next()
    {
        // Six doublings pass 30 s; the exponent stays small through years of failures.
        var whole = First * Math.Pow(2, Math.Min(_failures, 6));
        _failures = Math.Min(_failures + 1, 6);
        whole = whole > Longest ? Longest : whole;
        return whole * (0.5 + (0.5 * random.NextDouble()));
    }

    /// <summary>Starts small again: the device has answered.</summary>
    public void Reset() => _failures = 0;
}
