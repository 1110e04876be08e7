using Uns.Connectors.OpcUa.Methods;
using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>Looks at what a server offers: one browse at a time, and what is read of the nodes in requests of a size that the server takes.</summary>
internal sealed class OpcUaBrowser(OpcUaLine line, RequestSize nodesPerRead)
{
    private const uint Method = 4;
    private const uint HierarchicalReferences = 33;

    private static readonly NodeId Objects = NodeId.Standard(85);

    /// <summary>One level.</summary>
    /// <param name="below">A node in any notation; null for the Objects folder.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="ConnectorException">There is no such node.</exception>
    public async Task<IReadOnlyList<BrowseEntry>> LookAsync(string? below, CancellationToken cancellationToken)
    {
        var start = Find(below);
        var seen = new HashSet<NodeId>();
        var found = (await line.Session.BrowseAsync(start, cancellationToken)).Where(r => r.Id.Uri is null && seen.Add(r.Id)).ToList();
        return await DescribeAsync(found, cancellationToken);
    }

    /// <summary>The node of an id in any notation; Objects for null.</summary>
    /// <exception cref="ConnectorException">There is no such node.</exception>
    public NodeId Find(string? id)
    {
        if (id is null)
        {
            return Objects;
        }

        return NodeId.TryParse(id, out var found, out _) && found.TryResolve(line.Session.Namespaces, out found)
            ? found
            : throw new ConnectorException($"'{id}' is no node of this server.");
    }

    /// <summary>The browse path of a node from Objects downwards; empty for Objects, and for a node that is not below it.</summary>
    public async Task<string> WayToAsync(NodeId node, CancellationToken cancellationToken)
    {
        var steps = new Stack<string>();
        for (var at = node; at != Objects && steps.Count <= BrowsePath.Longest;)
        {
            var name = (await line.Session.ReadAsync([at], UaAttribute.BrowseName, cancellationToken))[0].Value.Value;
            var above = (await line.Session.FollowAsync(at, HierarchicalReferences, isForward: false, cancellationToken)).FirstOrDefault(r => r.Id.Uri is null);
            if (name is not UaName called || above == default)
            {
                return "";
            }

            steps.Push($"/{BrowseStep.Of(called, line.Session.Namespaces)}");
            at = above.Id;
        }

        return steps.Count > BrowsePath.Longest ? "" : string.Concat(steps);
    }

    /// <summary>What is to be said of some nodes.</summary>
    public async Task<IReadOnlyList<BrowseEntry>> DescribeAsync(List<UaReference> found, CancellationToken cancellationToken)
    {
        var entries = new List<BrowseEntry>(found.Count);
        await nodesPerRead.EachAsync(found, async part =>
        {
            var variables = part.Where(r => r.IsVariable).Select(r => r.Id).ToList();
            var types = await AttributesAsync(variables, UaAttribute.DataType, cancellationToken);
            var ranks = await AttributesAsync(variables, UaAttribute.ValueRank, cancellationToken);
            var rights = await AttributesAsync(variables, UaAttribute.UserAccessLevel, cancellationToken);
            var shapes = new List<UaShape?>();
            foreach (var type in types)
            {
                shapes.Add(type.Value.Value is NodeId id ? await line.Structures.OfTypeAsync(id, cancellationToken) : null);
            }

            entries.AddRange(part.Select(r => EntryOf(r) is var entry && variables.IndexOf(r.Id) is var at and >= 0
                ? entry with
                {
                    DataType = UaConversion.TypeOf(shapes[at], ranks[at].Value.Value is int and >= 1),
                    Writable = rights[at].Value.Value is byte level && (level & 2) != 0,
                }
                : entry));
            for (var at = entries.Count - part.Count; at < entries.Count; at++)
            {
                if (part[at - entries.Count + part.Count] is { NodeClass: Method } method)
                {
                    entries[at] = entries[at] with { Method = await line.Session.ShapeAsync(line.Structures, method.Id, cancellationToken) };
                }
            }
        });
        return entries;
    }

    private BrowseEntry EntryOf(UaReference found) =>
        new(found.Id.ToAddress(line.Session.Namespaces), found.Name, found.NodeClass != Method, null, false) { Step = $"/{BrowseStep.Of(found.BrowseName, line.Session.Namespaces)}" };

    private async Task<IReadOnlyList<UaDataValue>> AttributesAsync(List<NodeId> nodes, uint attribute, CancellationToken cancellationToken) =>
        nodes.Count == 0 ? [] : await line.Session.ReadAsync(nodes, attribute, cancellationToken);
}
