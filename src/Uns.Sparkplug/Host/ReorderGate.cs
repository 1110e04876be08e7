namespace Uns.Sparkplug.Host;

/// <summary>What the gate says about a message's number.</summary>
public enum GateVerdict
{
    /// <summary>It is the next one: process it now, then take what waited for it.</summary>
    Next,

    /// <summary>It overtook another: to be kept until that one comes.</summary>
    Early,

    /// <summary>It was there before, or is very late: drop it.</summary>
    Repeat,

    /// <summary>It overtook another, and no more can be kept: the gap counts as lost.</summary>
    Full,
}

/// <summary>
/// Puts one edge node's messages back into <c>seq</c> order and says when that node must be asked for a rebirth.
/// Pure: no socket, timer or lock. The host's pump passes the time in and carries the answer out.
/// </summary>
/// <typeparam name="TMessage">What is kept of a message that waits.</typeparam>
/// <param name="reorderTimeout">How long a gap may stand. [tck-id-operational-behavior-host-reordering-param]</param>
/// <param name="count">How many sequence numbers there are.</param>
/// <param name="messagesBound">Most messages that wait.</param>
/// <param name="bytesBound">Most bytes that wait.</param>
public sealed class ReorderGate<TMessage>(TimeSpan reorderTimeout, int count = 256, int messagesBound = 64, long bytesBound = 1024 * 1024)
    where TMessage : class
{
    private readonly List<(int Seq, int Bytes, TMessage Message)> _waiting = [];
    private long _waitingBytes;
    private DateTimeOffset? _gapSince;

    /// <summary>The number that is to come next.</summary>
    public int Expected { get; private set; }

    /// <summary>Messages that wait for another.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>True when a message of this number is to be processed at once and nothing waits: the way nearly all go.</summary>
    public bool IsPlainNext(int seq) => seq == Expected && _waiting.Count == 0;

    /// <summary>The plain next message was processed.</summary>
    public void Advance() => Expected = (Expected + 1) % count; // [tck-id-payloads-sequence-num-incrementing]

    /// <summary>Starts a new session at the birth's own number; what still waited belonged to the old one.</summary>
    public void Open(int birthSeq)
    {
        _waiting.Clear();
        _waitingBytes = 0;
        Expected = (birthSeq + 1) % count;
        _gapSince = null;
    }

    /// <summary>Judges a message's number. After <see cref="GateVerdict.Next"/> the gate expects the one after it.</summary>
    public GateVerdict Judge(int seq, int bytes, DateTimeOffset now)
    {
        if (((seq - Expected + count) % count) >= count / 2 || _waiting.Exists(w => w.Seq == seq))
        {
            return GateVerdict.Repeat; // Behind us on the ring, or here already.
        }

        if (seq == Expected)
        {
            Advance();

            // Progress heals a gap; a later one starts its own wait. [tck-id-operational-behavior-host-reordering-success]
            _gapSince = _waiting.Count == 0 ? null : now;
            return GateVerdict.Next;
        }

        if (_waiting.Count >= messagesBound || _waitingBytes + bytes > bytesBound)
        {
            return GateVerdict.Full;
        }

        _gapSince ??= now; // [tck-id-operational-behavior-host-reordering-start]
        return GateVerdict.Early;
    }

    /// <summary>Keeps a message that was judged early.</summary>
    public void Keep(int seq, int bytes, TMessage message)
    {
        _waiting.Add((seq, bytes, message));
        _waitingBytes += bytes;
    }

    /// <summary>Takes the next message that waited, if its turn has come.</summary>
    public bool TryTake(out int seq, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TMessage? message)
    {
        seq = Expected;
        message = null;
        var at = _waiting.FindIndex(w => w.Seq == Expected);
        if (at < 0)
        {
            return false;
        }

        message = _waiting[at].Message;
        _waitingBytes -= _waiting[at].Bytes;
        _waiting.RemoveAt(at);
        Advance();
        if (_waiting.Count == 0)
        {
            _gapSince = null;
        }

        return true;
    }

    /// <summary>True once a gap has stood for the whole reorder timeout.</summary>
    /// <remarks>[tck-id-operational-behavior-host-reordering-rebirth] A clock that was set back ends the wait: how long it was nobody knows.</remarks>
    public bool NeedsRebirth(DateTimeOffset now) => now < _gapSince || now - _gapSince >= reorderTimeout;
}
