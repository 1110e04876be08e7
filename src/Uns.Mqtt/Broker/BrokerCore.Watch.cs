using System.Text;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Sessions;

namespace Uns.Mqtt.Broker;

/// <content>What a watch changes or adds.</content>
internal sealed partial class BrokerCore
{
    /// <summary>Keeps a payload, byte for byte, under another topic too, and sends it to who subscribed that.</summary>
    public void KeepAs(string topic, ReadOnlySpan<byte> payload)
    {
        if (HasRoomToRetain(topic, isRemoval: false))
        {
            Route(new Message { TopicText = topic, Topic = Encoding.UTF8.GetBytes(topic), Payload = payload.ToArray(), Retain = true, ArrivedAt = Now });
        }
        else
        {
            Counters.DroppedRetainedFull++;
        }
    }

    /// <returns>The payload of a will as it goes out; null when the watch refuses it.</returns>
    private ReadOnlyMemory<byte>? Watched(Message will, Session session)
    {
        if (Options.Watch is not { } watch || !watch.Watches(will.Topic))
        {
            return will.Payload;
        }

        var verdict = watch.Judge(new WatchedMessage
        {
            Topic = will.TopicText,
            Payload = will.Payload.Span,
            Qos = will.Qos,
            Retain = will.Retain,
            IsWill = true,
            ClientId = session.ClientId,
            Now = WallNow,
        });
        return verdict.Refusal == Packets.ReasonCode.Success ? verdict.Payload ?? will.Payload : null;
    }
}
