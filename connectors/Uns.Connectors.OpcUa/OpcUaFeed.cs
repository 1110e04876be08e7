using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>
/// What a connector knows of its subscription: the numbers of its messages and what is to be acknowledged. It outlives the connection, so that the
/// next one can take the subscription over and ask for what it missed. Pure.
/// </summary>
/// <remarks>OPC 10000-4, 5.13.1.1: numbers begin at 1, go up by one with each message that brings something, and after the greatest comes 1.</remarks>
/// <param name="id">The subscription's id.</param>
/// <param name="keepAlive">Longest time between two messages.</param>
/// <param name="namespaces">The server's namespaces when it was made: with others, its items may mean something else.</param>
/// <param name="items">How many values it watches; the one at each place has been told or not.</param>
internal sealed class OpcUaFeed(uint id, TimeSpan keepAlive, IReadOnlyList<string> namespaces, int items)
{
    /// <summary>Most messages that are asked for again; a longer gap is healed by reading.</summary>
    public const int MostMissed = 64;

    private const int MostUnacknowledged = 256;

    private readonly List<(uint, uint)> _acknowledge = [];
    private readonly bool[] _told = new bool[items];
    private uint _last; // 0: none yet, and 1 is the first to come.

    public uint Id { get; } = id;

    public TimeSpan KeepAlive { get; } = keepAlive;

    /// <summary>Items that the server refused, by their place in the plan.</summary>
    public List<int> Refused { get; set; } = [];

    /// <summary>The number that the next message will have.</summary>
    public uint Following => Next(_last);

    /// <summary>True while some value may not have been told since the subscription was made or taken over.</summary>
    public bool IsFresh { get; private set; } = true;

    /// <summary>What the next request acknowledges; taken with the call.</summary>
    public IReadOnlyList<(uint Subscription, uint Sequence)> TakeAcknowledgements()
    {
        var taken = _acknowledge.ToArray();
        _acknowledge.Clear();
        return taken;
    }

    /// <summary>True when a server with these namespaces can still mean the same by its items.</summary>
    public bool Fits(IReadOnlyList<string> now) => namespaces.SequenceEqual(now, StringComparer.Ordinal);

    /// <summary>The feed goes on over another connection: every value is told anew.</summary>
    public void Resume()
    {
        Array.Clear(_told);
        _acknowledge.Clear();
        IsFresh = true;
    }

    /// <summary>Numbers between the last message and this one, to be asked for again; null when there are too many.</summary>
    public IReadOnlyList<uint>? Missed(uint sequence)
    {
        var missed = new List<uint>();
        for (var next = Next(_last); next != sequence; next = Next(next))
        {
            if (missed.Count == MostMissed)
            {
                return null;
            }

            missed.Add(next);
        }

        return missed;
    }

    /// <summary>Of the messages that the server still keeps, those that did not come: in order.</summary>
    public IReadOnlyList<uint> MissedOf(IReadOnlyList<uint> kept) => [.. kept.Where(k => (int)(k - _last) > 0).OrderBy(k => k - _last)];

    /// <summary>A message came. A keep-alive carries the number of the next one and is not acknowledged.</summary>
    public void Take(UaNotification message)
    {
        if (message.IsKeepAlive)
        {
            _last = message.Sequence - 1;
            return;
        }

        _last = message.Sequence;
        if (_acknowledge.Count < MostUnacknowledged)
        {
            _acknowledge.Add((Id, message.Sequence));
        }
    }

    /// <summary>The value at a place was told.</summary>
    public void Tell(int item) => _told[item] = true;

    /// <summary>The values that were not told although nothing waits at the server any more; asked once.</summary>
    public IReadOnlyList<int> TakeUntold(IEnumerable<int> known)
    {
        IsFresh = false;
        return [.. known.Where(i => !_told[i])];
    }

    private static uint Next(uint sequence) => sequence == uint.MaxValue ? 1 : sequence + 1;
}
