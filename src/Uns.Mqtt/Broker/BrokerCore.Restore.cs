using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Retained;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <content>What the store gives at start, what it is given anew after it failed, and the sweep of dead retained messages.</content>
internal sealed partial class BrokerCore
{
    /// <summary>Retained messages looked at per second.</summary>
    private const int SweptPerTick = 20_000;

    private RetainedNode[] _sweep = [];
    private int _swept;

    /// <summary>Takes up what the store kept. Before any connection.</summary>
    public void Restore(StoredBroker stored)
    {
        foreach (var damaged in stored.Damaged)
        {
            LogDamaged(Logger, damaged.Topic);
            Counters.DroppedDamaged++;
            Journal!.Damaged(damaged);
        }

        foreach (var message in stored.Retained)
        {
            if (message.IsExpired(Now))
            {
                Journal!.Retained(message.TopicText, null, urgent: false);
            }
            else
            {
                Retained.Set(message);
            }
        }

        foreach (var kept in stored.Sessions)
        {
            Restore(kept);
        }

        foreach (var kept in stored.Wills)
        {
            Restore(kept);
        }

        Journal!.LastMessageId = stored.LastMessageId;
        CountRetained();
        Counters.Sessions = _sessions.Count;
        CountSubscriptions();
    }

    private void Restore(StoredSession kept)
    {
        var session = new Session(kept.ClientId)
        {
            Principal = kept.Principal,
            IsStored = true,
            ExpirySeconds = kept.ExpirySeconds,
            ExpiresAt = kept.ExpiresAt > 0 ? kept.ExpiresAt : Now + (kept.ExpirySeconds * 1000L),
        };
        foreach (var (request, identifier) in kept.Subscriptions)
        {
            var subscription = new Subscription(session, request, identifier);
            session.Subscriptions.Set(subscription);
            Tree.Add(subscription);
            Options.Subscribers?.Kept(kept.ClientId, subscription.Filter);
        }

        foreach (var delivery in kept.Deliveries)
        {
            session.LastSequence = delivery.Sequence;
            if (delivery.PacketId == 0)
            {
                session.Queue.Enqueue(new Queued(delivery.Message, delivery.Qos, delivery.Retain, delivery.SubscriptionIds, delivery.Sequence, delivery.Share));
                session.QueuedBytes += delivery.Message.Bytes;
                Counters.QueuedBytes += delivery.Message.Bytes;
                Counters.Queued++;
                continue;
            }

            var awaits = delivery.Awaits == Awaited.PubComp ? Awaited.PubComp
                : delivery.Qos == QualityOfService.AtLeastOnce ? Awaited.PubAck : Awaited.PubRec;
            session.InFlight[delivery.PacketId] = new InFlight
            {
                Message = delivery.Message,
                SubscriptionIds = delivery.SubscriptionIds,
                Qos = delivery.Qos,
                Awaits = awaits,
                Retain = delivery.Retain,
                Sequence = delivery.Sequence,
                Share = delivery.Share,
            };
        }

        session.IncomingQos2.UnionWith(kept.Incoming);
        _sessions.Add(session.ClientId, session);
        _away.Add(session);
    }

    /// <summary>A will whose client was connected when the broker ended, or whose time had not come.</summary>
    private void Restore(StoredWill kept)
    {
        var grace = Now + (long)Options.WillGrace.TotalMilliseconds;
        if (!_sessions.TryGetValue(kept.ClientId, out var session))
        {
            session = new Session(kept.ClientId) { Principal = kept.Principal, IsGhost = true, ExpiresAt = long.MaxValue };
            _sessions.Add(kept.ClientId, session);
            _away.Add(session);
        }

        var isArmed = kept.DueAt == 0;
        var delay = Math.Min(kept.DelaySeconds, session.IsGhost ? 0 : session.ExpirySeconds) * 1000L;
        session.Will = kept.Message;
        session.WillDelaySeconds = kept.DelaySeconds;
        session.IsWillStored = true;
        session.IsWillInGrace = isArmed;
        session.WillDue = isArmed ? Math.Max(grace, Now + delay) : Math.Max(grace, kept.DueAt);
        if (session.IsGhost)
        {
            session.ExpiresAt = session.WillDue;
        }
    }

    /// <summary>Puts all that is kept into the journal, in place of whatever the store has.</summary>
    public void WriteAll(BrokerJournal journal)
    {
        journal.AllGone();
        foreach (var session in _sessions.Values)
        {
            if (session.IsPersistent)
            {
                journal.Whole(session);
                session.IsStored = true;
            }

            if (session.Will is { } will)
            {
                journal.WillKept(session, will);
                session.IsWillStored = true;
            }
        }

        foreach (var place in Retained.All())
        {
            journal.Retained(place.Message!.TopicText, place.Message, urgent: true);
        }
    }

    /// <summary>Drops retained messages whose life is over, some at a time.</summary>
    private void SweepRetained()
    {
        if (_swept >= _sweep.Length)
        {
            (_sweep, _swept) = (Retained.Count > 0 ? Retained.All() : [], 0);
        }

        for (var end = Math.Min(_swept + SweptPerTick, _sweep.Length); _swept < end; _swept++)
        {
            if (_sweep[_swept].Message is { } message && message.IsExpired(Now))
            {
                Retained.Remove(message.TopicText);
                Journal?.Retained(message.TopicText, null, urgent: false);
                Counters.DroppedExpired++;
                CountRetained();
            }
        }
    }

    [LoggerMessage(1019, LogLevel.Error, "A stored message on '{Topic}' is not what was written: the disk changed it. It is dropped and not told to anybody.")]
    private static partial void LogDamaged(ILogger logger, string topic);
}
