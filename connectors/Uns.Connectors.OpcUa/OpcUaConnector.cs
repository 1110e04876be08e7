using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>Listens to one OPC UA server over one session and one subscription.</summary>
/// <remarks>
/// A node that the server does not know turns its own tag bad and is tried again every <see cref="RetryPeriod"/>. Messages that did not come are
/// asked for again; what the server keeps no longer is healed by reading every value once. After a broken connection the subscription is taken over,
/// or made anew where the server has lost it.
/// </remarks>
internal sealed class OpcUaConnector(OpcUaOptions options, IReadOnlyList<OpcUaItem> items, CertificateStore certificates, DeviceTraffic traffic, TimeProvider clock) : IConnector
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPublishing = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<string, int> _indexOf = items.Select((item, index) => (item.Tag, index)).ToDictionary(p => p.Tag, p => p.index, StringComparer.Ordinal);
    private readonly UaType[] _seen = new UaType[items.Count];
    private readonly bool[] _isArray = new bool[items.Count];
    private readonly RequestSize _nodesPerRead = new(options.NodesPerRequest);
    private readonly RequestSize _itemsPerCall = new(options.NodesPerRequest);
    private readonly uint[] _itemIds = new uint[items.Count];
    private readonly EnumerationShape?[] _names = new EnumerationShape?[items.Count];
    private readonly bool[] _isNamed = new bool[items.Count];
    private StructureBook? _structures;
    private OpcUaFeed? _feed;
    private UaSession? _session;
    private NodeBinding? _binding;

    /// <inheritdoc/>
    public bool Pushes => true;

    private string Peer => options.Endpoint;

    private NodeBinding Nodes => _binding ??= new NodeBinding(items, _nodesPerRead, _seen, traffic);

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var user = options.Who();
        UaSecurity security = null!;
        await TranslateAsync(async () => security = await new UaDoor(options, certificates, clock).ChooseAsync(cancellationToken));
        var session = new UaSession(
            new UaChannel(options.Server()!, options.Endpoint, security, options.AnswerTimeout, clock), options.Endpoint, options.AnswerTimeout);
        try
        {
            await TranslateAsync(() => session.OpenAsync(user, options.KeepAlive * 10, cancellationToken));
            await LearnLimitsAsync(session, cancellationToken);
            _structures = new StructureBook(session);
            await TranslateAsync(() => Nodes.BindAllAsync(session, _structures, cancellationToken));
            Array.Clear(_isNamed);
            _session = session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken) =>
        await TranslateAsync(() => ReadAsync([.. Nodes.Bound], sink, cancellationToken));

    /// <inheritdoc/>
    public async Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) =>
        await TranslateAsync(async () =>
        {
            TellUnbound(Nodes.Unbound, sink);
            _feed = await ResumeAsync(sink, cancellationToken) ?? await SubscribeAsync(sink, cancellationToken);
            await PublishLoopAsync(_feed, sink, cancellationToken);
        });

    /// <inheritdoc/>
    public async Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var index = _indexOf[tag];
        var node = Nodes[index] ?? throw new WriteRefusedException($"'{tag}' was not written: {Nodes.FaultOf(index)}.");
        await TranslateAsync(async () =>
        {
            if (_seen[index] == UaType.Null)
            {
                await LearnTypeAsync(index, node, cancellationToken);
            }

            var status = await Session.WriteAsync(node, UaConversion.ToVariant(value, _seen[index], _isArray[index], tag), cancellationToken);
            if (!StatusCode.IsGood(status))
            {
                throw new WriteRefusedException($"'{tag}' was not written: the server answered {StatusCode.Name(status)} for {items[index].Written}.");
            }
        });
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken)
    {
        IReadOnlyList<BrowseEntry> entries = [];
        await TranslateAsync(async () => entries = await new OpcUaBrowser(Session, _structures!, _nodesPerRead).LookAsync(below, cancellationToken));
        return entries;
    }

    /// <inheritdoc/>
    /// <remarks>Server_ServerStatus_BuildInfo. [Part 5, 6.3.2 and 12.4]</remarks>
    public async Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken)
    {
        (string Name, uint Node)[] facts = [("Vendor", 2263), ("Product", 2261), ("Version", 2264), ("Build", 2265)];
        IReadOnlyList<UaDataValue> values = [];
        await TranslateAsync(async () => values = await Session.ReadAsync([.. facts.Select(f => NodeId.Standard(f.Node))], UaAttribute.Value, cancellationToken));
        var found = facts.Select((f, i) => new IdentityFact(f.Name, values[i].Value.Value as string ?? "")).Where(f => f.Value.Length > 0).ToList();
        return new(found, found.Count == 0 ? "The server does not tell its product." : null);
    }

    /// <inheritdoc/>
    public async Task DisconnectAsync()
    {
        var session = _session;
        _session = null;
        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        _structures?.Dispose();
    }

    // What the server takes at once; one that does not tell is asked with what the user allows.
    private async Task LearnLimitsAsync(UaSession session, CancellationToken cancellationToken) => await TranslateAsync(async () =>
    {
        var told = await session.ReadAsync([NodeId.Standard(11705), NodeId.Standard(11714)], UaAttribute.Value, cancellationToken);
        _nodesPerRead.Limit(told[0].Value.Value as uint?);
        _itemsPerCall.Limit(told[1].Value.Value as uint?);
    });

    private UaSession Session => _session ?? throw new ConnectorException($"{Peer} is not connected.");

    private Task ReadAsync(IReadOnlyList<int> which, ITagSink sink, CancellationToken cancellationToken) =>
        _nodesPerRead.EachAsync(which, async part =>
        {
            var values = await Session.ReadAsync([.. part.Select(i => Nodes[i]!.Value)], UaAttribute.Value, cancellationToken);
            await LearnAsync(part, values, cancellationToken);
            for (var i = 0; i < part.Count; i++)
            {
                Tell(part[i], values[i], sink);
            }
        });

    // Asks for the structures and enumerations that these values are made of, once for each.
    private async Task LearnAsync(IReadOnlyList<int> which, IReadOnlyList<UaDataValue> values, CancellationToken cancellationToken)
    {
        await _structures!.LearnAsync(values.Select(v => v.Value), cancellationToken);
        for (var i = 0; i < which.Count; i++)
        {
            var item = which[i];
            if (values[i].Value is { Type: UaType.Int32, Value: int } && items[item].DataType is DataType.String or DataType.Text && !_isNamed[item] && Nodes[item] is { } node)
            {
                var type = (await Session.ReadAsync([node], UaAttribute.DataType, cancellationToken))[0];
                _names[item] = type.Value.Value is NodeId id ? await _structures.OfTypeAsync(id, cancellationToken) as EnumerationShape : null;
                _isNamed[item] = true;
            }
        }
    }

    private async Task<OpcUaFeed> SubscribeAsync(ITagSink sink, CancellationToken cancellationToken)
    {
        var publishing = items.Count == 0 ? TimeSpan.FromSeconds(1) : items.Min(i => i.Sampling);
        var (subscription, keepAlive) = await Session.SubscribeAsync(publishing < ShortestPublishing ? ShortestPublishing : publishing, options.KeepAlive, cancellationToken);
        var feed = new OpcUaFeed(subscription, keepAlive, Session.Namespaces, items.Count);
        feed.Refused = await MonitorAsync(subscription, [.. Nodes.Bound], sink, cancellationToken);
        return feed;
    }

    // Takes the subscription of the lost connection over, so that nothing that happened meanwhile is missed. Null: it has to be made anew.
    private async Task<OpcUaFeed?> ResumeAsync(ITagSink sink, CancellationToken cancellationToken)
    {
        if (_feed is not { } feed || !feed.Fits(Session.Namespaces) || await Session.TransferAsync(feed.Id, cancellationToken) is not { } kept)
        {
            return null;
        }

        feed.Resume();
        foreach (var missed in feed.MissedOf(kept))
        {
            if (await Session.RepublishAsync(feed.Id, missed, cancellationToken) is { } message)
            {
                await TellAsync(feed, message, sink, cancellationToken);
            }
        }

        feed.Refused = await MonitorAsync(feed.Id, feed.Refused, sink, cancellationToken);
        return feed;
    }

    private async Task PublishLoopAsync(OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        var (begunAt, retryAt) = (clock.GetTimestamp(), clock.GetTimestamp());
        while (true)
        {
            await Session.RenewWhenDueAsync(cancellationToken);
            var message = await Session.PublishAsync(feed.TakeAcknowledgements(), (feed.KeepAlive * 3) + options.AnswerTimeout, cancellationToken);
            if (message.Subscription != feed.Id)
            {
                continue; // One of before that ended.
            }

            if (message.Status is { } ended)
            {
                throw new ConnectorException($"{Peer} ended the subscription: {StatusCode.Name(ended)}.");
            }

            var isWhole = await FetchMissedAsync(feed, message.Sequence, sink, cancellationToken);
            await TellAsync(feed, message, sink, cancellationToken);
            if (!isWhole)
            {
                await ReadAsync([.. Nodes.Bound], sink, cancellationToken); // A message is lost for good: the present values heal it.
            }
            else if (feed.IsFresh && (message.IsKeepAlive || clock.GetElapsedTime(begunAt) >= feed.KeepAlive))
            {
                await ReadAsync(feed.TakeUntold(Nodes.Bound.Except(feed.Refused)), sink, cancellationToken); // No value may stay away in silence.
            }

            if (clock.GetElapsedTime(retryAt) >= RetryPeriod)
            {
                retryAt = clock.GetTimestamp();
                await RetryAsync(feed, sink, cancellationToken);
            }
        }
    }

    // Asks again for messages that did not come. False when one of them is lost for good.
    private async Task<bool> FetchMissedAsync(OpcUaFeed feed, uint before, ITagSink sink, CancellationToken cancellationToken)
    {
        if (feed.Missed(before) is not { } missed)
        {
            return false;
        }

        var isWhole = true;
        foreach (var sequence in missed)
        {
            if (await Session.RepublishAsync(feed.Id, sequence, cancellationToken) is { } again)
            {
                await TellAsync(feed, again, sink, cancellationToken);
            }
            else
            {
                isWhole = false;
            }
        }

        return isWhole;
    }

    private async Task TellAsync(OpcUaFeed feed, UaNotification message, ITagSink sink, CancellationToken cancellationToken)
    {
        var known = message.Values.Where(v => v.Handle < items.Count).ToList();
        await LearnAsync([.. known.Select(v => (int)v.Handle)], [.. known.Select(v => v.Value)], cancellationToken);
        foreach (var (handle, value) in known)
        {
            Tell((int)handle, value, sink);
            feed.Tell((int)handle);
        }

        await DropGoneAsync(feed, [.. known.Where(v => v.Value.Status == StatusCode.BadNodeIdUnknown).Select(v => (int)v.Handle).Distinct()], cancellationToken);
        feed.Take(message);
    }

    // Looks for what the server refused or did not know, at other places too.
    private async Task RetryAsync(OpcUaFeed feed, ITagSink sink, CancellationToken cancellationToken)
    {
        int[] wanted = [.. feed.Refused.Union(Nodes.Unbound)];
        if (wanted.Length > 0)
        {
            await Nodes.BindAsync(Session, _structures!, wanted, cancellationToken);
            TellUnbound(wanted.Where(i => Nodes[i] is null), sink);
            feed.Refused = await MonitorAsync(feed.Id, [.. wanted.Where(i => Nodes[i] is not null)], sink, cancellationToken);
        }
    }

    // A node that was taken out of the server: its item is made anew once the node, or another at its path, is there.
    private async Task DropGoneAsync(OpcUaFeed feed, IReadOnlyList<int> gone, CancellationToken cancellationToken)
    {
        if (gone.Count == 0)
        {
            return;
        }

        feed.Refused = [.. feed.Refused.Union(gone)];
        await _itemsPerCall.EachAsync([.. gone.Select(i => _itemIds[i])], part => Session.UnmonitorAsync(feed.Id, part, cancellationToken));
    }

    private void TellUnbound(IEnumerable<int> which, ITagSink sink)
    {
        foreach (var item in which)
        {
            sink.Add(Bad(item, Nodes.FaultOf(item)));
        }
    }

    // Answers the items that the server refused.
    private async Task<List<int>> MonitorAsync(uint subscription, IReadOnlyList<int> which, ITagSink sink, CancellationToken cancellationToken)
    {
        var refused = new List<int>();
        await _itemsPerCall.EachAsync(which, async part =>
        {
            var results = await Session.MonitorAsync(
                subscription, [.. part.Select(i => (Nodes[i]!.Value, items[i].Sampling, (uint)i))], cancellationToken);
            for (var i = 0; i < part.Count; i++)
            {
                _itemIds[part[i]] = results[i].Id;
                if (!StatusCode.IsGood(results[i].Status))
                {
                    refused.Add(part[i]);
                    sink.Add(Bad(part[i], $"the server refuses {items[part[i]].Written}: {StatusCode.Name(results[i].Status)}"));
                }
            }
        });
        return refused;
    }

    private void Tell(int index, UaDataValue value, ITagSink sink)
    {
        var item = items[index];
        if (value.Value.Type != UaType.Null)
        {
            _seen[index] = value.Value.Type;
            _isArray[index] = value.Value.Value is Array and not byte[];
        }

        if (!StatusCode.IsGood(value.Status) && !StatusCode.IsUncertain(value.Status))
        {
            sink.Add(Bad(index, $"the server says {StatusCode.Name(value.Status)}"));
            return;
        }

        if (!TryConvert(index, value.Value, out var converted, out var fault))
        {
            sink.Add(Bad(index, fault));
            return;
        }

        var time = value.SourceTime ?? value.ServerTime ?? clock.GetUtcNow();
        sink.Add(StatusCode.IsGood(value.Status)
            ? new TagSample(item.Tag, converted, TagQuality.Good, time)
            : new TagSample(item.Tag, converted, TagQuality.Uncertain, time, $"the server says {StatusCode.Name(value.Status)}"));
    }

    // Structures become JSON, and numbers with names their names, where the tag is a text.
    private bool TryConvert(int index, UaVariant value, out TagValue converted, out string fault)
    {
        var wanted = items[index].DataType;
        if (wanted is not (DataType.String or DataType.Text))
        {
            return UaConversion.TryConvert(value, wanted, out converted, out fault);
        }

        if (value.Type == UaType.ExtensionObject && value.Value is not null)
        {
            var isRead = new StructureJson(_structures!.OfEncoding).TryWrite(value, out var text, out fault);
            converted = isRead ? TagValue.Of(text, wanted) : TagValue.Null(wanted);
            return isRead;
        }

        if (value.Value is int number && _names[index] is { } names)
        {
            (converted, fault) = (TagValue.Of(names.Name(number), wanted), "");
            return true;
        }

        return UaConversion.TryConvert(value, wanted, out converted, out fault);
    }

    private TagSample Bad(int index, string reason) => new(items[index].Tag, TagValue.Null(items[index].DataType), TagQuality.Bad, clock.GetUtcNow(), reason);

    private async Task LearnTypeAsync(int index, NodeId node, CancellationToken cancellationToken)
    {
        var type = (await Session.ReadAsync([node], UaAttribute.DataType, cancellationToken))[0];
        var rank = (await Session.ReadAsync([node], UaAttribute.ValueRank, cancellationToken))[0];
        _seen[index] = type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: >= 1 and <= 15 } builtIn
            ? (UaType)builtIn.Number
            : throw new WriteRefusedException($"'{items[index].Tag}' was not written: the type of {node} is no built-in type.");
        _isArray[index] = rank.Value.Value is int and >= 1;
    }

    private async Task TranslateAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (UaServiceException refused)
        {
            throw new ConnectorException($"{Peer} refused a request: {refused.Message}.", refused);
        }
        catch (UaFormatException malformed)
        {
            throw new ConnectorException($"{Peer} sent a malformed answer: {malformed.Message}.", malformed);
        }
    }
}
