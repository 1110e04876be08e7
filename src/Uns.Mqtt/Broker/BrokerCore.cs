using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Broker.Retained;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>
/// The broker without its sockets: sessions, subscriptions, retained messages and the way of a message between them.
/// Belongs to one thread; nothing in it is locked.
/// </summary>
internal sealed partial class BrokerCore
{
    private readonly List<Subscription> _matching = [];
    private readonly List<SharedGroup> _groups = [];
    private readonly List<BrokerConnection> _closing = [];
    private readonly List<BrokerConnection> _waitingForDisk = [];
    private readonly long _startedAt;
    private readonly long _startStamp;
    private byte[] _section = new byte[256];

    public BrokerCore(MqttBrokerOptions options, BrokerJournal? journal, TimeProvider clock, ILogger logger)
    {
        Options = options;
        Journal = journal;
        Clock = clock;
        Logger = logger;
        Outbox = new Outbox(this, options, Counters, journal);
        Topics = new TopicCache(options.MaximumTopicLevels, options.MaximumTopicBytes, options.Watch);
        _takeOvers = new TakeOverBrake(options.TakeOvers);
        MaximumConnectBytes = Math.Min(options.MaximumConnectBytes, options.MaximumPacketBytes);
        MaximumSessionExpirySeconds = (uint)Math.Clamp(options.MaximumSessionExpiry.TotalSeconds, 1, uint.MaxValue);
        (_startedAt, _startStamp) = (clock.GetUtcNow().ToUnixTimeMilliseconds(), clock.GetTimestamp());
        ReadClock();
    }

    public MqttBrokerOptions Options { get; }

    public BrokerJournal? Journal { get; }

    public TimeProvider Clock { get; }

    public ILogger Logger { get; }

    public BrokerCounters Counters { get; } = new();

    public Outbox Outbox { get; }

    public BufferPool Buffers { get; } = new();

    public TopicCache Topics { get; }

    public TopicTree Tree { get; } = new();

    public RetainedTree Retained { get; } = new();

    public uint MaximumSessionExpirySeconds { get; }

    /// <summary>Largest packet before CONNECT was accepted, in bytes.</summary>
    public int MaximumConnectBytes { get; }

    /// <summary>The time of the batch at hand: milliseconds of Unix time as they were at the start, and what has passed since. A clock that is set does not move it.</summary>
    public long Now { get; private set; }

    /// <summary>The time of day in milliseconds of Unix time, for what others read: at most a second behind a clock that was set.</summary>
    public long WallNow => Now + WallAhead;

    /// <summary>Connections with output that no one has flushed yet.</summary>
    public List<BrokerConnection> Dirty { get; } = [];

    public void ReadClock() => Now = _startedAt + (long)Clock.GetElapsedTime(_startStamp).TotalMilliseconds;

    /// <summary>Brings a message to all who subscribed, and keeps it where it is retained.</summary>
    /// <returns>False when nobody has a matching subscription.</returns>
    public bool Route(ref Routed routed, Session? publisher) =>
        Follower is { } follower && follower.Follows(routed.Topic.Text) ? RouteSeen(ref routed, publisher, follower) : RouteUnseen(ref routed, publisher);

    private bool RouteUnseen(ref Routed routed, Session? publisher)
    {
        if (routed.Retain)
        {
            Retain(ref routed);
        }

        var set = SetOf(routed.Topic);
        if (set.IsEmpty)
        {
            return false;
        }

        Outbox.BeginMessage();
        foreach (ref readonly var target in set.Targets.AsSpan())
        {
            if (target.HasNoLocal && target.Session == publisher)
            {
                OfferWithoutLocal(target, ref routed); // [MQTT-3.8.3-3]
                continue;
            }

            Offer(target, ref routed);
        }

        foreach (var group in set.Groups)
        {
            OfferShared(group, ref routed); // [MQTT-4.8.2-3]
        }

        return true;
    }

    /// <summary>Hands one copy to a member of a group.</summary>
    private void OfferShared(SharedGroup group, ref Routed routed)
    {
        if (group.Pick(this, routed.Topic.Text, routed.Frame.Payload.Length) is { } member)
        {
            var qos = routed.Qos < member.Request.MaximumQos ? routed.Qos : member.Request.MaximumQos;
            Outbox.Offer(
                member.Session, ref routed, qos, routed.Retain && member.Request.RetainAsPublished, member.Identifier > 0 ? [member.Identifier] : [], member.Filter);
        }
        else
        {
            Counters.DroppedNotAuthorized++;
        }
    }

    /// <summary>True when a session can take another message now: its client is no slower than it may be, or what waits for it is not too much.</summary>
    public bool HasRoom(Session session, int bytes) =>
        session.Connection is { } connection && connection.Output.Count > Options.OutboundBytes ? false : Outbox.HasRoom(session, bytes);

