using System.Buffers;
using System.Text.Json;
using Uns.Connectors.OpcUa.Server;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Hub.OpcUa;

/// <summary>The tree as an OPC UA server shows it: a node's id is its path. Writes go the way that every write goes, by <see cref="TreeWriter"/>.</summary>
/// <param name="tree">What is shown.</param>
/// <param name="writer">The one way up.</param>
/// <param name="answerTimeout">Longest wait for the effect of a write.</param>
internal sealed class TreeSpace(UnsTree tree, TreeWriter writer, TimeSpan answerTimeout) : IUaSpace
{
    /// <summary>URI of the tree's namespace.</summary>
    public const string Uri = "urn:uns:tree";

    public string NamespaceUri => Uri;

    public IReadOnlyList<IUaNode> Roots => new TreePlaces(tree.Root.Children);

    // The tree forgives slashes at the ends; an id is exact.
    public IUaNode? Find(string id) => tree.Find(id) is { Depth: >= 0 } node && node.Path == id ? new TreePlace(node) : null;

    public async Task<UaWriteAnswer> WriteAsync(IUaNode node, TagValue value, CancellationToken cancellationToken)
    {
        var result = await writer.WriteAsync(node.Id, Json(value), answerTimeout, cancellationToken, "an OPC UA client");
        return result.Outcome switch
        {
            WriteOutcome.Done => UaWriteAnswer.Done,
            WriteOutcome.Different => UaWriteAnswer.Sent,
            WriteOutcome.NoAnswer => UaWriteAnswer.NoAnswer,
            WriteOutcome.NotFound => UaWriteAnswer.NotFound,
            WriteOutcome.NotWritable => UaWriteAnswer.NotWritable,
            WriteOutcome.BadValue => UaWriteAnswer.OutOfRange,
            WriteOutcome.Offline => UaWriteAnswer.Offline,
            _ => UaWriteAnswer.Busy,
        };
    }

    private static JsonElement Json(TagValue value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            TagValueJson.Write(json, value);
        }

        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }
}
