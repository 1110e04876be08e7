using System.Text;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>Wills: kept, dropped, published once. MQTT 5.0, 3.1.2.5.</content>
internal sealed partial class BrokerCore
{
    private void PublishWill(Session session)
    {
        var will = session.Will!;
        var payload = Watched(will, session); // While the client still counts as its owner.
        DropWill(session); // In the store its end goes with the messages it becomes: all or nothing.
        if (SysTopics.SysReport.Owns(will.TopicText) || Options.Watch?.Owns(will.Topic) == true || !Options.Access.Authorize(session.Principal, Access.AccessAction.Publish, will.TopicText))
        {
            Counters.DroppedNotAuthorized++;
            return;
        }

        if (payload is not { } bytes)
        {
            Counters.DroppedNotAuthorized++;
            return;
        }

        if (will.Retain && !HasRoomToRetain(will.TopicText, bytes.IsEmpty))
        {
            Counters.DroppedRetainedFull++;
        }

        var message = new Message
        {
            TopicText = will.TopicText,
            Topic = will.Topic,
            Payload = bytes,
            Properties = will.Properties,
            Qos = will.Qos,
            Retain = will.Retain, // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
            Expiry = will.Expiry,
            ArrivedAt = Now,
        };
        Route(message, session); // The client published it, also for No Local. [MQTT-3.8.3-3]
    }

    /// <summary>Writes down the will a session has now, or that it has none any more.</summary>
    private void KeepWill(Session session)
    {
        if (session.Will is { } will)
        {
            Journal?.WillKept(session, will);
            Options.Watch?.WillKept(session.ClientId, will.TopicText);
            session.IsWillStored = true;
        }
        else
        {
            DropWill(session);
        }
    }

    private void DropWill(Session session)
    {
        session.Will = null;
        Options.Watch?.WillGone(session.ClientId);
        if (session.IsWillStored)
        {
            Journal?.WillGone(session);
            session.IsWillStored = false;
        }
    }

    private static Message ToMessage(Will will) => new()
    {
        TopicText = will.Topic,
        Topic = Encoding.UTF8.GetBytes(will.Topic),
        Payload = will.Payload,
        Properties = (will.Properties with { WillDelayInterval = null, MessageExpiryInterval = null }).ToSection(), // [MQTT-3.1.3-10]
        Qos = will.Qos,
        Retain = will.Retain,
        Expiry = will.Properties.MessageExpiryInterval,
    };
}
