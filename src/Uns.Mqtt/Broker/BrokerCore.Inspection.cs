using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>What an operator sees of the clients and does to them.</content>
internal sealed partial class BrokerCore
{
    /// <summary>Most subscriptions that are shown of one session.</summary>
    private const int ShownSubscriptions = 1000;

    /// <summary>All sessions. The identifiers in them never change: they may be read on any thread, the rest may not.</summary>
    public Session[] AllSessions() => [.. _sessions.Values];

    /// <summary>The session of a client identifier; null: none.</summary>
    public Session? Find(string clientId) => _sessions.GetValueOrDefault(clientId) is { IsGhost: false } session ? session : null;

    public ClientInfo Describe(Session session)
    {
        var drops = session.DropsIfAny;
        return new ClientInfo
        {
            ClientId = session.ClientId,
            Principal = session.Principal,
            Connection = session.Connection is { } connection ? Describe(connection) : null,
            AwaySince = session.Connection is null ? Time(session.ExpiresAt - (session.ExpirySeconds * 1000L)) : null,
            ExpiresAt = session.Connection is null ? Time(session.ExpiresAt) : null,
            SessionExpiry = TimeSpan.FromSeconds(session.ExpirySeconds),
            Subscriptions = session.Subscriptions.Count,
            Queued = session.QueuedCount,
            QueuedBytes = session.QueuedBytes,
            InFlight = session.InFlightCount,
            InFlightFromClient = session.IncomingCount,
            Dropped = drops is null ? new() : new(drops.SlowReceiver, drops.QueueFull, drops.Expired, drops.TooLarge, drops.NotAuthorized),
        };
    }

    public ClientDetail DescribeWhole(Session session) => new(
        Describe(session),
        [
            .. session.Subscriptions.Values.Take(ShownSubscriptions).OrderBy(s => s.Filter, StringComparer.Ordinal)
                .Select(s => new SubscriptionInfo(s.Filter, s.Request.MaximumQos, s.Request.NoLocal, s.Request.RetainAsPublished, s.Identifier)),
        ],
        session.Will is { } will ? new(will.TopicText, will.Qos, will.Retain, will.Payload.Length, TimeSpan.FromSeconds(session.WillDelaySeconds)) : null);

    /// <summary>Who gets the messages of a topic, by client identifier; of a shared group every member that may be picked.</summary>
    public List<SubscriberInfo> SubscribersOf(string topic, int most)
    {
        var (matching, groups) = (new List<Subscription>(), new List<SharedGroup>());
        Tree.Match(topic, matching, groups);
        return
        [
            .. matching.Concat(groups.SelectMany(g => g.Members)).Where(s => !s.Session.IsGhost && MayReceive(s.Session, topic))
                .GroupBy(s => s.Session).OrderBy(s => s.Key.ClientId, StringComparer.Ordinal).Take(most)
                .Select(s => new SubscriberInfo(s.Key.ClientId, s.Select(f => f.Filter).Min(StringComparer.Ordinal)!, s.Key.Connection?.Link.Origin.Listener)),
        ];
    }

    /// <summary>Ends a client's connection on an operator's word. Its will is published, its session waits.</summary>
    /// <returns>False when there is no such client, or it is away.</returns>
    public bool Disconnect(string clientId)
    {
        if (Find(clientId)?.Connection is not { } connection)
        {
            return false;
        }

        connection.Disconnect(ReasonCode.AdministrativeAction, "An operator ended the connection."); // [MQTT-3.14.2-1]
        return true;
    }

    /// <summary>Ends a session on an operator's word, and its connection before it. What waits in it is gone.</summary>
    /// <returns>False when there is no such session.</returns>
    public bool Drop(string clientId)
    {
        if (Find(clientId) is not { } session)
        {
            return false;
        }

        if (session.Connection is { } connection)
        {
            session.ExpirySeconds = 0; // So it ends with its connection.
            connection.Disconnect(ReasonCode.AdministrativeAction, "An operator ended the session.");
        }
        else
        {
            End(session);
        }

        return true;
    }

    private ConnectionInfo Describe(BrokerConnection connection) => new()
    {
        Listener = connection.Link.Origin.Listener,
        Remote = connection.Link.Remote,
        ProtocolVersion = (int)connection.Version,
        ConnectedAt = Time(connection.Since),
        KeepAlive = TimeSpan.FromSeconds(connection.KeepAliveSeconds),
        OutboundBytes = connection.Output.Count,
    };

    private DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds + WallAhead);
}
