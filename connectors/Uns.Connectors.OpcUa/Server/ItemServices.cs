using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Makes, changes and ends monitored items.</summary>
/// <remarks>OPC 10000-4, 5.12. Every call runs under the sessions' lock.</remarks>
internal sealed class ItemServices(SessionTable sessions, OpcUaServerLimits limits, AddressSpace addresses, AttributeServices attributes, SubscriptionServices subscriptions)
{
    private const uint Neither = 3;
    private const uint Reporting = 2;

    public UaWriter Create(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        var times = Times(ref reader);
        var count = Operations(ref reader, 20);
        var room = limits.MonitoredItems - sessions.All.Sum(s => s.Subscriptions.Values.Sum(v => v.Items));
        answer.Int32(count);
        for (; count > 0; count--)
        {
            var target = ReadTarget.Read(ref reader);
            var mode = reader.UInt32();
            var wish = ItemWish.Read(ref reader);
            var rule = ChangeRule.Read(wish.Filter, SpanOf(target), out var fault);
            var read = attributes.Read(target, session.Right);
            fault = read.Status is StatusCode.BadNodeIdUnknown or StatusCode.BadAttributeIdInvalid or StatusCode.BadDataEncodingInvalid or StatusCode.BadIndexRangeInvalid ? read.Status
                : mode > Reporting ? StatusCode.BadMonitoringModeInvalid
                : room-- <= 0 ? StatusCode.BadTooManyMonitoredItems : fault;
            if (fault != 0)
            {
                answer.UInt32(fault).UInt32(0).Double(0).UInt32(0).NodeId(default).Byte(0);
                continue;
            }

            var item = subscription.Add(target, times);
            item.Mode = mode;
            Apply(item, wish, rule, subscription);
            subscription.Sample(item, subscriptions.Look(session));
            answer.UInt32(0).UInt32(item.Id).Double(item.Sampling.TotalMilliseconds).UInt32((uint)item.QueueSize).NodeId(default).Byte(0);
        }

        return answer.Int32(0);
    }

    public UaWriter Modify(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        Times(ref reader);
        var count = Operations(ref reader, 20);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            var item = subscription.Find(reader.UInt32());
            var wish = ItemWish.Read(ref reader);
            var fault = StatusCode.BadMonitoredItemIdInvalid;
            var rule = item is null ? default : ChangeRule.Read(wish.Filter, SpanOf(item.Target), out fault);
            if (item is null || fault != 0)
            {
                answer.UInt32(fault).Double(0).UInt32(0).NodeId(default).Byte(0);
                continue;
            }

            Apply(item, wish, rule, subscription);
            answer.UInt32(0).Double(item.Sampling.TotalMilliseconds).UInt32((uint)item.QueueSize).NodeId(default).Byte(0);
        }

        return answer.Int32(0);
    }

    public UaWriter SetMode(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        var mode = reader.UInt32();
        if (mode > Reporting)
        {
            throw new UaServiceException(StatusCode.BadMonitoringModeInvalid);
        }

        return Each(ref reader, answer, id =>
        {
            if (subscription.Find(id) is not { } item)
            {
                return StatusCode.BadMonitoredItemIdInvalid;
            }

            item.Mode = mode;
            subscription.Place(item);
            subscription.Report(item);
            return 0;
        });
    }

    public UaWriter Delete(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        var subscription = Find(session, reader.UInt32());
        return Each(ref reader, answer, id => subscription.Remove(id) ? 0 : StatusCode.BadMonitoredItemIdInvalid);
    }

    private static ServerSubscription Find(ServerSession session, uint id) =>
        session.Subscriptions.GetValueOrDefault(id) ?? throw new UaServiceException(StatusCode.BadSubscriptionIdInvalid);

    private static uint Times(ref UaReader reader) => reader.UInt32() is <= Neither and var times ? times : throw new UaServiceException(StatusCode.BadTimestampsToReturnInvalid);

    private int Operations(ref UaReader reader, int least)
    {
        var count = reader.Count(least);
        return count == 0 ? throw new UaServiceException(StatusCode.BadNothingToDo)
            : count > limits.MonitoredItemsPerCall ? throw new UaServiceException(StatusCode.BadTooManyOperations) : count;
    }

    private UaWriter Each(ref UaReader reader, UaWriter answer, Func<uint, uint> act)
    {
        var count = Operations(ref reader, 4);
        answer.Int32(count);
        for (; count > 0; count--)
        {
            answer.UInt32(act(reader.UInt32()));
        }

        return answer.Int32(0);
    }

    private double? SpanOf(ReadTarget target) =>
        addresses.Find(target.Node) is { Property: null, Node.Definition: { Low: { } low, High: { } high } } ? high - low : null;

    private void Apply(MonitoredItem item, ItemWish wish, ChangeRule rule, ServerSubscription subscription)
    {
        item.ClientHandle = wish.Handle;
        item.QueueSize = (int)Math.Clamp(wish.Queue, 1, (uint)limits.QueueSize);
        item.DropsOldest = wish.DropsOldest;
        item.Rule = rule;
        item.Sampling = Grid(wish.Sampling < 0 || !double.IsFinite(wish.Sampling) ? subscription.Interval : TimeSpan.FromMilliseconds(Math.Min(wish.Sampling, 3_600_000)));
        subscription.Place(item);
    }

    // On a grid, so that items of one client fall into few rounds whatever they ask for.
    private TimeSpan Grid(TimeSpan asked)
    {
        var longest = asked > limits.ShortestInterval ? asked : limits.ShortestInterval;
        var step = longest <= TimeSpan.FromSeconds(1) ? TimeSpan.FromMilliseconds(10) : longest <= TimeSpan.FromMinutes(1) ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1);
        return TimeSpan.FromTicks((longest.Ticks + step.Ticks - 1) / step.Ticks * step.Ticks);
    }

    private readonly record struct ItemWish(uint Handle, double Sampling, UaExtension Filter, uint Queue, bool DropsOldest)
    {
        public static ItemWish Read(ref UaReader reader) => new(reader.UInt32(), reader.Double(), reader.ExtensionObject(), reader.UInt32(), reader.Boolean());
    }
}
