using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Inspection;

/// <summary>One client and its session, as both were at one moment.</summary>
public sealed record ClientInfo
{
    /// <summary>Its client identifier.</summary>
    public required string ClientId { get; init; }

    /// <summary>The name that the access gate knows it by.</summary>
    public required string Principal { get; init; }

    /// <summary>Its connection; null while it is away.</summary>
    public ConnectionInfo? Connection { get; init; }

    /// <summary>Since when it is away, UTC; null while it is connected.</summary>
    public DateTimeOffset? AwaySince { get; init; }

    /// <summary>When the session ends unless the client is back, UTC; null while it is connected.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Life of the session after the connection; zero: it ends with it.</summary>
    public TimeSpan SessionExpiry { get; init; }

    /// <summary>Number of its subscriptions.</summary>
    public int Subscriptions { get; init; }

    /// <summary>QoS 1 and 2 messages that wait for it.</summary>
    public int Queued { get; init; }

    /// <summary>Their bytes: topics, payloads, properties.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>QoS 1 and 2 messages to it that are begun and not acknowledged to the end.</summary>
    public int InFlight { get; init; }

    /// <summary>QoS 2 messages from it that are taken over and not released.</summary>
    public int InFlightFromClient { get; init; }

    /// <summary>Messages of this session that were dropped.</summary>
    public ClientDrops Dropped { get; init; } = new();
}

/// <summary>One client's connection.</summary>
public sealed record ConnectionInfo
{
    /// <summary>By which way it came.</summary>
    public ClientListener Listener { get; init; }

    /// <summary>Where it comes from, for people.</summary>
    public required string Remote { get; init; }

    /// <summary>4 for MQTT 3.1.1, 5 for MQTT 5.0.</summary>
    public int ProtocolVersion { get; init; }

    /// <summary>When it connected, UTC.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>Its keep alive; zero: none.</summary>
    public TimeSpan KeepAlive { get; init; }

    /// <summary>Bytes that wait for its socket.</summary>
    public int OutboundBytes { get; init; }
}

/// <summary>Messages dropped since the session began, by reason; after a restart of the broker they count from zero.</summary>
/// <param name="SlowReceiver">QoS 0, because too many bytes waited for the socket.</param>
/// <param name="QueueFull">QoS 1 and 2, because the session's queue was full.</param>
/// <param name="Expired">Because their life was over.</param>
/// <param name="TooLarge">Because they exceed the client's maximum packet size.</param>
/// <param name="NotAuthorized">From the client, because the access gate refused them.</param>
public sealed record ClientDrops(long SlowReceiver = 0, long QueueFull = 0, long Expired = 0, long TooLarge = 0, long NotAuthorized = 0);

/// <summary>One subscription.</summary>
/// <param name="Filter">The topic filter.</param>
/// <param name="MaximumQos">Highest QoS it is delivered at.</param>
/// <param name="NoLocal">True when the client's own messages are left out.</param>
/// <param name="RetainAsPublished">True when RETAIN is passed on as it came.</param>
/// <param name="Identifier">Subscription identifier; 0: none.</param>
public sealed record SubscriptionInfo(string Filter, QualityOfService MaximumQos, bool NoLocal, bool RetainAsPublished, int Identifier);

/// <summary>A will that is kept for a client; its payload is not shown.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Qos">Its QoS.</param>
/// <param name="Retain">True when it will be retained.</param>
/// <param name="PayloadBytes">Bytes of its payload.</param>
/// <param name="Delay">Time between the connection's end and its publishing.</param>
public sealed record WillInfo(string Topic, QualityOfService Qos, bool Retain, int PayloadBytes, TimeSpan Delay);

/// <summary>A client with its subscriptions and its will.</summary>
/// <param name="Client">Client and session.</param>
/// <param name="Subscriptions">Its subscriptions by filter; at most a thousand of them.</param>
/// <param name="Will">Its will; null: none.</param>
public sealed record ClientDetail(ClientInfo Client, IReadOnlyList<SubscriptionInfo> Subscriptions, WillInfo? Will);

/// <summary>A client that gets the messages of a topic.</summary>
/// <param name="ClientId">Its client identifier.</param>
/// <param name="Filter">The filter by which it gets them; of several that match, the first in ordinal order.</param>
/// <param name="Listener">By which way it came; null while it is away.</param>
public sealed record SubscriberInfo(string ClientId, string Filter, ClientListener? Listener);

/// <summary>Some clients out of all.</summary>
/// <param name="Matching">How many there are that match.</param>
/// <param name="Clients">The first of them, by client identifier.</param>
public sealed record ClientPage(int Matching, IReadOnlyList<ClientInfo> Clients);
