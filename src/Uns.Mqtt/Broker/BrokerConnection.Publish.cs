using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>PUBLISH and the acknowledgements in both directions. MQTT 5.0, 3.3 to 3.7 and 4.3.</content>
internal sealed partial class BrokerConnection
{
    private Dictionary<ushort, TopicEntry>? _aliases;
    private TopicEntry? _lastTopic;
    private Dictionary<TopicEntry, bool>? _mayPublish;
    private int _gateVersion;
    private int _deferred;

    /// <summary>Answers that wait for the disk; later ones wait behind them, so that their order stays.</summary>
    public int Deferred => _deferred;

    /// <summary>Deliveries to the client that wait for the disk; later ones wait behind them.</summary>
    public int DeferredDeliveries { get; set; }

    /// <summary>An answer that waited may leave, or the write failed.</summary>
    public void Answer(DeferredAnswer answer, bool isKept)
    {
        if (answer.Delivery != 0)
        {
            DeferredDeliveries--;
            if (IsOpen)
            {
                core.Outbox.SendKept(Session!, this, answer, isKept);
            }

            return;
        }

        _deferred--;
        if (!IsOpen)
        {
            return;
        }

        if (!isKept && Version != ProtocolVersion.V5)
        {
            Close(discardWill: false); // 3.1.1 has no word for it: without an answer the client tries again.
            return;
        }

        if (answer.SubscriptionAck is { } subscriptionAck)
        {
            var told = isKept ? subscriptionAck : subscriptionAck with { Reasons = [.. subscriptionAck.Reasons.Select(_ => ReasonCode.UnspecifiedError)] };
            told.Write(Output, Version);
        }
        else if (isKept || answer.Ack.Type is PacketType.PubAck or PacketType.PubRec)
        {
            if (!isKept && answer.Ack.Type == PacketType.PubRec)
            {
                Session!.IncomingQos2.Remove(answer.Ack.PacketId); // [MQTT-4.3.3-9]
            }

            (isKept ? answer.Ack : answer.Ack with { Reason = ReasonCode.QuotaExceeded }).Write(Output, Version);
        }

        MarkDirty();
    }

    private void OnPublish(FixedHeader header, ReadOnlySpan<byte> packet)
    {
        if (!PublishPacket.TryReadUnchecked(header, packet[header.HeaderBytes..], Version, out var publish, out var fault))
        {
            Fail(fault);
            return;
        }

        core.Counters.MessagesIn++;
        var topic = TopicOf(publish, out fault);
        if (topic is null)
        {
            Fail(fault);
            return;
        }

        if (publish.SubscriptionIdentifierCount > 0)
        {
            Fail(DecodeFault.Protocol("A client's PUBLISH carries a subscription identifier.")); // [MQTT-3.3.4-6]
            return;
        }

        var session = Session!;
        if (publish.Qos != QualityOfService.AtMostOnce)
        {
            if (publish.Qos == QualityOfService.ExactlyOnce && session.IncomingQos2.Contains(publish.PacketId))
            {
                Acknowledge(new(PacketType.PubRec, publish.PacketId), mustWait: false); // [MQTT-4.3.3-10]
                return;
            }

            // A client of 3.1.1 was told of no limit but its packet identifiers.
            var limit = Version == ProtocolVersion.V5 ? core.Options.ReceiveMaximum : ushort.MaxValue;
            if (session.IncomingQos2.Count + _deferred >= limit)
            {
                Fail(new(ReasonCode.ReceiveMaximumExceeded, $"More than {limit} messages are unacknowledged.")); // [MQTT-3.3.4-7]
                return;
            }
        }

        if (!MayPublish(topic))
        {
            core.Counters.DroppedNotAuthorized++;
            if (publish.Qos != QualityOfService.AtMostOnce)
            {
                var reason = Version == ProtocolVersion.V5 ? ReasonCode.NotAuthorized : ReasonCode.Success;
                var type = publish.Qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
                Acknowledge(new(type, publish.PacketId, reason), mustWait: false);
            }

            return;
        }

        TakeOver(publish, topic, header, packet);
    }

    private void TakeOver(in PublishPacket publish, TopicEntry topic, FixedHeader header, ReadOnlySpan<byte> packet)
    {
        var session = Session!;
        var urgentBefore = core.Journal?.UrgentCount ?? 0;
        var isPlain = publish.TopicAlias == 0 && !publish.Duplicate;
        var section = publish.TopicAlias == 0 && publish.MessageExpiryInterval is null
            ? publish.PropertySection
            : core.ForwardedProperties(publish.PropertySection);
        var routed = new Routed
        {
            Topic = topic,
            Frame = new Frame { Topic = topic.Topic, Payload = publish.Payload, Properties = section, Expiry = publish.MessageExpiryInterval },
            Qos = publish.Qos,
            Retain = publish.Retain,
            ArrivedAt = core.Now,
            Verbatim = isPlain ? packet : default, // The outgoing DUP is never the incoming one. [MQTT-3.3.1-3]
            VerbatimVersion = Version,
            VerbatimIdOffset = header.HeaderBytes + 2 + topic.Topic.Length,
        };
        var hasSubscribers = core.Route(ref routed, session);
        if (publish.Qos == QualityOfService.AtMostOnce)
        {
            return; // [MQTT-3.3.4-1]
        }

        var reason = hasSubscribers || Version != ProtocolVersion.V5 ? ReasonCode.Success : ReasonCode.NoMatchingSubscribers;
        if (publish.Qos == QualityOfService.AtLeastOnce)
        {
            Acknowledge(new(PacketType.PubAck, publish.PacketId, reason), (core.Journal?.UrgentCount ?? 0) != urgentBefore); // [MQTT-4.3.2-4]
            return;
        }

        session.IncomingQos2.Add(publish.PacketId);
        if (session.IsPersistent)
        {
            core.Journal?.Incoming(session, publish.PacketId);
        }

        Acknowledge(new(PacketType.PubRec, publish.PacketId, reason), (core.Journal?.UrgentCount ?? 0) != urgentBefore); // [MQTT-4.3.3-8]
    }

