using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// Speaks for one edge node on one broker at a time: connects, is born, publishes, answers rebirth requests and commands,
/// and connects again, or to the next broker, when the line breaks. All methods but <see cref="RunAsync"/> return at once
/// and may be called from any thread.
/// </summary>
/// <remarks>While the node is not born the newest value of each tag is kept for the next birth, and with a store every sample is kept and sent as history.</remarks>
public sealed partial class EdgeNodePublisher
{
    private const int CommandsBound = 256; // The house's bound for writes.
    private const int CommandsAtOnce = 32; // Fewer than a device lets wait.

    private readonly EdgeNodeOptions _options;
    private readonly IReadOnlyList<MqttClientOptions> _brokers;
    private readonly IReadOnlyList<PrimaryHostGate>? _hostGates;
    private readonly IBirthSequenceStore _bdSeqs;
    private readonly TimeProvider _clock;
    private readonly ILogger<EdgeNodePublisher> _logger;
    private readonly EdgeNodeSession _session;
    private readonly Lock _gate = new(); // Guards the session and the host gates: the sender and the reader of commands both ask them.
    private readonly DeviceDesk _desk;
    private readonly Func<double> _jitter;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(CommandsBound);
    private readonly Dictionary<string, string> _deviceFaults = new(StringComparer.Ordinal);
    private volatile int _at; // The broker in use.
    private long _connects;
    private long _sent;
    private long _unknown;
    private long _refused;
    private int _bdSeq = -1;

    /// <summary>An edge node that is not connected yet.</summary>
    /// <param name="options">Name and pace.</param>
    /// <param name="brokers">Where it may speak, in the order of trying; at least one. It stays where it is while that works.</param>
    /// <param name="bdSeq">Counts its CONNECTs.</param>
    /// <param name="forward">Keeps what cannot be sent; null: only the newest value of each tag is kept, in memory.</param>
    /// <param name="clock">Time of all messages and waits.</param>
    /// <param name="logger">Hears of state changes and losses.</param>
    /// <param name="jitter">A number from 0 to 1 that chooses the moment of the start; random when null.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all of them.</exception>
    public EdgeNodePublisher(
        EdgeNodeOptions options, IReadOnlyList<MqttClientOptions> brokers, IBirthSequenceStore bdSeq, IForwardStore? forward, TimeProvider clock, ILogger<EdgeNodePublisher> logger,
        Func<double>? jitter = null)
    {
        if (options.Check().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        }

        if (brokers.Count == 0)
        {
            throw new ArgumentException("No broker is given: give at least one.", nameof(brokers));
        }

        (_options, _bdSeqs, _forward, _clock, _logger, _jitter) = (options, bdSeq, forward, clock, logger, jitter ?? Random.Shared.NextDouble);
        _desk = new(options.TagChangeDistance);
        _brokers = [.. brokers.Select(b => b.ClientId.Length > 0 ? b : b with { ClientId = $"edge-{options.GroupId}-{options.NodeId}" })];
        _hostGates = options.PrimaryHost.Length == 0 ? null : [.. brokers.Select(_ => new PrimaryHostGate(options.PrimaryHost))];
        _recent = new RecentSamples(_brokers.Max(b => b.KeepAlive) * 2);
        _session = new EdgeNodeSession(options);
    }

    /// <summary>Sets a tag of a device: device, tag, value, cancellation. Called in the order of arrival, for up to 32 commands at a time; what it throws is logged.</summary>
    public Func<string, string, TagValue, CancellationToken, Task>? OnCommand { get; set; }

    /// <summary>Sees each message, with its topic, just before it is handed to the client; null: nobody does, and nothing is paid. Returns at once.</summary>
    public Action<string, SparkplugPayload>? OnSending { get; set; }

    /// <summary>The node's name.</summary>
    public EdgeNodeId Id => _options.Id;

