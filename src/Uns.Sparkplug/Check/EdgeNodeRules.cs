using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Holds what one edge node says, and is told, against the rules for edge nodes and their devices.
/// Pure: packets go in, in the order in which they passed; verdicts stand in the report.
/// </summary>
/// <param name="node">Whose packets are judged.</param>
/// <param name="report">Takes the verdicts.</param>
/// <remarks>Sparkplug 3.0, chapters 2, 4, 5 and 6.</remarks>
public sealed partial class EdgeNodeRules(EdgeNodeId node, CheckReport report)
{
    /// <summary>How far a message's time may lie from the time at which it was seen.</summary>
    private static readonly TimeSpan ClockWindow = TimeSpan.FromSeconds(60);

    private readonly Dictionary<int, Session> _sessions = [];
    private int? _lastBdSeq;

    /// <summary>Host id of the node's primary host; null: it has none.</summary>
    public string? PrimaryHost { get; init; }

    /// <summary>Judges a whole trace.</summary>
    public static CheckReport Judge(IEnumerable<RecordedPacket> packets, EdgeNodeId node, string? primaryHost = null)
    {
        var report = new CheckReport();
        var rules = new EdgeNodeRules(node, report) { PrimaryHost = primaryHost };
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
                TakeConnect(session, connect);
                break;
            case PacketType.ConnAck:
                session.IsAccepted = packet.Reason == ReasonCode.Success;
                break;
            case PacketType.Subscribe when packet.FromClient:
                session.Filters.AddRange(packet.Requests);
                break;
            case PacketType.Publish when packet.Message is { } message:
                TakeMessage(session, packet, message);
                break;
            case PacketType.Disconnect when packet.FromClient:
                TakeDisconnect(session, packet);
                break;
            case PacketType.None:
                session.HasEnded = true;
                break;
            default:
                break;
        }
    }

    /// <summary>The trace is over: what was asked for and never answered is judged now.</summary>
    public void End()
    {
        foreach (var session in _sessions.Values.Where(s => s.RebirthAskedAt is not null && !s.HasEnded))
        {
            report.Must(false, "A rebirth request was not answered.", "tck-id-operational-behavior-data-commands-rebirth-action-2", "untagged-edge-rebirth-capable");
        }

        EndHostRules();
    }

    private void TakeMessage(Session session, RecordedPacket packet, RecordedMessage message)
    {
        if (!SparkplugTopic.TryParse(message.Topic, out var topic))
        {
            if (packet.FromClient && message.Topic.StartsWith(SparkplugTopic.Namespace, StringComparison.Ordinal))
            {
                JudgeStrangeTopic(message.Topic);
            }

            return;
        }

        if (topic.Verb == MessageVerb.State)
        {
            if (!packet.FromClient)
            {
                TakeState(session, topic.HostId!, message);
            }

            return;
        }

        var payload = Read(message.Payload);
        if (!packet.FromClient)
        {
            TakeCommand(session, topic, payload, packet.At);
            return;
        }

        JudgeFirst(session, topic);
        JudgeOldDeath(session, topic.Verb);
        if (topic.Verb is not (MessageVerb.NDeath or MessageVerb.NCmd or MessageVerb.DCmd))
        {
            JudgeSeq(session, topic.Verb, payload?.Seq);
        }

        switch (topic.Verb)
        {
            case MessageVerb.NBirth:
                TakeNodeBirth(session, topic, message, payload, packet.At);
                break;
            case MessageVerb.DBirth:
                TakeDeviceBirth(session, topic, message, payload, packet.At);
                break;
            case MessageVerb.NData or MessageVerb.DData:
                TakeData(session, topic, message, payload, packet.At);
                break;
            case MessageVerb.DDeath:
                TakeDeviceDeath(session, topic, message, payload, packet.At);
                break;
            case MessageVerb.NDeath:
                TakeNodeDeath(session, topic, payload);
                break;
            default:
                break;
        }

        session.LastVerb = topic.Verb;
    }

    // [tck-id-principles-birth-certificates-order]
    private void JudgeFirst(Session session, SparkplugTopic topic)
    {
        if (session.LastVerb is null)
        {
            report.Must(topic.Verb == MessageVerb.NBirth, $"The first message of the session is {topic}.", "tck-id-principles-birth-certificates-order");
        }
    }

    private void JudgeStrangeTopic(string topic)
    {
        var why = $"'{topic}' is no Sparkplug topic.";
        foreach (var (verb, ids) in TopicIds)
        {
            if (topic.Contains($"/{verb}/", StringComparison.Ordinal))
            {
                report.Must(false, why, ids);
            }
        }
    }

    private static readonly (string Verb, string[] Ids)[] TopicIds =
    [
        ("NBIRTH", ["tck-id-topics-nbirth-topic", "tck-id-message-flow-edge-node-birth-publish-nbirth-topic"]),
        ("NDATA", ["tck-id-topics-ndata-topic"]),
        ("NDEATH", ["tck-id-topics-ndeath-topic"]),
        ("DBIRTH", ["tck-id-topics-dbirth-topic", "tck-id-message-flow-device-birth-publish-dbirth-topic"]),
        ("DDATA", ["tck-id-topics-ddata-topic"]),
        ("DDEATH", ["tck-id-topics-ddeath-topic"]),
    ];

    private static SparkplugPayload? Read(byte[] payload)
    {
        try
        {
            return PayloadReader.Read(payload);
        }
        catch (SparkplugFormatException)
        {
            return null;
        }
    }

    private static bool IsNow(DateTimeOffset? time, DateTimeOffset at) => time is { } then && (at - then).Duration() <= ClockWindow;

    private static long? BdSeqOf(SparkplugPayload? payload) =>
        payload?.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.BdSeqName) is { Value.Kind: WireKind.Long or WireKind.Int } metric ? metric.Value.Bits : null;

    /// <summary>What is known of one MQTT session of the node.</summary>
    private sealed class Session
    {
        public bool IsAccepted { get; set; }

        public bool HasEnded { get; set; }

        public long? BdSeq { get; set; }

        public List<SubscriptionRequest> Filters { get; } = [];

        public MessageVerb? LastVerb { get; set; }

        public int? Seq { get; set; }

        /// <summary>Metrics of the NBIRTH by name and by alias; null before it.</summary>
        public Metrics? Node { get; set; }

        /// <summary>Metrics of each DBIRTH since the last NBIRTH.</summary>
        public Dictionary<string, Metrics> Devices { get; } = new(StringComparer.Ordinal);

        /// <summary>Devices alive before the last NBIRTH that have not been born again yet.</summary>
        public HashSet<string> Owed { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Definitions { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset? RebirthAskedAt { get; set; }

        public bool HostIsOnline { get; set; }

        public bool MustLeave { get; set; }

        public bool SawOldDeath { get; set; }
    }

    /// <summary>The metrics that a birth named.</summary>
    private sealed class Metrics
    {
        private readonly Dictionary<string, Metric> _byName = new(StringComparer.Ordinal);
        private readonly Dictionary<ulong, string> _byAlias = [];

        public Metrics(SparkplugPayload? birth)
        {
            foreach (var metric in birth?.Metrics ?? [])
            {
                if (metric.Name is { } name)
                {
                    _byName[name] = metric;
                    if (metric.Alias is { } alias)
                    {
                        _byAlias[alias] = name;
                    }
                }
            }
        }

        public string? NameOf(Metric metric) => metric.Alias is { } alias ? _byAlias.GetValueOrDefault(alias) : metric.Name is { } name && _byName.ContainsKey(name) ? name : null;

        /// <summary>The metric as it was said last.</summary>
        public Metric this[string name]
        {
            get => _byName[name];
            set => _byName[name] = value;
        }
    }
}
