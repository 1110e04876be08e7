using Microsoft.Extensions.Logging;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>
/// The protocol memory of the host: which nodes live, what each metric last said, and who must be asked for a rebirth.
/// Pure: bytes and the time go in, changes go to the sink, requests are taken out. One caller at a time.
/// </summary>
/// <remarks>Sparkplug 3.0, chapters 5 and 6.</remarks>
public sealed partial class HostSession(HostOptions options, IMetricSink sink, ILogger logger, Func<double>? jitter = null)
{
    private readonly Dictionary<EdgeNodeId, NodeState> _nodes = [];
    private readonly RebirthBrake _brake = new(options, jitter ?? Random.Shared.NextDouble);
    private readonly List<SparkplugMessage> _due = [];
    private bool _fullWasTold;

    /// <summary>How every node fares, by name.</summary>
    public IReadOnlyList<NodeInfo> Nodes() =>
        [.. _nodes.Values.Select(node => node.Info()).OrderBy(info => info.Id.GroupId, StringComparer.Ordinal).ThenBy(info => info.Id.NodeId, StringComparer.Ordinal)];

    /// <summary>Takes one message of an edge node. Commands and STATE are not for the session and are left aside.</summary>
    public void Accept(SparkplugTopic topic, ReadOnlySpan<byte> wire, DateTimeOffset now)
    {
        if (topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd or MessageVerb.State || NodeOf(topic.Node) is not { } node)
        {
            return;
        }

        node.LastMessage = now;
        SparkplugPayload payload;
        try
        {
            payload = PayloadReader.Read(wire, options.Limits);
        }
        catch (SparkplugFormatException fault)
        {
            CountError(node, $"{topic} cannot be read: {fault.Message}");
            _brake.Ask(node.Id, RebirthReason.Malformed);
            return;
        }

        var message = new SparkplugMessage(topic, payload, now);
        switch (topic.Verb)
        {
            case MessageVerb.NDeath:
                NodeDeath(node, message);
                break;
            case MessageVerb.NBirth:
                NodeBirth(node, message);
                break;
            case var _ when payload.Seq is null:
                CountError(node, $"{topic} has no seq."); // [tck-id-payloads-sequence-num-always-included]
                _brake.Ask(node.Id, RebirthReason.Malformed);
                break;
            case var _ when node.AwaitsBirth:
                node.HoldEarly(message);
                _brake.Ask(node.Id, RebirthReason.DataBeforeBirth);
                break;
            default:
                if (!node.Gate.Accept(message, now, _due))
                {
                    node.Dropped++;
                }

                ProcessDue(node);
                break;
        }
    }

    /// <summary>Looks at the gaps. To be called a few times per second.</summary>
    public void Tick(DateTimeOffset now)
    {
        foreach (var node in _nodes.Values)
        {
            if (!node.AwaitsBirth && node.Gate.NeedsRebirth(now))
            {
                // A lost DBIRTH may have moved aliases, so nothing is believed until the node is born again. [tck-id-operational-behavior-host-reordering-rebirth]
                node.Gaps++;
                node.AwaitsBirth = true;
                LogGap(node.Id);
                AgeAll(node.All, now, "Messages were lost: the edge node was asked to be born again.");
                _brake.Ask(node.Id, RebirthReason.Gap);
            }
        }
    }

    /// <summary>Appends the rebirth requests that are due to be sent, and counts them.</summary>
    public void TakeRebirths(DateTimeOffset now, List<RebirthRequest> due)
    {
        var from = due.Count;
        _brake.TakeDue(now, due);
        for (var i = from; i < due.Count; i++)
        {
            var node = due[i].Node;
            if (_nodes.TryGetValue(node, out var state))
            {
                state.RebirthsAsked++;
            }

            LogRebirth(node, due[i].Reason);
            if (_brake.Asked(node) == options.RebirthTries)
            {
                LogNoAnswer(node, options.RebirthTries);
            }
        }
    }