    /// <summary>What a member leaves behind goes to another one, but for QoS 2 that was begun. [MQTT-4.8.2-5]</summary>
    private void HandOn(Session session)
    {
        var begun = session.InFlight.Values.Where(f => f.Share is not null && f.Message is not null && f.Awaits == Awaited.PubAck).OrderBy(f => f.Sequence);
        var left = begun.Select(f => (f.Share, f.Message)).Concat(session.Queue.Where(q => q.Share is not null).Select(q => (q.Share, (Message?)q.Message))).ToList();
        foreach (var (share, message) in left)
        {
            if (!message!.IsExpired(Now) && Tree.FindGroup(share!) is { } group && Topics.Get(message.Topic) is { } topic)
            {
                Outbox.BeginMessage();
                var routed = Routed.From(message, topic, Now);
                OfferShared(group, ref routed);
            }
        }
    }

    /// <summary>True when a message for this topic would have to reach the disk before its acknowledgement.</summary>
    public bool NeedsStore(TopicEntry topic, bool retain, QualityOfService qos, Session publisher)
    {
        if (retain || (qos == QualityOfService.ExactlyOnce && publisher.IsPersistent))
        {
            return true;
        }

        var set = SetOf(topic);
        return Array.Exists(set.Targets, t => t.Session.IsPersistent && t.MaximumQos > QualityOfService.AtMostOnce)
            || Array.Exists(set.Groups, g => g.Members.Exists(m => m.Session.IsPersistent && m.Request.MaximumQos > QualityOfService.AtMostOnce));
    }

    /// <summary>True when a topic may have a retained message more, or has one already.</summary>
    public bool HasRoomToRetain(string topic, bool isRemoval) =>
        (Retained.Count < Options.MaximumRetained && Retained.Bytes < Options.RetainedBytes) || isRemoval || Retained.Contains(topic);

    /// <summary>True when a filter, or what it would bring, may be subscribed by nobody.</summary>
    public bool IsDenied(string filter)
    {
        if (Options.DenySubscribe.Count == 0)
        {
            return false;
        }

        var inner = TextRules.TrySplitShare(filter, out _, out var shared) ? shared : filter;
        return Options.DenySubscribe.Any(denied => FilterRules.Covers(denied, inner));
    }

    /// <summary>True when a topic or filter is no deeper than the trees may be, and no longer than may be.</summary>
    public bool HasAllowedSize(string topic) =>
        topic.AsSpan().Count('/') < Options.MaximumTopicLevels && System.Text.Encoding.UTF8.GetByteCount(topic) <= Options.MaximumTopicBytes;

    /// <summary>True for a topic that only the broker or its watch writes.</summary>
    public bool IsOwn(string topic) => SysTopics.SysReport.Owns(topic) || Options.Watch?.Owns(System.Text.Encoding.UTF8.GetBytes(topic)) == true;

    /// <summary>Routes a message of the broker's own keeping, such as a will.</summary>
    public void Route(Message message, Session? publisher = null)
    {
        if (Topics.Get(message.Topic) is { } topic)
        {
            var routed = Routed.From(message, topic, Now);
            Route(ref routed, publisher);
        }
    }

    public bool MayReceive(Session session, string topic) =>
        Options.Access.Authorize(session.Principal, AccessAction.Receive, topic) && !IsDenied(topic);

    /// <summary>The property section as subscribers get it: without topic alias, and without the expiry, which is written anew.</summary>
    public ReadOnlySpan<byte> ForwardedProperties(ReadOnlySpan<byte> section)
    {
        if (_section.Length < section.Length)
        {
            _section = new byte[section.Length * 2];
        }

        var writer = new FieldWriter(_section);
        var reader = new PropertyReader(section, PacketType.Publish);
        var start = 0;
        while (reader.Next())
        {
            var end = section.Length - reader.RestBytes;
            if (reader.Id is not (PropertyId.TopicAlias or PropertyId.MessageExpiryInterval))
            {
                writer.Raw(section[start..end]);
            }

            start = end;
        }

        return _section.AsSpan(0, writer.Written);
    }

    /// <summary>Says whether a publisher must wait because the disk is too far behind, and notes it for <see cref="ResumePublishers"/>.</summary>
    public bool WaitsForDisk(BrokerConnection connection)
    {
        if (Journal is null || Journal.BacklogBytes < Options.JournalBytes)
        {
            return false;
        }

        _waitingForDisk.Add(connection);
        Counters.PublishersHeld++;
        return true;
    }

