using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <content>CONNECT with its will, subscriptions, the planned end.</content>
public sealed partial class EdgeNodeRules
{
    private void TakeConnect(Session session, ConnectPacket connect)
    {
        var isClean = connect.CleanStart && connect.Properties.SessionExpiryInterval is null or 0;
        var why = "The CONNECT does not ask for a clean session that ends with the connection.";
        report.Must(isClean, why, connect.Version == ProtocolVersion.V5 ? "tck-id-principles-persistence-clean-session-50" : "tck-id-principles-persistence-clean-session-311", "untagged-all-clients-clean-session");
        var will = connect.Will;
        report.Must(will is not null, "The CONNECT has no will.", "tck-id-message-flow-edge-node-birth-publish-will-message", "tck-id-payloads-ndeath-will-message");
        if (will is null)
        {
            return;
        }

        var isDeath = will.Topic == SparkplugTopic.OfNode(MessageVerb.NDeath, node).ToString();
        report.Must(
            isDeath, $"The will's topic is '{will.Topic}'.",
            "tck-id-message-flow-edge-node-birth-publish-will-message-topic", "tck-id-topics-ndeath-topic", "tck-id-payloads-ndeath-will-message");
        report.Must(
            will.Qos == QualityOfService.AtLeastOnce, $"The will's QoS is {(int)will.Qos}.",
            "tck-id-message-flow-edge-node-birth-publish-will-message-qos", "tck-id-payloads-ndeath-will-message-qos");
        report.Must(
            !will.Retain, "The will is retained.",
            "tck-id-message-flow-edge-node-birth-publish-will-message-will-retained", "tck-id-payloads-ndeath-will-message-retain");
        var payload = Read(will.Payload);
        report.Must(payload is not null, "The will's payload is no Sparkplug payload.", "tck-id-message-flow-edge-node-birth-publish-will-message-payload");
        JudgeDeath(payload);
        JudgeBdSeq(session, payload);
    }

    private void JudgeDeath(SparkplugPayload? death)
    {
        report.Must(death is { Metrics: [{ Name: EdgeNodeSession.BdSeqName }] }, "NDEATH has other metrics than bdSeq, or none.", "tck-id-topics-ndeath-payload");
        report.Must(death is { Seq: null }, "NDEATH has a seq.", "tck-id-topics-ndeath-seq", "tck-id-payloads-ndeath-seq");
        if (death?.Timestamp is not null)
        {
            report.Must(true, "", "untagged-ndeath-timestamp");
        }
    }

    private void JudgeBdSeq(Session session, SparkplugPayload? death)
    {
        session.BdSeq = BdSeqOf(death);
        var isLong = death?.Metrics.FirstOrDefault(m => m.Name == EdgeNodeSession.BdSeqName) is { DataType: DataType.Int64, Value.Kind: WireKind.Long };
        var isInRange = session.BdSeq is >= 0 and <= 255;
        report.Must(isLong && isInRange, $"The will's bdSeq is {session.BdSeq}, or no Int64.", "tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq");
        if (_lastBdSeq is { } last && session.BdSeq is { } now)
        {
            report.Must(
                now == (last + 1) % 256, $"bdSeq went from {last} to {now}.",
                "tck-id-topics-nbirth-bdseq-increment", "tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq");
        }

        _lastBdSeq = (int?)session.BdSeq;
    }

    // Called at the NBIRTH: what had to be subscribed by then.
    private void JudgeSubscriptions(Session session)
    {
        var ncmd = SparkplugTopic.OfNode(MessageVerb.NCmd, node).ToString();
        report.Must(IsSubscribed(session, ncmd), $"'{ncmd}' is not subscribed with QoS 1 at the NBIRTH.", "tck-id-message-flow-edge-node-ncmd-subscribe");
        if (PrimaryHost is { } host)
        {
            var state = SparkplugTopic.OfState(host).ToString();
            report.Must(
                session.Filters.Any(f => Matches(f.Filter, state)), $"'{state}' is not subscribed.",
                "tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs");
        }
    }

    private static bool IsSubscribed(Session session, string topic) =>
        session.Filters.Any(f => f.MaximumQos >= QualityOfService.AtLeastOnce && Matches(f.Filter, topic));

    private static bool Matches(string filter, string topic)
    {
        var wanted = filter.Split('/');
        var levels = topic.Split('/');
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == "#")
            {
                return true;
            }

            if (i >= levels.Length || (wanted[i] != "+" && wanted[i] != levels[i]))
            {
                return false;
            }
        }

        return wanted.Length == levels.Length;
    }

    private void TakeDisconnect(Session session, RecordedPacket packet)
    {
        if (session.Node is null)
        {
            return; // Never born: there is nothing to die.
        }

        var isSaid = session.LastVerb == MessageVerb.NDeath;
        report.Must(isSaid, "DISCONNECT came without an NDEATH before it.", "tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath");
        report.Should(isSaid, "DISCONNECT came without an NDEATH before it.", "tck-id-payloads-ndeath-will-message-publisher");
        report.Must(isSaid, "DISCONNECT came before NDEATH.", "tck-id-operational-behavior-edge-node-intentional-disconnect-packet");
        if (packet.Version == ProtocolVersion.V5)
        {
            report.Must(
                packet.Reason == ReasonCode.DisconnectWithWill, $"DISCONNECT has the reason 0x{(byte?)packet.Reason:X2}.",
                "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50");
        }
        else
        {
            report.Must(isSaid, "DISCONNECT came without an NDEATH before it.", "tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311");
        }
    }

    private void TakeNodeDeath(Session session, SparkplugTopic topic, SparkplugPayload? payload)
    {
        report.Must(topic.Node == node, $"NDEATH went to {topic}.", "tck-id-topics-ndeath-topic");
        JudgeDeath(payload);
        report.Must(
            BdSeqOf(payload) is { } said && said == session.BdSeq, $"NDEATH says bdSeq {BdSeqOf(payload)}, the will {session.BdSeq}.", "tck-id-payloads-ndeath-bdseq");
        JudgeHostDeath(session);
    }
}
