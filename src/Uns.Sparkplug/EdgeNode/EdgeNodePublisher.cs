using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// Speaks for one edge node on one broker: connects, is born, publishes, answers rebirth requests and commands,
/// and connects again when the line breaks. All methods but <see cref="RunAsync"/> return at once and may be called from any thread.
/// </summary>
/// <remarks>While there is no connection the newest value of each tag is kept for the next birth.</remarks>
public sealed partial class EdgeNodePublisher
{
    private const int CommandsBound = 256; // The house's bound for writes.

    private readonly EdgeNodeOptions _options;
    private readonly MqttClientOptions _broker;
    private readonly IBirthSequenceStore _bdSeqs;
    private readonly TimeProvider _clock;
    private readonly ILogger<EdgeNodePublisher> _logger;
    private readonly EdgeNodeSession _session;
    private readonly Lock _gate = new(); // Guards the session: the sender and the reader of commands both ask it.
    private readonly DeviceDesk _desk = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<Command> _commands = Channel.CreateBounded<Command>(CommandsBound);
    private long _connects;
    private long _sent;
    private long _unknown;
    private long _refused;
    private int _bdSeq = -1;

    /// <summary>An edge node that is not connected yet.</summary>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all of them.</exception>
    public EdgeNodePublisher(
        EdgeNodeOptions options, MqttClientOptions broker, IBirthSequenceStore bdSeq, TimeProvider clock, ILogger<EdgeNodePublisher> logger)
    {
        if (options.Check().ToArray() is { Length: > 0 } faults)
        {
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        }

        (_options, _bdSeqs, _clock, _logger) = (options, bdSeq, clock, logger);
        _broker = broker.ClientId.Length > 0 ? broker : broker with { ClientId = $"edge-{options.GroupId}-{options.NodeId}" };
        _session = new EdgeNodeSession(options);
    }

    /// <summary>Sets a tag of a device: device, tag, value, cancellation. Called for one command at a time, in order of arrival; what it throws is logged.</summary>
    public Func<string, string, TagValue, CancellationToken, Task>? OnCommand { get; set; }

