using System.Text;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using static Uns.UnitTests.Sparkplug.Check.HostTrace;

namespace Uns.UnitTests.Sparkplug.Check;

/// <summary>The rules pass a host without a fault, and each of them fails when the thing that it speaks of is made wrong.</summary>
public sealed class HostRulesTests
{
    // They allow something or note that a thing began: nothing can break them.
    private static readonly HashSet<string> Permissions =
    [
        "tck-id-operational-behavior-host-reordering-start", "tck-id-operational-behavior-host-reordering-param", "tck-id-operational-behavior-host-reordering-success",
        "tck-id-operational-behavior-data-commands-ncmd-rebirth-verb", "tck-id-operational-behavior-data-commands-ncmd-rebirth-name",
    ];

    // Said of every birth that was seen; without one they are not executed.
    private static readonly string[] NeedABirth =
    [
        "tck-id-intro-sparkplug-host-state", "tck-id-components-ph-state", "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs",
    ];

    private static readonly Dictionary<string, (string Ids, Action<HostTrace> Break)> Faults = new()
    {
        ["session kept"] = ("message-flow-phid-sparkplug-clean-session-50 message-flow-phid-sparkplug-clean-session-311 untagged-all-clients-clean-session", t => t.Connects(c => c with { CleanStart = false })),
        ["no will"] = (
            "host-topic-phid-death-required operational-behavior-host-application-connect-will payloads-state-will-message untagged-primary-host-will-all-servers conformance-primary-host",
            t => t.Connects(c => c with { Will = null })),
        ["will elsewhere"] = (
            "host-topic-phid-death-topic operational-behavior-host-application-connect-will-topic payloads-state-will-message operational-behavior-host-application-death-topic "
            + "operational-behavior-host-application-host-id",
            t => t.Connects(c => c with { Will = c.Will! with { Topic = "STATE/hub" } })),
        ["will qos 0"] = (
            "host-topic-phid-death-qos operational-behavior-host-application-connect-will-qos payloads-state-will-message-qos",
            t => t.Connects(c => c with { Will = c.Will! with { Qos = QualityOfService.AtMostOnce } })),
        ["will not retained"] = (
            "host-topic-phid-death-retain operational-behavior-host-application-connect-will-retained payloads-state-will-message-retain untagged-primary-host-will-all-servers",
            t => t.Connects(c => c with { Will = c.Will! with { Retain = false } })),
        ["will is old"] = (
            "host-topic-phid-death-payload-timestamp-connect payloads-state-will-message-payload operational-behavior-host-application-connect-will-payload "
            + "operational-behavior-host-application-multi-server-timestamp",
            t => t.Connects(c => c with { Will = c.Will! with { Payload = HostState.Write(isOnline: false, Noon.AddDays(-1)) } })),
        ["will says online"] = (
            "host-topic-phid-death-payload operational-behavior-host-application-connect-will-payload payloads-state-will-message-payload operational-behavior-host-application-death-payload",
            t => t.Connects(c => c with { Will = c.Will! with { Payload = HostState.Write(isOnline: true, Noon) } })),
        ["a command first"] = (
            "principles-birth-certificates-order host-topic-phid-birth-message operational-behavior-primary-application-state-with-multiple-servers-state "
            + "operational-behavior-host-application-connect-birth",
            t => t.MoveToFront(p => Is(p, "NCMD"), p => IsState(p, true))),
        ["birth before the subscription"] = (
            "host-topic-phid-birth-sub-required host-topic-phid-birth-required payloads-state-subscribe message-flow-phid-sparkplug-subscription message-flow-phid-sparkplug-state-publish "
            + "untagged-host-namespace-subscribe",
            t => t.MoveToFront(p => IsState(p, true), p => p.Type == PacketType.Subscribe)),
        ["birth on the old topic"] = (
            "host-topic-phid-birth-topic operational-behavior-host-application-connect-birth-topic", t => t.Message(p => IsState(p, true), m => m with { Topic = "STATE/hub" })),
        ["birth qos 0"] = (
            "host-topic-phid-birth-qos operational-behavior-host-application-connect-birth-qos payloads-state-birth", t => t.Message(p => IsState(p, true), m => m with { Qos = QualityOfService.AtMostOnce })),
        ["birth not retained"] = (
            "host-topic-phid-birth-retain operational-behavior-host-application-connect-birth-retained payloads-state-birth", t => t.Message(p => IsState(p, true), m => m with { Retain = false })),
        ["birth of another time"] = (
            "host-topic-phid-birth-payload-timestamp message-flow-phid-sparkplug-state-publish-payload message-flow-phid-sparkplug-state-publish-payload-timestamp "
            + "operational-behavior-host-application-connect-birth-payload payloads-state-birth-payload operational-behavior-host-application-multi-server-timestamp",
            t => t.Message(p => IsState(p, true), m => m with { Payload = HostState.Write(isOnline: true, Noon.AddSeconds(1)) })),
        ["birth is no JSON"] = ("host-topic-phid-birth-payload", t => t.Message(p => IsState(p, true), m => m with { Payload = Encoding.UTF8.GetBytes("ONLINE") })),
        ["death is no JSON"] = (
            "host-topic-phid-death-payload operational-behavior-host-application-death-payload", t => t.Message(p => IsState(p, false), m => m with { Payload = Encoding.UTF8.GetBytes("OFFLINE") })),
        ["death qos 0"] = ("host-topic-phid-death-qos operational-behavior-host-application-death-qos", t => t.Message(p => IsState(p, false), m => m with { Qos = QualityOfService.AtMostOnce })),
        ["death not retained"] = ("host-topic-phid-death-retain operational-behavior-host-application-death-retained", t => t.Message(p => IsState(p, false), m => m with { Retain = false })),
        ["death of an old time"] = (
            "host-topic-phid-death-payload-timestamp-disconnect-clean host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
            t => t.Message(p => IsState(p, false), m => m with { Payload = HostState.Write(isOnline: false, Noon.AddDays(-1)) })),
        ["left without a death"] = (
            "operational-behavior-host-application-termination host-topic-phid-death-payload-timestamp-disconnect-clean operational-behavior-host-application-disconnect-intentional",
            t => t.Remove(p => IsState(p, false))),
        ["an offline of its own name is left standing"] = (
            "message-flow-hid-sparkplug-state-message-delivered",
            t =>
            {
                t.Remove(p => IsState(p, false) || p.Type == PacketType.Disconnect || p.IsEnd);
                var births = 0;
                t.Remove(p => IsState(p, true) && ++births == 2);
                t.WaitADay();
            }
        ),
        ["a gap is left standing"] = (
            "operational-behavior-host-reordering-rebirth untagged-host-rebirth-on-gap",
            t =>
            {
                t.Remove(p => IsState(p, false) || p.Type == PacketType.Disconnect || p.IsEnd || Is(p, "NCMD"));
                t.WaitADay();
            }
        ),
        ["commands elsewhere"] = (
            "topics-ncmd-topic operational-behavior-data-commands-ncmd-verb topics-dcmd-topic operational-behavior-data-commands-dcmd-verb",
            t => t.Message(p => Is(p, "NCMD") || Is(p, "DCMD"), m => m with { Topic = m.Topic + "/x" })),
        ["commands with qos 1"] = (
            "topics-ncmd-mqtt payloads-ncmd-qos topics-dcmd-mqtt payloads-dcmd-qos", t => t.Message(p => Is(p, "NCMD") || Is(p, "DCMD"), m => m with { Qos = QualityOfService.AtLeastOnce })),
        ["commands retained"] = (
            "topics-ncmd-mqtt payloads-ncmd-retain topics-dcmd-mqtt payloads-dcmd-retain", t => t.Message(p => Is(p, "NCMD") || Is(p, "DCMD"), m => m with { Retain = true })),
        ["commands without time"] = (
            "topics-ncmd-timestamp payloads-ncmd-timestamp topics-dcmd-timestamp payloads-dcmd-timestamp", t => Both(t, p => p with { Timestamp = null })),
        ["commands with seq"] = ("payloads-ncmd-seq payloads-dcmd-seq", t => Both(t, p => p with { Seq = 3 })),
        ["commands without metrics"] = ("topics-ncmd-payload topics-dcmd-payload", t => Both(t, p => p with { Metrics = [] })),
        ["commands to nobody"] = (
            "operational-behavior-data-commands-ncmd-metric-name operational-behavior-data-commands-dcmd-metric-name",
            t => Both(t, p => p with { Metrics = [Metric.Of("nobody", TagValue.Of(1.0))] })),
        ["commands of another type"] = (
            "operational-behavior-data-commands-ncmd-metric-value operational-behavior-data-commands-dcmd-metric-value",
            t => Both(t, p => p with { Metrics = [.. p.Metrics.Select(m => m with { Value = new(WireKind.String, 0, "x") })] })),
        ["a rebirth that says false"] = (
            "operational-behavior-data-commands-ncmd-rebirth-value", t => t.Payload("NCMD", p => p with { Metrics = [.. p.Metrics.Select(m => m with { Value = new(WireKind.Boolean) })] })),
    };

