using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <content>What the host hears, and the commands it sends.</content>
public sealed partial class HostRules
{
    private void TakeHeard(Session session, RecordedMessage message, DateTimeOffset at)
    {
        if (message.Topic == _stateTopic)
        {
            TakeHeardState(session, message, at);
            return;
        }

        if (message.Retain || !SparkplugTopic.TryParse(message.Topic, out var topic) || topic.Verb is MessageVerb.State or MessageVerb.NCmd or MessageVerb.DCmd)
        {
            return;
        }

        PayloadReader.TryRead(message.Payload, out var payload, out _);
        if (!session.Nodes.TryGetValue(topic.Node, out var node))
        {
            session.Nodes.Add(topic.Node, node = new Heard());
        }

        if (topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth)
        {
            var named = new Dictionary<string, Metric>(StringComparer.Ordinal);
            foreach (var metric in payload.Metrics)
            {
                named[metric.Name ?? ""] = metric;
            }

            node.Births[topic.Device ?? ""] = named;
        }

        switch (topic.Verb)
        {
            case MessageVerb.NBirth:
                (node.Expected, node.GapSince, node.MustBeAskedBy) = (((payload.Seq ?? 0) + 1) % 256, null, null);
                node.Ahead.Clear();
                break;
            case MessageVerb.NDeath:
                (node.Expected, node.GapSince, node.MustBeAskedBy) = (null, null, null);
                break;
            default:
                TakeSeq(node, payload.Seq, at);
                break;
        }
    }

    private void TakeSeq(Heard node, int? seq, DateTimeOffset at)
    {
        if (node.Expected is not { } expected || seq is not { } said)
        {
            return;
        }

        node.Ahead.Add(said);
        while (node.Ahead.Remove(expected))
        {
            expected = (expected + 1) % 256;
        }

        var isHealed = node.GapSince is not null && node.Ahead.Count == 0;
        node.Expected = expected;
        if (node.Ahead.Count == 0)
        {
            (node.GapSince, node.MustBeAskedBy) = (null, null);
            if (isHealed)
            {
                report.Must(true, "", "tck-id-operational-behavior-host-reordering-success");
            }
        }
        else if (node.GapSince is null)
        {
            node.GapSince = at;
            if (reorderTimeout > TimeSpan.Zero)
            {
                node.MustBeAskedBy = at + reorderTimeout + ClockWindow;
                report.Must(true, "", "tck-id-operational-behavior-host-reordering-start", "tck-id-operational-behavior-host-reordering-param");
            }
        }
    }

    private static void TakeHeardState(Session session, RecordedMessage message, DateTimeOffset at)
    {
        var isState = HostState.TryRead(message.Payload, out var isOnline, out var time);
        if (isState && time > session.WillTime)
        {
            session.SawNewer = true;
        }

        // A newer time can only be outdone by a new connection. [tck-id-message-flow-hid-sparkplug-state-message-delivered]
        if (session is { IsOnline: true, HasSaidDeath: false } && isState && !isOnline && time <= session.WillTime)
        {
            session.MustSayAgainBy = at + AnswerWithin;
            session.IsOwedAgain = true;
        }
    }

