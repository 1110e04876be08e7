using System.Text.Json;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <summary>Holds what one host application says against the rules for its session and its commands. Pure: packets go in, verdicts stand in the report.</summary>
/// <param name="hostId">Whose packets are judged.</param>
/// <param name="report">Takes the verdicts.</param>
/// <remarks>Sparkplug 3.0, chapters 4, 5 and 6. What a host makes of what it hears cannot be seen on the line and is not judged here.</remarks>
public sealed class HostRules(string hostId, CheckReport report)
{
    private static readonly TimeSpan ClockWindow = TimeSpan.FromSeconds(60);

    private readonly string _topic = SparkplugTopic.OfState(hostId).ToString();
    private readonly Dictionary<int, Session> _sessions = [];

    /// <summary>Judges a whole trace.</summary>
    public static CheckReport Judge(IEnumerable<RecordedPacket> packets, string hostId)
    {
        var report = new CheckReport();
        var rules = new HostRules(hostId, report);
        foreach (var packet in packets)
        {
            rules.Take(packet);
        }

        rules.End();
        return report;
    }

    /// <summary>Takes one packet.</summary>
    public void Take(RecordedPacket packet)
    {
        if (!_sessions.TryGetValue(packet.Connection, out var session))
        {
            _sessions.Add(packet.Connection, session = new Session());
        }

        switch (packet.Type)
        {
            case PacketType.Connect when packet.Connect is { } connect:
                TakeConnect(session, connect, packet.At);
                break;
            case PacketType.Subscribe when packet.FromClient:
                session.Filters.AddRange(packet.Requests.Select(r => r.Filter));
                break;
            case PacketType.Publish when packet is { FromClient: true, Message: { } said }:
                TakeSaid(session, said, packet.At);
                break;
            case PacketType.Publish when packet.Message is { } heard && heard.Topic == _topic && session.Birth is not null && !session.HasLeft:
                session.HeardDeath |= HostState.TryRead(heard.Payload, out var online, out _) && !online;
                break;
            case PacketType.Disconnect when packet.FromClient && session.Birth is not null:
                report.Must(session.HasLeft, "DISCONNECT came without a death before it.", "tck-id-operational-behavior-host-application-termination", "tck-id-operational-behavior-host-application-disconnect-intentional");
                break;
            default:
                break;
        }
    }

    /// <summary>The trace is over: a death that was put in the host's mouth and not answered is judged now.</summary>
    public void End()
    {
        if (_sessions.Values.Any(s => s.HeardDeath))
        {
            report.Must(false, "A false death of the host was not answered.", "tck-id-message-flow-hid-sparkplug-state-message-delivered");
        }
    }

    private void TakeConnect(Session session, ConnectPacket connect, DateTimeOffset at)
    {
        report.Must(
            connect.CleanStart && connect.Properties.SessionExpiryInterval is null or 0, "The CONNECT does not ask for a clean session that ends with the connection.",
            connect.Version == ProtocolVersion.V5 ? "tck-id-message-flow-phid-sparkplug-clean-session-50" : "tck-id-message-flow-phid-sparkplug-clean-session-311");
        var will = connect.Will;
        report.Must(will is not null, "The CONNECT has no will.", "tck-id-host-topic-phid-death-required", "tck-id-operational-behavior-host-application-connect-will", "tck-id-payloads-state-will-message");
        if (will is null)
        {
            return;
        }

        report.Must(
            will.Topic == _topic, $"The will's topic is '{will.Topic}'.",
            "tck-id-host-topic-phid-death-topic", "tck-id-operational-behavior-host-application-connect-will-topic", "tck-id-operational-behavior-host-application-death-topic", "tck-id-payloads-state-will-message");
        report.Must(
            will.Qos == QualityOfService.AtLeastOnce, $"The will's QoS is {(int)will.Qos}.",
            "tck-id-host-topic-phid-death-qos", "tck-id-operational-behavior-host-application-connect-will-qos", "tck-id-payloads-state-will-message-qos");
        report.Must(
            will.Retain, "The will is not retained.",
            "tck-id-host-topic-phid-death-retain", "tck-id-operational-behavior-host-application-connect-will-retained", "tck-id-payloads-state-will-message-retain");
        var isDeath = HostState.TryRead(will.Payload, out var online, out var time) && !online;
        report.Must(
            isDeath && (at - time).Duration() <= ClockWindow, "The will is no offline STATE with the time of the CONNECT.",
            "tck-id-host-topic-phid-death-payload", "tck-id-operational-behavior-host-application-connect-will-payload", "tck-id-payloads-state-will-message-payload",
            "tck-id-host-topic-phid-death-payload-timestamp-connect", "tck-id-operational-behavior-host-application-death-payload");
        session.Will = isDeath ? time : null;
    }

