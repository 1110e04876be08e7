using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>The life of connections and sessions. MQTT 5.0, 4.1.</content>
internal sealed partial class BrokerCore
{
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<Session> _away = [];
    private readonly HashSet<BrokerConnection> _connections = [];

    /// <summary>The connected clients, for readers on other threads.</summary>
    public ConcurrentDictionary<string, BrokerConnection> Connected { get; } = new(StringComparer.Ordinal);

    public IEnumerable<BrokerConnection> Connections => _connections;

    /// <summary>A transport was opened.</summary>
    public void Opened(BrokerConnection connection) => _connections.Add(connection);

    /// <summary>Finds or makes the session of an accepted CONNECT.</summary>
    public (Session Session, bool IsPresent) Begin(BrokerConnection connection, ConnectPacket connect, string principal, uint expirySeconds)
    {
        if (_sessions.TryGetValue(connect.ClientId, out var session))
        {
            session.Connection?.Disconnect(ReasonCode.SessionTakenOver); // [MQTT-3.1.4-3]
        }

        // The take-over may have ended the session.
        var isPresent = _sessions.TryGetValue(connect.ClientId, out session);
        if (isPresent && (connect.CleanStart || !string.Equals(session!.Principal, principal, StringComparison.Ordinal)))
        {
            End(session!); // [MQTT-3.1.2-4]; and nobody inherits the session of another principal.
            isPresent = false;
        }

        if (!isPresent)
        {
            session = new Session(connect.ClientId); // [MQTT-3.1.2-6]
            _sessions.Add(connect.ClientId, session);
        }

        _away.Remove(session!);
        session!.WillDue = 0; // [MQTT-3.1.3-9]
        session.Principal = principal;
        session.Connection = connection;
        session.ExpirySeconds = expirySeconds;
        session.ExpiresAt = 0;
        session.Will = connect.Will is { } will ? ToMessage(will) : null; // [MQTT-3.1.2-7]
        session.WillDelaySeconds = connect.Will?.Properties.WillDelayInterval ?? 0;
        if (session.IsPersistent)
        {
            Journal?.SessionKept(session);
            session.IsStored = true;
        }
        else
        {
            Forget(session);
        }

        Connected[session.ClientId] = connection;
        Counters.Connections = Connected.Count;
        Counters.Sessions = _sessions.Count;
        return (session, isPresent);
    }

    /// <summary>A connection is over; its session waits or ends.</summary>
    public void Ended(BrokerConnection connection, bool discardWill)
    {
        _connections.Remove(connection);
        if (connection.Session is not { } session || session.Connection != connection)
        {
            return;
        }

        session.Connection = null;
        session.Retained.Clear();
        Connected.TryRemove(new(session.ClientId, connection));
        Counters.Connections = Connected.Count;
        if (discardWill)
        {
            session.Will = null; // [MQTT-3.1.2-10]
        }

        var now = Now;
        session.ExpiresAt = now + (session.ExpirySeconds * 1000L);
        session.WillDue = now + (Math.Min(session.WillDelaySeconds, session.ExpirySeconds) * 1000L);
        if (session.Will is not null && session.WillDue <= now)
        {
            PublishWill(session); // [MQTT-3.1.2-8]
        }

        if (!session.IsPersistent)
        {
            End(session); // [MQTT-4.1.0-2]
            return;
        }

        _away.Add(session); // [MQTT-3.1.2-23]
        Journal?.SessionKept(session);
        LogAway(Logger, session.ClientId, session.ExpirySeconds);
    }

    public void Subscribe(Session session, Subscription subscription)
    {
        session.Subscriptions[subscription.Filter] = subscription;
        Tree.Add(subscription);
        Counters.Subscriptions = Tree.Count;
        if (session.IsPersistent)
        {
            Journal?.Subscribed(session, subscription);
        }
    }

    /// <returns>False when there was no such subscription.</returns>
    public bool Unsubscribe(Session session, string filter)
    {
        if (!session.Subscriptions.Remove(filter, out var subscription))
        {
            return false;
        }

        Tree.Remove(subscription); // What was begun for it goes on. [MQTT-3.10.4-2] [MQTT-3.10.4-3]
        Counters.Subscriptions = Tree.Count;
        if (session.IsPersistent)
        {
            Journal?.Unsubscribed(session, filter);
        }

        return true;
    }

    /// <summary>Once a second: silent clients, due wills, sessions whose life is over.</summary>
    public void Tick()
    {
        var now = Now;
        foreach (var connection in _connections.ToList())
        {
            var silence = now - connection.LastHeard;
            if (connection.Session is null)
            {
                if (silence > Options.ConnectTimeout.TotalMilliseconds)
                {
                    connection.Fail(DecodeFault.Protocol("No CONNECT came in time."));
                }
            }
            else if (connection.SilenceLimit > 0 && silence > connection.SilenceLimit)
            {
                LogSilent(Logger, connection.Session.ClientId, connection.Link.Remote, silence / 1000.0);
                connection.Disconnect(ReasonCode.KeepAliveTimeout); // [MQTT-3.1.2-22]
            }
        }

        foreach (var session in _away.Where(s => s.ExpiresAt <= now || (s.Will is not null && s.WillDue <= now)).ToList())
        {
            if (session.Will is not null)
            {
                PublishWill(session);
            }

            if (session.ExpiresAt <= now)
            {
                End(session);
                LogExpired(Logger, session.ClientId);
            }
        }
    }

