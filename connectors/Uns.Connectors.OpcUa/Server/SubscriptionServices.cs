using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Makes, changes and ends subscriptions, and hands their messages to whoever asked.</summary>
/// <remarks>OPC 10000-4, 5.13. Every call runs under the sessions' lock.</remarks>
internal sealed class SubscriptionServices(SessionTable sessions, OpcUaServerLimits limits, AttributeServices attributes, IUaSpace space, ushort index, TimeProvider clock)
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(1);

    private uint _lastSubscription;

    public ItemLook Look(ServerSession session) => new(attributes, space, index, session.Right);

    public UaWriter Create(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        if (session.Subscriptions.Count >= limits.SubscriptionsPerSession)
        {
            throw new UaServiceException(StatusCode.BadTooManySubscriptions);
        }

        var subscription = new ServerSubscription(++_lastSubscription, clock) { DueAt = clock.GetTimestamp() };
        Revise(ref reader, subscription);
        subscription.IsEnabled = reader.Boolean();
        session.Subscriptions.Add(subscription.Id, subscription);
        return Revised(answer.UInt32(subscription.Id), subscription);
    }

    public UaWriter Modify(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        Revise(ref reader, subscription);
        return Revised(answer, subscription);
    }

    public static UaWriter SetPublishing(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var isEnabled = reader.Boolean();
        return Each(ref reader, answer, session, subscription =>
        {
            subscription.IsEnabled = isEnabled;
            return 0;
        });
    }

    public UaWriter Delete(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        Each(ref reader, answer, session, subscription => session.Subscriptions.Remove(subscription.Id) ? 0 : StatusCode.BadSubscriptionIdInvalid);
        Publish(session);
        return answer;
    }

    /// <summary>Takes over subscriptions of another session, such as that of a connection that broke.</summary>
    /// <remarks>Only from the same user of the same application: what the user sees stays the same. [OPC 10000-4, 5.13.7]</remarks>
    public UaWriter Transfer(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var wanted = new uint[reader.Count(4)];
        for (var i = 0; i < wanted.Length; i++)
        {
            wanted[i] = reader.UInt32();
        }

        var withValues = reader.Boolean();
        answer.Int32(wanted.Length);
        foreach (var id in wanted)
        {
            var owner = sessions.All.FirstOrDefault(s => s.Subscriptions.ContainsKey(id));
            var status = owner is null ? StatusCode.BadSubscriptionIdInvalid
                : owner.User != session.User || owner.ClientUri != session.ClientUri || owner.ClientCertificate is null != session.ClientCertificate is null ? StatusCode.BadUserAccessDenied
                : owner != session && session.Subscriptions.Count >= limits.SubscriptionsPerSession ? StatusCode.BadTooManySubscriptions : 0;
            if (status != 0)
            {
                answer.UInt32(status).Int32(0);
                continue;
            }

            var subscription = owner!.Subscriptions[id];
            if (owner != session)
            {
                owner.Subscriptions.Remove(id);
                owner.Farewells.Enqueue((id, StatusCode.GoodSubscriptionTransferred));
                session.Subscriptions.Add(id, subscription);
            }

            subscription.Heard();
            if (withValues)
            {
                subscription.Renew();
            }

            var kept = subscription.Unacknowledged.ToList();
            answer.UInt32(0).Int32(kept.Count);
            kept.ForEach(number => answer.UInt32(number));
        }

        return answer.Int32(0);
    }

    /// <summary>Takes a Publish request; it is answered when there is something to tell.</summary>
    public void Ask(ref UaReader reader, ServerConnection connection, ServerSession session, uint requestId, RequestHeader header)
    {
        var results = new List<uint>();
        for (var count = reader.Count(8); count > 0; count--)
        {
            var (id, sequence) = (reader.UInt32(), reader.UInt32());
            results.Add(!session.Subscriptions.TryGetValue(id, out var subscription) ? StatusCode.BadSubscriptionIdInvalid
                : subscription.Acknowledge(sequence) ? 0 : StatusCode.BadSequenceNumberUnknown);
        }

        if (session.Subscriptions.Count == 0 && session.Farewells.Count == 0)
        {
            throw new UaServiceException(StatusCode.BadNoSubscription);
        }

        foreach (var subscription in session.Subscriptions.Values)
        {
            subscription.Heard();
        }

        if (session.PublishRequests.Count >= ServerSession.MostPublishRequests)
        {
            var oldest = session.PublishRequests.Dequeue();
            oldest.Connection.TrySend(oldest.RequestId, ServerAnswer.Fault(oldest.Handle, clock, StatusCode.BadTooManyPublishRequests));
        }

        var patience = header.Timeout <= TimeSpan.Zero ? limits.LongestSession : header.Timeout;
        session.PublishRequests.Enqueue(new(connection, requestId, header.Handle, clock.GetTimestamp() + (long)(patience.TotalSeconds * clock.TimestampFrequency), results));
        Publish(session);
    }

    public static UaWriter Republish(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        subscription.Heard();
        return answer.Raw((subscription.Again(reader.UInt32()) ?? throw new UaServiceException(StatusCode.BadMessageNotAvailable)).Span);
    }

    /// <summary>Samples and publishes what is due of one session.</summary>
    public void Turn(ServerSession session)
    {
        var look = Look(session);
        foreach (var subscription in session.Subscriptions.Values)
        {
            subscription.SampleDue(look);
            subscription.Turn();
        }

        foreach (var over in session.Subscriptions.Values.Where(s => s.IsOver).ToList())
        {
            session.Subscriptions.Remove(over.Id);
            session.Farewells.Enqueue((over.Id, StatusCode.BadTimeout));
        }

        Publish(session);
    }

    // Answers as many Publish requests as there is something to tell. A request whose client does not read is kept, and so is the message.
    private void Publish(ServerSession session)
    {
        while (session.PublishRequests.TryPeek(out var request))
        {
            var head = ServerAnswer.Head(829, request.Handle, clock);
            if (session.Farewells.TryPeek(out var farewell))
            {
                var status = new UaWriter().UInt32(farewell.Status).Byte(0);
                head.UInt32(farewell.Subscription).Int32(0).Boolean(false).UInt32(1).DateTime(clock.GetUtcNow()).Int32(1).ExtensionObject(820, status);
                session.Farewells.Dequeue();
            }
            else if (session.Subscriptions.Values.Where(s => s.IsLate).MinBy(s => s.DueAt) is { } late)
            {
                head.Raw(late.Message(out _).Written.Span);
            }
            else if (session.Subscriptions.Count == 0)
            {
                head = ServerAnswer.Fault(request.Handle, clock, StatusCode.BadNoSubscription);
                Send(session, request, head);
                continue;
            }
            else if (request.Deadline < clock.GetTimestamp())
            {
                Send(session, request, ServerAnswer.Fault(request.Handle, clock, StatusCode.BadTimeout));
                continue;
            }
            else
            {
                return;
            }

            head.Int32(request.Acknowledged.Count);
            foreach (var result in request.Acknowledged)
            {
                head.UInt32(result);
            }

            Send(session, request, head.Int32(0));
        }
    }

    // There is always room: a client has fewer requests open than answers may wait. If there is none, it does not read: the message is kept for Republish.
    private static void Send(ServerSession session, PublishRequest request, UaWriter answer)
    {
        session.PublishRequests.Dequeue();
        request.Connection.TrySend(request.RequestId, answer);
    }

    private void Revise(ref UaReader reader, ServerSubscription subscription)
    {
        var asked = reader.Double();
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(double.IsFinite(asked) ? asked : 0, limits.ShortestInterval.TotalMilliseconds, LongestInterval.TotalMilliseconds));
        var lifetime = reader.UInt32();
        var keepAlive = Math.Max(1, reader.UInt32());
        var longest = (uint)(LongestLifetime / interval);
        subscription.Interval = interval;
        subscription.KeepAliveCount = Math.Min(keepAlive, longest / 3);
        subscription.LifetimeCount = Math.Clamp(lifetime, subscription.KeepAliveCount * 3, longest); // [OPC 10000-4, 5.13.2.2]
        subscription.MostNotifications = (int)Math.Min(reader.UInt32(), int.MaxValue);
        subscription.Heard();
    }

    private static UaWriter Revised(UaWriter answer, ServerSubscription subscription) =>
        answer.Double(subscription.Interval.TotalMilliseconds).UInt32(subscription.LifetimeCount).UInt32(subscription.KeepAliveCount);

    private static ServerSubscription Find(ServerSession session, uint id) =>
        session.Subscriptions.GetValueOrDefault(id) ?? throw new UaServiceException(StatusCode.BadSubscriptionIdInvalid);

    private static UaWriter Each(ref UaReader reader, UaWriter answer, ServerSession session, Func<ServerSubscription, uint> act)
    {
        var count = reader.Count(4);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            answer.UInt32(session.Subscriptions.TryGetValue(reader.UInt32(), out var subscription) ? act(subscription) : StatusCode.BadSubscriptionIdInvalid);
        }

        return answer.Int32(0);
    }
}
