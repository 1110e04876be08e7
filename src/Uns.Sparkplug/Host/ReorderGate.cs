using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>One decoded message with the time it arrived.</summary>
/// <param name="Topic">Who speaks, and what for.</param>
/// <param name="Payload">What is said; its seq is not null when it goes through the gate.</param>
/// <param name="Arrived">When it came, UTC.</param>
public sealed record SparkplugMessage(SparkplugTopic Topic, SparkplugPayload Payload, DateTimeOffset Arrived);

/// <summary>
/// Puts one edge node's messages back into <c>seq</c> order and says when that node must be asked for a rebirth.
/// Pure: no socket, timer or lock. The host's pump passes the time in and carries the answer out.
/// </summary>
/// <param name="reorderTimeout">How long a gap may stand.</param>
public sealed class ReorderGate(TimeSpan reorderTimeout)
{
    private const int Count = 256;

    // One slot per seq: the protocol itself bounds what can wait here.
    private readonly SparkplugMessage?[] _waiting = new SparkplugMessage?[Count];
    private int _waitingCount;
    private int _expected;
    private DateTimeOffset? _gapSince;

    /// <summary>Starts a new session at the birth's own number; what still waited belonged to the old one.</summary>
    public void Open(int birthSeq)
    {
        Array.Clear(_waiting);
        _waitingCount = 0;
        _expected = (birthSeq + 1) % Count;
        _gapSince = null;
    }

    /// <summary>Takes one message and appends to <paramref name="due"/>, in order, all that may now be processed.</summary>
    /// <returns>False when the message is a repeat or very late: it is dropped.</returns>
    public bool Accept(SparkplugMessage message, DateTimeOffset now, List<SparkplugMessage> due)
    {
        var seq = message.Payload.Seq!.Value;
        if (((seq - _expected) & (Count - 1)) >= Count / 2 || _waiting[seq] is not null)
        {
            return false; // Behind us on the ring, or here already: a repeat.
        }

        _waiting[seq] = message;
        _waitingCount++;
        var dueBefore = due.Count;
        while (_waiting[_expected] is { } next)
        {
            _waiting[_expected] = null;
            _waitingCount--;
            _expected = (_expected + 1) % Count; // [tck-id-payloads-sequence-num-incrementing]
            due.Add(next);
        }

        // Progress heals a gap; a later one starts its own wait. [tck-id-operational-behavior-host-reordering-success]
        if (_waitingCount == 0)
        {
            _gapSince = null;
        }
        else if (_gapSince is null || due.Count > dueBefore)
        {
            _gapSince = now; // [tck-id-operational-behavior-host-reordering-start]
        }

        return true;
    }

    /// <summary>True once a gap has stood for the whole reorder timeout.</summary>
    /// <remarks>[tck-id-operational-behavior-host-reordering-rebirth]</remarks>
    public bool NeedsRebirth(DateTimeOffset now) => now - _gapSince >= reorderTimeout;
}
