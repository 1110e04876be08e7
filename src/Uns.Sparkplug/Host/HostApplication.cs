using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>
/// The host application on one broker: says its STATE and defends it, hears every edge node, asks for rebirths, sends commands,
/// and connects again when the line breaks.
/// </summary>
public sealed partial class HostApplication : ICommandSink
{
    // What an aware broker keeps of each node's birth: from it the host learns of nodes that are silent.
    private const string Certificates = "$sparkplug/certificates/";
    private const int MessagesPerTurn = 256; // So that gaps are looked at also under full load.
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(100);

    private readonly HostOptions _options;
    private readonly MqttClientOptions _broker;
    private readonly TimeProvider _clock;
    private readonly ILogger<HostApplication> _logger;
    private readonly HostSession _session;
    private readonly HostState _state = new();
    private readonly Lock _gate = new(); // Guards the session; the sink is only ever called within it.
    private readonly string _stateTopic;
    private readonly LegacyState? _legacy;
    private volatile MqttClient? _client;

    /// <summary>A host that is not connected yet.</summary>
    /// <param name="options">Name and patience.</param>
    /// <param name="broker">Where the broker is.</param>
    /// <param name="sink">Hears of every change, in order, one call at a time, from the pump. What it does must be short.</param>
    /// <param name="clock">Time of everything.</param>
    /// <param name="logger">Hears of state changes.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all of them.</exception>
    public HostApplication(HostOptions options, MqttClientOptions broker, IMetricSink sink, TimeProvider clock, ILogger<HostApplication> logger)
    {
        if (options.Check().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        }

        (_options, _clock, _logger) = (options, clock, logger);
        _broker = broker.ClientId.Length > 0 ? broker : broker with { ClientId = $"host-{options.HostId}" };
        _session = new HostSession(options, sink, logger);
        _stateTopic = _session.Version.Write(SparkplugTopic.OfState(options.HostId));
        _legacy = options.LegacyState ? new LegacyState(options, _broker, clock, logger) : null;
    }

    /// <summary>True from the STATE birth to the end of the connection.</summary>
    public bool IsConnected => _client is not null;

    /// <summary>How every node fares. Safe from any thread.</summary>
    public IReadOnlyList<NodeInfo> Nodes()
    {
        lock (_gate)
        {
            return _session.Nodes();
        }
    }

    /// <summary>All that is known about one node; null when it is not known. Safe from any thread.</summary>
    public NodeReport? Report(EdgeNodeId node)
    {
        lock (_gate)
        {
            return _session.Report(node);
        }
    }

    /// <summary>The alias that stands for a metric in data messages; null when it has none or is not known. Safe from any thread.</summary>
    public ulong? AliasOf(MetricKey metric)
    {
        lock (_gate)
        {
            return _session.AliasOf(metric);
        }
    }

    /// <summary>Sees the topic of each message of an edge node just before the host takes it; null: nobody does, and nothing is paid. Called by the pump, within its lock: returns at once.</summary>
    public Action<string>? OnTaking { get; set; }

    /// <summary>Asks a node to be born again, soon. Safe from any thread.</summary>
    public void AskRebirth(EdgeNodeId node)
    {
        lock (_gate)
        {
            _session.AskRebirth(node);
        }
    }

    /// <inheritdoc/>
    public async Task SendAsync(MetricKey key, TagValue value, CancellationToken cancellationToken)
    {
        OutgoingMessage command;
        lock (_gate)
        {
            command = _session.Command(key, value, _clock.GetUtcNow());
        }

        try
        {
            var client = _client ?? throw new CommandRefusedException("The host has no connection to its broker.");

            // QoS 0, not retained. [tck-id-topics-dcmd-mqtt], [tck-id-topics-ncmd-mqtt]
            await client.PublishAsync(_session.Version.Write(command.Topic), _session.Version.Write(command.Payload), cancellationToken: cancellationToken);
        }
        catch (MqttConnectionLostException)
        {
            throw new CommandRefusedException("The host has just lost its broker.");
        }
    }

    /// <summary>Runs until cancelled; then says that it leaves. Faults of line and broker do not end it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var legacy = _legacy?.RunAsync(cancellationToken) ?? Task.CompletedTask;
        var backOff = new BackOff(_options.ReconnectFirst, _options.ReconnectLongest);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var client = await MqttClient.ConnectAsync(_broker, Will, _clock, _logger, cancellationToken);
                await ListenAsync(client, backOff, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // The top of the pump: whatever broke, the host must come back.
                LogDown(fault.Message, backOff.Next.TotalSeconds, fault is MqttException ? null : fault);
            }

