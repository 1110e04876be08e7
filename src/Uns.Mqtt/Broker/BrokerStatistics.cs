namespace Uns.Mqtt.Broker;

/// <summary>What the broker holds and has done since it was started.</summary>
public sealed record BrokerStatistics
{
    /// <summary>Clients connected now.</summary>
    public long Connections { get; init; }

    /// <summary>Sessions now, those of absent clients included.</summary>
    public long Sessions { get; init; }

    /// <summary>Subscriptions now.</summary>
    public long Subscriptions { get; init; }

    /// <summary>Shared subscriptions now, each of its members counted.</summary>
    public long SharedSubscriptions { get; init; }

    /// <summary>CONNECTs accepted.</summary>
    public long Accepted { get; init; }

    /// <summary>Transports opened, whether or not a CONNECT came.</summary>
    public long Opened { get; init; }

    /// <summary>Sessions ended because their client did not come back in time.</summary>
    public long Expired { get; init; }

    /// <summary>Retained messages now.</summary>
    public long Retained { get; init; }

    /// <summary>QoS 1 and 2 messages that wait in sessions now.</summary>
    public long Queued { get; init; }

    /// <summary>Bytes of the messages that wait in sessions now.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>Bytes of the retained messages now.</summary>
    public long RetainedBytes { get; init; }

    /// <summary>Messages from clients.</summary>
    public long MessagesIn { get; init; }

    /// <summary>Messages to clients.</summary>
    public long MessagesOut { get; init; }

    /// <summary>Packets of every kind from clients.</summary>
    public long PacketsIn { get; init; }

    /// <summary>Packets of every kind to clients.</summary>
    public long PacketsOut { get; init; }

    /// <summary>Bytes from clients.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes to clients.</summary>
    public long BytesOut { get; init; }

    /// <summary>QoS 0 messages dropped because their receiver was too slow.</summary>
    public long DroppedSlowReceiver { get; init; }

    /// <summary>QoS 1 and 2 messages dropped because a session's queue was full.</summary>
    public long DroppedQueueFull { get; init; }

    /// <summary>Messages dropped because their life was over.</summary>
    public long DroppedExpired { get; init; }

    /// <summary>Messages not sent because they exceed the client's maximum packet size.</summary>
    public long DroppedTooLarge { get; init; }

    /// <summary>Messages refused by the access gate.</summary>
    public long DroppedNotAuthorized { get; init; }

    /// <summary>Messages not retained because there were as many retained ones as may be.</summary>
    public long DroppedRetainedFull { get; init; }

    /// <summary>Messages in the store that the disk had changed, found at the start.</summary>
    public long DroppedDamaged { get; init; }

    /// <summary>How often a publisher was not read for a while because the disk was too far behind.</summary>
    public long PublishersHeld { get; init; }

    /// <summary>Connections ended because of malformed bytes or broken protocol.</summary>
    public long ProtocolFaults { get; init; }

    /// <summary>Writes to the store that failed.</summary>
    public long StoreFaults { get; init; }
}

/// <summary>The running sums; written by the I/O thread alone, read by anyone.</summary>
internal sealed class BrokerCounters
{
    public long Connections;
    public long Sessions;
    public long Subscriptions;
    public long SharedSubscriptions;
    public long Accepted;
    public long Opened;
    public long Expired;
    public long Retained;
    public long Queued;
    public long QueuedBytes;
    public long RetainedBytes;
    public long MessagesIn;
    public long MessagesOut;
    public long PacketsIn;
    public long ControlPacketsOut;
    public long BytesIn;
    public long BytesOut;
    public long DroppedSlowReceiver;
    public long DroppedQueueFull;
    public long DroppedExpired;
    public long DroppedTooLarge;
    public long DroppedNotAuthorized;
    public long DroppedRetainedFull;
    public long DroppedDamaged;
    public long PublishersHeld;
    public long ProtocolFaults;
    public long StoreFaults;

    public BrokerStatistics Snapshot() => new()
    {
        Connections = Volatile.Read(ref Connections),
        Sessions = Volatile.Read(ref Sessions),
        Subscriptions = Volatile.Read(ref Subscriptions),
        SharedSubscriptions = Volatile.Read(ref SharedSubscriptions),
        Accepted = Volatile.Read(ref Accepted),
        Opened = Volatile.Read(ref Opened),
        Expired = Volatile.Read(ref Expired),
        Retained = Volatile.Read(ref Retained),
        Queued = Volatile.Read(ref Queued),
        QueuedBytes = Volatile.Read(ref QueuedBytes),
        RetainedBytes = Volatile.Read(ref RetainedBytes),
        MessagesIn = Volatile.Read(ref MessagesIn),
        MessagesOut = Volatile.Read(ref MessagesOut),
        PacketsIn = Volatile.Read(ref PacketsIn),
        PacketsOut = Volatile.Read(ref MessagesOut) + Volatile.Read(ref ControlPacketsOut),
        BytesIn = Volatile.Read(ref BytesIn),
        BytesOut = Volatile.Read(ref BytesOut),
        DroppedSlowReceiver = Volatile.Read(ref DroppedSlowReceiver),
        DroppedQueueFull = Volatile.Read(ref DroppedQueueFull),
        DroppedExpired = Volatile.Read(ref DroppedExpired),
        DroppedTooLarge = Volatile.Read(ref DroppedTooLarge),
        DroppedNotAuthorized = Volatile.Read(ref DroppedNotAuthorized),
        DroppedRetainedFull = Volatile.Read(ref DroppedRetainedFull),
        DroppedDamaged = Volatile.Read(ref DroppedDamaged),
        PublishersHeld = Volatile.Read(ref PublishersHeld),
        ProtocolFaults = Volatile.Read(ref ProtocolFaults),
        StoreFaults = Volatile.Read(ref StoreFaults),
    };
}
