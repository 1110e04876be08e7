using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using static Uns.UnitTests.Sparkplug.Check.EdgeTrace;

namespace Uns.UnitTests.Sparkplug.Check;

/// <summary>The rules pass a session without a fault, and each of them fails when the thing that it speaks of is made wrong.</summary>
public sealed class EdgeNodeRulesTests
{
    private const string Rebirth = EdgeNodeSession.RebirthName;

    // They allow something: nothing can break them.
    private static readonly HashSet<string> Permissions =
    [
        "untagged-ndeath-timestamp", "untagged-ndata-aggregate", "untagged-ddata-aggregate",
    ];

    private static readonly Dictionary<string, (string Ids, Action<EdgeTrace> Break)> Faults = new()
    {
        ["session kept"] = ("principles-persistence-clean-session-50 untagged-all-clients-clean-session", t => t.Connects(c => c with { CleanStart = false })),
        ["no will"] = ("message-flow-edge-node-birth-publish-will-message payloads-ndeath-will-message", t => t.Connects(c => c with { Will = null })),
        ["will elsewhere"] = ("message-flow-edge-node-birth-publish-will-message-topic topics-ndeath-topic", t => t.Will(w => w with { Topic = "spBv1.0/G/NDEATH/F" })),
        ["will is no payload"] = ("message-flow-edge-node-birth-publish-will-message-payload topics-ndeath-payload", t => t.Will(w => w with { Payload = [0xFF] })),
        ["will qos 0"] = ("message-flow-edge-node-birth-publish-will-message-qos payloads-ndeath-will-message-qos", t => t.Will(w => w with { Qos = QualityOfService.AtMostOnce })),
        ["will retained"] = ("message-flow-edge-node-birth-publish-will-message-will-retained payloads-ndeath-will-message-retain", t => t.Will(w => w with { Retain = true })),
        ["will with seq"] = ("topics-ndeath-seq payloads-ndeath-seq", t => t.Will(w => w with { Payload = PayloadWriter.Write(PayloadReader.Read(w.Payload) with { Seq = 0 }) })),
        ["bdSeq stands still"] = (
            "topics-nbirth-bdseq-increment message-flow-edge-node-birth-publish-will-message-payload-bdSeq",
            t => t.Will(w => w with { Payload = PayloadWriter.Write(new SparkplugPayload { Metrics = [BdSeq(255)] }) }, 1)),
        ["bdSeq of another type"] = (
            "message-flow-edge-node-birth-publish-will-message-payload-bdSeq",
            t => t.Will(w => w with { Payload = PayloadWriter.Write(new SparkplugPayload { Metrics = [BdSeq(255) with { DataType = DataType.UInt8 }] }) })),
        ["not subscribed"] = (
            "message-flow-edge-node-ncmd-subscribe message-flow-device-dcmd-subscribe operational-behavior-primary-application-state-with-multiple-servers-state-subs",
            t => t.Change(p => p.Requests.Count > 0, p => p with { Requests = [] })),
        ["subscribed with qos 0"] = (
            "message-flow-edge-node-ncmd-subscribe message-flow-device-dcmd-subscribe",
            t => t.Change(p => p.Requests.Count > 0, p => p with { Requests = [.. p.Requests.Select(r => r with { MaximumQos = QualityOfService.AtMostOnce })] })),
        ["birth before CONNACK"] = ("message-flow-edge-node-birth-publish-connect untagged-edge-nbirth-after-session", t => t.Remove(p => p.Type == PacketType.ConnAck)),
        ["data first"] = (
            "principles-birth-certificates-order payloads-ndata-order topics-nbirth-metric-reqs operational-behavior-data-publish-nbirth",
            t => t.Move(p => Is(p, MessageVerb.NData), 0, p => Is(p, MessageVerb.NBirth), 0)),
        ["device data first"] = (
            "payloads-ddata-order topics-dbirth-metric-reqs operational-behavior-data-publish-dbirth",
            t => t.Move(p => Is(p, MessageVerb.DData), 0, p => Is(p, MessageVerb.DBirth), 0)),
        ["device birth first"] = ("message-flow-device-birth-publish-nbirth-wait", t => t.Move(p => Is(p, MessageVerb.DBirth), 0, p => Is(p, MessageVerb.NBirth), 0)),
        ["data between births"] = ("payloads-dbirth-order payloads-ddata-order", t => t.Move(p => Is(p, MessageVerb.DData), 1, p => Is(p, MessageVerb.DBirth), 2)),
        ["another node's topics"] = (
            "topics-nbirth-topic message-flow-edge-node-birth-publish-nbirth-topic topics-dbirth-topic message-flow-device-birth-publish-dbirth-topic "
            + "message-flow-device-birth-publish-dbirth-match-edge-node-topic topics-ndata-topic topics-ddata-topic topics-ddeath-topic topics-ndeath-topic",
            t => AllMessages(t, m => m with { Topic = m.Topic.Replace("/E", "/F", StringComparison.Ordinal) })),
        ["topics with a level too many"] = (
            "topics-nbirth-topic topics-ndata-topic topics-ndeath-topic topics-dbirth-topic topics-ddata-topic topics-ddeath-topic", t => AllMessages(t, m => m with { Topic = m.Topic + "/x/y" })),
        ["no payload"] = ("message-flow-edge-node-birth-publish-nbirth-payload message-flow-device-birth-publish-dbirth-payload", t => AllMessages(t, m => m with { Payload = [0xFF] })),
        ["qos 1"] = (
            "topics-nbirth-mqtt message-flow-edge-node-birth-publish-nbirth-qos payloads-nbirth-qos topics-dbirth-mqtt message-flow-device-birth-publish-dbirth-qos payloads-dbirth-qos "
            + "topics-ndata-mqtt payloads-ndata-qos topics-ddata-mqtt payloads-ddata-qos topics-ddeath-mqtt",
            t => AllMessages(t, m => m with { Qos = QualityOfService.AtLeastOnce })),
        ["retained"] = (
            "topics-nbirth-mqtt message-flow-edge-node-birth-publish-nbirth-retained payloads-nbirth-retain topics-dbirth-mqtt message-flow-device-birth-publish-dbirth-retained "
            + "payloads-dbirth-retain topics-ndata-mqtt payloads-ndata-retain topics-ddata-mqtt payloads-ddata-retain topics-ddeath-mqtt",
            t => AllMessages(t, m => m with { Retain = true })),
        ["no time"] = (
            "topics-nbirth-timestamp payloads-nbirth-timestamp untagged-utc-clocks topics-dbirth-timestamp payloads-dbirth-timestamp topics-ndata-timestamp payloads-ndata-timestamp "
            + "topics-ddata-timestamp payloads-ddata-timestamp payloads-ddeath-timestamp",
            t => AllPayloads(t, p => p with { Timestamp = null })),
        ["a clock two hours off"] = ("topics-nbirth-timestamp untagged-utc-clocks payloads-ddata-timestamp", t => AllPayloads(t, p => p with { Timestamp = Noon.AddHours(2) })),
        ["no seq"] = (
            "topics-nbirth-seq-num payloads-nbirth-seq message-flow-edge-node-birth-publish-nbirth-payload-seq payloads-sequence-num-req-nbirth payloads-sequence-num-always-included "
            + "topics-dbirth-seq payloads-dbirth-seq topics-ndata-seq-num payloads-ndata-seq topics-ddata-seq-num payloads-ddata-seq topics-ddeath-seq-num payloads-ddeath-seq payloads-ddeath-seq-number",
            t => AllPayloads(t, p => p with { Seq = null })),
        ["seq stands still"] = (
            "payloads-sequence-num-incrementing payloads-dbirth-seq-inc message-flow-device-birth-publish-dbirth-payload-seq payloads-ndata-seq-inc payloads-ddata-seq-inc payloads-ddeath-seq-inc",
            t => AllPayloads(t, p => p with { Seq = 0 })),
        ["birth with seq 5"] = ("topics-nbirth-seq-num", t => t.Payload(MessageVerb.NBirth, p => p with { Seq = 5 })),
        ["no bdSeq"] = ("topics-nbirth-bdseq-included payloads-nbirth-bdseq", t => t.Payload(MessageVerb.NBirth, p => p with { Metrics = [.. p.Metrics.Where(m => m.Name != "bdSeq")] })),
        ["another bdSeq in the birth"] = (
            "topics-nbirth-bdseq-matching payloads-nbirth-bdseq-repeat message-flow-edge-node-birth-publish-nbirth-payload-bdSeq", t => t.MetricOf(MessageVerb.NBirth, "bdSeq", _ => BdSeq(9))),
        ["another bdSeq in the rebirth"] = (
            "operational-behavior-data-commands-rebirth-action-3 untagged-edge-rebirth-same-bdseq payloads-nbirth-bdseq-repeat", t => t.MetricOf(MessageVerb.NBirth, "bdSeq", _ => BdSeq(0), 1)),
        ["another bdSeq in the death"] = ("payloads-ndeath-bdseq", t => t.MetricOf(MessageVerb.NDeath, "bdSeq", _ => BdSeq(9))),
        ["death with more than bdSeq"] = ("topics-ndeath-payload", t => t.Payload(MessageVerb.NDeath, p => p with { Metrics = [.. p.Metrics, BdSeq(1)] })),
        ["no rebirth metric"] = (
            "topics-nbirth-rebirth-metric payloads-nbirth-rebirth-req operational-behavior-data-commands-rebirth-name",
            t => t.Payload(MessageVerb.NBirth, p => p with { Metrics = [.. p.Metrics.Where(m => m.Name != Rebirth)] })),
        ["rebirth metric of another type"] = ("operational-behavior-data-commands-rebirth-datatype", t => t.MetricOf(MessageVerb.NBirth, Rebirth, m => m with { DataType = DataType.Int8 })),
        ["rebirth metric true"] = ("operational-behavior-data-commands-rebirth-value payloads-nbirth-rebirth-req", t => t.MetricOf(MessageVerb.NBirth, Rebirth, m => m with { Value = new(WireKind.Boolean, 1) })),
        ["rebirth metric with an alias"] = ("operational-behavior-data-commands-rebirth-name-aliases", t => t.MetricOf(MessageVerb.NBirth, Rebirth, m => m with { Alias = 9 })),
        ["birth metric without type"] = ("topics-nbirth-metrics", t => t.MetricOf(MessageVerb.NBirth, "load", m => m with { DataType = null })),
        ["birth metric without value"] = ("topics-nbirth-metrics operational-behavior-data-publish-nbirth-values", t => t.MetricOf(MessageVerb.NBirth, "load", m => m with { Value = default })),
        ["device birth metric without value"] = ("topics-dbirth-metrics operational-behavior-data-publish-dbirth-values", t => t.MetricOf(MessageVerb.DBirth, "level", m => m with { Value = default })),
        ["birth out of order"] = ("operational-behavior-data-publish-nbirth-order", t => t.MetricOf(MessageVerb.NBirth, "load", m => m with { Timestamp = Noon.AddSeconds(1) })),
        ["device birth out of order"] = ("operational-behavior-data-publish-dbirth-order", t => t.MetricOf(MessageVerb.DBirth, "level", m => m with { Timestamp = Noon.AddSeconds(1) })),
        ["names alike"] = ("case-sensitivity-metric-names", t => t.Payload(MessageVerb.NBirth, p => p with { Metrics = [.. p.Metrics, p.Metrics[2] with { Name = "LOAD" }] })),
        ["no definition"] = ("topics-nbirth-templates", t => t.MetricOf(MessageVerb.NBirth, "Motor", m => m with { Name = "Engine" })),
        ["two connections"] = (
            "payloads-nbirth-edge-node-descriptor operational-behavior-primary-application-state-with-multiple-servers-single-server",
            t => t.Remove(p => p.IsEnd || Is(p, MessageVerb.NDeath), 0, 0)),
        ["data that say nothing new"] = (
            "principles-rbe-recommended topics-ndata-payload operational-behavior-data-publish-nbirth-change untagged-ndata-no-resend",
            t => t.Payload(MessageVerb.NData, p => p with { Metrics = [p.Metrics[0] with { Value = WireConversion.ToWire(TagValue.Of(1.0)) }] })),
        ["device data that say nothing new"] = (
            "topics-ddata-payload operational-behavior-data-publish-dbirth-change untagged-ddata-no-resend",
            t => t.Payload(MessageVerb.DData, p => p with { Metrics = [p.Metrics[0], p.Metrics[0] with { Timestamp = Noon.AddSeconds(1) }] })),
        ["one time twice"] = (
            "untagged-ddata-multi-value", t => t.Payload(MessageVerb.DData, p => p with { Metrics = [p.Metrics[0], p.Metrics[0] with { Value = WireConversion.ToWire(TagValue.Of(8.0)) }] })),
        ["one time twice in node data"] = (
            "untagged-ndata-multi-value", t => t.Payload(MessageVerb.NData, p => p with { Metrics = [p.Metrics[0], p.Metrics[0] with { Value = WireConversion.ToWire(TagValue.Of(8.0)) }] })),
        ["death of a device that is not there"] = ("operational-behavior-device-ddeath", t => t.Message(MessageVerb.DDeath, m => m with { Topic = "spBv1.0/G/DDEATH/E/X" })),
        ["rebirth not answered"] = (
            "operational-behavior-data-commands-rebirth-action-2 untagged-edge-rebirth-capable",
            t => t.Cut(p => p is { FromClient: false, Message.Topic: "spBv1.0/G/NCMD/E" })),
        ["data go on after a rebirth request"] = (
            "operational-behavior-data-commands-rebirth-action-1",
            DataAfterRequest),
        ["goodbye without death"] = (
            "operational-behavior-edge-node-intentional-disconnect-ndeath operational-behavior-edge-node-intentional-disconnect-packet payloads-ndeath-will-message-publisher",
            t => t.Remove(p => Is(p, MessageVerb.NDeath))),
        ["birth before the host"] = (
            "message-flow-edge-node-birth-publish-phid-wait message-flow-edge-node-birth-publish-phid-wait-online message-flow-edge-node-birth-publish-phid-wait-timestamp "
            + "operational-behavior-edge-node-birth-sequence-wait untagged-edge-state-first",
            t => t.Remove(IsState)),
        ["birth after another host"] = ("message-flow-edge-node-birth-publish-phid-wait-id", t => t.Change(IsState, p => p with { Message = p.Message! with { Topic = "spBv1.0/STATE/other" } })),
        ["moved by an old death"] = (
            "operational-behavior-edge-node-termination-host-offline-timestamp untagged-client-ignore-older-state-death", t => t.Move(p => Is(p, MessageVerb.NDeath), 0, p => Is(p, MessageVerb.DData), 1)),
        ["stays without its host"] = (
            "message-flow-edge-node-birth-publish-phid-offline operational-behavior-edge-node-termination-host-offline operational-behavior-primary-application-state-with-multiple-servers-walk",
            t => t.Cut(p => IsState(p) && p.Index > 14)),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [InlineData(ProtocolVersion.V5)]
    [InlineData(ProtocolVersion.V311)]
    public void A_session_without_a_fault_passes(ProtocolVersion version)
    {
        var report = new EdgeTrace(version).Judge();
        Assert.Equal([], report.Results.Where(r => r.Verdict != CheckVerdict.Pass).Select(r => $"{r.Id}: {r.Why}"));
        Assert.InRange(report.Results.Count, 120, 200);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_fault_is_found(string name)
    {
        var (ids, spoil) = Faults[name];
        var trace = new EdgeTrace(ProtocolVersion.V5);
        spoil(trace);
        var report = trace.Judge();
        var missed = Whole(ids).Where(id => report[id].Verdict is not (CheckVerdict.Fail or CheckVerdict.Maybe));
        Assert.Equal([], missed);
    }

    [Theory]
    [InlineData(ProtocolVersion.V5, "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50")]
    [InlineData(ProtocolVersion.V311, "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311")]
    public void A_goodbye_that_does_not_fit_its_protocol_is_found(ProtocolVersion version, string id)
    {
        var trace = new EdgeTrace(version);
        trace.Change(p => p.Type == PacketType.Disconnect, p => p with { Reason = ReasonCode.Success });
        if (version == ProtocolVersion.V311)
        {
            trace.Remove(p => Is(p, MessageVerb.NDeath));
        }

        Assert.Equal(CheckVerdict.Fail, trace.Judge()[id].Verdict);
    }

    [Fact]
    public void No_rule_is_without_a_fault_that_breaks_it()
    {
        var passed = new[] { ProtocolVersion.V5, ProtocolVersion.V311 }.SelectMany(v => new EdgeTrace(v).Judge().Results.Select(r => r.Id)).ToHashSet();
        var broken = Faults.Values.SelectMany(f => Whole(f.Ids)).ToHashSet();
        broken.UnionWith(
        [
            "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50", "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311", "tck-id-principles-persistence-clean-session-311",
            "tck-id-operational-behavior-edge-node-termination-host-offline-reconnect", // Passes when the node comes back; else it is not executed.
        ]);
        Assert.Equal([], passed.Except(broken).Except(Permissions).Order());
    }

    private static void DataAfterRequest(EdgeTrace trace)
    {
        trace.Move(p => Is(p, MessageVerb.DData), 1, p => Is(p, MessageVerb.NBirth), 1);
        trace.Change(p => Is(p, MessageVerb.DData), p => p with { At = Noon.AddSeconds(2) }, 1);
    }

    private static bool IsState(RecordedPacket packet) => packet.Message?.Topic == "spBv1.0/STATE/hub";

    private static IEnumerable<string> Whole(string ids) => ids.Split(' ').Select(id => id.StartsWith("untagged-", StringComparison.Ordinal) ? id : "tck-id-" + id);

    private static void AllMessages(EdgeTrace trace, Func<RecordedMessage, RecordedMessage> change)
    {
        for (var i = 0; i < trace.Packets.Count(IsSaid); i++)
        {
            trace.Change(IsSaid, p => p with { Message = change(p.Message!) }, i);
        }
    }

    private static void AllPayloads(EdgeTrace trace, Func<SparkplugPayload, SparkplugPayload> change) =>
        AllMessages(trace, m => m with { Payload = PayloadWriter.Write(change(PayloadReader.Read(m.Payload))) });

    private static bool IsSaid(RecordedPacket packet) => packet is { FromClient: true, Message: not null };
}
