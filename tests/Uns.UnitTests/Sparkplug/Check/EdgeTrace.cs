using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Check;

/// <summary>A made-up session of an edge node without a fault, in which one thing can be made wrong.</summary>
internal sealed class EdgeTrace
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly EdgeNodeId Node = new("G", "E");

    private readonly List<RecordedPacket> _packets = [];
    private readonly ProtocolVersion _version;
    private readonly int _connection;
    private int _seq;

    public EdgeTrace(ProtocolVersion version)
    {
        _version = version;
        Connect(bdSeq: 255);
        State(true, 100);
        Births(bdSeq: 255);
        Say(MessageVerb.NData, null, Aliased(1, 2.0), Aliased(2, 7.0));
        Say(MessageVerb.DData, "D", Aliased(3, 1.0), Aliased(3, 2.0, second: 1), Aliased(4, 5.0, second: 2));
        Say(MessageVerb.DDeath, "D");
        Say(MessageVerb.DBirth, "D", DeviceMetrics());
        Hear(SparkplugTopic.OfNode(MessageVerb.NCmd, Node), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(true)));
        Births(bdSeq: 255);
        State(false, 50);
        Say(MessageVerb.DData, "D", Aliased(3, 9.0));
        State(false, 100);
        Say(MessageVerb.NDeath, null, BdSeq(255));
        Add(new RecordedPacket { FromClient = true, Type = PacketType.Disconnect, Reason = version == ProtocolVersion.V5 ? ReasonCode.DisconnectWithWill : ReasonCode.Success });
        Add(new RecordedPacket());
        _connection++;
        Connect(bdSeq: 0);
        State(true, 101);
        Births(bdSeq: 0);
    }

    public IReadOnlyList<RecordedPacket> Packets => _packets;

    public CheckReport Judge() => EdgeNodeRules.Judge(_packets, Node, "hub");

    /// <summary>Changes the nth packet of a kind.</summary>
    public void Change(Func<RecordedPacket, bool> which, Func<RecordedPacket, RecordedPacket> change, int nth = 0)
    {
        var at = _packets.IndexOf(_packets.Where(which).ElementAt(nth));
        _packets[at] = change(_packets[at]);
    }

    public void Message(MessageVerb verb, Func<RecordedMessage, RecordedMessage> change, int nth = 0) =>
        Change(p => Is(p, verb), p => p with { Message = change(p.Message!) }, nth);

    public void Payload(MessageVerb verb, Func<SparkplugPayload, SparkplugPayload> change, int nth = 0) =>
        Message(verb, m => m with { Payload = PayloadWriter.Write(change(PayloadReader.Read(m.Payload))) }, nth);

    public void MetricOf(MessageVerb verb, string name, Func<Metric, Metric> change, int nth = 0) =>
        Payload(verb, p => p with { Metrics = [.. p.Metrics.Select(m => m.Name == name ? change(m) : m)] }, nth);

    public void Connects(Func<ConnectPacket, ConnectPacket> change, int nth = 0) => Change(p => p.Connect is not null, p => p with { Connect = change(p.Connect!) }, nth);

    public void Will(Func<Will, Will> change, int nth = 0) => Connects(c => c with { Will = change(c.Will!) }, nth);

    /// <summary>Takes out the packets with these numbers among those of a kind; the first one when none is given.</summary>
    public void Remove(Func<RecordedPacket, bool> which, params int[] each)
    {
        foreach (var nth in each.Length == 0 ? [0] : each)
        {
            _packets.Remove(_packets.Where(which).ElementAt(nth));
        }
    }

    /// <summary>Ends the trace behind a packet.</summary>
    public void Cut(Func<RecordedPacket, bool> last) => _packets.RemoveRange(_packets.FindIndex(p => last(p)) + 1, _packets.Count - _packets.FindIndex(p => last(p)) - 1);

    public void Move(Func<RecordedPacket, bool> which, int nth, Func<RecordedPacket, bool> before, int beforeNth)
    {
        var packet = _packets.Where(which).ElementAt(nth);
        var place = _packets.Where(before).ElementAt(beforeNth);
        _packets.Remove(packet);
        _packets.Insert(_packets.IndexOf(place), packet);
    }

    public static bool Is(RecordedPacket packet, MessageVerb verb) =>
        packet is { FromClient: true, Message: { } message } && message.Topic.Split('/') is { Length: > 2 } levels && string.Equals(levels[2], verb.ToString(), StringComparison.OrdinalIgnoreCase);

    public static Metric BdSeq(long value) => Metric.Of(EdgeNodeSession.BdSeqName, TagValue.OfInteger(DataType.Int64, value), Noon);

    private static Metric[] DeviceMetrics() =>
    [
        Metric.Of("level", TagValue.Of(0.0), Noon) with { Alias = 3 }, Metric.Of("flow", TagValue.Of(0.0), Noon) with { Alias = 4 },
        new Metric { Name = "motor", DataType = DataType.Template, Timestamp = Noon, Value = new(WireKind.Template, 0, new Template { Reference = "Motor" }) },
    ];

    private static Metric Aliased(ulong alias, double value, int second = 0) =>
        new() { Alias = alias, Timestamp = Noon.AddSeconds(second), Value = WireConversion.ToWire(TagValue.Of(value)) };

    private void Connect(long bdSeq)
    {
        var death = PayloadWriter.Write(new SparkplugPayload { Timestamp = Noon, Metrics = [BdSeq(bdSeq)] });
        Add(new RecordedPacket
        {
            FromClient = true,
            Type = PacketType.Connect,
            Connect = new ConnectPacket
            {
                Version = _version,
                Will = new Will { Topic = SparkplugTopic.OfNode(MessageVerb.NDeath, Node).ToString(), Payload = death, Qos = QualityOfService.AtLeastOnce },
            },
        });
        Add(new RecordedPacket { Type = PacketType.ConnAck, Reason = ReasonCode.Success });
        Add(new RecordedPacket
        {
            FromClient = true,
            Type = PacketType.Subscribe,
            Requests = [new("spBv1.0/G/NCMD/E", QualityOfService.AtLeastOnce), new("spBv1.0/G/DCMD/E/+", QualityOfService.AtLeastOnce), new("spBv1.0/STATE/hub", QualityOfService.AtLeastOnce)],
        });
    }

    private void Births(long bdSeq)
    {
        _seq = 0;
        Say(
            MessageVerb.NBirth, null, BdSeq(bdSeq), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(false), Noon),
            Metric.Of("load", TagValue.Of(1.0), Noon) with { Alias = 1 }, Metric.Of("heat", TagValue.Of(1.0), Noon) with { Alias = 2 },
            new Metric { Name = "Motor", DataType = DataType.Template, Timestamp = Noon, Value = new(WireKind.Template, 0, new Template { IsDefinition = true }) },
            new Metric { Name = "own motor", DataType = DataType.Template, Timestamp = Noon, Value = new(WireKind.Template, 0, new Template { Reference = "Motor" }) });
        Say(MessageVerb.DBirth, "D", DeviceMetrics());
    }

    private void Say(MessageVerb verb, string? device, params Metric[] metrics)
    {
        int? seq = verb == MessageVerb.NDeath ? null : _seq++;
        var topic = device is null ? SparkplugTopic.OfNode(verb, Node) : SparkplugTopic.OfDevice(verb, Node, device);
        Publish(topic.ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = Noon, Seq = seq, Metrics = metrics }), fromClient: true);
    }

    private void Hear(SparkplugTopic topic, params Metric[] metrics) =>
        Publish(topic.ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = Noon, Metrics = metrics }), fromClient: false);

    private void State(bool isOnline, int second) => Publish("spBv1.0/STATE/hub", HostState.Write(isOnline, Noon.AddSeconds(second)), fromClient: false);

    private void Publish(string topic, byte[] payload, bool fromClient) => Add(new RecordedPacket
    {
        FromClient = fromClient,
        Type = PacketType.Publish,
        Message = new RecordedMessage(topic, payload, QualityOfService.AtMostOnce, Retain: false),
    });

    private void Add(RecordedPacket packet) => _packets.Add(packet with { Index = _packets.Count, Connection = _connection, At = Noon, Version = _version });
}
