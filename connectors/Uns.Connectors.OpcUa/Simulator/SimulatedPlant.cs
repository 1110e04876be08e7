using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>Makes a simulated server from a tag list: the same node ids and names in the same namespace.</summary>
public static class SimulatedPlant
{
    /// <summary>Makes the server; it listens once started.</summary>
    /// <param name="tags">Tags with the course of each; none for a value that can be written and stays.</param>
    /// <param name="leftOut">Gets the tags that cannot be had, with the reason.</param>
    /// <param name="faultFor">What goes wrong with every message; null answered for nothing.</param>
    /// <param name="clock">What the values run by.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <returns>The server, and how many variables it has; null when there is none.</returns>
    public static (OpcUaSimulator Server, int Points)? Make(
        IReadOnlyList<(TagOptions Tag, Signal? Signal)> tags, List<string> leftOut, Func<SimulatedUaFault?> faultFor, TimeProvider clock, int port)
    {
        // One namespace holds them all: the one that most tags are in.
        var read = tags.Select(t => (t.Tag, t.Signal, Item: OpcUaItem.Read(t.Tag, out var item) is null ? item : null)).Where(t => t.Item is not null).ToList();
        var home = read.GroupBy(t => NamespaceOf(t.Item!)).Where(g => g.Key is not { Uri: null, Index: < 2 }).MaxBy(g => g.Count())?.Key;
        var variables = new List<SimulatedVariable>();
        foreach (var (tag, signal, item) in read)
        {
            if (home is null || NamespaceOf(item!) != home)
            {
                leftOut.Add($"'{tag.Name}': its namespace is the server's own, or not the one that most tags are in.");
            }
            else if (tag.DataType is not (DataType.Boolean or DataType.String or (>= DataType.Int8 and <= DataType.Double)))
            {
                leftOut.Add($"'{tag.Name}': its type {tag.DataType} is not simulated.");
            }
            else
            {
                variables.Add(new(PathOf(tag, item!), tag.DataType, tag.Writable ? null : signal) { Id = KeyOf(tag.Address) });
            }
        }

        // Namespaces with indexes alone are reached by others that stand before.
        var before = home is { Uri: null, Index: var index } ? Enumerable.Range(2, index - 2).Select(i => $"urn:uns:simulator:{i}").ToArray() : [];
        return variables.Count == 0 ? null : (new OpcUaSimulator(variables, clock, port, before, namespaceUri: home?.Uri) { FaultFor = faultFor }, variables.Count);
    }

    /// <summary>The identifier of an address without its namespace, as the simulator knows it; null where the address is a path, or none.</summary>
    public static string? KeyOf(string address) => !NodeId.TryParse(address, out var id, out _) ? null
        : id.Kind == IdKind.String ? id.Identifier : (id with { Namespace = 0, Uri = null }).ToString();

    private static (string? Uri, int Index) NamespaceOf(OpcUaItem item) => item.Address is { } id
        ? (id.Uri, id.Uri is null ? id.Namespace : 0)
        : (item.Path!.Last.Uri, item.Path.Last.Uri is null ? item.Path.Last.Namespace : 0);

    // Names by the path where there is one, else by the tag's own folders.
    private static string PathOf(TagOptions tag, OpcUaItem item) =>
        item.Path is { } path ? string.Join('/', path.Steps.Select(s => s.Name.Replace('/', '_'))) : tag.Name;
}
