using System.Numerics;

namespace Uns.Hub.Bench;

/// <summary>Counts times in buckets of at most 1.6 % width, so that a percentile costs no memory per message.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;

    private readonly long[] _counts = new long[(64 - StepBits + 1) << StepBits];
    private long _total;

    /// <summary>Longest time, in nanoseconds.</summary>
    public long Maximum { get; private set; }

    /// <summary>Books some messages that took the same time.</summary>
    public void Add(long nanoseconds, int messages = 1)
    {
        nanoseconds = Math.Max(nanoseconds, 0);
        _counts[Bucket(nanoseconds)] += messages;
        _total += messages;
        Maximum = Math.Max(Maximum, nanoseconds);
    }

    /// <summary>The time that a share of the messages did not exceed, in microseconds; 0 when there are none.</summary>
    /// <param name="percent">Above 0 to 100.</param>
    public double Microseconds(double percent)
    {
        var left = (long)Math.Ceiling(_total * percent / 100);
        for (var i = 0; i < _counts.Length && left > 0; i++)
        {
            left -= _counts[i];
            if (left <= 0)
            {
                return Math.Min(UpperEdge(i), Maximum) / 1000.0;
            }
        }

        return 0;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        _total = Maximum = 0;
    }

    private static int Bucket(long value)
    {
        var shift = Math.Max(0, 64 - BitOperations.LeadingZeroCount((ulong)value) - StepBits - 1);
        return (int)(((long)shift << StepBits) + (value >> shift));
    }

    private static long UpperEdge(int bucket)
    {
        var shift = Math.Max(0, (bucket >> StepBits) - 1);
        var start = (long)bucket - ((long)shift << StepBits);
        return ((start + 1) << shift) - 1;
    }
}
