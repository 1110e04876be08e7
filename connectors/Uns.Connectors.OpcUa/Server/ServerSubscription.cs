using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>One subscription: samples its items, and makes messages of what changed. Pure but for the values it looks at.</summary>
/// <remarks>OPC 10000-4, 5.13.1. Touched under the sessions' lock.</remarks>
internal sealed class ServerSubscription(uint id, TimeProvider clock)
{
    /// <summary>Messages that are kept until the client has acknowledged them; older ones go first.</summary>
    public const int MostUnacknowledged = 64;

    private const long MostUnacknowledgedBytes = 8 * 1024 * 1024;
    private const int MostValues = 10_000;

    private readonly Dictionary<uint, MonitoredItem> _items = [];
    private readonly Dictionary<TimeSpan, SamplingRound> _rounds = [];
    private readonly Queue<MonitoredItem> _changed = new();
    private readonly SortedDictionary<uint, ReadOnlyMemory<byte>> _unacknowledged = [];
    private uint _sequence;
    private uint _lastItem;
    private uint _silent;
    private uint _unheard;
    private bool _spoke;

    public uint Id { get; } = id;

    public TimeSpan Interval { get; set; }

    public uint KeepAliveCount { get; set; }

    public uint LifetimeCount { get; set; }

    public int MostNotifications { get; set; }

    public bool IsEnabled { get; set; }

    /// <summary>When the next publishing is due, as the clock's time stamp.</summary>
    public long DueAt { get; set; }

    /// <summary>True when a message waits for a Publish request.</summary>
    public bool IsLate { get; private set; }

    /// <summary>True when nobody asked for its messages for too long.</summary>
    public bool IsOver => _unheard >= LifetimeCount;

    public int Items => _items.Count;

    public IEnumerable<uint> Unacknowledged => _unacknowledged.Keys;

    /// <summary>When the next sampling or publishing is due.</summary>
    public long NextAt => _rounds.Count == 0 ? DueAt : Math.Min(DueAt, _rounds.Values.Min(r => r.DueAt));

    public MonitoredItem Add(ReadTarget target, uint times)
    {
        var item = new MonitoredItem(++_lastItem, target, times);
        _items.Add(item.Id, item);
        return item;
    }

    public MonitoredItem? Find(uint item) => _items.GetValueOrDefault(item);

    /// <summary>Puts an item into the round of its sampling interval, once that or its mode was set.</summary>
    public void Place(MonitoredItem item)
    {
        foreach (var round in _rounds.Values.ToList())
        {
            if (round.Items.Remove(item) && round.Items.Count == 0)
            {
                _rounds.Remove(round.Every);
            }
        }

        if (item.Mode == 0)
        {
            item.Clear();
            return;
        }

        if (!_rounds.TryGetValue(item.Sampling, out var own))
        {
            _rounds.Add(item.Sampling, own = new(item.Sampling) { DueAt = clock.GetTimestamp() });
        }

        own.Items.Add(item);
    }

    public bool Remove(uint item)
    {
        if (!_items.Remove(item, out var found))
        {
            return false;
        }

        found.Mode = 0;
        Place(found);
        return true;
    }

    /// <summary>Tells every value anew.</summary>
    public void Renew()
    {
        foreach (var item in _items.Values)
        {
            item.Renew();
        }
    }

    /// <summary>Samples one item at once, so that its first value comes with the next message.</summary>
    public void Sample(MonitoredItem item, ItemLook look)
    {
        if (item.Mode != 0)
        {
            Sample(item, look, clock.GetUtcNow());
        }
    }

    /// <summary>What an item that only sampled has kept is told from now on.</summary>
    public void Report(MonitoredItem item)
    {
        if (item is { Mode: 2, IsWaiting: true })
        {
            _changed.Enqueue(item);
        }
    }

    /// <summary>Samples what is due.</summary>
    public void SampleDue(ItemLook look)
    {
        var now = clock.GetTimestamp();
        foreach (var round in _rounds.Values)
        {
            if (round.DueAt > now)
            {
                continue;
            }

            round.DueAt = Next(round.DueAt, round.Every, now);
            var time = clock.GetUtcNow();
            foreach (var item in round.Items)
            {
                Sample(item, look, time);
            }
        }
    }

