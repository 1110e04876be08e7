using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Sessions;

/// <summary>What an outgoing QoS 1 or 2 message waits for.</summary>
internal enum Awaited : byte
{
    PubAck,
    PubRec,
    PubComp,
}

/// <summary>An outgoing QoS 1 or 2 message that was begun. MQTT 5.0, 4.3.</summary>
internal struct InFlight
{
    /// <summary>The message, kept where the session may be resumed; null where it ends with its connection.</summary>
    public Message? Message;

    public int[] SubscriptionIds;
    public QualityOfService Qos;
    public Awaited Awaits;
    public bool Retain;

    /// <summary>True while it counts against the client's receive maximum on this connection.</summary>
    public bool IsOnWire;

    /// <summary>Place in the row of messages; also the row in the store.</summary>
    public long Sequence;

    /// <summary>The shared subscription it came by, so that another member can have it; null: none.</summary>
    public string? Share;
}

/// <summary>A message that waits to be begun.</summary>
internal readonly record struct Queued(Message Message, QualityOfService Qos, bool Retain, int[] SubscriptionIds, long Sequence, string? Share = null);

/// <summary>The retained messages that a new subscription asked for and how far they were sent.</summary>
/// <remarks>The places are shared with all who asked the same; a message is read when its turn comes.</remarks>
internal sealed class RetainedReplay(string filter, Retained.RetainedNode[] places, QualityOfService maximumQos, int[] subscriptionIds)
{
    private int _next;

    public string Filter => filter;

    public QualityOfService MaximumQos => maximumQos;

    public int[] SubscriptionIds => subscriptionIds;

    /// <summary>Takes the next place.</summary>
    /// <returns>Null at the end.</returns>
    public Retained.RetainedNode? Take() => _next < places.Length ? places[_next++] : null;
}

/// <summary>
/// What the server knows of a client beyond its connection: subscriptions, what waits, what is under way. Pure memory. MQTT 5.0, 4.1.
/// </summary>
internal sealed class Session(string clientId)
{
    // Made when first used: most sessions of a plant only listen, and thousands of empty collections would be most of their memory.
    private Queue<Queued>? _queue;
    private Queue<ushort>? _toResend;
    private Queue<RetainedReplay>? _retained;
    private Dictionary<ushort, InFlight>? _inFlight;
    private HashSet<ushort>? _incoming;
    private SessionDrops? _drops;
    private SubscriptionBook _subscriptions;
    private ushort _lastPacketId;

    public string ClientId { get; } = clientId;

    public string Principal { get; set; } = clientId;

    /// <summary>The client's connection; null while it is away.</summary>
    public BrokerConnection? Connection { get; set; }

    /// <summary>Life after the connection, in seconds; 0: ends with it.</summary>
    public uint ExpirySeconds { get; set; }

    /// <summary>True when the session can be resumed, so that what waits must be kept.</summary>
    public bool IsPersistent => ExpirySeconds > 0;

    /// <summary>True while the store has rows of it.</summary>
    public bool IsStored { get; set; }

    /// <summary>When it ends, in milliseconds of Unix time, while the client is away.</summary>
    public long ExpiresAt { get; set; }

    public Message? Will { get; set; }

    /// <summary>True while the store has the will.</summary>
    public bool IsWillStored { get; set; }

    /// <summary>True after a restart while the client has time to come back, which cancels the will.</summary>
    public bool IsWillInGrace { get; set; }

    /// <summary>True for what is left of a client whose session ended with the broker's last run: its will alone.</summary>
    public bool IsGhost { get; init; }

    public uint WillDelaySeconds { get; set; }

    /// <summary>When the will is due, in milliseconds of Unix time; 0: not pending.</summary>
    public long WillDue { get; set; }

    public ref SubscriptionBook Subscriptions => ref _subscriptions;

    public Dictionary<ushort, InFlight> InFlight => _inFlight ??= [];

    /// <summary>Messages under way to the client; asking makes no collection, as with the two below.</summary>
    public int InFlightCount => _inFlight?.Count ?? 0;

    public int QueuedCount => _queue?.Count ?? 0;

    public int IncomingCount => _incoming?.Count ?? 0;

    public Queue<Queued> Queue => _queue ??= new();

    public long QueuedBytes { get; set; }

    /// <summary>Identifiers that were in flight when the client came back and wait to be sent again, oldest first.</summary>
    public Queue<ushort> ToResend => _toResend ??= new();

    /// <summary>What the newest of its subscriptions asked for, oldest first; null: nothing is left to send.</summary>
    public RetainedReplay? NextReplay => _retained is { Count: > 0 } ? _retained.Peek() : null;

    /// <summary>Retained messages are to be sent; those of an older subscription of the same filter are forgotten.</summary>
    public void Replay(RetainedReplay replay)
    {
        ForgetReplay(replay.Filter);
        (_retained ??= new()).Enqueue(replay);
    }

    /// <summary>The first replay is through.</summary>
    public void EndReplay() => _retained!.Dequeue();

    /// <summary>Forgets the retained messages that a filter asked for and that were not sent.</summary>
    public void ForgetReplay(string filter)
    {
        if (_retained?.Any(r => string.Equals(r.Filter, filter, StringComparison.Ordinal)) == true)
        {
            _retained = new(_retained.Where(r => !string.Equals(r.Filter, filter, StringComparison.Ordinal)));
        }
    }

    /// <summary>The session is over: the topics that still know it hold nothing of it.</summary>
    public void Clear() => (_queue, _toResend, _retained, _inFlight, _incoming) = (null, null, null, null, null);

    /// <summary>Identifiers of QoS 2 messages from the client that were taken over and not released. [MQTT-4.3.3-10]</summary>
    public HashSet<ushort> IncomingQos2 => _incoming ??= [];

    /// <summary>Messages that count against the client's receive maximum.</summary>
    public int OnWire { get; set; }

    /// <summary>The client's receive maximum.</summary>
    public int SendMaximum { get; set; } = ushort.MaxValue;

    public long LastSequence { get; set; }

    /// <summary>What was dropped since the session began, or the broker.</summary>
    public SessionDrops Drops => _drops ??= new();

    /// <summary>The same; null while nothing was.</summary>
    public SessionDrops? DropsIfAny => _drops;

    /// <summary>True when something waits for room in the socket or the window.</summary>
    public bool HasWaiting => _queue is { Count: > 0 } || _retained is { Count: > 0 } || _toResend is { Count: > 0 };

    /// <summary>True when a QoS 1 or 2 message may be begun now. [MQTT-3.3.4-9] [MQTT-4.9.0-2]</summary>
    public bool MayBegin => OnWire < SendMaximum && InFlight.Count < ushort.MaxValue;

    /// <summary>The next identifier that no message under way has. [MQTT-2.2.1-4]</summary>
    public ushort NextPacketId()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (InFlight.ContainsKey(_lastPacketId));
        return _lastPacketId;
    }

    /// <summary>Prepares for a new connection: what was under way is to be sent again, in its order. [MQTT-4.4.0-1]</summary>
    public void BeginResend()
    {
        OnWire = 0;
        ToResend.Clear();
        foreach (var (id, flight) in InFlight.OrderBy(p => p.Value.Sequence).ToList())
        {
            InFlight[id] = flight with { IsOnWire = false };
            ToResend.Enqueue(id);
        }
    }
}