    /// <summary>Takes up what the store kept. Before any connection.</summary>
    public void Restore(StoredBroker stored)
    {
        foreach (var message in stored.Retained.Where(m => !m.IsExpired(Now)))
        {
            Retained.Set(message);
        }

        foreach (var kept in stored.Sessions)
        {
            Restore(kept);
        }

        Journal!.LastMessageId = stored.LastMessageId;
        Counters.Retained = Retained.Count;
        Counters.Sessions = _sessions.Count;
        Counters.Subscriptions = Tree.Count;
    }

    private void Restore(StoredSession kept)
    {
        var session = new Session(kept.ClientId)
        {
            Principal = kept.Principal,
            IsStored = true,
            ExpirySeconds = kept.ExpirySeconds,
            ExpiresAt = kept.ExpiresAt > 0 ? kept.ExpiresAt : Now + (kept.ExpirySeconds * 1000L),
        };
        foreach (var (request, identifier) in kept.Subscriptions)
        {
            var subscription = new Subscription(session, request, identifier);
            session.Subscriptions.Add(request.Filter, subscription);
            Tree.Add(subscription);
        }

        foreach (var delivery in kept.Deliveries)
        {
            session.LastSequence = delivery.Sequence;
            if (delivery.PacketId == 0)
            {
                session.Queue.Enqueue(new Queued(delivery.Message, delivery.Qos, delivery.Retain, delivery.SubscriptionIds, delivery.Sequence));
                session.QueuedBytes += delivery.Message.Bytes;
                Counters.Queued++;
                continue;
            }

            var awaits = delivery.Awaits == Awaited.PubComp ? Awaited.PubComp
                : delivery.Qos == QualityOfService.AtLeastOnce ? Awaited.PubAck : Awaited.PubRec;
            session.InFlight[delivery.PacketId] = new InFlight
            {
                Message = delivery.Message,
                SubscriptionIds = delivery.SubscriptionIds,
                Qos = delivery.Qos,
                Awaits = awaits,
                Retain = delivery.Retain,
                Sequence = delivery.Sequence,
            };
        }

        session.IncomingQos2.UnionWith(kept.Incoming);
        _sessions.Add(session.ClientId, session);
        _away.Add(session);
    }

    private void End(Session session)
    {
        if (session.Will is not null && session.Connection is null)
        {
            PublishWill(session); // A will waits no longer than its session. [MQTT-3.1.2-8]
        }

        foreach (var subscription in session.Subscriptions.Values)
        {
            Tree.Remove(subscription);
        }

        _sessions.Remove(session.ClientId);
        _away.Remove(session);
        Counters.Queued -= session.Queue.Count;
        Counters.Sessions = _sessions.Count;
        Counters.Subscriptions = Tree.Count;
        Forget(session);
    }

    /// <summary>Takes a session's rows out of the store.</summary>
    private void Forget(Session session)
    {
        if (session.IsStored)
        {
            Journal?.SessionGone(session);
            session.IsStored = false;
        }
    }

    private void PublishWill(Session session)
    {
        var will = session.Will!;
        session.Will = null;
        if (!Options.Access.Authorize(session.Principal, Access.AccessAction.Publish, will.TopicText))
        {
            Counters.DroppedNotAuthorized++;
            return;
        }

        Route(new Message
        {
            TopicText = will.TopicText,
            Topic = will.Topic,
            Payload = will.Payload,
            Properties = will.Properties,
            Qos = will.Qos,
            Retain = will.Retain, // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
            Expiry = will.Expiry,
            ArrivedAt = Now,
        });
    }

    private static Message ToMessage(Will will) => new()
    {
        TopicText = will.Topic,
        Topic = Encoding.UTF8.GetBytes(will.Topic),
        Payload = will.Payload,
        Properties = (will.Properties with { WillDelayInterval = null, MessageExpiryInterval = null }).ToSection(), // [MQTT-3.1.3-10]
        Qos = will.Qos,
        Retain = will.Retain,
        Expiry = will.Properties.MessageExpiryInterval,
    };

    [LoggerMessage(1011, LogLevel.Information, "{ClientId} is away; its session is kept for {Seconds} s.")]
    private static partial void LogAway(ILogger logger, string clientId, uint seconds);

    [LoggerMessage(1012, LogLevel.Information, "The session of {ClientId} is over: its client did not come back.")]
    private static partial void LogExpired(ILogger logger, string clientId);

    [LoggerMessage(1013, LogLevel.Warning, "{ClientId} from {Remote} was silent for {Seconds} s, longer than its keep alive allows.")]
    private static partial void LogSilent(ILogger logger, string clientId, string remote, double seconds);
}
