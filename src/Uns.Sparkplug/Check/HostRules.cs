using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Holds what one host application says and is told against the rules for hosts.
/// Pure: packets go in, in the order in which they passed; verdicts stand in the report.
/// </summary>
/// <param name="hostId">Whose packets are judged.</param>
/// <param name="report">Takes the verdicts.</param>
/// <param name="reorderTimeout">How patient the host is with a gap.</param>
/// <remarks>Sparkplug 3.0, chapters 4, 5 and 6. What a host does with its own values cannot be seen on the wire.</remarks>
public sealed partial class HostRules(string hostId, CheckReport report, TimeSpan reorderTimeout)
{
    /// <summary>How far a message's time may lie from the time at which it was seen.</summary>
    private static readonly TimeSpan ClockWindow = TimeSpan.FromSeconds(60);

    /// <summary>How long a host may take to say its STATE again, which is due at once.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    private readonly Dictionary<int, Session> _sessions = [];
    private readonly string _stateTopic = SparkplugTopic.OfState(hostId).ToString();
    private DateTimeOffset? _lastWillTime;

    /// <summary>Judges a whole trace.</summary>
    /// <param name="packets">What passed between the host and its broker, and nobody else's packets.</param>
    /// <param name="hostId">The host's id.</param>
    /// <param name="reorderTimeout">How patient the host is with a gap; zero when that is not known: then no host is too slow about a gap.</param>
    /// <param name="end">When watching ended: what was due by then is missing. Null: the last packet's time.</param>
    public static CheckReport Judge(IEnumerable<RecordedPacket> packets, string hostId, TimeSpan reorderTimeout = default, DateTimeOffset? end = null)
    {
        var report = new CheckReport();
        var rules = new HostRules(hostId, report, reorderTimeout);
        foreach (var packet in packets)
        {
            rules.Take(packet);
        }

        if (end is { } until)
        {
            foreach (var session in rules._sessions.Values)
            {
                session.JudgeWaiting(report, until);
            }
        }

        return report;
    }

    /// <summary>Takes one packet.</summary>
    public void Take(RecordedPacket packet)
    {
        if (!_sessions.TryGetValue(packet.Connection, out var session))
        {
            _sessions.Add(packet.Connection, session = new Session());
        }

        session.JudgeWaiting(report, packet.At);
        switch (packet.Type)
        {
            case PacketType.Connect when packet.Connect is { } connect:
                TakeConnect(session, connect, packet.At);
                break;
            case PacketType.Subscribe when packet.FromClient:
                session.Filters.AddRange(packet.Requests.Select(r => r.Filter));
                break;
            case PacketType.SubAck when !packet.FromClient:
                session.HasSubAck = true;
                break;
            case PacketType.Publish when packet is { Message: { } message, FromClient: true }:
                TakeOwn(session, message, packet.At);
                break;
            case PacketType.Publish when packet.Message is { } message:
                TakeHeard(session, message, packet.At);
                break;
            case PacketType.Disconnect when packet.FromClient:
                TakeLeaving(session, hasDisconnect: true);
                break;
            case PacketType.None:
                TakeLeaving(session, hasDisconnect: false);
                break;
            default:
                break;
        }
    }

    private void TakeConnect(Session session, ConnectPacket connect, DateTimeOffset at)
    {
        // [untagged-all-clients-clean-session]
        if (connect.Version == ProtocolVersion.V5)
        {
            report.Must(
                connect.CleanStart && connect.Properties.SessionExpiryInterval is null or 0, "The CONNECT keeps a session.",
                "tck-id-message-flow-phid-sparkplug-clean-session-50", "untagged-all-clients-clean-session");
        }
        else
        {
            report.Must(connect.CleanStart, "The CONNECT keeps a session.", "tck-id-message-flow-phid-sparkplug-clean-session-311", "untagged-all-clients-clean-session");
        }

        report.Must(
            connect.Will is not null, "The CONNECT has no will.",
            "tck-id-host-topic-phid-death-required", "tck-id-operational-behavior-host-application-connect-will", "tck-id-payloads-state-will-message",
            "untagged-primary-host-will-all-servers", "tck-id-conformance-primary-host");
        if (connect.Will is not { } will)
        {
            return;
        }

        report.Must(
            will.Topic == _stateTopic, $"The will's topic is '{will.Topic}'.",
            "tck-id-host-topic-phid-death-topic", "tck-id-operational-behavior-host-application-connect-will-topic", "tck-id-payloads-state-will-message",
            "tck-id-operational-behavior-host-application-death-topic", "tck-id-operational-behavior-host-application-host-id");
        report.Must(
            will.Qos == QualityOfService.AtLeastOnce, $"The will has QoS {(int)will.Qos}.",
            "tck-id-host-topic-phid-death-qos", "tck-id-operational-behavior-host-application-connect-will-qos", "tck-id-payloads-state-will-message-qos");
        report.Must(
            will.Retain, "The will is not retained.",
            "tck-id-host-topic-phid-death-retain", "tck-id-operational-behavior-host-application-connect-will-retained", "tck-id-payloads-state-will-message-retain",
            "untagged-primary-host-will-all-servers");
        var isState = HostState.TryRead(will.Payload, out var isOnline, out var time);
        report.Must(
            isState && !isOnline, "The will's payload does not say offline.",
            "tck-id-host-topic-phid-death-payload", "tck-id-operational-behavior-host-application-connect-will-payload", "tck-id-payloads-state-will-message-payload",
            "tck-id-operational-behavior-host-application-death-payload", "untagged-primary-host-will-all-servers");

        // A host may have to outdo a newer time of a stranger; without one its own clock rules.
        report.Must(
            isState && (time >= _lastWillTime || _lastWillTime is null) && (IsNow(time, at) || session.SawNewer || _sessions.Values.Any(s => s.SawNewer)),
            $"The will has the time {time:O}; it was seen at {at:O}.",
            "tck-id-host-topic-phid-death-payload-timestamp-connect", "tck-id-payloads-state-will-message-payload", "tck-id-operational-behavior-host-application-connect-will-payload",
            "tck-id-operational-behavior-host-application-multi-server-timestamp");
        (session.WillTime, _lastWillTime) = (time, time);
    }

