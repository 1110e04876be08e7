using System.Collections;
using Uns.Connectors.OpcUa.Server;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Hub.OpcUa;

/// <summary>One node of the tree, seen through OPC UA. Made when a client asks for it, and dropped again.</summary>
internal sealed class TreePlace(UnsNode node) : IUaNode
{
    public string Id => node.Path;

    public string Name => node.Name;

    public IUaNode? Parent => node.Parent is { Depth: >= 0 } parent ? new TreePlace(parent) : null;

    public IReadOnlyList<IUaNode> Children => new TreePlaces(node.Children);

    public TagDefinition? Definition => node.Current is not { } current ? null
        : node.Definition ?? new TagDefinition { Name = node.Name, DataType = current.Value.Type }; // Restored, and not born again yet.

    public bool IsGone => node.Parent is null;

    public UaReading Read(DateTimeOffset now) => node.Current is { } current
        ? new(current.Value, current.Quality, current.Timestamp)
        : new(TagValue.Null(DataType.Unknown), TagQuality.Bad, now);
}

/// <summary>The nodes below one, made one by one as they are asked for.</summary>
internal sealed class TreePlaces(IReadOnlyList<UnsNode> nodes) : IReadOnlyList<IUaNode>
{
    public int Count => nodes.Count;

    public IUaNode this[int index] => new TreePlace(nodes[index]);

    public IEnumerator<IUaNode> GetEnumerator()
    {
        for (var index = 0; index < nodes.Count; index++)
        {
            yield return new TreePlace(nodes[index]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