            BrokerLost();
            await backOff.WaitAsync(_clock, cancellationToken);
        }

        BrokerLost();
        await legacy;
    }

    // [tck-id-host-topic-phid-death-required], [tck-id-host-topic-phid-death-qos], [tck-id-host-topic-phid-death-retain]
    private ValueTask<Will?> Will(CancellationToken cancellationToken) => ValueTask.FromResult<Will?>(new Will
    {
        Topic = _stateTopic,
        Payload = _state.Connect(_clock.GetUtcNow()),
        Qos = QualityOfService.AtLeastOnce,
        Retain = true,
    });

    private async Task ListenAsync(MqttClient client, BackOff backOff, CancellationToken cancellationToken)
    {
        using var ticker = new PeriodicTimer(TickPeriod, _clock);
        var tick = ticker.WaitForNextTickAsync(CancellationToken.None).AsTask();
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellationToken);

        // The broker's answers stand in line behind messages, so nothing here may wait for an answer without reading on.
        var saying = AnnounceAsync(client, backOff, cancellationToken);
        var more = client.Messages.WaitToReadAsync(CancellationToken.None).AsTask();
        while (!cancellationToken.IsCancellationRequested)
        {
            await (saying.IsCompleted ? Task.WhenAny(more, tick, stopped) : Task.WhenAny(more, tick, stopped, saying));
            if (saying.IsCompleted)
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    break; // Stopped while it was still saying something: it leaves in order.
                }

                await saying;
            }

            if (more.IsCompleted)
            {
                if (!await more)
                {
                    throw await client.Closed;
                }

                for (var turns = MessagesPerTurn; turns > 0 && client.Messages.TryRead(out var message); turns--)
                {
                    saying = Take(client, message, saying);
                }

                more = client.Messages.WaitToReadAsync(CancellationToken.None).AsTask();
            }

            if (tick.IsCompleted)
            {
                lock (_gate)
                {
                    _session.Tick(_clock.GetUtcNow());
                }

                tick = ticker.WaitForNextTickAsync(CancellationToken.None).AsTask();
            }

            await SendRebirthsAsync(client);
        }

        await saying.WaitAsync(TimeSpan.Zero, _clock, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await LeaveAsync(client);
    }

    private async Task AnnounceAsync(MqttClient client, BackOff backOff, CancellationToken cancellationToken)
    {
        // [tck-id-message-flow-phid-sparkplug-subscription]: both before the birth.
        await client.SubscribeAsync(
            [new(_stateTopic, QualityOfService.AtLeastOnce), new(_session.Version.Namespace + "/#", QualityOfService.AtLeastOnce)], cancellationToken);

        // The first message of the session. [tck-id-host-topic-phid-birth-message], [tck-id-host-topic-phid-birth-qos], [tck-id-host-topic-phid-birth-retain]
        await client.PublishAsync(_stateTopic, _state.Announce(), QualityOfService.AtLeastOnce, retain: true, cancellationToken);
        lock (_gate)
        {
            _session.BrokerFound(_clock.GetUtcNow());
        }

        _client = client;
        _legacy?.Set(isOnline: true);
        LogUp(_options.HostId, _broker.Endpoint);
        backOff.Reset();
        await LearnAsync(client, cancellationToken);
    }

    private async Task LearnAsync(MqttClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.SubscribeAsync(
                [new($"{Certificates}{_session.Version.Namespace}/+/NBIRTH/+"), new($"{Certificates}{_session.Version.Namespace}/+/DBIRTH/+/+")], cancellationToken);
        }
        catch (MqttRefusedException fault)
        {
            LogNoCertificates(fault.Message); // Nodes are then learned of when they speak.
        }
    }

    private Task Take(MqttClient client, in MqttMessage message, Task saying)
    {
        if (message.Topic == _stateTopic)
        {
            return Defend(client, message, saying);
        }

        if (message.Topic.StartsWith(Certificates, StringComparison.Ordinal))
        {
            if (message.Retain && _session.Version.TryParseTopic(message.Topic[Certificates.Length..], out var certificate))
            {
                lock (_gate)
                {
                    _session.Certificate(certificate, message.Payload.Span, _clock.GetUtcNow());
                }
            }
        }
        else if (!message.Retain)
        {
            lock (_gate)
            {
                OnTaking?.Invoke(message.Topic);
                _session.Accept(message.Topic, message.Payload.Span, _clock.GetUtcNow(), message.Qos);
            }
        }

        return saying;
    }

    private Task Defend(MqttClient client, in MqttMessage message, Task saying)
    {
        switch (_state.Judge(message.Payload.Span))
        {
            case StateVerdict.SayAgain:
                if (!message.Retain)
                {
                    LogDefended(_options.HostId); // A retained one is the death of our own last session.
                }

                var again = client.PublishAsync(_stateTopic, _state.Announce(), QualityOfService.AtLeastOnce, retain: true).AsTask();
                return saying.IsCompleted ? again : Task.WhenAll(saying, again);
            case StateVerdict.ConnectAgain:
                throw new MqttConnectionLostException($"Someone said that host '{_options.HostId}' is offline, with a newer timestamp: only a new connection outdoes it.");
            case StateVerdict.Stranger when !message.Retain:
                LogStranger(_options.HostId);
                return saying;
            default:
                return saying;
        }
    }

    private async Task SendRebirthsAsync(MqttClient client)
    {
        var due = new List<RebirthRequest>();
        lock (_gate)
        {
            _session.TakeRebirths(_clock.GetUtcNow(), due);
        }

        foreach (var request in due)
        {
            var message = HostSession.Rebirth(request.Node, _clock.GetUtcNow());
            await client.PublishAsync(_session.Version.Write(message.Topic), _session.Version.Write(message.Payload));
        }
    }

    // [tck-id-operational-behavior-host-application-termination]
    private async Task LeaveAsync(MqttClient client)
    {
        _client = null;
        _legacy?.Set(isOnline: false);
        if (!_state.IsAnnounced)
        {
            await client.DisconnectAsync(); // The first word of a session is its birth: without one there is no death to tell.
            return;
        }

        var reading = DiscardAsync(client); // The broker's answer stands behind what still comes.
        using var patience = new CancellationTokenSource(_broker.ConnectTimeout, _clock);
        try
        {
            await client.PublishAsync(_stateTopic, _state.Leave(_clock.GetUtcNow()), QualityOfService.AtLeastOnce, retain: true, patience.Token);
        }
        catch (Exception fault) when (fault is MqttException or OperationCanceledException)
        {
            LogDeathNotTaken(fault.Message); // The will says it instead.
            return;
        }

        await client.DisconnectAsync();
        await reading;
        LogLeft(_options.HostId);
    }

    private static async Task DiscardAsync(MqttClient client)
    {
        try
        {
            while (await client.Messages.WaitToReadAsync())
            {
                while (client.Messages.TryRead(out _))
                {
                }
            }
        }
        catch (MqttConnectionLostException)
        {
            // Ended by the broker.
        }
    }

    private void BrokerLost()
    {
        _client = null;
        _legacy?.Set(isOnline: false);
        lock (_gate)
        {
            _session.BrokerLost(_clock.GetUtcNow());
        }
    }

    [LoggerMessage(2200, LogLevel.Information, "Host {Host} is online on {Broker}")]
    private partial void LogUp(string host, string broker);

    [LoggerMessage(2201, LogLevel.Warning, "The host is not connected, all values are stale: {Reason} Next try in {Seconds:0.0} s")]
    private partial void LogDown(string reason, double seconds, Exception? fault);

    [LoggerMessage(2202, LogLevel.Information, "Host {Host} has left as planned")]
    private partial void LogLeft(string host);

    [LoggerMessage(2203, LogLevel.Warning, "The host could not say its death before leaving: {Reason}")]
    private partial void LogDeathNotTaken(string reason);

    [LoggerMessage(2204, LogLevel.Warning, "Someone published on the STATE topic of host {Host}; its own word was put back")]
    private partial void LogDefended(string host);

    [LoggerMessage(2205, LogLevel.Error, "Another host says it is online under the name {Host}: each host needs a name of its own")]
    private partial void LogStranger(string host);

    [LoggerMessage(2206, LogLevel.Information, "The broker does not let the host read birth certificates: {Reason}")]
    private partial void LogNoCertificates(string reason);
}
