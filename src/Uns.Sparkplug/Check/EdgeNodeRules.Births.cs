using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <content>NBIRTH and DBIRTH.</content>
public sealed partial class EdgeNodeRules
{
    private void TakeNodeBirth(Session session, SparkplugTopic topic, RecordedMessage message, SparkplugPayload? payload, DateTimeOffset at)
    {
        report.Must(
            topic.Node == node, $"NBIRTH went to {topic}.",
            "tck-id-topics-nbirth-topic", "tck-id-message-flow-edge-node-birth-publish-nbirth-topic");
        report.Must(session.IsAccepted, "NBIRTH came before the session was accepted.", "tck-id-message-flow-edge-node-birth-publish-connect", "untagged-edge-nbirth-after-session");
        report.Must(payload is not null, "NBIRTH is no Sparkplug payload.", "tck-id-message-flow-edge-node-birth-publish-nbirth-payload");
        report.Must(
            message.Qos == QualityOfService.AtMostOnce, $"NBIRTH has QoS {(int)message.Qos}.",
            "tck-id-topics-nbirth-mqtt", "tck-id-message-flow-edge-node-birth-publish-nbirth-qos", "tck-id-payloads-nbirth-qos");
        report.Must(
            !message.Retain, "NBIRTH is retained.",
            "tck-id-topics-nbirth-mqtt", "tck-id-message-flow-edge-node-birth-publish-nbirth-retained", "tck-id-payloads-nbirth-retain");
        report.Must(
            IsNow(payload?.Timestamp, at), $"NBIRTH has the time {payload?.Timestamp:O} and was seen at {at:O}.",
            "tck-id-topics-nbirth-timestamp", "tck-id-payloads-nbirth-timestamp", "untagged-utc-clocks");
        report.Must(payload?.Seq == 0, $"NBIRTH has seq {payload?.Seq}.", "tck-id-topics-nbirth-seq-num");
        report.Must(
            payload?.Seq is >= 0 and <= 255, $"NBIRTH has seq {payload?.Seq}.",
            "tck-id-payloads-nbirth-seq", "tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq", "tck-id-payloads-sequence-num-req-nbirth");
        JudgeSubscriptions(session);
        JudgeHostBeforeBirth(session);
        JudgeBirthBdSeq(session, payload);
        JudgeRebirthMetric(payload);
        JudgeBirthMetrics(payload, "NBIRTH", "tck-id-topics-nbirth-metrics", "tck-id-operational-behavior-data-publish-nbirth-values", "tck-id-operational-behavior-data-publish-nbirth-order");
        JudgeOthers(session);
        var isRebirth = session.Node is not null;
        session.Node = new Metrics(payload);
        session.Definitions.Clear();
        session.Definitions.UnionWith((payload?.Metrics ?? []).Where(m => m is { Name: not null, Value.Object: Template { IsDefinition: true } }).Select(m => m.Name!));
        JudgeTemplates(session, payload);
        session.Owed.Clear();
        session.Owed.UnionWith(session.Devices.Keys);
        session.Devices.Clear();
        if (isRebirth && session.RebirthAskedAt is not null)
        {
            session.RebirthAskedAt = null;
            report.Must(
                BdSeqOf(payload) == session.BdSeq, $"The rebirth says bdSeq {BdSeqOf(payload)}, the will {session.BdSeq}.",
                "tck-id-operational-behavior-data-commands-rebirth-action-3", "untagged-edge-rebirth-same-bdseq");
            report.Must(true, "", "tck-id-operational-behavior-data-commands-rebirth-action-1", "tck-id-operational-behavior-data-commands-rebirth-action-2", "untagged-edge-rebirth-capable");
        }
    }

