using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>What a connection has to work with: its session, and what the server said of its types.</summary>
internal sealed record OpcUaLine(UaSession Session, StructureBook Structures);

/// <summary>
/// The subscription of one device: makes it, takes it over after a broken connection, asks again for messages that did not come, and sees to it that
/// no value stays away in silence. Outlives the connections.
/// </summary>
internal sealed class OpcUaListener(
    OpcUaOptions options, IReadOnlyList<OpcUaItem> items, NodeBinding nodes, ItemValues values, RequestSize nodesPerRead, RequestSize itemsPerCall, TimeProvider clock)
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPublishing = TimeSpan.FromMilliseconds(10);

    private readonly uint[] _itemIds = new uint[items.Count];
    private OpcUaFeed? _feed;

    /// <summary>Listens until the connection ends.</summary>
    public async Task ListenAsync(OpcUaLine line, ITagSink sink, CancellationToken cancellationToken)
    {
        TellUnbound(nodes.Unbound, sink);
        _feed = await ResumeAsync(line, sink, cancellationToken) ?? await SubscribeAsync(line, sink, cancellationToken);
        await PublishLoopAsync(line, _feed, sink, cancellationToken);
    }

    /// <summary>Reads some tags once.</summary>
    public Task ReadAsync(OpcUaLine line, IReadOnlyList<int> which, ITagSink sink, CancellationToken cancellationToken) =>
        nodesPerRead.EachAsync(which, async part =>
        {
            var read = await line.Session.ReadAsync([.. part.Select(i => nodes[i]!.Value)], UaAttribute.Value, cancellationToken);
            await values.LearnAsync(line.Session, line.Structures, nodes, part, read, cancellationToken);
            for (var i = 0; i < part.Count; i++)
            {
                sink.Add(values.Sample(part[i], read[i], line.Structures));
            }
        });

    private async Task<OpcUaFeed> SubscribeAsync(OpcUaLine line, ITagSink sink, CancellationToken cancellationToken)
    {
        var publishing = items.Count == 0 ? TimeSpan.FromSeconds(1) : items.Min(i => i.Sampling);
        var (subscription, keepAlive) = await line.Session.SubscribeAsync(publishing < ShortestPublishing ? ShortestPublishing : publishing, options.KeepAlive, cancellationToken);
        var feed = new OpcUaFeed(subscription, keepAlive, line.Session.Namespaces, items.Count);
        feed.Refused = await MonitorAsync(line, subscription, [.. nodes.Bound], sink, cancellationToken);
        return feed;
    }

    // Takes the subscription of the lost connection over, so that nothing that happened meanwhile is missed. Null: it has to be made anew.
    private async Task<OpcUaFeed?> ResumeAsync(OpcUaLine line, ITagSink sink, CancellationToken cancellationToken)
    {
        if (_feed is not { } feed || !feed.Fits(line.Session.Namespaces) || !await FetchKeptAsync(line, feed, sink, cancellationToken))
        {
            return null;
        }

        feed.Refused = await MonitorAsync(line, feed.Id, feed.Refused, sink, cancellationToken);
        return feed;
    }

    // Tells what was sent and did not come. False: the server has no such subscription for us.
    private async Task<bool> FetchKeptAsync(OpcUaLine line, OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        if (line.Session.IsTakenUp)
        {
            return await FetchNextAsync(line, feed, sink, cancellationToken);
        }

        if (await line.Session.TransferAsync(feed.Id, cancellationToken) is not { } kept)
        {
            return false;
        }

        feed.Resume();
        foreach (var missed in feed.MissedOf(kept))
        {
            if (await line.Session.RepublishAsync(feed.Id, missed, cancellationToken) is { } message)
            {
                await TellAsync(line, feed, message, sink, cancellationToken);
            }
        }

        return true;
    }

    // In a session that was taken up the subscription is ours as before: one message after another, until the server has no more. [OPC 10000-4, 6.7]
    private async Task<bool> FetchNextAsync(OpcUaLine line, OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        feed.Resume();
        try
        {
            while (await line.Session.RepublishAsync(feed.Id, feed.Following, cancellationToken) is { } message)
            {
                await TellAsync(line, feed, message, sink, cancellationToken);
            }

            return true;
        }
        catch (UaServiceException over) when (over.Code is StatusCode.BadSubscriptionIdInvalid or StatusCode.BadNoSubscription)
        {
            return false;
        }
    }

    private async Task PublishLoopAsync(OpcUaLine line, OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        var (begunAt, retryAt) = (clock.GetTimestamp(), clock.GetTimestamp());
        while (true)
        {
            await line.Session.RenewWhenDueAsync(cancellationToken);
            var message = await line.Session.PublishAsync(feed.TakeAcknowledgements(), (feed.KeepAlive * 3) + options.AnswerTimeout, cancellationToken);
            if (message.Subscription != feed.Id)
            {
                continue; // One of before that ended.
            }

            if (message.Status is { } ended)
            {
                throw new ConnectorException($"{options.Endpoint} ended the subscription: {StatusCode.Name(ended)}.");
            }

            var isWhole = await FetchMissedAsync(line, feed, message.Sequence, sink, cancellationToken);
            await TellAsync(line, feed, message, sink, cancellationToken);
            if (!isWhole)
            {
                await ReadAsync(line, [.. nodes.Bound], sink, cancellationToken); // A message is lost for good: the present values heal it.
            }
            else if (feed.IsFresh && (message.IsKeepAlive || clock.GetElapsedTime(begunAt) >= feed.KeepAlive))
            {
                await ReadAsync(line, feed.TakeUntold(nodes.Bound.Except(feed.Refused)), sink, cancellationToken); // No value may stay away in silence.
            }

            if (clock.GetElapsedTime(retryAt) >= RetryPeriod)
            {
                retryAt = clock.GetTimestamp();
                await RetryAsync(line, feed, sink, cancellationToken);
            }
        }
    }

    // Asks again for messages that did not come. False when one of them is lost for good.
    private async Task<bool> FetchMissedAsync(OpcUaLine line, OpcUaFeed feed, uint before, ITagSink sink, CancellationToken cancellationToken)
    {
        if (feed.Missed(before) is not { } missed)
        {
            return false;
        }

        var isWhole = true;
        foreach (var sequence in missed)
        {
            if (await line.Session.RepublishAsync(feed.Id, sequence, cancellationToken) is { } again)
            {
                await TellAsync(line, feed, again, sink, cancellationToken);
            }
            else
            {
                isWhole = false;
            }
        }

        return isWhole;
    }

    private async Task TellAsync(OpcUaLine line, OpcUaFeed feed, UaNotification message, ITagSink sink, CancellationToken cancellationToken)
    {
        var known = message.Values.Where(v => v.Handle < items.Count).ToList();
        await values.LearnAsync(line.Session, line.Structures, nodes, [.. known.Select(v => (int)v.Handle)], [.. known.Select(v => v.Value)], cancellationToken);
        foreach (var (handle, value) in known)
        {
            sink.Add(values.Sample((int)handle, value, line.Structures));
            feed.Tell((int)handle);
        }

        await DropGoneAsync(line, feed, [.. known.Where(v => v.Value.Status == StatusCode.BadNodeIdUnknown).Select(v => (int)v.Handle).Distinct()], cancellationToken);
        feed.Take(message);
    }

    // Looks for what the server refused or did not know, at other places too.
    private async Task RetryAsync(OpcUaLine line, OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        int[] wanted = [.. feed.Refused.Union(nodes.Unbound)];
        if (wanted.Length > 0)
        {
            await nodes.BindAsync(line.Session, line.Structures, wanted, cancellationToken);
            TellUnbound(wanted.Where(i => nodes[i] is null), sink);
            feed.Refused = await MonitorAsync(line, feed.Id, [.. wanted.Where(i => nodes[i] is not null)], sink, cancellationToken);
        }
    }

    // A node that was taken out of the server: its item is made anew once the node, or another at its path, is there.
    private async Task DropGoneAsync(OpcUaLine line, OpcUaFeed feed, IReadOnlyList<int> gone, CancellationToken cancellationToken)
    {
        if (gone.Count > 0)
        {
            feed.Refused = [.. feed.Refused.Union(gone)];
            await itemsPerCall.EachAsync([.. gone.Select(i => _itemIds[i])], part => line.Session.UnmonitorAsync(feed.Id, part, cancellationToken));
        }
    }

    private void TellUnbound(IEnumerable<int> which, ITagSink sink)
    {
        foreach (var item in which)
        {
            sink.Add(values.Bad(item, nodes.FaultOf(item)));
        }
    }

    // Answers the items that the server refused.
    private async Task<List<int>> MonitorAsync(OpcUaLine line, uint subscription, IReadOnlyList<int> which, ITagSink sink, CancellationToken cancellationToken)
    {
        var refused = new List<int>();
        await itemsPerCall.EachAsync(which, async part =>
        {
            var results = await AddAsync(line, subscription, part, cancellationToken);
            for (var i = 0; i < part.Count; i++)
            {
                _itemIds[part[i]] = results[i].Id;
                if (!StatusCode.IsGood(results[i].Status))
                {
                    refused.Add(part[i]);
                    sink.Add(values.Bad(part[i], $"the server refuses {items[part[i]].Written}: {StatusCode.Name(results[i].Status)}"));
                }
            }
        });
        return refused;
    }

    // A deadband that the server does not know is kept here alone: every change then comes over the line.
    private async Task<(uint Status, uint Id)[]> AddAsync(OpcUaLine line, uint subscription, IReadOnlyList<int> part, CancellationToken cancellationToken)
    {
        var results = (await line.Session.MonitorAsync(subscription, [.. part.Select(i => WishOf(i, items[i].Deadband))], cancellationToken)).ToArray();
        int[] plain = [.. Enumerable.Range(0, part.Count).Where(p => items[part[p]].Deadband > 0 && IsAboutFilter(results[p].Status))];
        if (plain.Length > 0)
        {
            var again = await line.Session.MonitorAsync(subscription, [.. plain.Select(p => WishOf(part[p], 0))], cancellationToken);
            for (var i = 0; i < plain.Length; i++)
            {
                results[plain[i]] = again[i];
            }
        }

        return results;
    }

    private static bool IsAboutFilter(uint status) =>
        status is StatusCode.BadMonitoredItemFilterInvalid or StatusCode.BadMonitoredItemFilterUnsupported or StatusCode.BadFilterNotAllowed or StatusCode.BadDeadbandFilterInvalid;

    private MonitorWish WishOf(int item, double deadband) => new(nodes[item]!.Value, items[item].Sampling, (uint)item, (uint)options.QueueSize, deadband);
}
