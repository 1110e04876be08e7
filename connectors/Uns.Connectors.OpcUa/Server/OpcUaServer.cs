using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors.OpcUa.Security;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>
/// An OPC UA server over any <see cref="IUaSpace"/>: UA TCP, binary encoding, all current security policies, sessions, browse, read, write, subscriptions.
/// The hub shows its tree with it, and the simulator its plant.
/// </summary>
/// <remarks>OPC 10000-4 and OPC 10000-6. Not served: methods, history, queries, events, node management.</remarks>
public sealed partial class OpcUaServer : IAsyncDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Inspection = TimeSpan.FromSeconds(1);

    private readonly OpcUaServerOptions _options;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<ServerConnection, Task> _connections = [];
    private readonly SessionTable _sessions;
    private readonly SubscriptionServices _subscriptions;
    private readonly ServerDoor _door;
    private readonly ServerDesk _desk;
    private readonly SessionServices _logins;
    private readonly ILogger _log;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private Task _turning = Task.CompletedTask;
    private uint _lastChannel;
    private bool _disposed;

    /// <summary>Makes a server; it listens once started.</summary>
    /// <param name="space">What it shows.</param>
    /// <param name="options">How it is set up.</param>
    /// <param name="certificates">Our own certificate, and the clients' that are trusted; null: no protected endpoint and no users by name.</param>
    /// <param name="clock">What it runs by.</param>
    /// <param name="logger">Hears of clients that were not let in; null for nobody.</param>
    public OpcUaServer(IUaSpace space, OpcUaServerOptions options, CertificateStore? certificates, TimeProvider clock, ILogger<OpcUaServer>? logger = null)
    {
        (_options, _clock) = (options, clock);
        _log = (ILogger?)logger ?? NullLogger.Instance;
        string[] namespaces = ["http://opcfoundation.org/UA/", options.ApplicationUri, .. options.NamespacesBefore, space.NamespaceUri];
        var index = (ushort)(namespaces.Length - 1);
        var addresses = new AddressSpace(space, new StandardNodes(options, namespaces, clock), index, clock);
        var attributes = new AttributeServices(addresses, space, options.Limits);
        var discovery = new DiscoveryServices(options, certificates, () => EndpointUrl);
        _sessions = new SessionTable(options.Limits, clock);
        _subscriptions = new SubscriptionServices(_sessions, options.Limits, attributes, space, index, clock);
        _door = new ServerDoor(certificates, clock, _log);
        _logins = new SessionServices(options, _sessions, discovery, certificates, clock, _log);
        _desk = new ServerDesk(
            discovery, _logins, _sessions, new ViewServices(addresses, options.Limits, _sessions), attributes,
            _subscriptions, new ItemServices(_sessions, options.Limits, addresses, attributes, _subscriptions), clock, _log);
    }

    /// <summary>What goes wrong on purpose with every message of a session; null for nothing. A simulator's alone.</summary>
    internal Func<SimulatedUaFault?>? FaultFor { get; set; }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)(_listener?.LocalEndPoint ?? throw new InvalidOperationException("The server was not started."));

    /// <summary>The address to give to a client on this machine.</summary>
    public string EndpointUrl => $"opc.tcp://{new IPEndPoint(Reachable(EndPoint.Address), EndPoint.Port)}";

    /// <summary>Connections now.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Sessions now, with or without a connection.</summary>
    public int Sessions => _sessions.Count;

    /// <summary>Starts to listen.</summary>
    /// <exception cref="SocketException">The port is in use.</exception>
    public void Start()
    {
        var listener = new Socket(_options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Bind(_options.Listen);
            listener.Listen();
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _listener = listener;
        _accepting = AcceptAsync(listener, _ending.Token);
        _turning = TurnAsync(_ending.Token);
    }

    /// <summary>Cuts all connections; sessions wait for their clients, and the server listens on.</summary>
    public void DropConnections()
    {
        lock (_gate)
        {
            foreach (var connection in _connections.Keys)
            {
                connection.Abort();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _ending.CancelAsync();
        _listener?.Dispose();
        DropConnections();
        await _accepting;
        await _turning;
        Task[] serving;
        lock (_gate)
        {
            serving = [.. _connections.Values];
        }

        await Task.WhenAll(serving);
        _logins.Dispose();
        _ending.Dispose();
    }

    private static IPAddress Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Welcome(await listener.AcceptAsync(cancellationToken), cancellationToken);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(LongestRest, _clock, CancellationToken.None); // Out of handles: others have to go first.
            }
        }
    }

    private void Welcome(Socket socket, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_connections.Count >= _options.Limits.Connections || cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
                return;
            }

            socket.NoDelay = true;
            var connection = new ServerConnection(socket, ++_lastChannel, _door, _clock) { FaultFor = FaultFor };
            _connections.Add(connection, Task.CompletedTask);
            _connections[connection] = ServeAsync(connection, cancellationToken);
        }
    }

    private async Task ServeAsync(ServerConnection connection, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await connection.ServeAsync((from, body, id) => _desk.AnswerAsync(from, body, id, cancellationToken), cancellationToken);
        }
        catch (Exception ended) when (ended is SocketException or EndOfStreamException or ObjectDisposedException or OperationCanceledException)
        {
            // The client or the server ended the connection.
        }
        catch (Exception ours)
        {
            LogConnection(ours);
        }
        finally
        {
            _sessions.Forget(connection);
            lock (_gate)
            {
                _connections.Remove(connection);
            }

            await connection.DisposeAsync();
        }
    }

    // The one pump of all subscriptions: rests until the next of them is due.
    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        var inspectedAt = _clock.GetTimestamp();
        try
        {
            while (true)
            {
                var next = TurnOnce();
                if (_clock.GetElapsedTime(inspectedAt) >= Inspection)
                {
                    inspectedAt = _clock.GetTimestamp();
                    Inspect();
                }

                var rest = _clock.GetElapsedTime(_clock.GetTimestamp(), next);
                await Task.Delay(rest < ShortestRest ? ShortestRest : rest > LongestRest ? LongestRest : rest, _clock, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private long TurnOnce()
    {
        try
        {
            return Turn();
        }
        catch (Exception ours) when (ours is not OperationCanceledException)
        {
            LogTurn(ours); // One bad value must not silence all subscriptions for good.
            return _clock.GetTimestamp() + (_clock.TimestampFrequency / 10);
        }
    }

    // When the next sampling or publishing is due.
    private long Turn()
    {
        var next = long.MaxValue;
        lock (_sessions.Gate)
        {
            foreach (var session in _sessions.All)
            {
                _subscriptions.Turn(session);
                foreach (var subscription in session.Subscriptions.Values)
                {
                    next = Math.Min(next, subscription.NextAt);
                }
            }
        }

        return next == long.MaxValue ? _clock.GetTimestamp() + _clock.TimestampFrequency : next;
    }

    private void Inspect()
    {
        lock (_sessions.Gate)
        {
            _sessions.Expire();
        }

        lock (_gate)
        {
            foreach (var connection in _connections.Keys.Where(c => c.IsOverdue))
            {
                connection.Abort();
            }
        }
    }

    [LoggerMessage(3103, LogLevel.Error, "A connection of an OPC UA client ended by a fault of the server itself")]
    private partial void LogConnection(Exception fault);

    [LoggerMessage(3104, LogLevel.Error, "The subscriptions of the OPC UA server were not looked at; they are again in a moment")]
    private partial void LogTurn(Exception fault);
}
