using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>One tag as the plan has worked it out.</summary>
internal sealed record OpcUaItem(string Tag, NodeId Address, DataType DataType, TimeSpan Period)
{
    /// <summary>Half the period: a change waits for a sample and then for the publishing, and both together must not take longer than the period.</summary>
    public TimeSpan Sampling => Period / 2;
}

/// <summary>Listens to one OPC UA server over one session and one subscription.</summary>
/// <remarks>
/// A node that the server does not know turns its own tag bad and is tried again every <see cref="RetryPeriod"/>; a gap in the
/// subscription's numbers makes the connector read every value once, so that no change is missed for good.
/// </remarks>
internal sealed class OpcUaConnector(OpcUaOptions options, IReadOnlyList<OpcUaItem> items, CertificateStore certificates, TimeProvider clock) : IConnector
{
    private const uint AttributeDataType = 14;
    private const uint AttributeValueRank = 15;
    private const uint AttributeUserAccessLevel = 18;
    private const uint AttributeValue = 13;
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPublishing = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<string, int> _indexOf = items.Select((item, index) => (item.Tag, index)).ToDictionary(p => p.Tag, p => p.index, StringComparer.Ordinal);
    private readonly UaType[] _seen = new UaType[items.Count];
    private readonly bool[] _isArray = new bool[items.Count];
    private UaSession? _session;
    private NodeId?[] _nodes = [];

    /// <inheritdoc/>
    public bool Pushes => true;

    private string Peer => options.Endpoint;

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
            _nodes = [.. items.Select(item => item.Address.TryResolve(session.Namespaces, out var node) ? node : (NodeId?)null)];
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
        await TranslateAsync(async () =>
        {
            foreach (var part in Known().Chunk(options.NodesPerRequest))
            {
                var values = await Session.ReadAsync([.. part.Select(i => _nodes[i]!.Value)], AttributeValue, cancellationToken);
                for (var i = 0; i < part.Length; i++)
                {
                    Tell(part[i], values[i], sink);
                }
            }
        });

