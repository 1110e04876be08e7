using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <content>NDATA, DDATA, DDEATH, the order of all, and rebirth requests.</content>
public sealed partial class EdgeNodeRules
{
    /// <summary>Data already on their way when a rebirth is asked for are not held against the node.</summary>
    private static readonly TimeSpan UnderWay = TimeSpan.FromSeconds(1);

    private void JudgeSeq(Session session, MessageVerb verb, int? seq)
    {
        report.Must(seq is not null, $"{verb} has no seq.", "tck-id-payloads-sequence-num-always-included");
        var expected = verb == MessageVerb.NBirth ? seq : (session.Seq + 1) % 256;
        var isNext = seq is not null && seq == expected;
        var why = $"{verb} has seq {seq} after {session.Seq}.";
        session.Seq = seq ?? expected;
        string[] ids = verb switch
        {
            MessageVerb.DBirth => ["tck-id-topics-dbirth-seq", "tck-id-payloads-dbirth-seq", "tck-id-payloads-dbirth-seq-inc", "tck-id-message-flow-device-birth-publish-dbirth-payload-seq"],
            MessageVerb.NData => ["tck-id-topics-ndata-seq-num", "tck-id-payloads-ndata-seq", "tck-id-payloads-ndata-seq-inc"],
            MessageVerb.DData => ["tck-id-topics-ddata-seq-num", "tck-id-payloads-ddata-seq", "tck-id-payloads-ddata-seq-inc"],
            MessageVerb.DDeath => ["tck-id-topics-ddeath-seq-num", "tck-id-payloads-ddeath-seq", "tck-id-payloads-ddeath-seq-inc", "tck-id-payloads-ddeath-seq-number"],
            _ => [],
        };
        report.Must(isNext, why, [.. ids, "tck-id-payloads-sequence-num-incrementing"]);
    }

    private void TakeData(Session session, SparkplugTopic topic, RecordedMessage message, SparkplugPayload? payload, DateTimeOffset at)
    {
        var isNode = topic.Verb == MessageVerb.NData;
        var verb = isNode ? "NDATA" : "DDATA";
        report.Must(topic.Node == node, $"{verb} went to {topic}.", isNode ? "tck-id-topics-ndata-topic" : "tck-id-topics-ddata-topic");
        var mqtt = isNode ? "tck-id-topics-ndata-mqtt" : "tck-id-topics-ddata-mqtt";
        report.Must(message.Qos == QualityOfService.AtMostOnce, $"{verb} has QoS {(int)message.Qos}.", mqtt, isNode ? "tck-id-payloads-ndata-qos" : "tck-id-payloads-ddata-qos");
        report.Must(!message.Retain, $"{verb} is retained.", mqtt, isNode ? "tck-id-payloads-ndata-retain" : "tck-id-payloads-ddata-retain");
        report.Must(
            IsNow(payload?.Timestamp, at), $"{verb} has the time {payload?.Timestamp:O} and was seen at {at:O}.",
            isNode ? ["tck-id-topics-ndata-timestamp", "tck-id-payloads-ndata-timestamp"] : ["tck-id-topics-ddata-timestamp", "tck-id-payloads-ddata-timestamp"]);
        var birth = isNode ? session.Node : session.Devices.GetValueOrDefault(topic.Device!);
        report.Must(
            session.Node is not null && session.Owed.Count == 0 && birth is not null, $"{verb} came before the births.",
            isNode ? "tck-id-payloads-ndata-order" : "tck-id-payloads-ddata-order");
        report.Must(session.Owed.Count == 0, $"{verb} came between NBIRTH and the DBIRTHs that belong to it.", "tck-id-payloads-dbirth-order");
        if (session.RebirthAskedAt is { } asked && at - asked > UnderWay)
        {
            report.Must(false, $"{verb} came {(at - asked).TotalSeconds:0.0} s after a rebirth request.", "tck-id-operational-behavior-data-commands-rebirth-action-1");
        }

        JudgeOrder(payload?.Metrics ?? [], verb, isNode ? "tck-id-operational-behavior-data-publish-nbirth-order" : "tck-id-operational-behavior-data-publish-dbirth-order");
        JudgeChanges(birth, payload, verb, isNode);
    }

