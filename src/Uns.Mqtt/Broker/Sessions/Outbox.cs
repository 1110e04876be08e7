using System.Buffers.Binary;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Sessions;

/// <summary>
/// Brings messages from the broker to one session: at once where window and socket allow, into the queue where not,
/// and drops by the rules where nothing else is left.
/// </summary>
internal sealed class Outbox(BrokerCore core, MqttBrokerOptions options, BrokerCounters counters, BrokerJournal? journal)
{
    private readonly FrameCache _frames = new();

    /// <summary>Begins a new message: what was encoded for the last one is forgotten.</summary>
    public void BeginMessage() => _frames.Reset();

    /// <summary>Hands one copy to a session.</summary>
    public void Offer(Session session, ref Routed routed, QualityOfService qos, bool retain, int[] subscriptionIds, string? share = null)
    {
        var connection = session.Connection;
        if (qos == QualityOfService.AtMostOnce)
        {
            if (connection is null)
            {
                return; // Nobody is there, and QoS 0 does not wait.
            }

            if (connection.Output.Count > options.OutboundBytes)
            {
                counters.DroppedSlowReceiver++;
                session.Drops.SlowReceiver++;
                return;
            }

            Send(connection, ref routed, qos, retain, packetId: 0, subscriptionIds);
            return;
        }

        if (connection is not null && session.Queue.Count == 0 && session.ToResend.Count == 0 && session.MayBegin && connection.Output.Count <= options.OutboundBytes)
        {
            var id = session.NextPacketId();
            var waits = WaitsForDisk(session, connection, qos);
            if (!waits && !Send(connection, ref routed, qos, retain, id, subscriptionIds))
            {
                return;
            }

            var flight = new InFlight
            {
                Message = session.IsPersistent || share is not null ? routed.Keep() : null,
                Share = share,
                SubscriptionIds = subscriptionIds,
                Qos = qos,
                Awaits = qos == QualityOfService.AtLeastOnce ? Awaited.PubAck : Awaited.PubRec,
                Retain = retain,
                IsOnWire = true,
                Sequence = ++session.LastSequence,
            };
            session.InFlight.Add(id, flight);
            session.OnWire++;
            if (session.IsPersistent)
            {
                journal?.Begun(session, id, flight, isNew: true);
            }

            if (waits)
            {
                DeferDelivery(connection, id, isRepeat: false);
            }

            return;
        }

        Enqueue(session, ref routed, qos, retain, subscriptionIds, share);
    }

    /// <summary>Sends what may be sent now: repeats first, then what waits, then retained messages, which are as new as they are when they leave.</summary>
    public void Pump(Session session)
    {
        if (session.Connection is not { } connection)
        {
            return;
        }

        while (session.ToResend.TryPeek(out var id) && Resend(session, connection, id))
        {
            session.ToResend.Dequeue();
        }

        while (session.ToResend.Count == 0 && session.Queue.Count > 0 && session.MayBegin && connection.Output.Count <= options.OutboundBytes)
        {
            BeginQueued(session, connection, session.Queue.Dequeue());
        }

        while (session.NextReplay is { } replay && connection.Output.Count <= options.OutboundBytes / 2)
        {
            // What may not be begun now waits here, where it takes no room in the queue.
            if (replay.MaximumQos > QualityOfService.AtMostOnce && (!session.MayBegin || session.ToResend.Count > 0 || session.QueuedCount > 0))
            {
                break;
            }

            if (replay.Take() is { } place)
            {
                SendRetained(session, place, replay);
            }
            else
            {
                session.EndReplay();
            }
        }
    }

    /// <summary>A message whose packet identifier is on the disk goes out. Without the commit it stays: the client gets it when it is back and the store too.</summary>
    public void SendKept(Session session, BrokerConnection connection, DeferredAnswer answer, bool isKept)
    {
        if (!session.InFlight.TryGetValue(answer.Delivery, out var flight) || flight.Awaits == Awaited.PubComp || flight.Message is not { } message)
        {
            return;
        }

        if (!isKept)
        {
            connection.NotKept();
        }
        else if (!MayStillReceive(session, message) || !SendOwn(connection, Frame.Of(message, core.Now), flight.Qos, flight.Retain, answer.IsRepeat, answer.Delivery, flight.SubscriptionIds))
        {
            Finish(session, answer.Delivery, flight);
        }
    }

