using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Check;

/// <summary>A made-up session of a host without a fault, in which one thing can be made wrong.</summary>
internal sealed class HostTrace
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private const string State = "spBv1.0/STATE/hub";
    private static readonly EdgeNodeId Node = new("G", "E");

    private readonly List<RecordedPacket> _packets = [];
    private readonly ProtocolVersion _version;
    private DateTimeOffset _now = Noon;
    private int _connection;

    public HostTrace(ProtocolVersion version)
    {
        _version = version;
        Connect();
        Heard(MessageVerb.NBirth, null, 0, Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0)), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(false)));
        Heard(MessageVerb.DBirth, "D", 1, Metric.Of("level", TagValue.Of(1.0)) with { Alias = 4 });
        Hear(State, HostState.Write(isOnline: false, Noon), retain: true);
        Say(State, HostState.Write(isOnline: true, Noon), QualityOfService.AtLeastOnce, retain: true);
        Heard(MessageVerb.DData, "D", 3);
        Heard(MessageVerb.DData, "D", 2); // Healed.
        Heard(MessageVerb.DData, "D", 5); // And not healed.
        _now += Patience;
        Command(SparkplugTopic.OfNode(MessageVerb.NCmd, Node), Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(true)) with { DataType = null });
        Command(SparkplugTopic.OfDevice(MessageVerb.DCmd, Node, "D"), new Metric { Alias = 4, Value = WireConversion.ToWire(TagValue.Of(2.0)) });
        Say(State, HostState.Write(isOnline: false, _now), QualityOfService.AtLeastOnce, retain: true);
        Add(new RecordedPacket { FromClient = true, Type = PacketType.Disconnect });
        Add(new RecordedPacket());
        _connection++;
        _now += TimeSpan.FromMinutes(5);
        Connect();
        _now += TimeSpan.FromSeconds(1);
        Say(State, HostState.Write(isOnline: false, _now), QualityOfService.AtLeastOnce, retain: true);
        Add(new RecordedPacket());
    }

    public CheckReport Judge() => HostRules.Judge(_packets, "hub", Patience);

    public static bool IsState(RecordedPacket packet, bool isOnline) =>
        packet is { FromClient: true, Message: { } message } && message.Topic == State && HostState.TryRead(message.Payload, out var online, out _) && online == isOnline;

    public static bool Is(RecordedPacket packet, string verb) => packet is { FromClient: true, Message: { } message } && message.Topic.Contains($"/{verb}/", StringComparison.Ordinal);

    public void Change(Func<RecordedPacket, bool> which, Func<RecordedPacket, RecordedPacket> change)
    {
        for (var i = 0; i < _packets.Count; i++)
        {
            _packets[i] = which(_packets[i]) ? change(_packets[i]) : _packets[i];
        }
    }

    public void Connects(Func<ConnectPacket, ConnectPacket> change) => Change(p => p.Connect is not null, p => p with { Connect = change(p.Connect!) });

    public void Message(Func<RecordedPacket, bool> which, Func<RecordedMessage, RecordedMessage> change) => Change(which, p => p with { Message = change(p.Message!) });

    public void Payload(string verb, Func<SparkplugPayload, SparkplugPayload> change) =>
        Message(p => Is(p, verb), m => m with { Payload = PayloadWriter.Write(change(PayloadReader.Read(m.Payload))) });

    public void Remove(Func<RecordedPacket, bool> which) => _packets.RemoveAll(p => which(p));

    public void MoveToFront(Func<RecordedPacket, bool> which, Func<RecordedPacket, bool> before)
    {
        var packet = _packets.First(which);
        _packets.Remove(packet);
        _packets.Insert(_packets.FindIndex(p => before(p)), packet);
    }

    /// <summary>What the broker says a day later: whatever was owed is overdue then.</summary>
    public void WaitADay()
    {
        _connection = 0;
        _now += TimeSpan.FromDays(1);
        Add(new RecordedPacket { Type = PacketType.PingResp });
    }

    private void Connect()
    {
        Add(new RecordedPacket
        {
            FromClient = true,
            Type = PacketType.Connect,
            Connect = new ConnectPacket
            {
                Version = _version,
                Will = new Will { Topic = State, Payload = HostState.Write(isOnline: false, _now), Qos = QualityOfService.AtLeastOnce, Retain = true },
            },
        });
        Add(new RecordedPacket { Type = PacketType.ConnAck, Reason = ReasonCode.Success });
        Add(new RecordedPacket { FromClient = true, Type = PacketType.Subscribe, Requests = [new(State, QualityOfService.AtLeastOnce), new("spBv1.0/#", QualityOfService.AtLeastOnce)] });
        Add(new RecordedPacket { Type = PacketType.SubAck });
        Say(State, HostState.Write(isOnline: true, _now), QualityOfService.AtLeastOnce, retain: true);
    }

    private void Heard(MessageVerb verb, string? device, int seq, params Metric[] metrics) => Hear(
        (device is null ? SparkplugTopic.OfNode(verb, Node) : SparkplugTopic.OfDevice(verb, Node, device)).ToString(),
        PayloadWriter.Write(new SparkplugPayload { Timestamp = _now, Seq = seq, Metrics = metrics }), retain: false);

    private void Command(SparkplugTopic topic, params Metric[] metrics) =>
        Say(topic.ToString(), PayloadWriter.Write(new SparkplugPayload { Timestamp = _now, Metrics = metrics }), QualityOfService.AtMostOnce, retain: false);

    private void Hear(string topic, byte[] payload, bool retain) =>
        Add(new RecordedPacket { Type = PacketType.Publish, Message = new(topic, payload, QualityOfService.AtMostOnce, retain) });

    private void Say(string topic, byte[] payload, QualityOfService qos, bool retain) =>
        Add(new RecordedPacket { FromClient = true, Type = PacketType.Publish, Message = new(topic, payload, qos, retain) });

    private void Add(RecordedPacket packet) => _packets.Add(packet with { Index = _packets.Count, Connection = _connection, At = _now, Version = _version });
}