    private void JudgeBirthBdSeq(Session session, SparkplugPayload? birth)
    {
        var metric = birth?.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.BdSeqName);
        report.Must(metric is not null, "NBIRTH has no bdSeq.", "tck-id-topics-nbirth-bdseq-included", "tck-id-payloads-nbirth-bdseq");
        report.Must(
            BdSeqOf(birth) is { } said && said == session.BdSeq, $"NBIRTH says bdSeq {BdSeqOf(birth)}, the will {session.BdSeq}.",
            "tck-id-topics-nbirth-bdseq-matching", "tck-id-payloads-nbirth-bdseq-repeat", "tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq");
        report.Must(metric is { DataType: DataType.Int64 }, $"bdSeq in the NBIRTH is {metric?.DataType}.", "tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq");
    }

    private void JudgeRebirthMetric(SparkplugPayload? birth)
    {
        const string Both = "tck-id-topics-nbirth-rebirth-metric";
        var metric = birth?.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.RebirthName);
        report.Must(metric is not null, "NBIRTH has no 'Node Control/Rebirth'.", Both, "tck-id-payloads-nbirth-rebirth-req", "tck-id-operational-behavior-data-commands-rebirth-name");
        report.Must(metric is { DataType: DataType.Boolean }, $"'Node Control/Rebirth' is {metric?.DataType}.", Both, "tck-id-operational-behavior-data-commands-rebirth-datatype");
        report.Must(
            metric is { Value: { Kind: WireKind.Boolean, Bits: 0 }, IsNull: false }, "'Node Control/Rebirth' is not false.",
            Both, "tck-id-payloads-nbirth-rebirth-req", "tck-id-operational-behavior-data-commands-rebirth-value");
        report.Must(metric is { Alias: null }, "'Node Control/Rebirth' has an alias.", "tck-id-operational-behavior-data-commands-rebirth-name-aliases");
    }

    private void JudgeBirthMetrics(SparkplugPayload? birth, string verb, string whole, string values, string order)
    {
        var metrics = birth?.Metrics ?? [];
        foreach (var metric in metrics)
        {
            report.Must(metric is { Name: not null, DataType: not null }, $"{verb} has the metric '{metric.Name ?? $"alias {metric.Alias}"}' without name or type.", whole);
            report.Must(
                metric.IsNull ? metric.Value.Kind == WireKind.None : metric.Value.Kind != WireKind.None,
                $"{verb}: '{metric.Name}' has no value and is not null, or is null with a value.", whole, values);
        }

        JudgeOrder(metrics, verb, order);
        var alike = metrics.Where(m => m.Name is not null).GroupBy(m => m.Name!, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Distinct().Count() > 1);
        report.Should(alike is null, $"{verb} has names that differ only in case: '{alike?.Key}'.", "tck-id-case-sensitivity-metric-names");
    }

    private void JudgeOrder(IEnumerable<Metric> metrics, string verb, string id)
    {
        var times = metrics.Where(m => !m.IsHistorical && m.Timestamp is not null).Select(m => m.Timestamp!.Value).ToList();
        var isOrdered = times.Zip(times.Skip(1)).All(pair => pair.First <= pair.Second);
        report.Must(isOrdered, $"{verb} has values out of the order of their times.", id);
    }

    // Every definition that an instance names is in the NBIRTH. [tck-id-topics-nbirth-templates]
    private void JudgeTemplates(Session session, SparkplugPayload? birth)
    {
        foreach (var metric in birth?.Metrics ?? [])
        {
            if (metric.Value.Object is Template { IsDefinition: false } instance)
            {
                report.Must(
                    instance.Reference is { } name && session.Definitions.Contains(name), $"'{metric.Name}' is an instance of '{instance.Reference}', which the NBIRTH does not define.",
                    "tck-id-topics-nbirth-templates");
            }
        }
    }

    // One node, one live session.
    private void JudgeOthers(Session session)
    {
        var others = _sessions.Values.Any(s => s != session && s is { HasEnded: false, Node: not null, LastVerb: not MessageVerb.NDeath });
        report.Must(!others, "Another connection speaks for the same edge node.", "tck-id-payloads-nbirth-edge-node-descriptor");
        report.Must(
            !_sessions.Values.Any(s => s != session && s is { HasEnded: false, IsAccepted: true, LastVerb: not MessageVerb.NDeath }),
            "The node has two connections at once.", "tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server");
    }

    private void TakeDeviceBirth(Session session, SparkplugTopic topic, RecordedMessage message, SparkplugPayload? payload, DateTimeOffset at)
    {
        report.Must(session.Node is not null, "DBIRTH came before NBIRTH.", "tck-id-message-flow-device-birth-publish-nbirth-wait");
        report.Must(
            topic.Node == node, $"DBIRTH went to {topic}.",
            "tck-id-topics-dbirth-topic", "tck-id-message-flow-device-birth-publish-dbirth-topic", "tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic");
        report.Must(payload is not null, "DBIRTH is no Sparkplug payload.", "tck-id-message-flow-device-birth-publish-dbirth-payload");
        report.Must(
            message.Qos == QualityOfService.AtMostOnce, $"DBIRTH has QoS {(int)message.Qos}.",
            "tck-id-topics-dbirth-mqtt", "tck-id-message-flow-device-birth-publish-dbirth-qos", "tck-id-payloads-dbirth-qos");
        report.Must(
            !message.Retain, "DBIRTH is retained.",
            "tck-id-topics-dbirth-mqtt", "tck-id-message-flow-device-birth-publish-dbirth-retained", "tck-id-payloads-dbirth-retain");
        report.Must(
            IsNow(payload?.Timestamp, at), $"DBIRTH has the time {payload?.Timestamp:O} and was seen at {at:O}.",
            "tck-id-topics-dbirth-timestamp", "tck-id-payloads-dbirth-timestamp");
        var dcmd = SparkplugTopic.OfDevice(MessageVerb.DCmd, node, topic.Device!).ToString();
        report.Must(IsSubscribed(session, dcmd), $"'{dcmd}' is not subscribed with QoS 1 at the DBIRTH.", "tck-id-message-flow-device-dcmd-subscribe");
        report.Must(
            session.LastVerb is not (MessageVerb.NData or MessageVerb.DData) || session.Owed.Count == 0, "Data came between NBIRTH and the DBIRTHs that belong to it.",
            "tck-id-payloads-dbirth-order");
        JudgeBirthMetrics(payload, "DBIRTH", "tck-id-topics-dbirth-metrics", "tck-id-operational-behavior-data-publish-dbirth-values", "tck-id-operational-behavior-data-publish-dbirth-order");
        JudgeTemplates(session, payload);
        session.Owed.Remove(topic.Device!);
        session.Devices[topic.Device!] = new Metrics(payload);
    }
}
