using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>Messages of topics that a watch wants to see.</content>
internal sealed partial class BrokerConnection
{
    private WatchVerdict Watch(in PublishPacket publish, TopicEntry topic) => core.Options.Watch!.Judge(new WatchedMessage
    {
        Topic = topic.Text,
        Payload = publish.Payload,
        Qos = publish.Qos,
        Retain = publish.Retain,
        ClientId = Session!.ClientId,
        Now = core.WallNow,
    });

    private void RefuseWatched(in PublishPacket publish, ReasonCode reason)
    {
        core.Counters.DroppedNotAuthorized++;
        if (publish.Qos != QualityOfService.AtMostOnce)
        {
            Acknowledge(AnswerTo(publish, Version == ProtocolVersion.V5 ? reason : ReasonCode.Success), mustWait: false);
        }
    }
}