    /// <summary>One publishing interval is over: counts silence, and says whether a message is due.</summary>
    public void Turn()
    {
        var now = clock.GetTimestamp();
        if (DueAt > now)
        {
            return;
        }

        DueAt = Next(DueAt, Interval, now);
        if (IsLate)
        {
            _unheard++;
            return;
        }

        if (HasNews)
        {
            IsLate = true;
        }
        else if (++_silent >= KeepAliveCount || !_spoke)
        {
            IsLate = true; // The first message comes at once, changes or not. [OPC 10000-4, 5.13.1.2]
        }
    }

    /// <summary>The client asked for something: the subscription lives on.</summary>
    public void Heard() => _unheard = 0;

    /// <summary>The message that is due, and whether more wait: id, numbers to be acknowledged, more, message.</summary>
    public UaWriter Message(out bool isMore)
    {
        (_silent, _spoke, IsLate) = (0, true, false);
        var message = new UaWriter();
        isMore = false;
        if (!HasNews)
        {
            message.UInt32(_sequence + 1).DateTime(clock.GetUtcNow()).Int32(0); // A keep-alive names the next number without using it up.
        }
        else
        {
            var values = new UaWriter();
            var count = Drain(values);
            isMore = IsLate = HasNews;
            var change = new UaWriter().Int32(count).Raw(values.Written.Span).Int32(0);
            _sequence = _sequence == uint.MaxValue ? 1 : _sequence + 1;
            message.UInt32(_sequence).DateTime(clock.GetUtcNow()).Int32(1).ExtensionObject(811, change);
            Keep(message.Written);
        }

        return new UaWriter().UInt32(Id).Int32(_unacknowledged.Count).Raw(Numbers().Written.Span).Boolean(isMore).Raw(message.Written.Span);
    }

    public bool Acknowledge(uint sequence) => _unacknowledged.Remove(sequence);

    /// <summary>A message sent before; null when it is kept no longer.</summary>
    public ReadOnlyMemory<byte>? Again(uint sequence) => _unacknowledged.TryGetValue(sequence, out var message) ? message : (ReadOnlyMemory<byte>?)null;

    private bool HasNews
    {
        get
        {
            while (_changed.TryPeek(out var item) && (item.Mode != 2 || !item.IsWaiting))
            {
                _changed.Dequeue(); // Taken out, or told to be silent, since it changed.
            }

            return IsEnabled && _changed.Count > 0;
        }
    }

    private void Sample(MonitoredItem item, ItemLook look, DateTimeOffset now)
    {
        if (item.Sample(look.Attributes, look.Space, look.Index, look.Right, now) && item.Mode == 2)
        {
            _changed.Enqueue(item);
        }
    }

    private UaWriter Numbers()
    {
        var numbers = new UaWriter();
        foreach (var number in _unacknowledged.Keys)
        {
            numbers.UInt32(number);
        }

        return numbers;
    }

    private int Drain(UaWriter values)
    {
        var most = MostNotifications == 0 ? MostValues : Math.Min(MostNotifications, MostValues);
        var count = 0;
        while (count < most && _changed.TryPeek(out var item))
        {
            if (item.Mode == 2 && item.IsWaiting)
            {
                values.UInt32(item.ClientHandle).DataValue(item.Take());
                count++;
            }

            if (item.Mode != 2 || !item.IsWaiting)
            {
                _changed.Dequeue();
            }
        }

        return count;
    }

    private void Keep(ReadOnlyMemory<byte> message)
    {
        _unacknowledged[_sequence] = message;
        while (_unacknowledged.Count > MostUnacknowledged || (_unacknowledged.Count > 1 && _unacknowledged.Values.Sum(m => (long)m.Length) > MostUnacknowledgedBytes))
        {
            _unacknowledged.Remove(_unacknowledged.Keys.First());
        }
    }

    // Keeps the pace; after a pause it goes on from now instead of catching up.
    private long Next(long due, TimeSpan every, long now)
    {
        var step = (long)(every.TotalSeconds * clock.TimestampFrequency);
        return due + step > now ? due + step : now + step;
    }

    private sealed class SamplingRound(TimeSpan every)
    {
        public TimeSpan Every { get; } = every;

        public HashSet<MonitoredItem> Items { get; } = [];

        public long DueAt { get; set; }
    }
}

/// <summary>With what items look at their values.</summary>
internal readonly record struct ItemLook(AttributeServices Attributes, IUaSpace Space, ushort Index, OpcUaRight Right);
