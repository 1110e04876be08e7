using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>A small plant on loopback: a broker, one edge node, one host and a listener that hears everything.</summary>
internal sealed class Plant(int maximumPacketBytes = 1024 * 1024) : IMetricSink, IBirthSequenceStore, IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    public static readonly EdgeNodeId Id = new("Plant", "Line 1");
    private readonly MqttBroker _broker = new(new MqttBrokerOptions { Address = IPAddress.Loopback, Port = 0, MaximumPacketBytes = maximumPacketBytes }, null, TimeProvider.System, NullLogger<MqttBroker>.Instance);
    private readonly List<(CancellationTokenSource Stop, Task Run)> _pumps = [];
    private readonly List<MqttClient> _clients = [];
    private readonly Channel<(MetricKey Key, MetricChange? Change)> _changes = Channel.CreateUnbounded<(MetricKey, MetricChange?)>();
    private readonly Dictionary<MetricKey, MetricChange> _known = [];
    private int _bdSeq = -1;

    /// <summary>What our edge node keeps; null: nothing.</summary>
    public IForwardStore? Forward { get; set; }

    /// <summary>Our edge node's clock.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>The broker itself, past all recorders.</summary>
    public MqttClientOptions Broker { get; private set; } = new();

    /// <summary>Stands between our edge node and the broker.</summary>
    public PacketRecorder EdgeLine { get; private set; } = null!;

    /// <summary>Stands between our host and the broker.</summary>
    public PacketRecorder HostLine { get; private set; } = null!;

    public async Task StartAsync()
    {
        await _broker.StartAsync();
        Broker = new MqttClientOptions { Host = "127.0.0.1", Port = _broker.EndPoint.Port };
        EdgeLine = new PacketRecorder(_broker.EndPoint, TimeProvider.System);
        HostLine = new PacketRecorder(_broker.EndPoint, TimeProvider.System);
        EdgeLine.Start();
        HostLine.Start();
    }

    /// <summary>The broker as it is reached through a recorder.</summary>
    public MqttClientOptions Through(PacketRecorder line) => Broker with { Port = line.EndPoint.Port };

    /// <summary>The first packet on a line, from a place on, that is as wanted.</summary>
    public static async Task<RecordedPacket> PassedAsync(PacketRecorder line, Func<RecordedPacket, bool> wanted, int from = 0)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await line.Trace.FindAsync(wanted, from, deadline.Token);
    }

    public ValueTask<int> NextAsync(EdgeNodeId node, CancellationToken cancellationToken) => ValueTask.FromResult(_bdSeq = (_bdSeq + 1) % 256);

    /// <summary>Values of the past that the host told.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<MetricChange> Past { get; } = new();

    public void Historical(in MetricChange change) => Past.Enqueue(change);

    public void Changed(in MetricChange change) => _changes.Writer.TryWrite((change.Key, change));

    public void Removed(MetricKey key) => _changes.Writer.TryWrite((key, null));

    /// <summary>Goes through the changes, in order and none left out, until a metric is as wanted.</summary>
    public async Task<MetricChange> SeeAsync(string? device, string name, Func<MetricChange, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var key = new MetricKey(Id, device, name);
        while (true)
        {
            if (_known.TryGetValue(key, out var seen) && wanted(seen))
            {
                return seen;
            }

            var (changed, change) = await _changes.Reader.ReadAsync(deadline.Token);
            if (change is { } now)
            {
                _known[changed] = now;
            }
            else
            {
                _known.Remove(changed);
            }
        }
    }

    /// <summary>A listener on all Sparkplug topics.</summary>
    public async Task<Listener> ListenAsync(params string[] filters)
    {
        var client = await ConnectAsync("listener");
        await client.SubscribeAsync([.. (filters.Length == 0 ? ["spBv1.0/#"] : filters).Select(f => new SubscriptionRequest(f, QualityOfService.AtLeastOnce, RetainAsPublished: true))], default);
        return new Listener(client);
    }

    public async Task<MqttClient> ConnectAsync(string name, Will? will = null)
    {
        var client = await MqttClient.ConnectAsync(Broker with { ClientId = name }, _ => ValueTask.FromResult(will), TimeProvider.System, NullLogger.Instance, default);
        _clients.Add(client);
        return client;
    }

    /// <summary>Our edge node with a metric <c>load</c> of its own and one device <c>D</c>: a writable level and a read-only count.</summary>
    /// <param name="version">The protocol.</param>
    /// <param name="change">Lays other options over the usual ones.</param>
    /// <param name="brokers">Where it may speak; its own line when none is given.</param>
    public (EdgeNodePublisher Node, Func<Task> StopAsync) RunEdgeNode(
        ProtocolVersion version = ProtocolVersion.V5, Func<EdgeNodeOptions, EdgeNodeOptions>? change = null, params MqttClientOptions[] brokers)
    {
        var options = new EdgeNodeOptions { GroupId = Id.GroupId, NodeId = Id.NodeId, StartWithin = TimeSpan.Zero, ReconnectFirst = TimeSpan.FromMilliseconds(50), ReconnectLongest = TimeSpan.FromMilliseconds(200) };
        IReadOnlyList<MqttClientOptions> lines = brokers.Length > 0 ? brokers : [Through(EdgeLine)];
        var node = new EdgeNodePublisher(
            change is null ? options : change(options), [.. lines.Select(line => line with { Version = version, ClientId = "edge" })], this, Forward, Clock, NullLogger<EdgeNodePublisher>.Instance);
        node.SetNode([new() { Name = "load", DataType = DataType.Double }]);
        node.SetDevice("D", [new() { Name = "level", DataType = DataType.Double, Low = 0, High = 10, Writable = true }, new() { Name = "count", DataType = DataType.Int32 }]);
        node.DeviceOnline("D");
        return (node, Run(node.RunAsync));
    }

    /// <summary>Our host, named <c>hub</c>.</summary>
    /// <param name="version">The protocol.</param>
    /// <param name="line">Where it speaks; its own line when null.</param>
    /// <param name="change">Lays other options over the usual ones.</param>
    public (HostApplication Host, Func<Task> StopAsync) RunHost(ProtocolVersion version = ProtocolVersion.V5, PacketRecorder? line = null, Func<HostOptions, HostOptions>? change = null)
    {
        var options = new HostOptions { HostId = "hub", ReorderTimeout = TimeSpan.FromMilliseconds(200), ReconnectFirst = TimeSpan.FromMilliseconds(50), ReconnectLongest = TimeSpan.FromMilliseconds(200) };
        var host = new HostApplication(change is null ? options : change(options), Through(line ?? HostLine) with { Version = version }, this, TimeProvider.System, NullLogger<HostApplication>.Instance);
        return (host, Run(host.RunAsync));
    }

    /// <summary>A host that hears: a node born before that, and silent since, would not be known to it.</summary>
    public async Task<HostApplication> StartHostAsync()
    {
        var watch = await ConnectAsync("watch");
        await watch.SubscribeAsync([new SubscriptionRequest("spBv1.0/STATE/hub")], default);
        var (host, _) = RunHost();
        await new Listener(watch).NextAsync(_ => true);
        return host;
    }

    public static TagSample Level(double value) => new("level", TagValue.Of(value), TagQuality.Good, TimeProvider.System.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        foreach (var (stop, run) in _pumps)
        {
            await stop.CancelAsync();
            await run.WaitAsync(Deadline);
            stop.Dispose();
        }

        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await EdgeLine.DisposeAsync();
        await HostLine.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private Func<Task> Run(Func<CancellationToken, Task> pump)
    {
        var stop = new CancellationTokenSource();
        var run = pump(stop.Token);
        _pumps.Add((stop, run));
        return async () =>
        {
            await stop.CancelAsync();
            await run.WaitAsync(Deadline);
        };
    }
}

/// <summary>Hears messages in order and finds the next of a kind.</summary>
internal sealed class Listener(MqttClient client)
{
    public MqttClient Client => client;

    public async Task<MqttMessage> NextAsync(Func<MqttMessage, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Plant.Deadline);
        while (true)
        {
            var message = await client.Messages.ReadAsync(deadline.Token);
            if (wanted(message))
            {
                return message;
            }
        }
    }

    public async Task<(MqttMessage Message, SparkplugPayload Payload)> NextAsync(MessageVerb verb)
    {
        var message = await NextAsync(m => SparkplugTopic.TryParse(m.Topic, out var topic) && topic.Verb == verb);
        return (message, PayloadReader.Read(message.Payload.Span));
    }
}