    public static TheoryData<string> FaultNames() => [.. Faults.Keys];

    [Theory]
    [InlineData(ProtocolVersion.V5)]
    [InlineData(ProtocolVersion.V311)]
    public void A_host_without_a_fault_keeps_every_rule(ProtocolVersion version)
    {
        var report = new HostTrace(version).Judge();
        Assert.Equal([], report.Results.Where(r => r.Verdict != CheckVerdict.Pass).Select(r => $"{r.Id}: {r.Why}"));
        Assert.InRange(report.Results.Count, 70, 100);
    }

    [Theory, MemberData(nameof(FaultNames))]
    public void A_broken_rule_is_named(string fault)
    {
        var (ids, breakIt) = Faults[fault];
        foreach (var id in ids.Split(' ').Select(Full))
        {
            var version = id.EndsWith("311", StringComparison.Ordinal) ? ProtocolVersion.V311 : ProtocolVersion.V5;
            var trace = new HostTrace(version);
            breakIt(trace);
            var result = trace.Judge()[id];
            Assert.True(result.Verdict is CheckVerdict.Fail or CheckVerdict.Maybe, $"{fault}: {id} is {result.Verdict}.");
            Assert.NotEmpty(result.Why);
        }
    }

    [Fact]
    public void Every_rule_that_can_be_broken_is_broken_above()
    {
        var judged = new HostTrace(ProtocolVersion.V5).Judge().Results.Select(r => r.Id);
        var broken = Faults.Values.SelectMany(f => f.Ids.Split(' ')).Select(Full).Concat(Permissions).Concat(NeedABirth).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], judged.Where(id => !broken.Contains(id)));
        var silent = new HostTrace(ProtocolVersion.V5);
        silent.Remove(p => IsState(p, true));
        Assert.All(NeedABirth, id => Assert.Equal(CheckVerdict.NotExecuted, silent.Judge()[id].Verdict));
    }

    private static void Both(HostTrace trace, Func<SparkplugPayload, SparkplugPayload> change)
    {
        trace.Payload("NCMD", change);
        trace.Payload("DCMD", change);
    }

    private static string Full(string id) => id.StartsWith("untagged-", StringComparison.Ordinal) ? id : "tck-id-" + id;
}