    private void TakeSaid(Session session, RecordedMessage said, DateTimeOffset at)
    {
        var isState = said.Topic.StartsWith("spBv1.0/STATE/", StringComparison.Ordinal) || said.Topic.StartsWith("STATE/", StringComparison.Ordinal);
        if (session.Birth is null)
        {
            report.Must(
                isState, $"The first message of the session is on '{said.Topic}'.",
                "tck-id-host-topic-phid-birth-message", "tck-id-principles-birth-certificates-order", "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state");
        }

        if (isState)
        {
            TakeState(session, said, at);
        }
        else if (SparkplugTopic.TryParse(said.Topic, out var topic) && topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd)
        {
            TakeCommand(topic, said, at);
        }
    }

    private void TakeState(Session session, RecordedMessage said, DateTimeOffset at)
    {
        var isReadable = HostState.TryRead(said.Payload, out var online, out var time);
        if (isReadable && !online)
        {
            session.HasLeft = true;
            report.Must(said.Topic == _topic, $"The death went to '{said.Topic}'.", "tck-id-operational-behavior-host-application-death-topic", "tck-id-host-topic-phid-death-topic");
            report.Must(said.Qos == QualityOfService.AtLeastOnce, $"The death has QoS {(int)said.Qos}.", "tck-id-operational-behavior-host-application-death-qos", "tck-id-host-topic-phid-death-qos");
            report.Must(said.Retain, "The death is not retained.", "tck-id-operational-behavior-host-application-death-retain", "tck-id-host-topic-phid-death-retain");
            report.Must(
                (at - time).Duration() <= ClockWindow && !(time < session.Will), "The death does not have the time of leaving.",
                "tck-id-operational-behavior-host-application-death-payload", "tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean");
            return;
        }

        const string First = "tck-id-host-topic-phid-birth-required";
        report.Must(
            said.Topic == _topic, $"STATE went to '{said.Topic}'.",
            "tck-id-host-topic-phid-birth-topic", "tck-id-operational-behavior-host-application-connect-birth-topic", "tck-id-payloads-state-birth", "tck-id-intro-sparkplug-host-state", "tck-id-conformance-primary-host");
        report.Must(
            said.Qos == QualityOfService.AtLeastOnce, $"STATE has QoS {(int)said.Qos}.",
            "tck-id-host-topic-phid-birth-qos", "tck-id-operational-behavior-host-application-connect-birth-qos", "tck-id-payloads-state-birth");
        report.Must(
            said.Retain, "STATE is not retained.",
            "tck-id-host-topic-phid-birth-retain", "tck-id-operational-behavior-host-application-connect-birth-retained", "tck-id-payloads-state-birth");
        report.Must(
            isReadable, $"STATE is no JSON with online and timestamp: {Shown(said.Payload)}",
            "tck-id-host-topic-phid-birth-payload", "tck-id-operational-behavior-host-application-connect-birth-payload", "tck-id-payloads-state-birth-payload", "tck-id-message-flow-phid-sparkplug-state-publish-payload");
        report.Must(
            isReadable && time == session.Will, $"STATE has the time {time:O}, the will {session.Will:O}.",
            "tck-id-host-topic-phid-birth-payload-timestamp", "tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp", "tck-id-payloads-state-birth-payload");
        var isSubscribed = session.Filters.Any(f => f == _topic || f is "spBv1.0/#" or "#" or "spBv1.0/STATE/#" or "spBv1.0/STATE/+");
        report.Must(
            isSubscribed, "STATE came before its own topic was subscribed.",
            "tck-id-host-topic-phid-birth-sub-required", First, "tck-id-message-flow-phid-sparkplug-subscription", "tck-id-message-flow-phid-sparkplug-state-publish", "tck-id-payloads-state-subscribe",
            "tck-id-operational-behavior-host-application-connect-birth");
        report.Must(session.Filters.Any(f => f == "#" || f.StartsWith("spBv1.0/", StringComparison.Ordinal)), "The Sparkplug topics are not subscribed.", "tck-id-message-flow-phid-sparkplug-subscription", "untagged-host-namespace-subscribe");
        if (session.HeardDeath)
        {
            session.HeardDeath = false;
            report.Must(isReadable && online && time == session.Will, "A false death was answered with another time than the will's.", "tck-id-message-flow-hid-sparkplug-state-message-delivered");
        }

        session.Birth ??= at;
    }

