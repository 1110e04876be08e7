using Uns.Connectors.OpcUa.History;
using Uns.Connectors.OpcUa.Methods;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Connectors.TagFiles;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>One OPC UA server over one session and one subscription.</summary>
/// <remarks>
/// A node that the server does not know turns its own tag bad and is tried again. Messages that did not come are asked for again; what the server
/// keeps no longer is healed by reading every value once. After a broken connection the session is taken up; where the server does not let us, the
/// subscription is taken over, or made anew where the server has lost it.
/// </remarks>
internal sealed class OpcUaConnector : IConnector, ICallsMethods, IReadsHistory, IOffersTags
{
    private readonly OpcUaOptions _options;
    private readonly IReadOnlyList<OpcUaItem> _items;
    private readonly CertificateStore _certificates;
    private readonly DeviceTraffic _traffic;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, int> _indexOf;
    private readonly RequestSize _nodesPerRead;
    private readonly RequestSize _itemsPerCall;
    private readonly ItemValues _values;
    private readonly NodeBinding _nodes;
    private readonly OpcUaListener _listener;
    private OpcUaLine? _line;
    private UaTicket? _ticket;

    public OpcUaConnector(OpcUaOptions options, IReadOnlyList<OpcUaItem> items, CertificateStore certificates, DeviceTraffic traffic, TimeProvider clock)
    {
        (_options, _items, _certificates, _traffic, _clock) = (options, items, certificates, traffic, clock);
        _indexOf = items.Select((item, index) => (item.Tag, index)).ToDictionary(p => p.Tag, p => p.index, StringComparer.Ordinal);
        _nodesPerRead = new(options.NodesPerRequest);
        _itemsPerCall = new(options.NodesPerRequest);
        _values = new(items, traffic, clock);
        _nodes = new(items, _nodesPerRead, _values.Types, traffic);
        _listener = new(options, items, _nodes, _values, _nodesPerRead, _itemsPerCall, clock);
    }

    /// <inheritdoc/>
    public bool Pushes => true;

    private string Peer => _options.Endpoint;

