using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>SUBSCRIBE and UNSUBSCRIBE. MQTT 5.0, 3.8 to 3.11.</content>
internal sealed partial class BrokerConnection
{
    private void OnSubscribe(ReadOnlySpan<byte> body)
    {
        if (!SubscribePacket.TryRead(body, Version, out var packet, out var fault))
        {
            Fail(fault);
            return;
        }

        if (packet.Requests.Any(r => r.NoLocal && r.Filter.StartsWith(TextRules.SharePrefix, StringComparison.Ordinal)))
        {
            Fail(DecodeFault.Protocol("No Local is set on a shared subscription.")); // [MQTT-3.8.3-4]
            return;
        }

        if (packet.Requests.Any(r => r.Filter.Length == 0))
        {
            Fail(DecodeFault.Protocol("A topic filter is empty.")); // [MQTT-4.7.3-1]
            return;
        }

        var session = Session!;
        if (session.IsPersistent && core.Journal is { IsFailing: true })
        {
            NotKept();
            return;
        }

        var identifier = packet.Properties.SubscriptionIdentifiers is [var first, ..] ? first : 0;
        var reasons = new List<ReasonCode>(packet.Requests.Count);
        foreach (var request in packet.Requests)
        {
            reasons.Add(Subscribe(session, request, identifier)); // [MQTT-3.8.4-6] [MQTT-3.9.3-1]
        }

        if (Version == ProtocolVersion.V5 && reasons.Count + 8 > MaximumPacketBytes)
        {
            Fail(new(ReasonCode.PacketTooLarge, "SUBACK would be larger than the client's largest packet.")); // [MQTT-3.1.2-24]
            return;
        }

        AcknowledgeSubscription(new SubscriptionAckPacket { PacketId = packet.PacketId, Reasons = reasons }, mustWait: session.IsPersistent); // [MQTT-3.8.4-1] [MQTT-3.8.4-2]
        core.Outbox.Pump(session);
    }

    private ReasonCode Subscribe(Session session, SubscriptionRequest request, int identifier)
    {
        if (!TextRules.IsTopicFilter(request.Filter))
        {
            return Version == ProtocolVersion.V5 ? ReasonCode.TopicFilterInvalid : ReasonCode.UnspecifiedError;
        }

        var isShared = TextRules.TrySplitShare(request.Filter, out _, out var inner);
        if (!core.Options.Access.Authorize(session.Principal, AccessAction.Subscribe, isShared ? inner : request.Filter))
        {
            return Version == ProtocolVersion.V5 ? ReasonCode.NotAuthorized : ReasonCode.UnspecifiedError;
        }

        if (core.IsDenied(request.Filter))
        {
            return Version == ProtocolVersion.V5 ? core.Options.DenySubscribeReason : ReasonCode.UnspecifiedError;
        }

        if (!core.HasAllowedSize(request.Filter))
        {
            return Version == ProtocolVersion.V5 ? ReasonCode.TopicFilterInvalid : ReasonCode.UnspecifiedError;
        }

        var isNew = !session.Subscriptions.Contains(request.Filter);
        if (isNew && session.Subscriptions.Count >= core.Options.MaximumSubscriptions)
        {
            return Version == ProtocolVersion.V5 ? ReasonCode.QuotaExceeded : ReasonCode.UnspecifiedError;
        }

        var subscription = new Subscription(session, request, identifier);
        core.Subscribe(session, subscription);
        if (!isShared && (request.RetainHandling == RetainHandling.Send || (request.RetainHandling == RetainHandling.SendIfNew && isNew)))
        {
            OfferRetained(session, subscription);
        }

        return (ReasonCode)request.MaximumQos; // [MQTT-3.8.4-7]
    }

    private void OfferRetained(Session session, Subscription subscription)
    {
        var places = core.Retained.Match(subscription.Filter);
        if (places.Length > 0)
        {
            int[] ids = subscription.Identifier > 0 ? [subscription.Identifier] : [];
            session.Replay(new RetainedReplay(subscription.Filter, places, subscription.Request.MaximumQos, ids));
        }
    }

    private void OnUnsubscribe(ReadOnlySpan<byte> body)
    {
        if (!UnsubscribePacket.TryRead(body, Version, out var packet, out var fault))
        {
            Fail(fault);
            return;
        }

        if (packet.Filters.Any(f => f.Length == 0))
        {
            Fail(DecodeFault.Protocol("A topic filter is empty.")); // [MQTT-4.7.3-1]
            return;
        }

        var session = Session!;
        if (session.IsPersistent && core.Journal is { IsFailing: true })
        {
            NotKept();
            return;
        }

        var reasons = new List<ReasonCode>(packet.Filters.Count);
        foreach (var filter in packet.Filters)
        {
            reasons.Add(core.Unsubscribe(session, filter) ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted); // [MQTT-3.10.4-1] [MQTT-3.11.3-1]
        }

        AcknowledgeSubscription(
            new SubscriptionAckPacket { Type = PacketType.UnsubAck, PacketId = packet.PacketId, Reasons = reasons }, mustWait: session.IsPersistent); // [MQTT-3.10.4-4] [MQTT-3.10.4-5]
    }
}
