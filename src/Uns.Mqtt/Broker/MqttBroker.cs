using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Broker.Persistence;
using Uns.Store;

namespace Uns.Mqtt.Broker;

/// <summary>
/// An MQTT 3.1.1 and 5.0 broker. One I/O thread handles all connections; the store is written by another, and what must
/// survive is acknowledged after its commit.
/// </summary>
/// <remarks>With a store, open it with <see cref="BrokerSchema.Steps"/>. The broker does not dispose the store.</remarks>
public sealed partial class MqttBroker : IAsyncDisposable
{
    /// <summary>Longest wait of entries that no answer waits for: the end of deliveries, retained QoS 0.</summary>
    private static readonly TimeSpan LazyWrite = TimeSpan.FromMilliseconds(100);

    /// <summary>Sockets beyond the limit of clients: they get a CONNACK that says so. Those beyond are closed unread.</summary>
    private const int SpareConnections = 256;

    /// <summary>Wait before a store that failed is tried again, in milliseconds.</summary>
    private const long RetryWait = 5000;

    private readonly MqttBrokerOptions _options;
    private readonly HubStore? _store;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly BrokerJournal? _journal;
    private readonly BrokerCore _core;
    private readonly BrokerLoop _loop;
    private readonly ShortPauses _pauses = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _accepting = [];
    private Socket? _listener;
    private ITimer? _ticks;
    private ITimer? _lazyTimer;
    private bool _isLazyDue;
    private bool _isLazyPending;
    private volatile string? _storeFault;
    private long _retryAt;
    private bool _isRunning;
    private int _state;

    /// <summary>A broker that is not started yet.</summary>
    /// <param name="options">Where to listen and which limits to keep.</param>
    /// <param name="store">Where sessions and retained messages survive; null: in memory only.</param>
    /// <param name="clock">Source of all times.</param>
    /// <param name="logger">Told of connections, refusals and faults.</param>
    /// <exception cref="ArgumentException">Options are out of their range; the message names each with its value.</exception>
    public MqttBroker(MqttBrokerOptions options, HubStore? store, TimeProvider clock, ILogger<MqttBroker> logger)
    {
        var faults = options.Check().ToList();
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The broker's options cannot be used: {string.Join(' ', faults)}", nameof(options));
        }