    private void JudgeChanges(Metrics? birth, SparkplugPayload? payload, string verb, bool isNode)
    {
        var metrics = payload?.Metrics ?? [];
        var seen = new HashSet<(string, DateTimeOffset?)>();
        foreach (var metric in metrics)
        {
            var name = birth?.NameOf(metric);
            report.Must(
                name is not null, $"{verb} has the metric '{metric.Name ?? $"alias {metric.Alias}"}', which the birth does not name.",
                isNode
                    ? ["tck-id-topics-nbirth-metric-reqs", "tck-id-operational-behavior-data-publish-nbirth"]
                    : ["tck-id-topics-dbirth-metric-reqs", "tck-id-operational-behavior-data-publish-dbirth"]);
            if (name is null || birth is null)
            {
                continue;
            }

            if (!seen.Add((name, metric.Timestamp)))
            {
                report.Should(false, $"{verb} has '{name}' twice with one time.", isNode ? "untagged-ndata-multi-value" : "untagged-ddata-multi-value");
            }

            if (metric.IsHistorical)
            {
                continue;
            }

            var before = birth[name];
            var isNews = before.Value != metric.Value || before.IsNull != metric.IsNull || QualityOf(before) != QualityOf(metric);
            birth[name] = before with { Value = metric.Value, IsNull = metric.IsNull, Properties = metric.Properties };
            var why = $"{verb} repeats '{name}', which has not changed.";
            report.Should(isNews, why, "tck-id-principles-rbe-recommended");
            report.Should(
                isNews, why,
                isNode
                    ? ["tck-id-topics-ndata-payload", "tck-id-operational-behavior-data-publish-nbirth-change", "untagged-ndata-no-resend"]
                    : ["tck-id-topics-ddata-payload", "tck-id-operational-behavior-data-publish-dbirth-change", "untagged-ddata-no-resend"]);
        }

        if (metrics.Count > 1)
        {
            report.Should(true, "", isNode ? "untagged-ndata-aggregate" : "untagged-ddata-aggregate");
        }

        if (metrics.Select(m => birth?.NameOf(m)).Distinct().Count() < metrics.Count)
        {
            report.Should(true, "", isNode ? "untagged-ndata-multi-value" : "untagged-ddata-multi-value");
        }
    }

    private static long QualityOf(Metric metric) =>
        metric.Properties.FirstOrDefault(p => p.Key == MetricProperty.QualityKey) is { Key: not null, Value: var value } ? value.Bits : (int)TagQuality.Good;

    private void TakeDeviceDeath(Session session, SparkplugTopic topic, RecordedMessage message, SparkplugPayload? payload, DateTimeOffset at)
    {
        report.Must(topic.Node == node, $"DDEATH went to {topic}.", "tck-id-topics-ddeath-topic");
        report.Must(message is { Qos: QualityOfService.AtMostOnce, Retain: false }, "DDEATH has another QoS than 0 or is retained.", "tck-id-topics-ddeath-mqtt");
        report.Must(IsNow(payload?.Timestamp, at), $"DDEATH has the time {payload?.Timestamp:O} and was seen at {at:O}.", "tck-id-payloads-ddeath-timestamp");
        report.Must(session.Devices.Remove(topic.Device!), $"DDEATH speaks of '{topic.Device}', which is not alive.", "tck-id-operational-behavior-device-ddeath");
        session.Owed.Remove(topic.Device!);
    }

    private void TakeCommand(Session session, SparkplugTopic topic, SparkplugPayload? payload, DateTimeOffset at)
    {
        var asks = topic.Verb == MessageVerb.NCmd && topic.Node == node
            && payload?.Metrics.Any(m => m is { Name: EdgeNodeSession.RebirthName, IsNull: false, Value: { Kind: WireKind.Boolean, Bits: not 0 } }) == true;
        if (asks && session.Node is not null)
        {
            session.RebirthAskedAt ??= at;
        }
    }
}