    private void TakeCommand(Session session, RecordedMessage message, DateTimeOffset at)
    {
        var isNode = message.Topic.Split('/') is [_, _, "NCMD", ..];
        var isCommand = SparkplugTopic.TryParse(message.Topic, out var topic) && topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd;
        report.Must(
            isCommand, $"A command went to '{message.Topic}'.",
            isNode
                ? ["tck-id-topics-ncmd-topic", "tck-id-operational-behavior-data-commands-ncmd-verb"]
                : ["tck-id-topics-dcmd-topic", "tck-id-operational-behavior-data-commands-dcmd-verb"]);
        var isRead = PayloadReader.TryRead(message.Payload, out var payload, out _);
        var names = isNode ? NodeCommand : DeviceCommand;
        report.Must(message.Qos == QualityOfService.AtMostOnce, $"The command has QoS {(int)message.Qos}.", names.Mqtt, names.Qos);
        report.Must(!message.Retain, "The command is retained.", names.Mqtt, names.Retain);
        report.Must(isRead && payload.Timestamp is { } time && IsNow(time, at), $"The command has the time {payload.Timestamp:O}; it was seen at {at:O}.", names.TopicTimestamp, names.Timestamp);
        report.Must(isRead && payload.Seq is null, "The command has a seq.", names.Seq);
        report.Must(isRead && payload.Metrics.Count > 0, "The command holds no metric.", names.Content);
        if (isCommand && session.Nodes.TryGetValue(topic.Node, out var node))
        {
            JudgeMetrics(node, topic, payload, names);
        }
        else if (isCommand)
        {
            JudgeRebirth(payload, null);
        }
    }

    private void JudgeMetrics(Heard node, SparkplugTopic topic, SparkplugPayload payload, CommandIds names)
    {
        JudgeRebirth(payload, node);
        var born = node.Births.GetValueOrDefault(topic.Device ?? "");
        foreach (var metric in payload.Metrics)
        {
            var meant = born?.Values.FirstOrDefault(b => metric.Name is null ? b.Alias is not null && b.Alias == metric.Alias : b.Name == metric.Name);
            report.Should(meant is not null, $"The command names '{metric.Name ?? $"alias {metric.Alias}"}', which no birth named.", names.Name);
            if (meant?.DataType is { } type)
            {
                report.Must(
                    WireConversion.TryRead(type, metric.Value, out _, out _) && (metric.DataType is null || metric.DataType == type),
                    $"The command's value for '{meant.Name}' does not fit {type}.", names.Value);
            }
        }
    }

    private void JudgeRebirth(SparkplugPayload payload, Heard? node)
    {
        if (payload.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.RebirthName) is { } rebirth)
        {
            report.Must(
                true, "", "tck-id-operational-behavior-data-commands-ncmd-rebirth-verb", "tck-id-operational-behavior-data-commands-ncmd-rebirth-name");
            report.Must(rebirth.Value is { Kind: WireKind.Boolean, Bits: 1 }, "The rebirth request does not say true.", "tck-id-operational-behavior-data-commands-ncmd-rebirth-value");
            if (node?.GapSince is not null)
            {
                (node.GapSince, node.MustBeAskedBy) = (null, null);
                report.Must(true, "", "tck-id-operational-behavior-host-reordering-rebirth", "untagged-host-rebirth-on-gap");
            }
        }
    }

    private static readonly CommandIds NodeCommand = new(
        "tck-id-topics-ncmd-mqtt", "tck-id-payloads-ncmd-qos", "tck-id-payloads-ncmd-retain", "tck-id-topics-ncmd-timestamp", "tck-id-payloads-ncmd-timestamp", "tck-id-payloads-ncmd-seq",
        "tck-id-topics-ncmd-payload", "tck-id-operational-behavior-data-commands-ncmd-metric-name", "tck-id-operational-behavior-data-commands-ncmd-metric-value");

    private static readonly CommandIds DeviceCommand = new(
        "tck-id-topics-dcmd-mqtt", "tck-id-payloads-dcmd-qos", "tck-id-payloads-dcmd-retain", "tck-id-topics-dcmd-timestamp", "tck-id-payloads-dcmd-timestamp", "tck-id-payloads-dcmd-seq",
        "tck-id-topics-dcmd-payload", "tck-id-operational-behavior-data-commands-dcmd-metric-name", "tck-id-operational-behavior-data-commands-dcmd-metric-value");

    /// <summary>The rules that NCMD and DCMD share, by their ids.</summary>
    private sealed record CommandIds(string Mqtt, string Qos, string Retain, string TopicTimestamp, string Timestamp, string Seq, string Content, string Name, string Value);
}