    /// <summary>How the node fares now.</summary>
    public EdgeNodeStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new(
                    _session.IsBorn, _bdSeq < 0 ? null : _bdSeq, _connects, _session.Rebirths, Interlocked.Read(ref _sent),
                    _desk.Merged, Interlocked.Read(ref _unknown), Interlocked.Read(ref _refused));
            }
        }
    }

    /// <summary>Adds a device, offline until told otherwise, or gives a device other tags: it then dies and is born again.</summary>
    /// <exception cref="ArgumentException">The id cannot stand in a topic, a tag's name cannot be used, or a name stands twice.</exception>
    public void SetDevice(string deviceId, IReadOnlyList<TagDefinition> tags)
    {
        if (SparkplugTopic.Fault(deviceId) is { } fault)
        {
            throw new ArgumentException($"The device id {fault}", nameof(deviceId));
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (TagName.Fault(tag.Name) is { } nameFault)
            {
                throw new ArgumentException($"The tag '{tag.Name}' of device '{deviceId}' {nameFault}", nameof(tags));
            }

            if (!names.Add(tag.Name))
            {
                throw new ArgumentException($"Device '{deviceId}' names the tag '{tag.Name}' twice.", nameof(tags));
            }
        }

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
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var client = await ConnectAsync(cancellationToken);
                await SpeakAsync(client, backOff, cancellationToken);
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
            await backOff.WaitAsync(_clock, cancellationToken);
        }

        Disconnected();
        await commands;
    }

    private void SetOnline(string deviceId, bool isOnline)
    {
        _desk.SetOnline(deviceId, isOnline);
        _wake.Writer.TryWrite(true);
    }

    private Task<MqttClient> ConnectAsync(CancellationToken cancellationToken) => MqttClient.ConnectAsync(
        _broker,
        async token =>
        {
            // Kept before CONNECT leaves, and only once the broker was reached. [tck-id-topics-nbirth-bdseq-increment]
            var bdSeq = await _bdSeqs.NextAsync(_options.Id, token);
            lock (_gate)
            {
                _bdSeq = bdSeq;
                var death = _session.Connect(bdSeq, _clock.GetUtcNow());

                // [tck-id-payloads-ndeath-will-message-qos], [tck-id-payloads-ndeath-will-message-retain]
                return new Will { Topic = death.Topic.ToString(), Payload = PayloadWriter.Write(death.Payload), Qos = QualityOfService.AtLeastOnce };
            }
        },
        _clock,
        _logger,
        cancellationToken);

    private async Task SpeakAsync(MqttClient client, BackOff backOff, CancellationToken cancellationToken)
    {
        // Commands can come from the first birth on. [tck-id-message-flow-edge-node-ncmd-subscribe], [tck-id-message-flow-device-dcmd-subscribe]
        var id = _options.Id;
        await client.SubscribeAsync(
            [
                new(SparkplugTopic.OfNode(MessageVerb.NCmd, id).ToString(), QualityOfService.AtLeastOnce),
                new(SparkplugTopic.OfNode(MessageVerb.NCmd, id).ToString().Replace("/NCMD/", "/DCMD/", StringComparison.Ordinal) + "/+", QualityOfService.AtLeastOnce),
            ],
            cancellationToken);
        var reading = ReadCommandsAsync(client);
        var due = new List<OutgoingMessage>();
        lock (_gate)
        {
            // Not born yet, so this only brings values and devices up to date: the birth is one snapshot.
            Gather(due);
            _session.Birth(_clock.GetUtcNow(), due);
        }

        await SendAsync(client, due);
        Interlocked.Increment(ref _connects);
        LogBorn(id, _bdSeq, _broker.Endpoint);
        backOff.Reset();
        while (!cancellationToken.IsCancellationRequested && !client.Closed.IsCompleted)
        {
            await WaitForWorkAsync(client, cancellationToken);
            lock (_gate)
            {
                _session.AnswerRebirth(_clock.GetUtcNow(), due);
                Gather(due);
            }

            await SendAsync(client, due);
        }

        if (!client.Closed.IsCompleted)
        {
            await LeaveAsync(client);
        }

        await reading;
        if (!cancellationToken.IsCancellationRequested)
        {
            throw await client.Closed;
        }
    }

    private async Task WaitForWorkAsync(MqttClient client, CancellationToken cancellationToken)
    {
        DateTimeOffset? rebirthDue;
        lock (_gate)
        {
            rebirthDue = _session.RebirthDue;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = _wake.Reader.WaitToReadAsync(enough.Token).AsTask();
        var wait = rebirthDue - _clock.GetUtcNow() is { } left ? left : Timeout.InfiniteTimeSpan;
        if (wait == Timeout.InfiniteTimeSpan || wait > TimeSpan.Zero)
        {
            await Task.WhenAny(work, client.Closed, Task.Delay(wait, _clock, enough.Token));
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
        if (_desk.Apply(_session, _clock.GetUtcNow(), due) is > 0 and var unknown)
        {
            Interlocked.Add(ref _unknown, unknown);
        }
    }

    private async Task SendAsync(MqttClient client, List<OutgoingMessage> due)
    {
        foreach (var message in due)
        {
            // QoS 0, not retained. [tck-id-payloads-nbirth-qos], [tck-id-payloads-ddata-retain] and their likes
            await client.PublishAsync(message.Topic.ToString(), PayloadWriter.Write(message.Payload));
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

        using var patience = new CancellationTokenSource(_broker.ConnectTimeout, _clock);
        try
        {
            await client.PublishAsync(
                death.Topic.ToString(), PayloadWriter.Write(death.Payload), QualityOfService.AtLeastOnce, cancellationToken: patience.Token);
        }
        catch (Exception fault) when (fault is MqttException or OperationCanceledException)
        {
            LogDeathNotTaken(_options.Id, fault.Message); // The will says it instead.
        }

        await client.DisconnectAsync(_broker.Version == ProtocolVersion.V5 ? ReasonCode.DisconnectWithWill : ReasonCode.Success);
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

    [LoggerMessage(2003, LogLevel.Warning, "Edge node {Node} could not say its death before leaving: {Reason}")]
    private partial void LogDeathNotTaken(EdgeNodeId node, string reason);
}