    /// <summary>A message under way is finished.</summary>
    public void Finish(Session session, ushort id, in InFlight flight)
    {
        session.InFlight.Remove(id);
        session.OnWire -= flight.IsOnWire ? 1 : 0;
        if (flight.Message is not null && session.IsStored)
        {
            journal?.Finished(session, flight.Sequence, flight.Message);
        }

        if (session.HasWaiting)
        {
            Pump(session);
        }
    }

    private bool Send(BrokerConnection connection, ref Routed routed, QualityOfService qos, bool retain, ushort packetId, int[] subscriptionIds)
    {
        if ((subscriptionIds.Length > 0 || connection.Aliases is not null) && connection.Version == ProtocolVersion.V5)
        {
            return SendOwn(connection, routed.Known, routed.Frame, qos, retain, packetId, subscriptionIds);
        }

        var frame = routed.Encode(_frames, connection.Version, qos, retain, out var idOffset);
        if (frame.Length > connection.MaximumPacketBytes)
        {
            counters.DroppedTooLarge++; // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
            connection.Session!.Drops.TooLarge++;
            return false;
        }

        var start = connection.Output.GetSpan(frame.Length);
        frame.CopyTo(start);
        if (qos != QualityOfService.AtMostOnce)
        {
            BinaryPrimitives.WriteUInt16BigEndian(start[idOffset..], packetId);
        }

        connection.Output.Advance(frame.Length);
        connection.MarkDirty();
        counters.MessagesOut++;
        return true;
    }

    /// <summary>Writes a copy that nobody else gets; a known topic goes by its alias where the client takes one. [MQTT-3.1.2-26]</summary>
    private bool SendOwn(BrokerConnection connection, TopicEntry? topic, in Frame frame, QualityOfService qos, bool retain, ushort packetId, int[] subscriptionIds)
    {
        if (topic is null || connection.Aliases is not { } aliases || !aliases.TryUse(topic, out var alias, out var isKnown))
        {
            return SendOwn(connection, frame, qos, retain, duplicate: false, packetId, subscriptionIds);
        }

        var aliased = new Frame
        {
            Topic = isKnown ? default : frame.Topic,
            Payload = frame.Payload,
            Properties = frame.Properties,
            Expiry = frame.Expiry,
            Alias = alias,
        };
        if (!SendOwn(connection, aliased, qos, retain, duplicate: false, packetId, subscriptionIds))
        {
            return false;
        }

        aliases.Sent(topic, alias);
        return true;
    }

    private bool SendOwn(BrokerConnection connection, in Frame frame, QualityOfService qos, bool retain, bool duplicate, ushort packetId, int[] subscriptionIds)
    {
        var bytes = frame.Measure(connection.Version, qos, subscriptionIds);
        if (bytes > connection.MaximumPacketBytes)
        {
            counters.DroppedTooLarge++;
            connection.Session!.Drops.TooLarge++;
            return false;
        }

        frame.Write(connection.Output.GetSpan(bytes), connection.Version, qos, retain, duplicate, packetId, subscriptionIds);
        connection.Output.Advance(bytes);
        connection.MarkDirty();
        counters.MessagesOut++;
        return true;
    }

    private void Enqueue(Session session, ref Routed routed, QualityOfService qos, bool retain, int[] subscriptionIds, string? share)
    {
        if (session.Connection is null && !session.IsPersistent)
        {
            return;
        }

        var message = routed.Keep();
        if (!HasRoom(session, message.Bytes))
        {
            counters.DroppedQueueFull++;
            session.Drops.QueueFull++;
            core.QueueIsFull(session);
            return;
        }

        var queued = new Queued(message, qos, retain, subscriptionIds, ++session.LastSequence, share);
        session.Queue.Enqueue(queued);
        session.QueuedBytes += message.Bytes;
        counters.QueuedBytes += message.Bytes;
        counters.Queued++;
        if (session.IsPersistent)
        {
            journal?.Waits(session, queued);
        }
    }

    /// <summary>True when so many bytes more may wait in the session.</summary>
    public bool HasRoom(Session session, int bytes) => session.QueuedCount < options.QueuedMessages
        && session.QueuedBytes + bytes <= options.QueuedBytes && counters.QueuedBytes + bytes <= options.AllQueuedBytes;

