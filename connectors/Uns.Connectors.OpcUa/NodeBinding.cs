using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>
/// Which node of the server each tag is read from: the one of its address, or, when the server knows that one no longer or calls it by another name,
/// the one at its browse path, if its type is the same. Every change of that kind is told.
/// </summary>
/// <param name="items">The tags.</param>
/// <param name="perRequest">How many nodes go into one request.</param>
/// <param name="seenTypes">The built-in type that each tag's value last had; Null where none came yet.</param>
/// <param name="traffic">Is told of tags that are read from another node.</param>
internal sealed class NodeBinding(IReadOnlyList<OpcUaItem> items, RequestSize perRequest, IReadOnlyList<UaType> seenTypes, DeviceTraffic traffic)
{
    private const uint Variable = 2;

    private readonly NodeId?[] _nodes = new NodeId?[items.Count];
    private readonly string[] _faults = new string[items.Count];
    private readonly string?[] _told = new string?[items.Count];
    private (DateTimeOffset Start, IReadOnlyList<string> Namespaces)? _boundTo;

    /// <summary>The node of a tag; null when it has none now.</summary>
    public NodeId? this[int item] => _nodes[item];

    /// <summary>Tags that have a node.</summary>
    public IEnumerable<int> Bound => Enumerable.Range(0, items.Count).Where(i => _nodes[i] is not null);

    /// <summary>Tags that have none.</summary>
    public IEnumerable<int> Unbound => Enumerable.Range(0, items.Count).Where(i => _nodes[i] is null);

    /// <summary>Why a tag has no node, as the end of a sentence.</summary>
    public string FaultOf(int item) => _faults[item];

    /// <summary>Finds the node of every tag. A server that has not been started anew keeps what was found before.</summary>
    public async Task BindAllAsync(UaSession session, StructureBook structures, CancellationToken cancellationToken)
    {
        var start = (await session.ReadAsync([NodeId.Standard(2257)], UaAttribute.Value, cancellationToken))[0].Value.Value as DateTimeOffset?;
        if (start is { } same && _boundTo is { } before && before.Start == same && before.Namespaces.SequenceEqual(session.Namespaces, StringComparer.Ordinal))
        {
            return;
        }

        _boundTo = null;
        await BindAsync(session, structures, [.. Enumerable.Range(0, items.Count)], cancellationToken);
        _boundTo = start is { } known ? (known, session.Namespaces) : null;
    }

    /// <summary>Finds the nodes of some tags anew.</summary>
    public async Task BindAsync(UaSession session, StructureBook structures, IReadOnlyList<int> which, CancellationToken cancellationToken)
    {
        foreach (var item in which)
        {
            (_nodes[item], _faults[item]) = items[item].Address switch
            {
                { } address when address.TryResolve(session.Namespaces, out var node) => (node, ""),
                { } address => (null, $"the server does not know the namespace '{address.Uri}'"),
                null => ((NodeId?)null, $"the server has no node at the path {items[item].Path}"),
            };
        }

        foreach (var found in await FindOthersAsync(session, which, cancellationToken))
        {
            await MoveAsync(session, structures, found, cancellationToken);
        }

        foreach (var item in which)
        {
            Tell(item, session.Namespaces);
        }

        var moved = _told.Count(t => t is not null);
        traffic.Remark("binding", moved == 0 ? null
            : $"{moved} {(moved == 1 ? "tag is" : "tags are")} read by browse path because the saved node ids are gone or mean something else: save the new ids.");
    }

    // Tags whose path leads to another node than their address.
    private async Task<List<(int Item, NodeId Target)>> FindOthersAsync(UaSession session, IReadOnlyList<int> which, CancellationToken cancellationToken)
    {
        var asked = which.Select(i => (Item: i, Names: items[i].Path?.Resolve(session.Namespaces)!)).Where(a => a.Names is not null).ToList();
        var others = new List<(int, NodeId)>();
        try
        {
            await perRequest.EachAsync(asked, async part =>
            {
                var targets = await session.TranslateAsync([.. part.Select(p => p.Names)], cancellationToken);
                for (var i = 0; i < part.Count; i++)
                {
                    if (targets[i] is { } target && target != _nodes[part[i].Item])
                    {
                        others.Add((part[i].Item, target));
                    }
                }
            });
        }
        catch (UaServiceException)
        {
            return []; // Some servers follow no paths: there the address alone counts.
        }

        return others;
    }

    private async Task MoveAsync(UaSession session, StructureBook structures, (int Item, NodeId Target) found, CancellationToken cancellationToken)
    {
        var (item, target) = found;
        var last = items[item].Path!.Last.Name;
        var why = items[item].Address is null ? "" : "the server does not know its namespace any more";
        if (_nodes[item] is { } node)
        {
            var name = (await session.ReadAsync([node], UaAttribute.BrowseName, cancellationToken))[0];
            var isGone = name.Status is StatusCode.BadNodeIdUnknown or StatusCode.BadNodeIdInvalid;
            if (!isGone && (!StatusCode.IsGood(name.Status) || name.Value.Value is not UaName called || called.Name == last))
            {
                return; // The node is there and has its name: the path is the one that has changed.
            }

            why = isGone ? "its node id is gone" : $"its node id now means '{(name.Value.Value as UaName?)?.Name}'";
        }

        if (await MisfitAsync(session, structures, item, target, cancellationToken) is { } misfit)
        {
            (_nodes[item], _faults[item]) = (null, $"{(why.Length > 0 ? why + ", and " : "")}at its browse path stands {misfit}: it is not read");
            return;
        }

        _nodes[item] = target;
    }

    // Null when the node may be read for the tag; else what it is.
    private async Task<string?> MisfitAsync(UaSession session, StructureBook structures, int item, NodeId target, CancellationToken cancellationToken)
    {
        var nodeClass = (await session.ReadAsync([target], UaAttribute.NodeClass, cancellationToken))[0];
        if (nodeClass.Value.Value is not int and not uint || Convert.ToUInt32(nodeClass.Value.Value, System.Globalization.CultureInfo.InvariantCulture) != Variable)
        {
            return "no variable";
        }

        var type = (await session.ReadAsync([target], UaAttribute.DataType, cancellationToken))[0];
        var rank = (await session.ReadAsync([target], UaAttribute.ValueRank, cancellationToken))[0];
        var shape = type.Value.Value is NodeId id ? await structures.OfTypeAsync(id, cancellationToken) : null;
        var (wanted, isArray) = (items[item].DataType, rank.Value.Value is int and >= 1);
        var fits = UaConversion.TypeOf(shape, isArray) == wanted
            || (shape is BuiltInShape builtIn && builtIn.Type == seenTypes[item] && isArray == TagArray.IsArray(wanted))
            || (shape is EnumerationShape && !isArray && wanted is DataType.String or DataType.Text);
        return fits ? null : $"a value of another type ({(shape is BuiltInShape plain ? plain.Type.ToString() : type.Value.Value?.ToString() ?? "unknown")}{(isArray ? ", an array" : "")}; the tag is {wanted})";
    }

    // Once for each change, not at each connection.
    private void Tell(int item, IReadOnlyList<string> namespaces)
    {
        var isMoved = items[item].Address is { } address && _nodes[item] is { } node && (!address.TryResolve(namespaces, out var own) || own != node);
        var now = isMoved ? _nodes[item]!.Value.ToAddress(namespaces) : null;
        if (now is not null && now != _told[item])
        {
            traffic.Rebound(items[item].Tag, items[item].Written, now);
        }

        _told[item] = now;
    }
}
