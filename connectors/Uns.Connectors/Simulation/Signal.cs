namespace Uns.Connectors;

/// <summary>The course a simulated value takes.</summary>
public enum SignalShape
{
    /// <summary>Stays at <see cref="Signal.Low"/>.</summary>
    Constant,

    /// <summary>A sine between low and high, once per period, starting at the middle.</summary>
    Sine,

    /// <summary>From low to high in one period, then back to low at once.</summary>
    Ramp,

    /// <summary>Smooth wandering between low and high that does not repeat; a period is about the time of one turn.</summary>
    Walk,

    /// <summary>Starts at low and grows by one each period; after high comes low.</summary>
    Counter,

    /// <summary>Half a period low, half a period high.</summary>
    Square,

    /// <summary>The recorded values of <see cref="Signal.Points"/>, each until the next; begins anew after a period.</summary>
    Replay,
}

/// <summary>A made-up value as a pure function of time: the same seed and time give the same value, on every machine.</summary>
/// <param name="Shape">The course.</param>
/// <param name="Low">Lowest value.</param>
/// <param name="High">Highest value, not below <paramref name="Low"/>.</param>
/// <param name="Period">Above zero.</param>
/// <param name="Seed">Tells one random walk from another; the other shapes are shifted by it, so that they do not march in step.</param>
public sealed record Signal(SignalShape Shape, double Low, double High, TimeSpan Period, int Seed = 0)
{
    /// <summary>Recorded values in the order of their times; for <see cref="SignalShape.Replay"/> alone.</summary>
    public IReadOnlyList<SignalPoint> Points { get; init; } = [];

    /// <summary>A value that stays.</summary>
    public static Signal Constant(double value) => new(SignalShape.Constant, value, value, TimeSpan.FromSeconds(1));

    /// <summary>The value at a time since the start.</summary>
    public double At(TimeSpan elapsed)
    {
        if (Shape == SignalShape.Replay)
        {
            return Recorded(TimeSpan.FromTicks(elapsed.Ticks % Period.Ticks));
        }

        var turns = (elapsed / Period) + (Shape is SignalShape.Counter or SignalShape.Walk || Seed == 0 ? 0 : Noise(Seed, 0));
        var phase = turns - Math.Floor(turns);
        return Shape switch
        {
            SignalShape.Sine => Low + ((High - Low) * (1 + Math.Sin(2 * Math.PI * phase)) / 2),
            SignalShape.Ramp => Low + ((High - Low) * phase),
            SignalShape.Walk => Low + ((High - Low) * Wander(turns)),
            SignalShape.Counter => Low + (Math.Floor(turns) % (Math.Floor(High - Low) + 1)),
            SignalShape.Square => phase < 0.5 ? Low : High,
            _ => Low,
        };
    }

    // The last value at or before the time; before the first, the first.
    private double Recorded(TimeSpan at)
    {
        var value = Points.Count == 0 ? Low : Points[0].Value;
        for (var index = 0; index < Points.Count && Points[index].At <= at; index++)
        {
            value = Points[index].Value;
        }

        return value;
    }

    // Four layers of smoothed noise, each half as strong and twice as fast: bounded without a memory of the steps before.
    private double Wander(double turns)
    {
        var sum = 0.0;
        var weight = 0.5;
        for (var layer = 0; layer < 4; layer++, weight /= 2, turns *= 2)
        {
            var step = (long)Math.Floor(turns);
            var part = turns - step;
            var smooth = part * part * (3 - (2 * part));
            var from = Noise(Seed + (layer * 7919), step);
            sum += weight * (from + ((Noise(Seed + (layer * 7919), step + 1) - from) * smooth));
        }

        return Math.Clamp(sum / 0.9375, 0, 1);
    }

    // A number in [0, 1) that looks random: the finishing steps of SplitMix64.
    private static double Noise(int seed, long step)
    {
        var bits = unchecked((((ulong)(uint)seed << 32) ^ (ulong)step) + 0x9E3779B97F4A7C15UL);
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9UL);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EBUL);
        return ((bits ^ (bits >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}

/// <summary>One recorded value.</summary>
/// <param name="At">Since the beginning of the record.</param>
/// <param name="Value">What it was from then on.</param>
public readonly record struct SignalPoint(TimeSpan At, double Value);