    /// <summary>How the node fares now.</summary>
    public EdgeNodeStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new(
                    _session.IsBorn, _bdSeq < 0 ? null : _bdSeq, _connects, _session.Rebirths, Interlocked.Read(ref _sent),
                    _desk.Merged, Interlocked.Read(ref _unknown), Interlocked.Read(ref _refused))
                {
                    Broker = Broker.Endpoint,
                    IsHostOnline = _hostGates?[_at].IsOnline,
                    SamplesKept = Interlocked.Read(ref _kept),
                    SamplesForwarded = Interlocked.Read(ref _forwarded),
                    SamplesLost = Interlocked.Read(ref _lost) + (_forward?.Lost ?? 0) + _session.ValuesTooLong + _recent.Crowded,
                    StoreRefusals = Interlocked.Read(ref _storeRefusals),
                    DeviceFaults = new Dictionary<string, string>(_deviceFaults, StringComparer.Ordinal),
                };
            }
        }
    }

    private MqttClientOptions Broker => _brokers[_at];

    // For all that waits and paces: the time of day can be set, this only goes forward.
    private TimeSpan Moment => _clock.GetElapsedTime(0);

    /// <summary>Gives the node metrics of its own, told in the NBIRTH and as NDATA. A node that is born is born again.</summary>
    /// <exception cref="ArgumentException">A tag's name cannot be used, or a name stands twice.</exception>
    public void SetNode(IReadOnlyList<TagDefinition> tags)
    {
        CheckTags("the node", tags);
        _desk.Set(DeviceDesk.Node, tags);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Hands over one sample of the node's own metrics.</summary>
    public void OfferToNode(in TagSample sample) => Offer(DeviceDesk.Node, sample);

    /// <summary>Adds a device, offline until told otherwise, or gives a device other tags: it then dies and is born again.</summary>
    /// <exception cref="ArgumentException">The id cannot stand in a topic, a tag's name cannot be used, or a name stands twice.</exception>
    public void SetDevice(string deviceId, IReadOnlyList<TagDefinition> tags)
    {
        if (SparkplugTopic.Fault(deviceId) is { } fault)
        {
            throw new ArgumentException($"The device id {fault}", nameof(deviceId));
        }

        CheckTags($"device '{deviceId}'", tags);
        _desk.Set(deviceId, tags);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Forgets a device; it dies first. An unknown one is no news.</summary>
    public void RemoveDevice(string deviceId)
    {
        _desk.Remove(deviceId);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>The device can be reached: DBIRTH.</summary>
    public void DeviceOnline(string deviceId) => SetOnline(deviceId, isOnline: true);

    /// <summary>The device can no longer be reached: DDEATH. Its values become stale for every host.</summary>
    public void DeviceOffline(string deviceId) => SetOnline(deviceId, isOnline: false);

    /// <summary>Hands over one sample. At most 8,192 wait per device (more when it has more tags); then the newest per tag wins, and the loss is counted.</summary>
    public void Offer(string deviceId, in TagSample sample)
    {
        if (_desk.Offer(deviceId, sample))
        {
            _wake.Writer.TryWrite(true);
        }
        else
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    /// <summary>Runs until cancelled; then says NDEATH and goodbye. Faults of line and broker do not end it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var commands = CarryOutAsync(cancellationToken);
        var backOff = new BackOff(_options.ReconnectFirst, _options.ReconnectLongest);
        await WaitForStartAsync(cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var walks = true;
            try
            {
                await using var client = await KeepingAsync(ConnectAsync(cancellationToken));
                walks = false; // It was there: it is tried first when the line breaks. There is no way back to an earlier one either.
                walks = !await SpeakAsync(client, backOff, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // The top of the pump: whatever broke, the node must come back.
                LogDown(_options.Id, fault.Message, backOff.Next.TotalSeconds, fault is MqttException ? null : fault);
            }

            Disconnected();
            _at = walks ? (_at + 1) % _brokers.Count : _at; // [tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk]
            await KeepRecentAsync();
            await KeepWhileAsync(backOff.WaitAsync(_clock, cancellationToken));
        }

        Disconnected();
        await KeepRecentAsync();
        await KeepWaitingAsync();
        await commands;
    }

    // After a power cut a whole plant starts at one moment; a broker that came back with it would hear all births at once. What comes meanwhile is kept.
    private async Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        var wait = _options.StartWithin * _jitter();
        if (wait > TimeSpan.Zero)
        {
            await KeepWhileAsync(Task.Delay(wait, _clock, cancellationToken));
        }
    }

    private static void CheckTags(string whose, IReadOnlyList<TagDefinition> tags)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (TagName.Fault(tag.Name) is { } fault)
            {
                throw new ArgumentException($"The tag '{tag.Name}' of {whose} {fault}", nameof(tags));
            }

            if (!names.Add(tag.Name))
            {
                throw new ArgumentException($"The tag '{tag.Name}' of {whose} is named twice.", nameof(tags));
            }

            if (tag.DataType is DataType.Template or DataType.Unknown)
            {
                // An instance needs its definition in the NBIRTH. [tck-id-topics-nbirth-templates]
                throw new ArgumentException($"The tag '{tag.Name}' of {whose} is {tag.DataType}: this edge node makes no templates; give another type.", nameof(tags));
            }
        }
    }

    private void SetOnline(string deviceId, bool isOnline)
    {
        _desk.SetOnline(deviceId, isOnline);
        _wake.Writer.TryWrite(true);
    }

    private Task<MqttClient> ConnectAsync(CancellationToken cancellationToken) => MqttClient.ConnectAsync(
        Broker,
        async token =>
        {
            // Kept before CONNECT leaves, and only once the broker was reached. [tck-id-topics-nbirth-bdseq-increment]
            var bdSeq = await _bdSeqs.NextAsync(_options.Id, token);
            lock (_gate)
            {
                _bdSeq = bdSeq;
                var death = _session.Connect(bdSeq, _clock.GetUtcNow());
                _hostGates?[_at].Connect();
                _hostWasLost = false;
                _deviceFaults.Clear();

                // [tck-id-payloads-ndeath-will-message-qos], [tck-id-payloads-ndeath-will-message-retain]
                return new Will { Topic = _session.Version.Write(death.Topic), Payload = _session.Version.Write(death.Payload), Qos = QualityOfService.AtLeastOnce };
            }
        },
        _clock,
        _logger,
        cancellationToken);

    /// <returns>False when the primary host is not online here: the next broker is tried.</returns>
    private async Task<bool> SpeakAsync(MqttClient client, BackOff backOff, CancellationToken cancellationToken)
    {
        // Commands can come from the first birth on. [tck-id-message-flow-edge-node-ncmd-subscribe], [tck-id-message-flow-device-dcmd-subscribe]
        var id = _options.Id;
        var ncmd = _session.Version.Write(SparkplugTopic.OfNode(MessageVerb.NCmd, id));
        List<SubscriptionRequest> wanted =
        [
            new(ncmd, QualityOfService.AtLeastOnce),
            new(ncmd.Replace("/NCMD/", "/DCMD/", StringComparison.Ordinal) + "/+", QualityOfService.AtLeastOnce),
        ];
        if (_hostGates is not null)
        {
            // [tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs]
            wanted.Add(new(_session.Version.Write(SparkplugTopic.OfState(_options.PrimaryHost)), QualityOfService.AtLeastOnce));
        }

        await KeepingAsync(client.SubscribeAsync(wanted, cancellationToken));
        var reading = ReadCommandsAsync(client);
        if (!await HostIsThereAsync(client, cancellationToken))
        {
            await client.DisconnectAsync(); // Never born here: nothing has to die.
            await reading;
            return false;
        }

        await BirthAsync(client, cancellationToken);
        backOff.Reset();
        await PublishAsync(client, cancellationToken);
        var walks = !client.Closed.IsCompleted && !cancellationToken.IsCancellationRequested;
        if (!client.Closed.IsCompleted)
        {
            await LeaveAsync(client);
        }

        await reading;
        return walks ? false : cancellationToken.IsCancellationRequested ? true : throw await client.Closed;
    }

    private async Task BirthAsync(MqttClient client, CancellationToken cancellationToken)
    {
        var due = new List<OutgoingMessage>();
        lock (_gate)
        {
            _session.LongestPacket = client.LongestPacketBytes;

            // Not born yet, so this only brings values and devices up to date: the birth is one snapshot.
            Gather(due);
            _session.Birth(_clock.GetUtcNow(), due);
        }

        await SendAsync(client, due);
        Interlocked.Increment(ref _connects);
        LogBorn(_options.Id, _bdSeq, Broker.Endpoint);
        TellFaults();
        await KeepUnsentAsync();
        await BeginHistoryAsync(cancellationToken);
    }

    // Live data, births and rebirths, then what is kept; until the line breaks, the host goes offline or the node is stopped.
    private async Task PublishAsync(MqttClient client, CancellationToken cancellationToken)
    {
        var due = new List<OutgoingMessage>();
        while (!cancellationToken.IsCancellationRequested && !client.Closed.IsCompleted && IsHostOnline)
        {
            await WaitForWorkAsync(client, cancellationToken);
            bool isAsked;
            lock (_gate)
            {
                _session.AnswerRebirth(Moment, _clock.GetUtcNow(), due);
                isAsked = _session.RebirthDue is not null;
                if (!isAsked)
                {
                    Gather(due); // Else data wait behind the birth. [tck-id-operational-behavior-data-commands-rebirth-action-1]
                }
            }

            await SendAsync(client, due);
            TellFaults();
            if (!isAsked && IsHostOnline)
            {
                await ForwardAsync(client, due, cancellationToken);
            }
        }
    }

    private async Task WaitForWorkAsync(MqttClient client, CancellationToken cancellationToken)
    {
        TimeSpan? next;
        lock (_gate)
        {
            next = _session.RebirthDue ?? (HistoryDue is { } history && !(_desk.TagsDue < history) ? history : _desk.TagsDue);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = _wake.Reader.WaitToReadAsync(enough.Token).AsTask();
        var wait = next - Moment;
        if (wait is null || wait > TimeSpan.Zero)
        {
            await Task.WhenAny(work, client.Closed, Task.Delay(wait ?? Timeout.InfiniteTimeSpan, _clock, enough.Token));
        }

        if (work.IsCompletedSuccessfully && _options.CollectFor > TimeSpan.Zero)
        {
            // The rest of the poll is on its way: let it leave in the same message.
            await Task.WhenAny(client.Closed, Task.Delay(_options.CollectFor, _clock, enough.Token));
        }

        _wake.Reader.TryRead(out _);
        await enough.CancelAsync();
    }

    private void Gather(List<OutgoingMessage> due)
    {
        if (_desk.Apply(_session, Moment, _clock.GetUtcNow(), due, Taken) is > 0 and var unknown)
        {
            Interlocked.Add(ref _unknown, unknown);
        }
    }

    private void TellFaults()
    {
        while (true)
        {
            string device, fault;
            lock (_gate)
            {
                if (_session.NextFault() is not { } next)
                {
                    return;
                }

                (device, fault) = next;
                _deviceFaults[device] = fault;
            }

            LogNotBorn(_options.Id, device, fault);
        }
    }

    private async Task SendAsync(MqttClient client, List<OutgoingMessage> due)
    {
        foreach (var message in due)
        {
            // QoS 0, not retained. [tck-id-payloads-nbirth-qos], [tck-id-payloads-ddata-retain] and their likes
            var topic = _session.Version.Write(message.Topic);
            OnSending?.Invoke(topic, message.Payload);
            await client.PublishAsync(topic, _session.Version.Write(message.Payload));
            Interlocked.Increment(ref _sent);
        }

        due.Clear();
    }

    // [tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath], [tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50]
    private async Task LeaveAsync(MqttClient client)
    {
        OutgoingMessage death;
        lock (_gate)
        {
            death = _session.Death(_clock.GetUtcNow());
            _session.Disconnected();
        }

        using var patience = new CancellationTokenSource(Broker.ConnectTimeout, _clock);
        try
        {
            await client.PublishAsync(
                _session.Version.Write(death.Topic), _session.Version.Write(death.Payload), QualityOfService.AtLeastOnce, cancellationToken: patience.Token);
            await AllArrivedAsync(); // The broker takes packets in their order.
        }
        catch (Exception fault) when (fault is MqttException or OperationCanceledException)
        {
            LogDeathNotTaken(_options.Id, fault.Message); // The will says it instead.
        }

        await client.DisconnectAsync(Broker.Version == ProtocolVersion.V5 ? ReasonCode.DisconnectWithWill : ReasonCode.Success);
        LogLeft(_options.Id);
    }

    private void Disconnected()
    {
        lock (_gate)
        {
            _session.Disconnected();
        }
    }

    [LoggerMessage(2000, LogLevel.Information, "Edge node {Node} is born on {Broker} with bdSeq {BdSeq}")]
    private partial void LogBorn(EdgeNodeId node, int bdSeq, string broker);

    [LoggerMessage(2001, LogLevel.Warning, "Edge node {Node} is not connected: {Reason} Next try in {Seconds:0.0} s")]
    private partial void LogDown(EdgeNodeId node, string reason, double seconds, Exception? fault);

    [LoggerMessage(2002, LogLevel.Information, "Edge node {Node} has left as planned")]
    private partial void LogLeft(EdgeNodeId node);

    [LoggerMessage(2004, LogLevel.Error, "Edge node {Node} cannot bear device {Device}: {Fault}")]
    private partial void LogNotBorn(EdgeNodeId node, string device, string fault);

    [LoggerMessage(2003, LogLevel.Warning, "Edge node {Node} could not say its death before leaving: {Reason}")]
    private partial void LogDeathNotTaken(EdgeNodeId node, string reason);
}
