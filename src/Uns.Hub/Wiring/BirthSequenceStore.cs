using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Store;

namespace Uns.Hub.Wiring;

/// <summary>Counts each edge node's CONNECTs on disk, so that a restart never repeats a bdSeq.</summary>
internal sealed class BirthSequenceStore(HubStore store) : IBirthSequenceStore
{
    /// <summary>The part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("bdseq", 1, "CREATE TABLE bdseq_last (node TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT"),
    ];

    /// <inheritdoc/>
    public async ValueTask<int> NextAsync(EdgeNodeId node, CancellationToken cancellationToken)
    {
        var next = 0;
        await store.WriteAsync(
            connection => next = connection.Rows(
                "INSERT INTO bdseq_last VALUES ($node, 0) ON CONFLICT (node) DO UPDATE SET value = (value + 1) % 256 RETURNING value",
                row => row.GetInt32(0), ("$node", node.ToString()))[0],
            cancellationToken);
        return next;
    }
}
