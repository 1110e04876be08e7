using Microsoft.Extensions.Logging;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>
/// The protocol memory of the host: which nodes live, what each metric last said, and who must be asked for a rebirth.
/// Pure: bytes and the time go in, changes go to the sink, requests are taken out. One caller at a time.
/// </summary>
/// <remarks>Sparkplug 3.0, chapters 5 and 6. Nothing is allocated for a data message of numbers from a known node.</remarks>
public sealed partial class HostSession
{
    private const int RoutesBound = 65_536; // Topics remembered; then they are looked up anew.

    private readonly HostOptions _options;
    private readonly IMetricSink _sink;
    private readonly ILogger _logger;
    private readonly ISparkplugVersion _version;
    private readonly IPayloadScanner _scanner;
    private readonly DefinitionReader _definitions = new();
    private DateTimeOffset _lastTime; // Of the last change: the next one has most often the same.
    private readonly Dictionary<EdgeNodeId, NodeState> _nodes = [];
    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal);
    private readonly RebirthBrake _brake;
    private bool _fullWasTold;

    /// <summary>A session that knows no node.</summary>
    /// <param name="options">Patience and bounds.</param>
    /// <param name="sink">Hears of every change, in order.</param>
    /// <param name="logger">Hears of births, deaths and what is wrong.</param>
    /// <param name="jitter">A number from 0 to 1 that spreads the waits of rebirth requests; random when null.</param>
    public HostSession(HostOptions options, IMetricSink sink, ILogger logger, Func<double>? jitter = null)
        : this(options, sink, logger, jitter, SparkplugB3.Instance)
    {
    }

    /// <summary>A session for another version of the standard.</summary>
    internal HostSession(HostOptions options, IMetricSink sink, ILogger logger, Func<double>? jitter, ISparkplugVersion version)
    {
        (_options, _sink, _logger, _version) = (options, sink, logger, version);
        _scanner = _version.Scanner();
        _brake = new(options, jitter ?? Random.Shared.NextDouble);
    }

    /// <summary>What the host hears and speaks.</summary>
    internal ISparkplugVersion Version => _version;

    /// <summary>How every node fares, by name.</summary>
    public IReadOnlyList<NodeInfo> Nodes() =>
        [.. _nodes.Values.Select(node => node.Info()).OrderBy(info => info.Id.GroupId, StringComparer.Ordinal).ThenBy(info => info.Id.NodeId, StringComparer.Ordinal)];

    /// <summary>Takes one message of an edge node. What is no such topic, commands and STATE are left aside.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="wire">The payload; not kept after return.</param>
    /// <param name="now">When it arrived, UTC.</param>
    /// <param name="qos">The quality of service it came with; null when it is not known.</param>
    public void Accept(string topic, ReadOnlySpan<byte> wire, DateTimeOffset now, QualityOfService? qos = null)
    {
        if (!_routes.TryGetValue(topic, out var route))
        {
            if (!_version.TryParseTopic(topic, out var parsed))
            {
                Misnamed(topic, now);
                return;
            }

            if (RouteOf(parsed) is not { } found)
            {
                return;
            }

            if (_routes.Count >= RoutesBound)
            {
                _routes.Clear();
            }

            _routes.Add(topic, route = found);
        }

        Accept(route, wire, now, qos);
    }

    /// <inheritdoc cref="Accept(string, ReadOnlySpan{byte}, DateTimeOffset, QualityOfService?)"/>
    public void Accept(SparkplugTopic topic, ReadOnlySpan<byte> wire, DateTimeOffset now, QualityOfService? qos = null)
    {
        if (RouteOf(topic) is { } route)
        {
            Accept(route, wire, now, qos);
        }
    }

    /// <summary>Looks at the gaps. To be called a few times per second.</summary>
    public void Tick(DateTimeOffset now)
    {
        foreach (var node in _nodes.Values)
        {
            if (!node.AwaitsBirth && node.Gate.NeedsRebirth(now))
            {
                Lost(node, now, "A message stayed missing.");
            }

            if (node.TwoUntil <= now || node.TwoUntil - now > _options.TwoPublishersFor) // The second: the clock was set back.
            {
                AskWhetherTwo(node, now);
            }
        }
    }

    /// <summary>The host has lost its broker: whatever came through it is stale. [untagged-host-server-loss-stale]</summary>
    public void BrokerLost(DateTimeOffset now)
    {
        foreach (var node in _nodes.Values)
        {
            if (node.IsOnline)
            {
                node.Journal.Add(NodeEventKind.BrokerLost, now);
            }

            AgeAll(node.All, now, "The host has lost its broker.");
            Offline(node);
            _brake.Settle(node.Id);
        }
    }

    /// <summary>All that is known about one node; null when it is not known.</summary>
    public NodeReport? Report(EdgeNodeId id)
    {
        const int aliasesBound = 5000;
        if (!_nodes.TryGetValue(id, out var node))
        {
            return null;
        }

        var aliases = node.All.Where(m => m.HasAlias && node.Aliases.Find(m.Alias) == m)
            .Take(aliasesBound)
            .Select(m => new AliasInfo(m.Alias, m.Owner.Id, m.Name, m.Type))
            .OrderBy(a => a.Alias);
        var devices = node.Devices.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => new DeviceInfo(d.Key, d.Value.IsOnline, d.Value.Metrics.Count));
        return new(node.Info(), node.Journal.Events(), node.Sessions.Pairs, node.Journal.Counts(), [.. devices], [.. aliases]);
    }

    /// <summary>The alias that stands for a metric in data messages; null when it has none or is not known.</summary>
    public ulong? AliasOf(MetricKey metric)
    {
        var place = 0;
        return _nodes.GetValueOrDefault(metric.Node)?.Find(metric.Device)?.Metrics.Find(System.Text.Encoding.UTF8.GetBytes(metric.Name), ref place) is { HasAlias: true } found ? found.Alias : null;
    }

    private void Accept(Route route, ReadOnlySpan<byte> wire, DateTimeOffset now, QualityOfService? qos)
    {
        var node = route.Node;
        node.LastMessage = now;
        var fault = _scanner.Scan(wire, _options.Limits, out var frame);
        if (fault.Kind == PayloadFaultKind.None && frame.Uuid.Length > 0)
        {
            fault = Expand(ref frame);
        }

        if (fault.Kind != PayloadFaultKind.None)
        {
            Broken(node, fault.Kind == PayloadFaultKind.SeqOutOfRange ? RuleBreach.SeqOutOfRange : RuleBreach.PayloadUnreadable, route.Topic, now, fault.ToString());
            AskOrDoubt(node, now, "A message could not be read");
            return;
        }

        var verb = route.Topic.Verb;
        if (qos is { } level && level != (verb == MessageVerb.NDeath ? QualityOfService.AtLeastOnce : QualityOfService.AtMostOnce))
        {
            Broken(node, RuleBreach.QosWrong, route.Topic, now, $"Quality of service {(int)level}.", frame.Seq);
        }

        if (node.TwoUntil is not null)
        {
            SuspectSpoke(node, route.Topic, now);
            return;
        }

        switch (verb)
        {
            case MessageVerb.NDeath:
                NodeDeath(node, route.Topic, frame, now);
                break;
            case MessageVerb.NBirth:
                NodeBirth(node, route.Topic, frame, now);
                break;
            case var _ when frame.Seq is null:
                Broken(node, RuleBreach.SeqMissing, route.Topic, now, "The message has no seq.");
                AskOrDoubt(node, now, "A message without a seq was left aside");
                break;
            default:
                InOrder(route, frame, frame.Seq.Value, now);
                break;
        }
    }

    private void InOrder(Route route, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        var node = route.Node;
        if (node.AwaitsBirth)
        {
            Broken(node, RuleBreach.DataBeforeBirth, route.Topic, now, null, seq);
            node.Dropped += node.Early.Hold(new(route.Topic, frame.Wire.ToArray(), seq, frame.Timestamp, now));
            Ask(node, RebirthReason.DataBeforeBirth, now);
            return;
        }

        if (node.IsFromCertificate)
        {
            // The certificate's own seq is old: the first live one is where counting begins.
            (node.IsFromCertificate, node.IsOnline) = (false, true);
            node.Gate.Open((seq + _version.SequenceCount - 1) % _version.SequenceCount);
        }

        if (node.Gate.IsPlainNext(seq) && !node.Watch.IsFollowing)
        {
            node.Gate.Advance();
            node.Last = (seq, frame.Timestamp ?? 0);
            Process(route.Topic, route.Device, node, frame, seq, now);
            return;
        }

        OutOfOrder(route, frame, seq, now);
    }

    private void OutOfOrder(Route route, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        var node = route.Node;
        var isCopy = node.Last == (seq, frame.Timestamp ?? 0) && frame.Timestamp is not null;
        if (!isCopy && node.Watch.Said(seq, node.Gate.Expected))
        {
            FoundTwo(node, now, "two runs of seq alternate");
            return;
        }

        switch (node.Gate.Judge(seq, frame.Wire.Length, now))
        {
            case GateVerdict.Next:
                node.Last = (seq, frame.Timestamp ?? 0);
                Process(route.Topic, route.Device, node, frame, seq, now);
                Drain(node, now);
                break;
            case GateVerdict.Early:
                node.Gate.Keep(seq, frame.Wire.Length, new(route.Topic, frame.Wire.ToArray(), seq, frame.Timestamp, now));
                break;
            case GateVerdict.Full:
                node.Dropped++;
                Lost(node, now, "More messages wait for a missing one than are kept.");
                break;
            default:
                node.Dropped++;
                Broken(node, RuleBreach.SeqRepeated, route.Topic, now, $"seq {seq} came, {node.Gate.Expected} was expected.", seq);
                break;
        }
    }

    // What waited for the message that has come now.
    private void Drain(NodeState node, DateTimeOffset now)
    {
        var taken = 0;
        while (!node.AwaitsBirth && node.Gate.TryTake(out var seq, out var held))
        {
            taken++;
            node.Last = (seq, held.Timestamp ?? 0);
            if (_scanner.Scan(held.Wire, _options.Limits, out var frame).Kind == PayloadFaultKind.None)
            {
                frame.Timestamp = held.Timestamp;
                Process(held.Topic, node.Find(held.Topic.Device), node, frame, seq, held.Arrived);
            }
        }

        if (taken > 0 && node.Gate.Waiting == 0)
        {
            node.Watch.Joined();
            node.Journal.Add(NodeEventKind.GapHealed, now, seq: (node.Gate.Expected + _version.SequenceCount - 1) % _version.SequenceCount);
        }
    }

    private void Process(in SparkplugTopic topic, DeviceState? device, NodeState node, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        switch (topic.Verb)
        {
            case MessageVerb.DBirth:
                DeviceBirth(node, topic, frame, seq, now);
                break;
            case MessageVerb.DDeath:
                DeviceDeath(node, topic, frame, seq, now);
                break;
            default:
                Data(node, device ?? node.Find(topic.Device), topic, frame, seq, now);
                break;
        }
    }

    private PayloadFault Expand(ref PayloadFrame frame)
    {
        if (!frame.Uuid.Of(frame.Wire).SequenceEqual("SPBV1.0_COMPRESSED"u8))
        {
            return default;
        }

        string? algorithm = null;
        foreach (ref readonly var metric in frame.Metrics)
        {
            if (metric.Kind == WireKind.String && frame.NameOf(metric).SequenceEqual("algorithm"u8))
            {
                algorithm = System.Text.Encoding.UTF8.GetString(metric.Value.Of(frame.Wire));
            }
        }

        var (seq, timestamp) = (frame.Seq, frame.Timestamp);
        var body = frame.Body.Length == 0 ? null : frame.Body.Of(frame.Wire).ToArray();
        if (!PayloadCompression.TryInflate(body, algorithm, _options.Limits, out var plain, out var fault))
        {
            return fault;
        }

        fault = _scanner.Scan(plain, _options.Limits, out frame);
        if (fault.Kind == PayloadFaultKind.None && frame.Uuid.Of(frame.Wire).SequenceEqual("SPBV1.0_COMPRESSED"u8))
        {
            return PayloadCompression.Nested;
        }

        (frame.Seq, frame.Timestamp) = (seq ?? frame.Seq, timestamp ?? frame.Timestamp);
        return fault;
    }

    private Route? RouteOf(SparkplugTopic topic) => topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd or MessageVerb.State || NodeOf(topic.Node) is not { } node
        ? null
        : new Route(topic.Device is null ? SparkplugTopic.OfNode(topic.Verb, node.Id) : SparkplugTopic.OfDevice(topic.Verb, node.Id, node.Find(topic.Device)?.Id ?? topic.Device), node);

    private NodeState? NodeOf(EdgeNodeId id)
    {
        if (_nodes.TryGetValue(id, out var node))
        {
            return node;
        }

        if (_nodes.Count >= _options.NodesBound)
        {
            if (!_fullWasTold)
            {
                _fullWasTold = true;
                LogFull(_options.NodesBound, id);
            }

            return null;
        }

        node = new NodeState(id, _options, _version);
        _nodes.Add(id, node);
        return node;
    }

    private void AgeAll(IEnumerable<HostMetric> metrics, DateTimeOffset since, string reason)
    {
        foreach (var metric in metrics)
        {
            // Once, also what its publisher had called stale already: the end of the publisher is another reason and another time.
            if (!metric.IsAged)
            {
                metric.Age(since, reason);
                _sink.Changed(metric.Change(asBirth: false, ref _lastTime));
            }
        }
    }

    private static void Offline(NodeState node)
    {
        (node.IsOnline, node.AwaitsBirth, node.IsFromCertificate, node.NotAsked) = (false, true, false, null);
        foreach (var device in node.Devices.Values)
        {
            device.IsOnline = false;
        }
    }

    // No route leads there. It is told of a node that is known: anybody can make up the name of one that is not.
    private void Misnamed(string topic, DateTimeOffset now)
    {
        const int shown = 200;
        if (!_version.TryOwner(topic, out var id, out var verb) || !_nodes.TryGetValue(id, out var node))
        {
            return;
        }

        var detail = topic.Length <= shown ? topic : topic[..shown] + "…";
        if (node.Journal.Breaches == 0)
        {
            LogMalformed(node.Id, detail, RuleBreach.TopicWrong, RuleBook.IdOf(RuleBreach.TopicWrong, verb), null);
        }

        node.Dropped++;
        node.Journal.Broken(RuleBreach.TopicWrong, verb, now, null, detail, -1);
    }

    // Counted always, told in the log once per publisher.
    private void Broken(NodeState node, RuleBreach breach, in SparkplugTopic topic, DateTimeOffset now, string? detail, int? seq = null, int count = 1)
    {
        if (node.Journal.Breaches == 0)
        {
            LogMalformed(node.Id, topic.ToString(), breach, RuleBook.IdOf(breach, topic.Verb), detail);
        }

        node.Journal.Broken(breach, topic.Verb, now, topic.Device, detail, seq ?? -1, count);
    }

    /// <summary>Where a topic leads; kept, so that the next message finds its node and device at once.</summary>
    private sealed class Route(SparkplugTopic topic, NodeState node)
    {
        public SparkplugTopic Topic { get; } = topic;

        public NodeState Node { get; } = node;

        /// <summary>The device, or the node's own metrics; null before a device's first birth.</summary>
        public DeviceState? Device => field ??= Node.Find(Topic.Device);
    }
}