    private void TakeOwn(Session session, RecordedMessage message, DateTimeOffset at)
    {
        var isFirst = !session.HasPublished;
        session.HasPublished = true;
        if (message.Topic == _stateTopic)
        {
            TakeOwnState(session, message, isFirst, at);
            return;
        }

        if (isFirst)
        {
            report.Must(false, $"The first message went to '{message.Topic}'.", BirthFirst);
        }

        if (message.Topic.StartsWith("STATE/", StringComparison.Ordinal) || message.Topic.StartsWith(SparkplugTopic.Namespace + "/STATE/", StringComparison.Ordinal))
        {
            report.Must(false, $"A STATE went to '{message.Topic}'.", "tck-id-host-topic-phid-birth-topic", "tck-id-operational-behavior-host-application-connect-birth-topic");
        }
        else if (message.Topic.StartsWith(SparkplugTopic.Namespace + "/", StringComparison.Ordinal))
        {
            TakeCommand(session, message, at);
        }
    }

    private static readonly string[] BirthFirst =
    [
        "tck-id-principles-birth-certificates-order", "tck-id-host-topic-phid-birth-message",
        "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state", "tck-id-operational-behavior-host-application-connect-birth",
    ];

    private void TakeOwnState(Session session, RecordedMessage message, bool isFirst, DateTimeOffset at)
    {
        var isState = HostState.TryRead(message.Payload, out var isOnline, out var time);
        if (isFirst)
        {
            report.Must(isState && isOnline, "The first message is no STATE birth.", BirthFirst);
            var sawAll = session.Filters.Contains(SparkplugTopic.AllFilter) || session.Filters.Exists(f => f.StartsWith(SparkplugTopic.Namespace + "/", StringComparison.Ordinal) && f != _stateTopic);
            report.Must(
                session.Filters.Contains(_stateTopic) && session.HasSubAck, "The birth came before the host's own STATE was subscribed.",
                "tck-id-host-topic-phid-birth-sub-required", "tck-id-host-topic-phid-birth-required", "tck-id-payloads-state-subscribe", "tck-id-message-flow-phid-sparkplug-subscription",
                "tck-id-message-flow-phid-sparkplug-state-publish");
            report.Must(
                sawAll && session.HasSubAck, "The birth came before the Sparkplug topics were subscribed.",
                "tck-id-message-flow-phid-sparkplug-subscription", "untagged-host-namespace-subscribe", "tck-id-message-flow-phid-sparkplug-state-publish", "tck-id-host-topic-phid-birth-sub-required");
        }

        if (isState && isOnline)
        {
            JudgeBirth(session, message, time);
        }
        else
        {
            JudgeDeath(session, message, isState, time, at);
        }
    }

    private void JudgeBirth(Session session, RecordedMessage message, DateTimeOffset time)
    {
        session.IsOnline = true;
        session.MustSayAgainBy = null;
        if (session.IsOwedAgain)
        {
            session.IsOwedAgain = false;
            report.Must(
                time == session.WillTime && message.Retain && message.Qos == QualityOfService.AtLeastOnce, "The STATE said again is not the birth.",
                "tck-id-message-flow-hid-sparkplug-state-message-delivered");
        }

        report.Must(
            true, "",
            "tck-id-host-topic-phid-birth-topic", "tck-id-host-topic-phid-birth-payload", "tck-id-operational-behavior-host-application-connect-birth-topic", "tck-id-payloads-state-birth",
            "tck-id-intro-sparkplug-host-state", "tck-id-components-ph-state", "tck-id-conformance-primary-host", "tck-id-message-flow-phid-sparkplug-state-publish",
            "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs");
        report.Must(
            message.Qos == QualityOfService.AtLeastOnce, $"The birth has QoS {(int)message.Qos}.",
            "tck-id-host-topic-phid-birth-qos", "tck-id-operational-behavior-host-application-connect-birth-qos", "tck-id-payloads-state-birth");
        report.Must(
            message.Retain, "The birth is not retained.",
            "tck-id-host-topic-phid-birth-retain", "tck-id-operational-behavior-host-application-connect-birth-retained", "tck-id-payloads-state-birth");
        report.Must(
            time == session.WillTime, $"The birth has the time {time:O}, the will {session.WillTime:O}.",
            "tck-id-host-topic-phid-birth-payload-timestamp", "tck-id-message-flow-phid-sparkplug-state-publish-payload", "tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp",
            "tck-id-operational-behavior-host-application-connect-birth-payload", "tck-id-payloads-state-birth-payload", "tck-id-operational-behavior-host-application-multi-server-timestamp",
            "untagged-primary-host-will-all-servers");
    }

