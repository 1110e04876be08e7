using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>The life of connections and sessions. MQTT 5.0, 4.1.</content>
internal sealed partial class BrokerCore
{
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<Session> _away = [];
    private readonly TakeOverBrake _takeOvers;
    private readonly HashSet<BrokerConnection> _connections = [];
    private readonly List<BrokerConnection> _ticked = []; // A tick may end connections while it goes through them.

    public IEnumerable<BrokerConnection> Connections => _connections;

    /// <summary>A transport was opened.</summary>
    public void Opened(BrokerConnection connection)
    {
        _connections.Add(connection);
        Counters.Opened++;
    }

    /// <summary>True when a client of this identifier is connected.</summary>
    public bool IsConnected(string clientId) => _sessions.TryGetValue(clientId, out var session) && session.Connection is not null;

    /// <summary>True when a client of this identifier has a session, or may begin one.</summary>
    public bool HasRoomFor(string clientId) =>
        _sessions.Count < Math.Max(Options.MaximumSessions, Options.MaximumConnections) || _sessions.ContainsKey(clientId);

    /// <summary>True when a session of this name belongs to another principal, which must not be driven out. Where everybody is let in nobody owns a name.</summary>
    public bool IsOfAnother(string clientId, string principal) => Options.Access is not Access.OpenGate
        && _sessions.TryGetValue(clientId, out var session) && !string.Equals(session.Principal, principal, StringComparison.Ordinal);

    /// <summary>The identifiers that two clients fight over; from any thread.</summary>
    public IReadOnlyList<ClientDispute> Disputes => _takeOvers.Disputes;

    /// <summary>How long a newcomer has to wait before it may take over; zero: it may now, or nobody is connected by that identifier.</summary>
    public TimeSpan WaitForTakeOver(string clientId, BrokerConnection newcomer)
    {
        if (!_sessions.TryGetValue(clientId, out var session) || session.Connection is not { } holder)
        {
            return TimeSpan.Zero;
        }

        var wait = _takeOvers.WaitFor(clientId, holder, newcomer, Now, out var dispute);
        if (dispute is not null)
        {
            LogDispute(Logger, dispute);
        }

        return wait;
    }

