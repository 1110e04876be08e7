using System.Numerics;

namespace Uns.Connectors;

/// <summary>Round trips of the last five to ten minutes in buckets an eighth of a doubling wide: bounded, and percentiles within 13 %. Not safe for many threads.</summary>
/// <param name="start">When counting begins, on the caller's monotonic time.</param>
internal sealed class RoundTripHistogram(TimeSpan start)
{
    private const int PerDoubling = 8;

    // 1 µs to 134 s, above every limit of an answer.
    private const int Doublings = 27;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private uint[] _current = new uint[PerDoubling * Doublings];
    private uint[] _before = new uint[PerDoubling * Doublings];
    private TimeSpan _begun = start;

    /// <summary>Counts one round trip.</summary>
    public void Add(TimeSpan roundTrip, TimeSpan now)
    {
        Turn(now);
        _current[IndexOf(roundTrip)]++;
    }

    /// <summary>The time within which so great a part of the answers came; null when there were none.</summary>
    /// <param name="part">0 to 1.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? Percentile(double part, TimeSpan now)
    {
        Turn(now);
        var total = Count();
        var wanted = Math.Max(1, (long)Math.Ceiling(total * part));
        for (var (index, sum) = (0, 0L); index < _current.Length && total > 0; index++)
        {
            sum += _current[index] + _before[index];
            if (sum >= wanted)
            {
                return UpperEdge(index);
            }
        }

        return null;
    }

    private long Count()
    {
        var total = 0L;
        for (var index = 0; index < _current.Length; index++)
        {
            total += _current[index] + _before[index];
        }

        return total;
    }

    private void Turn(TimeSpan now)
    {
        if (now - _begun < Window)
        {
            return;
        }

        (_current, _before) = (_before, _current);
        Array.Clear(_current);
        if (now - _begun >= Window * 2)
        {
            Array.Clear(_before);
        }

        _begun = now;
    }

    private static int IndexOf(TimeSpan roundTrip)
    {
        var micros = (ulong)Math.Max(1, roundTrip.Ticks / TimeSpan.TicksPerMicrosecond);
        var doubling = BitOperations.Log2(micros);
        var eighth = (int)((micros * PerDoubling) >> doubling) - PerDoubling;
        return Math.Min((doubling * PerDoubling) + eighth, (PerDoubling * Doublings) - 1);
    }

    private static TimeSpan UpperEdge(int index) =>
        TimeSpan.FromMicroseconds((double)(1L << (index / PerDoubling)) * (PerDoubling + (index % PerDoubling) + 1) / PerDoubling);
}
