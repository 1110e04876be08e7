namespace Uns.Hub.Bench;

/// <summary>
/// Holds what arrived against what was sent: every message of a stream once and in order at every receiver of that stream.
/// Pure memory. A stream is the messages of one publisher that all have the same receivers.
/// </summary>
internal sealed class DeliveryLedger(int receivers, int streams)
{
    /// <summary>Numbers remembered as skipped; what is skipped beyond them is counted as lost for good.</summary>
    private const int MaximumSkipped = 100_000;

    private readonly long[] _next = new long[receivers * streams];
    private readonly HashSet<(int Pair, long Number)> _skipped = [];
    private long _lostForGood;

    /// <summary>Messages that came a second time.</summary>
    public long Doubled { get; private set; }

    /// <summary>Messages that came after a later one of their stream.</summary>
    public long Reordered { get; private set; }

    /// <summary>Messages of which a later one came and they did not, so far.</summary>
    public long Skipped => _skipped.Count + _lostForGood;

    /// <summary>Books one arrival. Numbers of a stream begin at 0.</summary>
    /// <exception cref="BenchException">The message names a stream that this run does not have.</exception>
    public void Arrived(int receiver, int stream, long number)
    {
        if ((uint)stream >= (uint)streams || number < 0)
        {
            throw new BenchException($"A message came that this run did not send (stream {stream}, number {number}): let nobody else publish on the broker meanwhile.");
        }

        ref var next = ref _next[(receiver * streams) + stream];
        if (number == next)
        {
            next++;
            return;
        }

        OutOfTurn((receiver * streams) + stream, ref next, number);
    }

    /// <summary>Messages that a receiver still lacks of the first <paramref name="sent"/> of a stream.</summary>
    public long Missing(int receiver, int stream, long sent)
    {
        var pair = (receiver * streams) + stream;
        return sent - _next[pair] + (_skipped.Count == 0 ? 0 : _skipped.Count(s => s.Pair == pair));
    }

    private void OutOfTurn(int pair, ref long next, long number)
    {
        if (number < next)
        {
            if (_skipped.Remove((pair, number)))
            {
                Reordered++;
            }
            else
            {
                Doubled++;
            }

            return;
        }

        for (var skipped = next; skipped < number; skipped++)
        {
            if (_skipped.Count >= MaximumSkipped)
            {
                _lostForGood += number - skipped;
                break;
            }

            _skipped.Add((pair, skipped));
        }

        next = number + 1;
    }
}
