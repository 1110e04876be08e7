using System.Security.Cryptography;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>All sessions of a server, their bounds and their ends.</summary>
internal sealed class SessionTable(OpcUaServerLimits limits, TimeProvider clock)
{
    private readonly Dictionary<NodeId, ServerSession> _byToken = [];
    private uint _lastNumber;

    /// <summary>Guards sessions, subscriptions and what waits in them.</summary>
    public Lock Gate { get; } = new();

    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _byToken.Count;
            }
        }
    }

    /// <summary>Every session; only under <see cref="Gate"/>.</summary>
    public IEnumerable<ServerSession> All => _byToken.Values;

    /// <summary>True when an active session lives on a connection.</summary>
    public bool Holds(ServerConnection connection)
    {
        lock (Gate)
        {
            return _byToken.Values.Any(s => s.IsActive && s.Connection == connection);
        }
    }

    public ServerSession Create(ServerConnection connection, string clientUri, byte[]? certificate, double wantedTimeout)
    {
        var timeout = TimeSpan.FromMilliseconds(Math.Clamp(double.IsFinite(wantedTimeout) ? wantedTimeout : 0, 10_000, limits.LongestSession.TotalMilliseconds));
        lock (Gate)
        {
            if (_byToken.Count >= limits.Sessions)
            {
                // A client that comes back again and again must not shut itself out. [OPC 10000-4, 5.6.2.1]
                var least = _byToken.Values.Where(s => s.Connection is null || !s.IsActive).MinBy(s => s.HeardAt) ?? throw new UaServiceException(StatusCode.BadTooManySessions);
                _byToken.Remove(least.Token);
            }

            var session = new ServerSession(++_lastNumber, RandomNumberGenerator.GetBytes(32), clientUri, certificate, timeout)
            {
                Connection = connection,
                Nonce = RandomNumberGenerator.GetBytes(Security.UaPolicy.NonceBytes),
                HeardAt = clock.GetTimestamp(),
            };
            _byToken.Add(session.Token, session);
            return session;
        }
    }

    /// <summary>The session of a request; it must be active on this very connection.</summary>
    public ServerSession Active(ServerConnection connection, NodeId token)
    {
        var session = Known(token);
        lock (Gate)
        {
            if (!session.IsActive)
            {
                throw new UaServiceException(StatusCode.BadSessionNotActivated);
            }

            if (session.Connection != connection)
            {
                throw new UaServiceException(StatusCode.BadSecureChannelIdInvalid);
            }

            session.HeardAt = clock.GetTimestamp();
            return session;
        }
    }

    /// <summary>The session of a token, active or not.</summary>
    public ServerSession Known(NodeId token)
    {
        lock (Gate)
        {
            return _byToken.GetValueOrDefault(token) ?? throw new UaServiceException(StatusCode.BadSessionIdInvalid);
        }
    }

    /// <summary>Ends a session; its subscriptions end with it unless they are to wait for a transfer.</summary>
    public void Close(ServerSession session, bool keepSubscriptions)
    {
        lock (Gate)
        {
            if (keepSubscriptions && session.Subscriptions.Count > 0)
            {
                (session.Connection, session.IsActive) = (null, false);
                session.PublishRequests.Clear();
                return;
            }

            _byToken.Remove(session.Token);
        }
    }

    /// <summary>A connection has gone: its sessions wait for the next one.</summary>
    public void Forget(ServerConnection connection)
    {
        lock (Gate)
        {
            foreach (var session in _byToken.Values.Where(s => s.Connection == connection))
            {
                session.Connection = null;
                session.PublishRequests.Clear();
            }
        }
    }

    /// <summary>Ends the sessions that were silent for too long. Only under <see cref="Gate"/>.</summary>
    public void Expire()
    {
        foreach (var session in _byToken.Values.Where(s => clock.GetElapsedTime(s.HeardAt) > s.Timeout).ToList())
        {
            _byToken.Remove(session.Token);
            if (session.Connection is { } connection)
            {
                connection.HasSession = Holds(connection);
                connection.Touch();
            }
        }
    }
}