    /// <inheritdoc/>
    public async Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) =>
        await TranslateAsync(async () =>
        {
            foreach (var unknown in Enumerable.Range(0, items.Count).Where(i => _nodes[i] is null))
            {
                sink.Add(Bad(unknown, $"the server does not know the namespace '{items[unknown].Address.Uri}'"));
            }

            var publishing = items.Count == 0 ? TimeSpan.FromSeconds(1) : items.Min(i => i.Sampling);
            var (subscription, keepAlive) = await Session.SubscribeAsync(
                publishing < ShortestPublishing ? ShortestPublishing : publishing, options.KeepAlive, cancellationToken);
            var refused = await MonitorAsync(subscription, Known(), sink, cancellationToken);
            await PublishLoopAsync(subscription, keepAlive, refused, sink, cancellationToken);
        });

    /// <inheritdoc/>
    public async Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var index = _indexOf[tag];
        var node = _nodes[index] ?? throw new WriteRefusedException($"'{tag}' was not written: the server does not know the namespace '{items[index].Address.Uri}'.");
        await TranslateAsync(async () =>
        {
            if (_seen[index] == UaType.Null)
            {
                await LearnTypeAsync(index, node, cancellationToken);
            }

            var status = await Session.WriteAsync(node, UaConversion.ToVariant(value, _seen[index], _isArray[index], tag), cancellationToken);
            if (!StatusCode.IsGood(status))
            {
                throw new WriteRefusedException($"'{tag}' was not written: the server answered {StatusCode.Name(status)} for {items[index].Address}.");
            }
        });
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken)
    {
        var start = NodeId.Standard(85); // Objects.
        if (below is not null && !(NodeId.TryParse(below, out start, out _) && start.TryResolve(Session.Namespaces, out start)))
        {
            throw new ConnectorException($"'{below}' is no node of {Peer}.");
        }

        var entries = new List<BrowseEntry>();
        await TranslateAsync(async () =>
        {
            var found = await Session.BrowseAsync(start, cancellationToken);
            var seen = new HashSet<NodeId>();
            foreach (var part in found.Where(r => r.Id.Uri is null && seen.Add(r.Id)).Chunk(options.NodesPerRequest))
            {
                var variables = part.Where(r => r.IsVariable).Select(r => r.Id).ToList();
                var types = variables.Count == 0 ? [] : await Session.ReadAsync(variables, AttributeDataType, cancellationToken);
                var ranks = variables.Count == 0 ? [] : await Session.ReadAsync(variables, AttributeValueRank, cancellationToken);
                var rights = variables.Count == 0 ? [] : await Session.ReadAsync(variables, AttributeUserAccessLevel, cancellationToken);
                entries.AddRange(part.Select(r => variables.IndexOf(r.Id) is var at and >= 0
                    ? new BrowseEntry(r.Id.ToAddress(Session.Namespaces), r.Name, true, BuiltIn(types[at], ranks[at]), rights[at].Value.Value is byte level && (level & 2) != 0)
                    : new BrowseEntry(r.Id.ToAddress(Session.Namespaces), r.Name, true, null, false)));
            }
        });
        return entries;
    }

    /// <inheritdoc/>
    /// <remarks>Server_ServerStatus_BuildInfo. [Part 5, 6.3.2 and 12.4]</remarks>
    public async Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken)
    {
        (string Name, uint Node)[] facts = [("Vendor", 2263), ("Product", 2261), ("Version", 2264), ("Build", 2265)];
        IReadOnlyList<UaDataValue> values = [];
        await TranslateAsync(async () => values = await Session.ReadAsync([.. facts.Select(f => NodeId.Standard(f.Node))], AttributeValue, cancellationToken));
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
    public async ValueTask DisposeAsync() => await DisconnectAsync();

    private UaSession Session => _session ?? throw new ConnectorException($"{Peer} is not connected.");

    private async Task PublishLoopAsync(uint subscription, TimeSpan keepAlive, List<int> refused, ITagSink sink, CancellationToken cancellationToken)
    {
        uint? last = null;
        (uint, uint)? acknowledge = null;
        var retryAt = clock.GetTimestamp();
        while (true)
        {
            await Session.RenewWhenDueAsync(cancellationToken);
            var message = await Session.PublishAsync(acknowledge, (keepAlive * 3) + options.AnswerTimeout, cancellationToken);
            acknowledge = message.IsKeepAlive ? null : (message.Subscription, message.Sequence);
            if (message.Status is { } ended)
            {
                throw new ConnectorException($"{Peer} ended the subscription: {StatusCode.Name(ended)}.");
            }

            foreach (var (handle, value) in message.Values)
            {
                if (handle < items.Count)
                {
                    Tell((int)handle, value, sink);
                }
            }

            var expected = last + 1 ?? message.Sequence;
            if (message.Sequence != expected && !(message.Sequence == 1 && last > uint.MaxValue - 1))
            {
                await ReadAsync(default, sink, cancellationToken); // A message was lost: the present values heal it.
            }

            last = message.IsKeepAlive ? message.Sequence - 1 : message.Sequence;
            if (refused.Count > 0 && clock.GetElapsedTime(retryAt) >= RetryPeriod)
            {
                retryAt = clock.GetTimestamp();
                refused = await MonitorAsync(subscription, refused, sink, cancellationToken);
            }
        }
    }

    // Answers the items that the server refused.
    private async Task<List<int>> MonitorAsync(uint subscription, IEnumerable<int> which, ITagSink sink, CancellationToken cancellationToken)
    {
        var refused = new List<int>();
        foreach (var part in which.Chunk(options.NodesPerRequest))
        {
            var results = await Session.MonitorAsync(
                subscription, [.. part.Select(i => (_nodes[i]!.Value, items[i].Sampling, (uint)i))], cancellationToken);
            for (var i = 0; i < part.Length; i++)
            {
                if (!StatusCode.IsGood(results[i]))
                {
                    refused.Add(part[i]);
                    sink.Add(Bad(part[i], $"the server refuses {items[part[i]].Address}: {StatusCode.Name(results[i])}"));
                }
            }
        }

        return refused;
    }

    private IEnumerable<int> Known() => Enumerable.Range(0, items.Count).Where(i => _nodes[i] is not null);

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

        if (!UaConversion.TryConvert(value.Value, item.DataType, out var converted, out var fault))
        {
            sink.Add(Bad(index, fault));
            return;
        }

        var time = value.SourceTime ?? value.ServerTime ?? clock.GetUtcNow();
        sink.Add(StatusCode.IsGood(value.Status)
            ? new TagSample(item.Tag, converted, TagQuality.Good, time)
            : new TagSample(item.Tag, converted, TagQuality.Uncertain, time, $"the server says {StatusCode.Name(value.Status)}"));
    }

    private TagSample Bad(int index, string reason) => new(items[index].Tag, TagValue.Null(items[index].DataType), TagQuality.Bad, clock.GetUtcNow(), reason);

    private async Task LearnTypeAsync(int index, NodeId node, CancellationToken cancellationToken)
    {
        var type = (await Session.ReadAsync([node], AttributeDataType, cancellationToken))[0];
        var rank = (await Session.ReadAsync([node], AttributeValueRank, cancellationToken))[0];
        _seen[index] = type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: >= 1 and <= 15 } builtIn
            ? (UaType)builtIn.Number
            : throw new WriteRefusedException($"'{items[index].Tag}' was not written: the type of {node} is no built-in type.");
        _isArray[index] = rank.Value.Value is int and >= 1;
    }

    private static DataType? BuiltIn(UaDataValue type, UaDataValue rank) =>
        type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: >= 1 and <= 21 } id
            ? UaConversion.TypeOf((UaType)id.Number, rank.Value.Value is int and >= 1)
            : type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: 290 } ? DataType.Double // Duration.
            : type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: 294 } ? DataType.DateTime // UtcTime.
            : null;

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