    private OpcUaLine Line => _line ?? throw new ConnectorException($"{Peer} is not connected.");

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var user = _options.Who();
        try
        {
            await OpenAsync(user, null, cancellationToken);
            _traffic.Remark("renewal", null);
        }
        catch (ConnectorException refused) when (_options.Policy() is not null && _certificates.OwnBefore() is not null && refused.RetryNotBefore == TimeSpan.Zero)
        {
            // Perhaps the server has not accepted our renewed certificate yet.
            var before = _certificates.OwnBefore()!;
            try
            {
                await OpenAsync(user, before, cancellationToken);
            }
            catch (ConnectorException)
            {
                throw refused;
            }

            _traffic.Remark("renewal", $"The server has not accepted our renewed certificate; the one before is used until {before.NotAfter.ToUniversalTime():yyyy-MM-dd}. Accept the new one there.");
        }
    }

    // With our certificate, or an older one of ours.
    private async Task OpenAsync(UaUser user, System.Security.Cryptography.X509Certificates.X509Certificate2? own, CancellationToken cancellationToken)
    {
        UaSecurity security = null!;
        await TranslateAsync(async () => security = await new UaDoor(_options, _certificates, _traffic, _clock).ChooseAsync(own, cancellationToken));
        var session = new UaSession(
            new UaChannel(_options.Server()!, _options.Endpoint, security, _options.AnswerTimeout, _clock, _traffic), _options.Endpoint, _options.AnswerTimeout);
        var structures = new StructureBook(session);
        try
        {
            await TranslateAsync(async () =>
            {
                await session.OpenAsync(user, _options.KeepAlive * 10, cancellationToken, _ticket);
                await LearnLimitsAsync(session, cancellationToken);
                await _nodes.BindAllAsync(session, structures, cancellationToken);
            });
            _values.ForgetNames();
            _line = new(session, structures);
        }
        catch
        {
            structures.Dispose();
            await session.DisposeAsync();
            _ticket = session.IsTakenUp ? session.Ticket : session.Ticket ?? _ticket;
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken) =>
        await TranslateAsync(() => _listener.ReadAsync(Line, [.. _nodes.Bound], sink, cancellationToken));

    /// <inheritdoc/>
    public async Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) =>
        await TranslateAsync(() => _listener.ListenAsync(Line, sink, cancellationToken));

    /// <inheritdoc/>
    public async Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var index = _indexOf[tag];
        var node = _nodes[index] ?? throw new WriteRefusedException($"'{tag}' was not written: {_nodes.FaultOf(index)}.");
        await TranslateAsync(async () =>
        {
            var variant = await _values.ToVariantAsync(Line.Session, index, node, value, cancellationToken);
            var status = await Line.Session.WriteAsync(node, variant, cancellationToken);
            if (!StatusCode.IsGood(status))
            {
                throw new WriteRefusedException($"'{tag}' was not written: the server answered {StatusCode.Name(status)} for {_items[index].Written}.");
            }
        });
    }

    /// <inheritdoc/>
    public async Task ReadBackAsync(string tag, ITagSink sink, CancellationToken cancellationToken)
    {
        if (_indexOf[tag] is var index && _nodes[index] is not null)
        {
            await TranslateAsync(() => _listener.ReadAsync(Line, [index], sink, cancellationToken));
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken)
    {
        IReadOnlyList<BrowseEntry> entries = [];
        await TranslateAsync(async () => entries = await new OpcUaBrowser(Line, _nodesPerRead).LookAsync(below, cancellationToken));
        return entries;
    }

    /// <inheritdoc/>
    public async Task<TagOffer> OfferAsync(OfferAsk ask, CancellationToken cancellationToken)
    {
        TagOffer offer = null!;
        await TranslateAsync(async () =>
        {
            var browser = new OpcUaBrowser(Line, _nodesPerRead);
            var start = browser.Find(ask.Below);
            offer = await new SubtreeWalk(Line, browser, _clock).WalkAsync(start, await browser.WayToAsync(start, cancellationToken), ask, cancellationToken);
        });
        return offer;
    }

    /// <inheritdoc/>
    public async Task<MethodAnswer> CallAsync(MethodCall call, CancellationToken cancellationToken)
    {
        MethodAnswer answer = null!;
        try
        {
            await TranslateAsync(async () => answer = await new MethodDesk(_options, Line.Session, Line.Structures).CallAsync(call, cancellationToken));
        }
        catch (ConnectorException refused) when (refused.InnerException is UaServiceException)
        {
            throw new WriteRefusedException(refused.Message); // The service itself was refused: the connection is fine.
        }

        return answer;
    }

    /// <inheritdoc/>
    public async Task<HistoryPage> ReadHistoryAsync(HistoryAsk ask, CancellationToken cancellationToken)
    {
        HistoryPage page = null!;
        try
        {
            await TranslateAsync(async () => page = await new HistoryReader(_options, Line, _clock).ReadAsync(ask, cancellationToken));
        }
        catch (ConnectorException refused) when (refused.InnerException is UaServiceException)
        {
            page = new([], true, refused.Message);
        }

        return page;
    }

    /// <inheritdoc/>
    /// <remarks>Server_ServerStatus_BuildInfo. [Part 5, 6.3.2 and 12.4]</remarks>
    public async Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken)
    {
        (string Name, uint Node)[] facts = [("Vendor", 2263), ("Product", 2261), ("Version", 2264), ("Build", 2265)];
        IReadOnlyList<UaDataValue> values = [];
        await TranslateAsync(async () => values = await Line.Session.ReadAsync([.. facts.Select(f => NodeId.Standard(f.Node))], UaAttribute.Value, cancellationToken));
        var found = facts.Select((f, i) => new IdentityFact(f.Name, values[i].Value.Value as string ?? "")).Where(f => f.Value.Length > 0).ToList();
        return new(found, found.Count == 0 ? "The server does not tell its product." : null);
    }

    /// <inheritdoc/>
    public async Task DisconnectAsync()
    {
        var line = _line;
        _line = null;
        if (line is not null)
        {
            await line.Session.DisposeAsync();
            line.Structures.Dispose();
            _ticket = line.Session.Ticket;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DisconnectAsync();

    // What the server takes at once; one that does not tell is asked with what the user allows. [OPC 10000-5, 6.3.11]
    private async Task LearnLimitsAsync(UaSession session, CancellationToken cancellationToken)
    {
        var told = await session.ReadAsync([NodeId.Standard(11705), NodeId.Standard(11712), NodeId.Standard(11714)], UaAttribute.Value, cancellationToken);
        _nodesPerRead.Limit(told[0].Value.Value as uint?, told[1].Value.Value as uint?);
        _itemsPerCall.Limit(told[2].Value.Value as uint?);
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