    /// <summary>The host has lost its broker: whatever came through it is stale.</summary>
    public void BrokerLost(DateTimeOffset now)
    {
        foreach (var node in _nodes.Values)
        {
            AgeAll(node.All, now, "The host has lost its broker.");
            Offline(node);
            _brake.Settle(node.Id);
        }
    }

    /// <summary>The host is connected: every node it knows is asked for a birth.</summary>
    public void BrokerFound()
    {
        foreach (var node in _nodes.Keys)
        {
            _brake.Ask(node, RebirthReason.HostStart);
        }
    }

    /// <summary>A node is known to exist, without having spoken to this host: it is asked for a birth.</summary>
    public void Learn(EdgeNodeId id)
    {
        if (NodeOf(id) is { AwaitsBirth: true })
        {
            _brake.Ask(id, RebirthReason.HostStart);
        }
    }

    /// <summary>A person wants a node to be born again.</summary>
    public void AskRebirth(EdgeNodeId id)
    {
        _brake.Settle(id);
        _brake.Ask(id, RebirthReason.Manual);
    }

    private NodeState? NodeOf(EdgeNodeId id)
    {
        if (_nodes.TryGetValue(id, out var node))
        {
            return node;
        }

        if (_nodes.Count >= options.NodesBound)
        {
            if (!_fullWasTold)
            {
                _fullWasTold = true;
                LogFull(options.NodesBound, id);
            }

            return null;
        }

        node = new NodeState(id, options.ReorderTimeout);
        _nodes.Add(id, node);
        return node;
    }

    private void ProcessDue(NodeState node)
    {
        foreach (var message in _due)
        {
            switch (message.Topic.Verb)
            {
                case MessageVerb.DBirth:
                    DeviceBirth(node, message);
                    break;
                case MessageVerb.DDeath:
                    DeviceDeath(node, message);
                    break;
                default:
                    Data(node, message);
                    break;
            }
        }

        _due.Clear();
    }

    private void AgeAll(IEnumerable<HostMetric> metrics, DateTimeOffset since, string reason)
    {
        foreach (var metric in metrics)
        {
            if (metric.Quality != TagQuality.Stale)
            {
                metric.Age(since, reason);
                sink.Changed(metric.Change(asBirth: false));
            }
        }
    }

    private static void Offline(NodeState node)
    {
        node.IsOnline = false;
        node.AwaitsBirth = true;
        foreach (var device in node.Devices.Values)
        {
            device.IsOnline = false;
        }
    }

    // Told once per publisher; repeats are only counted.
    private void CountError(NodeState node, string what)
    {
        if (node.DecodeErrors++ == 0)
        {
            LogMalformed(node.Id, what);
        }
    }

    [LoggerMessage(2100, LogLevel.Information, "Edge node {Node} is born with bdSeq {BdSeq} and {Metrics} metrics")]
    private partial void LogNodeBorn(EdgeNodeId node, int? bdSeq, int metrics);

    [LoggerMessage(2101, LogLevel.Warning, "Edge node {Node} has died (bdSeq {BdSeq})")]
    private partial void LogNodeDied(EdgeNodeId node, int? bdSeq);

    [LoggerMessage(2102, LogLevel.Warning, "Messages of edge node {Node} are missing: its metrics are stale until it is born again")]
    private partial void LogGap(EdgeNodeId node);

    [LoggerMessage(2103, LogLevel.Information, "Edge node {Node} is asked for a rebirth: {Reason}")]
    private partial void LogRebirth(EdgeNodeId node, RebirthReason reason);

    [LoggerMessage(2104, LogLevel.Error, "Edge node {Node} did not answer {Tries} requests for a rebirth; it is asked again when it speaks")]
    private partial void LogNoAnswer(EdgeNodeId node, int tries);

    [LoggerMessage(2105, LogLevel.Warning, "Edge node {Node} sends what cannot be read (told once, then counted): {What}")]
    private partial void LogMalformed(EdgeNodeId node, string what);

    [LoggerMessage(2106, LogLevel.Error, "{Bound} edge nodes are known, which is the bound: {Node} and further ones are left aside")]
    private partial void LogFull(int bound, EdgeNodeId node);
}
