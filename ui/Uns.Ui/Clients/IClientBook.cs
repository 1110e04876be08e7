using Uns.Ui.Live;

namespace Uns.Ui.Clients;

/// <summary>The broker's clients, as a page and the API see them.</summary>
public interface IClientBook
{
    /// <summary>Lists clients, connected or away, by client identifier.</summary>
    /// <param name="search">Part of the identifier, without regard to case; empty: all.</param>
    /// <param name="most">Most to give, 1 to 1,000.</param>
    /// <param name="after">Only identifiers behind this one in ordinal order; null: from the first.</param>
    Task<ClientList> ListAsync(string search, int most, string? after = null);

    /// <summary>One page of the clients, connected or away, in the order that is asked for.</summary>
    Task<GridPart<ClientRow>> PageAsync(ClientQuestion asked);

    /// <summary>One client with its subscriptions and its will; null: there is no session of that identifier.</summary>
    Task<ClientSheet?> FindAsync(string clientId);

    /// <summary>Who gets the messages of a topic, connected or away, by client identifier.</summary>
    /// <param name="topic">A topic name; none but an empty list comes of one with a wildcard.</param>
    /// <param name="most">Most to give, 1 to 1,000.</param>
    Task<IReadOnlyList<SubscriberRow>> ListeningAsync(string topic, int most);

    /// <summary>Ends a client's connection; its will is published and its session waits. Stands in the log.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="who">Who does it.</param>
    /// <returns>False when no such client is connected.</returns>
    Task<bool> DisconnectAsync(string clientId, string who);

    /// <summary>Ends a session with all that waits in it, and its connection before it. Stands in the log.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="who">Who does it.</param>
    /// <returns>False when there is no such session.</returns>
    Task<bool> DropSessionAsync(string clientId, string who);
}

/// <summary>What clients are sorted by, over all of them.</summary>
public enum ClientSort
{
    /// <summary>The identifier.</summary>
    Client,

    /// <summary>Connected ones first.</summary>
    State,

    /// <summary>Where it comes from.</summary>
    Address,

    /// <summary>The version of MQTT.</summary>
    Mqtt,

    /// <summary>Number of subscriptions.</summary>
    Subscriptions,

    /// <summary>Messages that wait.</summary>
    Waiting,

    /// <summary>Messages under way to it.</summary>
    Flight,

    /// <summary>Messages that were dropped.</summary>
    Dropped,
}

/// <summary>Which clients are wanted.</summary>
/// <param name="Search">Part of the identifier, without regard to case; empty: all.</param>
/// <param name="Sort">What they are sorted by.</param>
/// <param name="IsDescending">True: the largest first.</param>
/// <param name="Page">Which page, from 1; further back than there are gives the last.</param>
/// <param name="Size">Clients of a page, 1 to 1,000.</param>
public sealed record ClientQuestion(string Search, ClientSort Sort, bool IsDescending, int Page, int Size);

/// <summary>A client that gets the messages of a topic.</summary>
/// <param name="ClientId">Its client identifier.</param>
/// <param name="Filter">The filter by which it gets them.</param>
/// <param name="Listener">By which way it came, as in <see cref="ClientRow"/>; null while it is away.</param>
public sealed record SubscriberRow(string ClientId, string Filter, string? Listener);

/// <summary>Some clients out of all.</summary>
/// <param name="Matching">How many match.</param>
/// <param name="Clients">The first of them.</param>
public sealed record ClientList(int Matching, IReadOnlyList<ClientRow> Clients);

/// <summary>One client and its session.</summary>
/// <param name="ClientId">Its client identifier.</param>
/// <param name="Principal">The name that the access rules know it by.</param>
/// <param name="Connected">True while it is connected.</param>
/// <param name="Listener">By which way it came: <c>Tcp</c>, <c>Tls</c>, <c>WebSocket</c>, <c>SecureWebSocket</c>, <c>InProcess</c>; null while it is away.</param>
/// <param name="Address">Where it comes from; null while it is away.</param>
/// <param name="ProtocolVersion"><c>3.1.1</c> or <c>5.0</c>; null while it is away.</param>
/// <param name="Since">When it connected, or went away, UTC.</param>
/// <param name="ExpiresAt">When its session ends unless it is back, UTC; null while it is connected.</param>
/// <param name="KeepAliveSeconds">Its keep alive; 0: none; null while it is away.</param>
/// <param name="SessionExpirySeconds">Life of the session after the connection.</param>
/// <param name="Subscriptions">Number of its subscriptions.</param>
/// <param name="Queued">QoS 1 and 2 messages that wait for it.</param>
/// <param name="QueuedBytes">Their bytes.</param>
/// <param name="OutboundBytes">Bytes that wait for its socket.</param>
/// <param name="InFlight">QoS 1 and 2 messages under way to it.</param>
/// <param name="InFlightFromClient">QoS 2 messages under way from it.</param>
/// <param name="Dropped">Messages that were dropped.</param>
public sealed record ClientRow(
    string ClientId, string Principal, bool Connected, string? Listener, string? Address, string? ProtocolVersion, DateTimeOffset Since, DateTimeOffset? ExpiresAt,
    int? KeepAliveSeconds, long SessionExpirySeconds, int Subscriptions, int Queued, long QueuedBytes, int OutboundBytes, int InFlight, int InFlightFromClient, DropsByReason Dropped);

/// <summary>Messages dropped since the session began, by reason; after a restart they count from zero.</summary>
/// <param name="SlowReceiver">QoS 0, because the client reads too slowly.</param>
/// <param name="QueueFull">Because its queue was full.</param>
/// <param name="Expired">Because their life was over.</param>
/// <param name="TooLarge">Because they exceed its maximum packet size.</param>
/// <param name="NotAuthorized">From it, because it may not publish there.</param>
public sealed record DropsByReason(long SlowReceiver, long QueueFull, long Expired, long TooLarge, long NotAuthorized)
{
    /// <summary>All of them.</summary>
    public long Sum => SlowReceiver + QueueFull + Expired + TooLarge + NotAuthorized;
}

/// <summary>A client with its subscriptions and its will.</summary>
/// <param name="Client">Client and session.</param>
/// <param name="Subscriptions">Its subscriptions; the first thousand of more.</param>
/// <param name="Will">Its will; null: none.</param>
public sealed record ClientSheet(ClientRow Client, IReadOnlyList<SubscriptionRow> Subscriptions, WillRow? Will);

/// <summary>One subscription.</summary>
/// <param name="Filter">The topic filter.</param>
/// <param name="Qos">Highest QoS, 0 to 2.</param>
/// <param name="NoLocal">True when the client's own messages are left out.</param>
/// <param name="RetainAsPublished">True when RETAIN is passed on as it came.</param>
/// <param name="Identifier">Subscription identifier; 0: none.</param>
public sealed record SubscriptionRow(string Filter, int Qos, bool NoLocal, bool RetainAsPublished, int Identifier);

/// <summary>A will; its payload is not shown.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Qos">Its QoS, 0 to 2.</param>
/// <param name="Retain">True when it will be retained.</param>
/// <param name="PayloadBytes">Bytes of its payload.</param>
/// <param name="DelaySeconds">Time between the connection's end and its publishing.</param>
public sealed record WillRow(string Topic, int Qos, bool Retain, int PayloadBytes, long DelaySeconds);