    /// <summary>After a commit: who waited for the disk is heard again.</summary>
    public void ResumePublishers()
    {
        if (Journal!.BacklogBytes < Options.JournalBytes)
        {
            _waitingForDisk.ForEach(c => c.Resume());
            _waitingForDisk.Clear();
        }
    }

    /// <summary>Closes a connection at the end of the batch: routing must not be entered from within.</summary>
    public void CloseLater(BrokerConnection connection, ReasonCode reason)
    {
        if (connection.CloseReason == ReasonCode.Success)
        {
            connection.CloseReason = reason;
            _closing.Add(connection);
        }
    }

    /// <summary>A session cannot take another message: its client is too slow, or away too long.</summary>
    public void QueueIsFull(Session session)
    {
        if (session.Drops.QueueFull == 1)
        {
            LogQueueFull(Logger, session.ClientId, session.Queue.Count, session.QueuedBytes);
        }

        if (session.Connection is { } connection)
        {
            CloseLater(connection, ReasonCode.QuotaExceeded);
        }
    }

    /// <summary>Ends a batch: what is to be closed is closed, then each touched connection is flushed once.</summary>
    public void EndBatch()
    {
        // A flush may end a connection, whose will may fill others: go on until nothing is left to do.
        do
        {
            for (var i = 0; i < _closing.Count; i++)
            {
                _closing[i].Disconnect(_closing[i].CloseReason);
            }

            _closing.Clear();
            var touched = Dirty.Count;
            for (var i = 0; i < touched; i++)
            {
                var connection = Dirty[i];
                connection.IsDirty = false;
                if (connection.IsOpen && !connection.IsHeld)
                {
                    connection.Link.Flush(connection);
                }
            }

            Dirty.RemoveRange(0, touched); // Who has more to send has it in the next batch: others are served between.
        }
        while (_closing.Count > 0);
    }

    /// <summary>The transport took bytes: what waited for room may follow.</summary>
    public void Drained(BrokerConnection connection)
    {
        if (connection.Session is { HasWaiting: true } session)
        {
            Outbox.Pump(session);
        }
    }

    private void Offer(in Target target, ref Routed routed)
    {
        var qos = routed.Qos < target.MaximumQos ? routed.Qos : target.MaximumQos; // [MQTT-3.8.4-8]
        var retain = routed.Retain && target.RetainAsPublished; // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
        Outbox.Offer(target.Session, ref routed, qos, retain, target.SubscriptionIds);
    }

    private void OfferWithoutLocal(in Target target, ref Routed routed)
    {
        if (target.WithLocal is { } others)
        {
            Offer(SubscriberSet.Merge(target.Session, others), ref routed);
        }
    }

    private void Retain(ref Routed routed)
    {
        var urgent = routed.Qos != QualityOfService.AtMostOnce;
        if (routed.Frame.Payload.IsEmpty)
        {
            // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
            if (Retained.Remove(routed.Topic.Text))
            {
                Journal?.Retained(routed.Topic.Text, null, urgent);
            }
        }
        else if (HasRoomToRetain(routed.Topic.Text, isRemoval: false))
        {
            Place(ref routed); // [MQTT-3.3.1-5]
            if (!SysTopics.SysReport.Owns(routed.Topic.Text))
            {
                Journal?.Retained(routed.Topic.Text, routed.Message, urgent);
            }
        }

        CountRetained();
    }

    private void Place(ref Routed routed)
    {
        var place = routed.Topic.Place is { Message: not null } known ? known : routed.Topic.Place = Retained.PlaceOf(routed.Topic.Text);
        var before = place.Message?.Bytes ?? 0;
        if (routed.Message is null && place.Message?.TryTake(routed) == true)
        {
            routed.Message = place.Message;
            Retained.Resized(place.Message.Bytes - before);
        }
        else
        {
            Retained.Put(place, routed.Message ??= Message.OwnedBy(routed));
        }
    }

    private SubscriberSet SetOf(TopicEntry topic)
    {
        var version = ((long)Options.Access.Version << 32) | (uint)Tree.Version;
        return topic.SetVersion == version ? topic.Set : FindSet(topic, version);
    }

    // Apart from the look-up above: the closure here would else be paid for each message.
    private SubscriberSet FindSet(TopicEntry topic, long version)
    {
        _matching.Clear();
        _groups.Clear();
        Tree.Match(topic.Text, _matching, _groups); // [MQTT-3.3.2-3]
        topic.Set = SubscriberSet.From(_matching, _groups, session => MayReceive(session, topic.Text));
        topic.SetVersion = version;
        return topic.Set;
    }

    [LoggerMessage(1010, LogLevel.Warning, "The queue of {ClientId} is full with {Count} messages of {Bytes} bytes: its newest messages are dropped.")]
    private static partial void LogQueueFull(ILogger logger, string clientId, int count, long bytes);
}
