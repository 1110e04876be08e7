using System.Text.Unicode;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>PUBLISH and the acknowledgements in both directions. MQTT 5.0, 3.3 to 3.7 and 4.3.</content>
internal sealed partial class BrokerConnection
{
    /// <summary>Most user properties of one PUBLISH.</summary>
    private const int MaximumUserProperties = 256;

    /// <summary>Bytes of the property topic alias.</summary>
    private const int AliasBytes = 3;

    private Dictionary<ushort, TopicEntry>? _aliases;
    private TopicEntry? _lastTopic;
    private Dictionary<TopicEntry, bool>? _mayPublish;
    private int _gateVersion;
    private int _deferred;
    private int _unacknowledged;

    /// <summary>Topic aliases towards the client; null: it takes none.</summary>
    public TopicAliases? Aliases { get; private set; }

    /// <summary>Highest alias that the client may give; 0: none. The hub's own parts may give each of their topics one.</summary>
    private int MaximumAlias => Link.Origin.Listener == ClientListener.InProcess ? ushort.MaxValue : core.Options.TopicAliasMaximum;

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

        if (answer.ConnAck is not null)
        {
            Release(answer, isKept);
            return;
        }

        _deferred--;
        if (!IsOpen)
        {
            return;
        }

        if (isKept)
        {
            if (answer.SubscriptionAck is { } subscriptionAck)
            {
                subscriptionAck.Write(Output, Version);
                Wrote();
            }
            else
            {
                Write(answer.Ack);
            }
        }
        else if (answer.Ack.Type is PacketType.PubAck or PacketType.PubRec)
        {
            RefuseMessage(answer.Ack);
        }
        else
        {
            NotKept();
        }
    }

    private void Write(PublishAckPacket ack)
    {
        // Each of these ends one message of the client's receive maximum. [MQTT-3.3.4-7]
        if (ack.Type is PacketType.PubAck or PacketType.PubComp || (ack.Type == PacketType.PubRec && ack.Reason >= ReasonCode.UnspecifiedError))
        {
            _unacknowledged = Math.Max(0, _unacknowledged - 1); // A PUBCOMP may end what was begun on an older connection.
        }

        ack.Write(Output, Version);
        Wrote();
    }

    private void BeginAliases(int maximum) => Aliases = maximum == 0 ? null : new TopicAliases(maximum);

    /// <summary>The store does not take what the client sent: without an answer it tries again. 3.1.1 has no other word for it.</summary>
    public void NotKept() => Disconnect(ReasonCode.QuotaExceeded, "The store cannot keep what was sent: try again later.");

    private void RefuseMessage(PublishAckPacket ack)
    {
        if (Version != ProtocolVersion.V5)
        {
            NotKept();
            return;
        }

        if (ack.Type == PacketType.PubRec && Session!.IncomingQos2.Remove(ack.PacketId)) // [MQTT-4.3.3-9]
        {
            core.Journal?.IncomingReleased(Session, ack.PacketId);
        }

        var refusal = ack with { Reason = ReasonCode.QuotaExceeded };
        if (core.Journal is { IsFailing: true })
        {
            Write(refusal); // Nothing waits before it any more.
            return;
        }

        Acknowledge(refusal, mustWait: false);
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

        if (FindObstacle(publish) is { } obstacle)
        {
            Fail(obstacle);
            return;
        }

        var session = Session!;
        if (publish.Qos != QualityOfService.AtMostOnce)
        {
            if (publish.Qos == QualityOfService.ExactlyOnce && session.IncomingQos2.Contains(publish.PacketId))
            {
                // The first one's commit may still be under way, begun on an older connection.
                Acknowledge(new(PacketType.PubRec, publish.PacketId), mustWait: session.IsPersistent); // [MQTT-4.3.3-10]
                return;
            }

            // A client of 3.1.1 was told of no limit but its packet identifiers.
            var limit = Version == ProtocolVersion.V5 ? core.Options.ReceiveMaximum : ushort.MaxValue;
            if (++_unacknowledged > limit)
            {
                Fail(new(ReasonCode.ReceiveMaximumExceeded, $"More than {limit} messages are unacknowledged.")); // [MQTT-3.3.4-7]
                return;
            }
        }

        if (!MayPublish(topic))
        {
            core.Counters.DroppedNotAuthorized++;
            session.Drops.NotAuthorized++;
            if (publish.Qos != QualityOfService.AtMostOnce)
            {
                Acknowledge(AnswerTo(publish, Version == ProtocolVersion.V5 ? ReasonCode.NotAuthorized : ReasonCode.Success), mustWait: false);
            }

            return;
        }

        if (publish.IsText && !Utf8.IsValid(publish.Payload))
        {
            RefuseText(publish);
            return;
        }

        if (publish.Retain && !core.HasRoomToRetain(topic.Text, publish.Payload.IsEmpty))
        {
            core.Counters.DroppedRetainedFull++;
            if (publish.Qos != QualityOfService.AtMostOnce)
            {
                RefuseMessage(AnswerTo(publish, ReasonCode.Success));
                return;
            }
        }

        if (publish.Qos != QualityOfService.AtMostOnce && core.Journal is { IsFailing: true } && core.NeedsStore(topic, publish.Retain, publish.Qos, session))
        {
            RefuseMessage(AnswerTo(publish, ReasonCode.Success));
            return;
        }

        var verdict = topic.IsWatched ? Watch(publish, topic) : default;
        if (verdict.Refusal != ReasonCode.Success)
        {
            RefuseWatched(publish, verdict.Refusal);
            return;
        }

        TakeOver(publish, topic, header, packet, verdict);
    }

    /// <summary>What stands against a PUBLISH, whatever its topic.</summary>
    private DecodeFault? FindObstacle(in PublishPacket publish)
    {
        if (publish.SubscriptionIdentifierCount > 0)
        {
            return DecodeFault.Protocol("A client's PUBLISH carries a subscription identifier."); // [MQTT-3.3.4-6]
        }

        if (publish.UserPropertyCount > MaximumUserProperties)
        {
            return new(ReasonCode.QuotaExceeded, $"The PUBLISH has {publish.UserPropertyCount} user properties: send at most {MaximumUserProperties}.");
        }

        if (publish.Qos > core.Options.MaximumQos)
        {
            return new(ReasonCode.QosNotSupported, $"The QoS is {(int)publish.Qos}: send at most {(int)core.Options.MaximumQos}."); // [MQTT-3.2.2-11]
        }

        if (publish.Retain && !core.Options.RetainAvailable)
        {
            return new(ReasonCode.RetainNotSupported, "RETAIN is set, and this server keeps no retained messages."); // [MQTT-3.2.2-14]
        }

        return null;
    }

    private static PublishAckPacket AnswerTo(in PublishPacket publish, ReasonCode reason) =>
        new(publish.Qos == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, publish.PacketId, reason);

    /// <summary>The payload is declared as UTF-8 text and is none. MQTT 5.0, 3.3.2.3.2.</summary>
    private void RefuseText(in PublishPacket publish)
    {
        if (publish.Qos == QualityOfService.AtMostOnce)
        {
            Fail(new(ReasonCode.PayloadFormatInvalid, "The payload is declared as text and is not UTF-8."));
            return;
        }

        Acknowledge(AnswerTo(publish, ReasonCode.PayloadFormatInvalid), mustWait: false);
    }

    private void TakeOver(in PublishPacket publish, TopicEntry topic, FixedHeader header, ReadOnlySpan<byte> packet, in WatchVerdict verdict)
    {
        var session = Session!;
        var urgentBefore = core.Journal?.UrgentCount ?? 0;
        var isPlain = publish.TopicAlias == 0 && !publish.Duplicate && verdict.Payload is null;
        var section = publish.TopicAlias == 0 && publish.MessageExpiryInterval is null
            ? publish.PropertySection
            : publish is { TopicAlias: > 0, PropertySection.Length: AliasBytes } ? [] : core.ForwardedProperties(publish.PropertySection);
        var routed = new Routed
        {
            Known = topic,
            Frame = new Frame { Topic = topic.Topic, Payload = verdict.Payload ?? publish.Payload, Properties = section, Expiry = publish.MessageExpiryInterval },
            Qos = publish.Qos,
            Retain = publish.Retain,
            ArrivedAt = core.Now,
            Verbatim = isPlain ? packet : default, // The outgoing DUP is never the incoming one. [MQTT-3.3.1-3]
            VerbatimVersion = Version,
            VerbatimIdOffset = header.HeaderBytes + 2 + topic.Topic.Length,
        };
        var hasSubscribers = core.Route(ref routed, session);
        if (verdict.KeepAs is { } keepAs)
        {
            core.KeepAs(keepAs, publish.Payload);
        }

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
        if (publish.TopicAlias > MaximumAlias)
        {
            fault = new(ReasonCode.TopicAliasInvalid, $"The topic alias is {publish.TopicAlias}: give at most {MaximumAlias}."); // [MQTT-3.2.2-17]
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
            fault = TextRules.IsTopicName(publish.Topic)
                ? new(ReasonCode.TopicNameInvalid, $"The topic name has more than {core.Options.MaximumTopicLevels} levels or {core.Options.MaximumTopicBytes} bytes.")
                : PublishPacket.TopicFault(publish.Topic);
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
        if (topic.IsOwn)
        {
            return false; // The broker's own figures.
        }

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

    /// <summary>Sends an acknowledgement, after the commit of all that was gathered so far if it must wait.</summary>
    public void Acknowledge(PublishAckPacket ack, bool mustWait)
    {
        if (core.Journal is { } journal && (mustWait || _deferred > 0))
        {
            if (journal.IsFailing)
            {
                NotKept();
                return;
            }

            _deferred++;
            journal.Defer(new(this, ack, null, null));
            return;
        }

        Write(ack);
    }

    private void AcknowledgeSubscription(SubscriptionAckPacket ack, bool mustWait)
    {
        if (core.Journal is { } journal && (mustWait || _deferred > 0))
        {
            if (journal.IsFailing)
            {
                NotKept();
                return;
            }

            _deferred++;
            journal.Defer(new(this, default, ack, null));
            return;
        }

        ack.Write(Output, Version);
        Wrote();
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
        Acknowledge(new PublishAckPacket(PacketType.PubComp, packetId, reason), mustWait: session.IsPersistent); // [MQTT-4.3.3-11]
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
        Acknowledge(new PublishAckPacket(PacketType.PubRel, packetId, reason), mustWait: isRepeat && Session!.IsPersistent);
    }
}