    private void BeginQueued(Session session, BrokerConnection connection, Queued queued)
    {
        session.QueuedBytes -= queued.Message.Bytes;
        counters.QueuedBytes -= queued.Message.Bytes;
        counters.Queued--;
        var isOver = queued.Message.IsExpired(core.Now);
        if (isOver)
        {
            counters.DroppedExpired++;
            session.Drops.Expired++;
        }

        isOver = isOver || !MayStillReceive(session, queued.Message);
        var id = session.NextPacketId();
        var waits = !isOver && WaitsForDisk(session, connection, queued.Qos);
        if (isOver || (!waits && !SendOwn(connection, connection.Aliases is null ? null : core.Topics.Get(queued.Message.Topic), Frame.Of(queued.Message, core.Now), queued.Qos, queued.Retain, id, queued.SubscriptionIds)))
        {
            if (session.IsPersistent)
            {
                journal?.Finished(session, queued.Sequence, queued.Message);
            }

            return;
        }

        var flight = new InFlight
        {
            Message = session.IsPersistent || queued.Share is not null ? queued.Message : null,
            Share = queued.Share,
            SubscriptionIds = queued.SubscriptionIds,
            Qos = queued.Qos,
            Awaits = queued.Qos == QualityOfService.AtLeastOnce ? Awaited.PubAck : Awaited.PubRec,
            Retain = queued.Retain,
            IsOnWire = true,
            Sequence = queued.Sequence,
        };
        session.InFlight.Add(id, flight);
        session.OnWire++;
        if (session.IsPersistent)
        {
            journal?.Begun(session, id, flight, isNew: false);
        }

        if (waits)
        {
            DeferDelivery(connection, id, isRepeat: false);
        }
    }

    // A right may have been taken away since the message was routed.
    private bool MayStillReceive(Session session, Message message)
    {
        var may = core.MayReceive(session, message.TopicText);
        if (!may)
        {
            counters.DroppedNotAuthorized++;
            session.Drops.NotAuthorized++;
        }

        return may;
    }

    /// <summary>
    /// True when a QoS 2 copy may leave only after the commit of its packet identifier: sent before, it would come again under
    /// another one if the broker died now. [MQTT-4.3.3-2] What comes behind it waits with it, so that the order stays.
    /// </summary>
    private bool WaitsForDisk(Session session, BrokerConnection connection, QualityOfService qos) =>
        journal is not null && session.IsPersistent && (qos == QualityOfService.ExactlyOnce || connection.DeferredDeliveries > 0);

    private void DeferDelivery(BrokerConnection connection, ushort id, bool isRepeat)
    {
        connection.DeferredDeliveries++;
        journal!.Defer(new(connection, default, null, null) { Delivery = id, IsRepeat = isRepeat });
    }

    private void SendRetained(Session session, Retained.RetainedNode place, RetainedReplay replay)
    {
        // The place is read now: a value that was replaced meanwhile must not go out after the new one.
        if (place.Message is not { } message || message.IsExpired(core.Now) || !core.MayReceive(session, message.TopicText))
        {
            return;
        }

        BeginMessage();
        var topic = session.Connection?.Aliases is null ? null : core.Topics.Get(message.Topic); // Else a flood of topics would drive the living ones out of the cache.
        var routed = Routed.From(message, topic, core.Now);
        Offer(session, ref routed, message.Qos < replay.MaximumQos ? message.Qos : replay.MaximumQos, retain: true, replay.SubscriptionIds);
    }

    private bool Resend(Session session, BrokerConnection connection, ushort id)
    {
        if (!session.InFlight.TryGetValue(id, out var flight))
        {
            return true;
        }

        if (flight.Awaits == Awaited.PubComp)
        {
            // PUBREC may have come on an older connection and its commit be under way: released before it, the message could come again.
            connection.Acknowledge(new PublishAckPacket(PacketType.PubRel, id), mustWait: session.IsPersistent);
        }
        else if (flight.Message is { } message)
        {
            if (!session.MayBegin)
            {
                return false;
            }

            if (!MayStillReceive(session, message))
            {
                session.InFlight.Remove(id);
                journal?.Finished(session, flight.Sequence, message);
                return true;
            }

            if (WaitsForDisk(session, connection, flight.Qos))
            {
                DeferDelivery(connection, id, isRepeat: true); // Its first commit may still be under way.
            }
            else if (!SendOwn(connection, Frame.Of(message, core.Now), flight.Qos, flight.Retain, duplicate: true, id, flight.SubscriptionIds)) // [MQTT-3.3.1-1]
            {
                session.InFlight.Remove(id);
                journal?.Finished(session, flight.Sequence, message);
                return true;
            }
        }

        session.InFlight[id] = flight with { IsOnWire = true };
        session.OnWire++;
        return true;
    }
}