    private void TakeCommand(SparkplugTopic topic, RecordedMessage said, DateTimeOffset at)
    {
        SparkplugPayload? payload;
        try
        {
            payload = PayloadReader.Read(said.Payload);
        }
        catch (SparkplugFormatException)
        {
            payload = null;
        }

        var verb = topic.Verb == MessageVerb.NCmd ? "ncmd" : "dcmd";
        report.Must(true, "", $"tck-id-topics-{verb}-topic", $"tck-id-operational-behavior-data-commands-{verb}-verb");
        report.Must(said.Qos == QualityOfService.AtMostOnce, $"A command has QoS {(int)said.Qos}.", $"tck-id-topics-{verb}-mqtt", $"tck-id-payloads-{verb}-qos");
        report.Must(!said.Retain, "A command is retained.", $"tck-id-topics-{verb}-mqtt", $"tck-id-payloads-{verb}-retain");
        report.Must(payload?.Timestamp is { } time && (at - time).Duration() <= ClockWindow, "A command does not have the time of its sending.", $"tck-id-topics-{verb}-timestamp", $"tck-id-payloads-{verb}-timestamp");
        report.Must(payload is { Seq: null }, "A command has a seq.", $"tck-id-payloads-{verb}-seq");
        report.Must(payload?.Metrics.Count > 0, "A command has no metric.", $"tck-id-topics-{verb}-payload");
        var rebirth = payload?.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.RebirthName);
        if (rebirth is not null)
        {
            report.Must(topic.Verb == MessageVerb.NCmd, "A rebirth was asked for with DCMD.", "tck-id-operational-behavior-data-commands-ncmd-rebirth-verb");
            report.Must(true, "", "tck-id-operational-behavior-data-commands-ncmd-rebirth-name");
            report.Must(rebirth.Value is { Kind: WireKind.Boolean, Bits: 1 }, "A rebirth request is not true.", "tck-id-operational-behavior-data-commands-ncmd-rebirth-value");
        }
    }

    private static string Shown(byte[] payload) => JsonEncodedText.Encode(System.Text.Encoding.UTF8.GetString(payload.AsSpan(0, Math.Min(payload.Length, 80)))).ToString();

    private sealed class Session
    {
        public DateTimeOffset? Will { get; set; }

        public DateTimeOffset? Birth { get; set; }

        public List<string> Filters { get; } = [];

        public bool HasLeft { get; set; }

        public bool HeardDeath { get; set; }
    }
}