    /// <summary>Finds or makes the session of an accepted CONNECT.</summary>
    public (Session Session, bool IsPresent) Begin(BrokerConnection connection, ConnectPacket connect, string principal, uint expirySeconds)
    {
        if (_sessions.TryGetValue(connect.ClientId, out var session))
        {
            session.Connection?.Disconnect(ReasonCode.SessionTakenOver); // [MQTT-3.1.4-3]
        }

        // The take-over may have ended the session.
        var isPresent = _sessions.TryGetValue(connect.ClientId, out session);
        if (isPresent && session!.IsWillInGrace)
        {
            DropWill(session); // The broker's own end parted them, and the client is back.
        }

        if (isPresent && (connect.CleanStart || session!.IsGhost || !string.Equals(session.Principal, principal, StringComparison.Ordinal)))
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
        session.IsWillInGrace = false;
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

        KeepWill(session);
        if (isPresent)
        {
            Options.Subscribers?.Back(session.ClientId);
        }

        Counters.Connections++;
        Counters.Accepted++;
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
        Counters.Connections--;
        if (discardWill)
        {
            DropWill(session); // [MQTT-3.1.2-10]
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
        Options.Subscribers?.Away(session.ClientId);
        Journal?.SessionKept(session);
        KeepWill(session);
        LogAway(Logger, session.ClientId, session.ExpirySeconds);
    }

    public void Subscribe(Session session, Subscription subscription)
    {
        session.Subscriptions.Set(subscription);
        Tree.Add(subscription);
        CountSubscriptions();
        if (session.IsPersistent)
        {
            Journal?.Subscribed(session, subscription);
        }

        Options.Subscribers?.Subscribed(session.ClientId, subscription.Filter, session.Connection?.Link.Origin.Listener ?? Access.ClientListener.Stream);
    }

    /// <returns>False when there was no such subscription.</returns>
    public bool Unsubscribe(Session session, string filter)
    {
        if (!session.Subscriptions.Remove(filter, out var subscription))
        {
            return false;
        }

        session.ForgetReplay(filter); // [MQTT-3.10.4-2]
        Tree.Remove(subscription); // What was begun for it goes on. [MQTT-3.10.4-3]
        CountSubscriptions();
        if (session.IsPersistent)
        {
            Journal?.Unsubscribed(session, filter);
        }

        Options.Subscribers?.Unsubscribed(session.ClientId, filter);

        return true;
    }

    /// <summary>Once a second: silent clients, due wills, sessions whose life is over.</summary>
    public void Tick()
    {
        var now = Now;
        WatchWall();
        Buffers.Tick();
        _takeOvers.Tick(now);
        _ticked.AddRange(_connections);
        foreach (var connection in _ticked)
        {
            var silence = now - connection.LastHeard;
            if (connection.Session is null)
            {
                // Counted from the opening: who sends a byte now and then is not waited for. [MQTT-3.1.4-1]
                if (now - connection.Since > Options.ConnectTimeout.TotalMilliseconds)
                {
                    connection.Fail(DecodeFault.Protocol("No CONNECT came in time."));
                }
            }
            else if (connection.AuthenticatingSince > 0 && now - connection.AuthenticatingSince > Options.ConnectTimeout.TotalMilliseconds)
            {
                connection.Fail(new(ReasonCode.NotAuthorized, "The new authentication took too long.")); // [MQTT-4.12.1-2]
            }
            else if (connection.SilenceLimit > 0 && !connection.IsNotHeard && silence > connection.SilenceLimit)
            {
                LogSilent(Logger, connection.Session.ClientId, connection.Link.Remote, silence / 1000.0);
                connection.Disconnect(ReasonCode.KeepAliveTimeout); // [MQTT-3.1.2-22]
            }
            else if (connection.IsStalled(Options.WriteTimeout))
            {
                LogStalled(Logger, connection.Session.ClientId, connection.Link.Remote, connection.Output.Count, Options.WriteTimeout.TotalSeconds);
                connection.Close(discardWill: false);
            }
        }

        _ticked.Clear();
        foreach (var session in _away.Where(s => s.ExpiresAt <= now || (s.Will is not null && s.WillDue <= now)).ToList())
        {
            if (session.Will is not null)
            {
                PublishWill(session);
            }

            if (session.ExpiresAt <= now)
            {
                End(session);
                Counters.Expired++;
                LogExpired(Logger, session.ClientId);
            }
        }

        SweepRetained();
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
        HandOn(session);
        Counters.Queued -= session.QueuedCount;
        Counters.QueuedBytes -= session.QueuedBytes;
        Counters.Sessions = _sessions.Count;
        CountSubscriptions();
        Forget(session);
        session.Clear();
        Options.Subscribers?.Ended(session.ClientId);
    }

    private void CountSubscriptions() => (Counters.Subscriptions, Counters.SharedSubscriptions) = (Tree.Count, Tree.SharedCount);

    /// <summary>Takes a session's rows out of the store.</summary>
    private void Forget(Session session)
    {
        if (session.IsStored)
        {
            Journal?.SessionGone(session);
            session.IsStored = false;
        }
    }

    [LoggerMessage(1016, LogLevel.Warning, "{ClientId} at {Remote} took none of the {Bytes} bytes that wait for it for {Seconds:0.###} s: its connection is ended.")]
    private static partial void LogStalled(ILogger logger, string clientId, string remote, int bytes, double seconds);

    [LoggerMessage(1011, LogLevel.Information, "{ClientId} is away; its session is kept for {Seconds} s.")]
    private static partial void LogAway(ILogger logger, string clientId, uint seconds);

    [LoggerMessage(1012, LogLevel.Information, "The session of {ClientId} is over: its client did not come back.")]
    private static partial void LogExpired(ILogger logger, string clientId);

    [LoggerMessage(1013, LogLevel.Warning, "{ClientId} from {Remote} was silent for {Seconds} s, longer than its keep alive allows.")]
    private static partial void LogSilent(ILogger logger, string clientId, string remote, double seconds);

    [LoggerMessage(1015, LogLevel.Warning, "{Dispute}")]
    private static partial void LogDispute(ILogger logger, ClientDispute dispute);
}