        store = options.StorePolicy == StorePolicy.Memory ? null : store;
        (_options, _store, _clock, _logger) = (options, store, clock, logger);
        BrokerLoop? loop = null;
        _journal = store is null ? null : new BrokerJournal(store, work => loop!.Post(work));
        _core = new BrokerCore(options, _journal, clock, logger);
        _loop = loop = OperatingSystem.IsLinux() ? new EpollLoop(_core.Counters) { Accepted = Open, MaximumLinks = options.MaximumConnections + SpareConnections } : new PostedLoop();
        _loop.BeginBatch = _core.ReadClock;
        _loop.EndBatch = EndBatch;
        _loop.Failed = e => LogBroken(_logger, e);
    }

    /// <summary>True breaks the promise of durability, so that the crash loop's checker can prove that it notices. No setting leads here.</summary>
    internal bool AnswersEarly
    {
        init
        {
            if (_journal is not null)
            {
                _journal.AnswersEarly = value;
            }
        }
    }

    /// <summary>Where the broker listens; the port is the real one where 0 was asked for.</summary>
    /// <exception cref="InvalidOperationException">The broker was not started, or has no TCP listener.</exception>
    public IPEndPoint EndPoint => (IPEndPoint?)_listener?.LocalEndPoint ?? throw new InvalidOperationException("The broker does not listen: start it with an address.");

    /// <summary>Why nothing that must survive is taken at present: what the store answered. Null while all is well; it is tried again by itself.</summary>
    public string? StoreFault => _storeFault;

    /// <summary>What an acknowledgement outlives: <c>power-safe</c> all, <c>crash-safe</c> the process but not the power, <c>none</c> nothing.</summary>
    public string Durability => _store?.Policy switch { null => "none", StorePolicy.Interval => "crash-safe", _ => "power-safe" };

    /// <summary>What the broker holds and has done; cheap, from any thread.</summary>
    public BrokerStatistics Statistics => _core.Counters.Snapshot();

    /// <summary>The identifiers that two clients fight over now; cheap, from any thread.</summary>
    public IReadOnlyList<ClientDispute> Disputes => _core.Disputes;

    /// <summary>Completes when the I/O thread ends; faulted when it ended by an error, which the hub must not outlive.</summary>
    public Task Ended => _loop.Ended;

    /// <summary>Takes up what the store kept, then listens.</summary>
    /// <exception cref="ListenerException">The address cannot be listened on, such as when the port is in use.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await PrepareAsync(cancellationToken);
        Listen();
    }

    /// <summary>Takes the addresses and brings back what is kept, but lets nobody in from outside until <see cref="Listen"/>; clients in this process may connect.</summary>
    /// <exception cref="ListenerException">An address cannot be used.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _state, 1) != 0)
        {
            throw new InvalidOperationException("The broker was started already.");
        }

        _listener = _options.Address is null ? null : Bind(_options.Address, _options.Port);
        BindTls();
        if (_store is not null)
        {
            _core.Restore(await _store.ReadAsync(StoredBroker.Read, cancellationToken));
        }

        _loop.Start();
        _isRunning = true;
        _ticks = _clock.CreateTimer(_ => _loop.Post(Tick), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _lazyTimer = _clock.CreateTimer(_ => _loop.Post(() => (_isLazyDue, _isLazyPending) = (true, false)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets clients in from outside; who knocked since <see cref="PrepareAsync"/> has waited. To be called once.</summary>
    public void Listen()
    {
        if (_listener is not null)
        {
            if (_loop is EpollLoop epoll)
            {
                epoll.Post(() => epoll.Listen(_listener));
            }
            else
            {
                _accepting.Add(AcceptAsync(_listener, _stop.Token));
            }

            LogStarted(_logger, _listener.LocalEndPoint, _store is null ? "in memory" : _store.Path);
        }

        if (_tls is not null)
        {
            _accepting.Add(_tls.RunAsync(_stop.Token));
            LogStarted(_logger, _tls.EndPoint, _store is null ? "in memory" : _store.Path);
        }
    }

    /// <summary>Serves MQTT on a WebSocket whose sub-protocol <c>mqtt</c> was agreed on. [MQTT-6.0.0-4]</summary>
    /// <param name="socket">An open socket; the caller disposes it.</param>
    /// <param name="origin">By which way it came.</param>
    /// <param name="cancellationToken">Ends the connection as if the network had failed.</param>
    /// <returns>Completes when the connection is over.</returns>
    public Task ServeAsync(WebSocket socket, ClientOrigin origin, CancellationToken cancellationToken) =>
        ServeAsync(new WebSocketChannel(socket), origin, cancellationToken);

    /// <summary>Serves MQTT on a stream, such as TLS.</summary>
    /// <param name="stream">An open stream; disposed when the connection is over.</param>
    /// <param name="origin">By which way it came.</param>
    /// <param name="cancellationToken">Ends the connection as if the network had failed.</param>
    /// <returns>Completes when the connection is over.</returns>
    public Task ServeAsync(Stream stream, ClientOrigin origin, CancellationToken cancellationToken) =>
        ServeAsync(new StreamChannel(stream), origin, cancellationToken);

    /// <summary>Completes when the I/O thread has ended the batch in which it did all that was posted before, so that its timers are armed: for tests that turn the clock.</summary>
    internal Task SettledAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() => _loop.Post(() => done.TrySetResult())); // The second is work of the next batch.
        return Task.WhenAny(done.Task, _loop.Ended);
    }

    /// <summary>Tells the clients (0x8B on MQTT 5.0), ends all connections and commits what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _state, 2) == 2)
        {
            return;
        }

        await _stop.CancelAsync();
        _ticks?.Dispose();
        if (_isRunning)
        {
            await EndConnectionsAsync();
            await Task.WhenAll(_accepting);
            while (_journal is not null && await LastWriteAsync(_journal))
            {
            }

            _loop.Stop();
            await _loop.Ended;
        }
        else
        {
            _loop.Abandon();
        }

        _lazyTimer?.Dispose();
        _listener?.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(IByteChannel channel, ClientOrigin origin, CancellationToken cancellationToken)
    {
        using var link = new PumpedLink(_loop, channel, origin, _core.Counters);
        await link.RunAsync(Open, cancellationToken);
    }

    private BrokerConnection Open(ILink link)
    {
        var connection = new BrokerConnection(_core, link);
        _core.Opened(connection);
        return connection;
    }

    private void Tick()
    {
        _core.ReadClock(); // The batch may have begun before the time this tick stands for.
        _core.Tick();
        _core.TellSys(_store?.Commits ?? 0, Durability);
        RetryStore();
        if ((_loop as EpollLoop)?.ResumeListening() is { } error)
        {
            LogNoFiles(_logger, error);
        }
    }

    private void EndBatch()
    {
        _core.EndBatch();
        if (_core.Dirty.Count > 0)
        {
            _loop.Post(static () => { });
        }

        _pauses.AfterBatch();
        if (_journal is null || !_journal.HasWork || _journal.IsBusy)
        {
            return;
        }

        if (_journal.IsUrgent || _isLazyDue)
        {
            _isLazyDue = false;
            _journal.Start(Committed);
        }
        else if (!_isLazyPending)
        {
            _isLazyPending = true;
            _lazyTimer!.Change(LazyWrite, Timeout.InfiniteTimeSpan);
        }
    }

    private void Committed(List<DeferredAnswer> answers, Exception? fault)
    {
        if (fault is not null)
        {
            _core.Counters.StoreFaults++;
            _retryAt = _core.Now + RetryWait;
            if (_storeFault is null)
            {
                LogStoreFault(_logger, answers.Count, fault);
            }

            _storeFault = fault.Message;
        }
        else if (_storeFault is not null)
        {
            _storeFault = null;
            LogStoreBack(_logger);
        }

        foreach (var answer in answers)
        {
            answer.Connection.Answer(answer, fault is null);
        }

        _core.ResumePublishers();
    }

    /// <summary>Tries to put everything into a store that failed; one whose disk failed is not asked again.</summary>
    private void RetryStore()
    {
        if (_journal is { IsFailing: true, IsBusy: false } && _core.Now >= _retryAt && _store!.Failure is null)
        {
            _journal.BeginRecovery();
            _core.WriteAll(_journal);
            _journal.Start(Committed);
        }
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var socket = await AcceptAsync(listener, _clock, cancellationToken);
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                _ = ServeAsync(new NetworkStream(socket, ownsSocket: true), new ClientOrigin(ClientListener.Tcp, socket.RemoteEndPoint), cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The broker stops.
        }
    }

    private async Task<Socket> AcceptAsync(Socket listener, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(cancellationToken);
            }
            catch (SocketException e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNoFiles(_logger, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
            }
        }
    }

    private async Task EndConnectionsAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            (_loop as EpollLoop)?.StopListening();
            foreach (var connection in _core.Connections.ToList())
            {
                connection.Disconnect(_options.ServerReference is null ? Packets.ReasonCode.ServerShuttingDown : Packets.ReasonCode.UseAnotherServer);
            }

            done.TrySetResult();
        });
        await Task.WhenAny(done.Task, _loop.Ended);
    }

    /// <summary>Awaits the write under way and starts one for the rest.</summary>
    /// <returns>False when nothing was left.</returns>
    private async Task<bool> LastWriteAsync(BrokerJournal journal)
    {
        var next = new TaskCompletionSource<Task?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            journal.Start(Committed);
            next.TrySetResult(journal.IsBusy ? journal.Writing : null);
        });
        await Task.WhenAny(next.Task, _loop.Ended);
        if (!next.Task.IsCompleted || await next.Task is not { } writing)
        {
            return false;
        }

        await writing;
        return true;
    }

    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(4096);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is in use by another program: stop it or give another port",
                SocketError.AddressNotAvailable => "this machine has no such address: give one that it has",
                SocketError.AccessDenied => "the port needs more rights: give one from 1024",
                _ => e.Message,
            };
            throw new ListenerException($"The broker cannot listen on {address} port {port}: {why}.", e);
        }
    }

    [LoggerMessage(1000, LogLevel.Information, "The broker listens on {EndPoint}; sessions and retained messages are kept in {Kept}.")]
    private static partial void LogStarted(ILogger logger, EndPoint? endPoint, string kept);

    [LoggerMessage(1004, LogLevel.Error, "The store did not take a write; {Count} answers were refused or their connections ended. Until it does, nothing that must survive is taken.")]
    private static partial void LogStoreFault(ILogger logger, int count, Exception exception);

    [LoggerMessage(1014, LogLevel.Information, "The store takes writes again and has everything.")]
    private static partial void LogStoreBack(ILogger logger);

    [LoggerMessage(1006, LogLevel.Error, "A piece of the broker's work failed because of a fault in the broker; the others go on.")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    [LoggerMessage(1007, LogLevel.Error, "New connections could not be taken for up to a second: {Error}. Raise the limit of open files or lower the number of clients.")]
    private static partial void LogNoFiles(ILogger logger, string error);
}