    private void JudgeDeath(Session session, RecordedMessage message, bool isState, DateTimeOffset time, DateTimeOffset at)
    {
        session.IsOnline = false;
        session.HasSaidDeath = true;
        report.Must(
            isState, "A STATE is no JSON object with online and timestamp.",
            "tck-id-host-topic-phid-death-payload", "tck-id-operational-behavior-host-application-death-payload", "tck-id-host-topic-phid-birth-payload");
        report.Must(
            message.Qos == QualityOfService.AtLeastOnce, $"The death has QoS {(int)message.Qos}.",
            "tck-id-host-topic-phid-death-qos", "tck-id-operational-behavior-host-application-death-qos");
        report.Must(
            message.Retain, "The death is not retained.",
            "tck-id-host-topic-phid-death-retain", "tck-id-operational-behavior-host-application-death-retained");
        session.IsDeathOfNow = isState && (IsNow(time, at) || session.SawNewer) && time >= session.WillTime;
        report.Must(
            session.IsDeathOfNow, $"The death has the time {time:O}; it was seen at {at:O}.",
            "tck-id-host-topic-phid-death-payload", "tck-id-operational-behavior-host-application-death-payload");
    }

    private void TakeLeaving(Session session, bool hasDisconnect)
    {
        if (session.HasLeft || !session.HasPublished)
        {
            return;
        }

        session.HasLeft = true;
        if (hasDisconnect)
        {
            report.Must(
                session.HasSaidDeath, "DISCONNECT came without a death message before it.",
                "tck-id-operational-behavior-host-application-termination", "tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean",
                "tck-id-operational-behavior-host-application-disconnect-intentional");
            report.Must(
                session.IsDeathOfNow, "The death before the DISCONNECT has not the time of leaving.",
                "tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean");
        }
        else if (session.HasSaidDeath)
        {
            report.Must(
                session.IsDeathOfNow, "The death before the end has not the time of leaving.",
                "tck-id-host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet");
        }
    }

    private static bool IsNow(DateTimeOffset time, DateTimeOffset at) => (at - time).Duration() <= ClockWindow;

    /// <summary>What is known of one MQTT session of the host.</summary>
    private sealed class Session
    {
        public List<string> Filters { get; } = [];

        public bool HasSubAck { get; set; }

        public bool HasPublished { get; set; }

        public bool IsOnline { get; set; }

        public bool HasSaidDeath { get; set; }

        public bool IsDeathOfNow { get; set; }

        public bool HasLeft { get; set; }

        /// <summary>A stranger said a newer time than the will's: only a new connection outdoes it.</summary>
        public bool SawNewer { get; set; }

        public DateTimeOffset? WillTime { get; set; }

        public DateTimeOffset? MustSayAgainBy { get; set; }

        /// <summary>True from an offline STATE of a stranger to the answer.</summary>
        public bool IsOwedAgain { get; set; }

        public Dictionary<EdgeNodeId, Heard> Nodes { get; } = [];

        public void JudgeWaiting(CheckReport report, DateTimeOffset now)
        {
            if (MustSayAgainBy <= now && !HasLeft && !HasSaidDeath)
            {
                MustSayAgainBy = null;
                report.Must(false, "An offline STATE of the host's own id was not answered.", "tck-id-message-flow-hid-sparkplug-state-message-delivered");
            }

            foreach (var node in Nodes.Values.Where(node => node.MustBeAskedBy <= now && !HasLeft))
            {
                node.MustBeAskedBy = null;
                report.Must(false, "A gap outlasted the reorder timeout and no rebirth was asked for.", "tck-id-operational-behavior-host-reordering-rebirth", "untagged-host-rebirth-on-gap");
            }
        }
    }

    /// <summary>What a host heard of one edge node.</summary>
    private sealed class Heard
    {
        public int? Expected { get; set; }

        public HashSet<int> Ahead { get; } = [];

        public DateTimeOffset? GapSince { get; set; }

        public DateTimeOffset? MustBeAskedBy { get; set; }

        /// <summary>Metrics that births named: name, alias and type, by device; the node's own under "".</summary>
        public Dictionary<string, Dictionary<string, Metric>> Births { get; } = new(StringComparer.Ordinal);
    }
}