    private TopicEntry? TopicOf(in PublishPacket publish, out DecodeFault fault)
    {
        fault = default;
        TopicEntry? topic;
        if (publish.TopicAlias > core.Options.TopicAliasMaximum)
        {
            fault = new(ReasonCode.TopicAliasInvalid, $"The topic alias is {publish.TopicAlias}: give at most {core.Options.TopicAliasMaximum}."); // [MQTT-3.2.2-17]
            return null;
        }

        if (publish.Topic.IsEmpty && publish.TopicAlias > 0)
        {
            if (_aliases is null || !_aliases.TryGetValue(publish.TopicAlias, out topic))
            {
                fault = DecodeFault.Protocol($"The topic alias {publish.TopicAlias} stands for no topic on this connection.");
                return null;
            }

            return topic;
        }

        topic = _lastTopic is not null && publish.Topic.SequenceEqual(_lastTopic.Topic) ? _lastTopic : core.Topics.Get(publish.Topic);
        if (topic is null)
        {
            fault = PublishPacket.TopicFault(publish.Topic);
            return null;
        }

        _lastTopic = topic;
        if (publish.TopicAlias > 0)
        {
            (_aliases ??= [])[publish.TopicAlias] = topic; // [MQTT-3.3.2-12]
        }

        return topic;
    }

    private bool MayPublish(TopicEntry topic)
    {
        var gate = core.Options.Access;
        if (gate is OpenGate)
        {
            return true;
        }

        _mayPublish ??= [];
        if (_gateVersion != gate.Version || _mayPublish.Count > 1024)
        {
            _mayPublish.Clear();
            _gateVersion = gate.Version;
        }

        if (!_mayPublish.TryGetValue(topic, out var verdict))
        {
            verdict = gate.Authorize(Session!.Principal, AccessAction.Publish, topic.Text);
            _mayPublish.Add(topic, verdict);
        }

        return verdict;
    }

    private void Acknowledge(PublishAckPacket ack, bool mustWait)
    {
        if (core.Journal is { } journal && (mustWait || _deferred > 0))
        {
            _deferred++;
            journal.Defer(new(this, ack, null));
            return;
        }

        ack.Write(Output, Version);
        MarkDirty();
    }

    private void AcknowledgeSubscription(SubscriptionAckPacket ack, bool mustWait)
    {
        if (core.Journal is { } journal && (mustWait || _deferred > 0))
        {
            _deferred++;
            journal.Defer(new(this, default, ack));
            return;
        }

        ack.Write(Output, Version);
        MarkDirty();
    }

    private void OnPublishAck(PacketType type, ReadOnlySpan<byte> body)
    {
        if (!PublishAckPacket.TryRead(type, body, Version, out var ack, out var fault))
        {
            Fail(fault);
            return;
        }

        if (type == PacketType.PubRel)
        {
            OnPubRel(ack.PacketId);
            return;
        }

        var session = Session!;
        var awaited = type switch { PacketType.PubAck => Awaited.PubAck, PacketType.PubRec => Awaited.PubRec, _ => Awaited.PubComp };
        if (!session.InFlight.TryGetValue(ack.PacketId, out var flight) || flight.Awaits != awaited)
        {
            OnStrayAck(type, ack.PacketId, flight);
            return;
        }

        if (type != PacketType.PubRec || ack.Reason >= ReasonCode.UnspecifiedError)
        {
            core.Outbox.Finish(session, ack.PacketId, flight); // [MQTT-4.4.0-2]
            return;
        }

        flight.Awaits = Awaited.PubComp;
        session.InFlight[ack.PacketId] = flight;
        if (session.IsPersistent && core.Journal is { } journal)
        {
            journal.Received(session, ack.PacketId, flight);
            Acknowledge(new PublishAckPacket(PacketType.PubRel, ack.PacketId), mustWait: true);
        }
        else
        {
            Acknowledge(new PublishAckPacket(PacketType.PubRel, ack.PacketId), mustWait: false); // [MQTT-4.3.3-4]
        }
    }

    private void OnPubRel(ushort packetId)
    {
        var session = Session!;
        var isKnown = session.IncomingQos2.Remove(packetId);
        if (isKnown && session.IsPersistent)
        {
            core.Journal?.IncomingReleased(session, packetId);
        }

        var reason = isKnown || Version != ProtocolVersion.V5 ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
        Acknowledge(new PublishAckPacket(PacketType.PubComp, packetId, reason), mustWait: isKnown && session.IsPersistent); // [MQTT-4.3.3-11]
    }

    /// <summary>An acknowledgement for nothing we await: a repeat is answered, the rest is passed over.</summary>
    private void OnStrayAck(PacketType type, ushort packetId, InFlight flight)
    {
        if (type != PacketType.PubRec)
        {
            return;
        }

        var isRepeat = flight.Awaits == Awaited.PubComp && flight.Sequence > 0;
        var reason = isRepeat || Version != ProtocolVersion.V5 ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
        Acknowledge(new PublishAckPacket(PacketType.PubRel, packetId, reason), mustWait: false);
    }
}
