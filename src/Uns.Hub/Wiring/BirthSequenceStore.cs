using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Store;

namespace Uns.Hub.Wiring;

/// <summary>
/// Counts each edge node's CONNECTs on disk, so that a restart never repeats a bdSeq. While the disk takes no writes the count goes on in
/// memory: the plant's values must reach the broker all the same.
/// </summary>
internal sealed partial class BirthSequenceStore(HubStore store, ILogger<BirthSequenceStore> logger) : IBirthSequenceStore
{
    /// <summary>The part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("bdseq", 1, "CREATE TABLE bdseq_last (node TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT"),
    ];

    private const int Numbers = 256;

    private readonly ConcurrentDictionary<EdgeNodeId, int> _last = []; // What this process gave out: the disk may be behind.

    /// <inheritdoc/>
    public async ValueTask<int> NextAsync(EdgeNodeId node, CancellationToken cancellationToken)
    {
        int? next = _last.TryGetValue(node, out var last) ? (last + 1) % Numbers : null; // [tck-id-topics-nbirth-bdseq-increment]
        try
        {
            await store.WriteAsync(
                connection => next = connection.Rows(
                    "INSERT INTO bdseq_last VALUES ($node, coalesce($next, 0)) ON CONFLICT (node) DO UPDATE SET value = coalesce($next, (value + 1) % 256) RETURNING value",
                    row => row.GetInt32(0), ("$node", node.ToString()), ("$next", next))[0],
                cancellationToken);
        }
        catch (Exception refused) when (refused is StoreException or SqliteException)
        {
            next ??= await LeapAsync(node, cancellationToken);
            LogNotKept(node, next.Value, refused.Message);
        }

        return _last[node] = next!.Value;
    }

    // Nobody knows how far the process before this one came in memory: a leap, each time another one, keeps clear of the number in the will that still stands.
    private async Task<int> LeapAsync(EdgeNodeId node, CancellationToken cancellationToken)
    {
        try
        {
            var kept = await store.ReadAsync(connection => connection.Rows("SELECT value FROM bdseq_last WHERE node = $node", row => row.GetInt32(0), ("$node", node.ToString())), cancellationToken);
            return ((kept is [var value] ? value : 0) + Random.Shared.Next(2, Numbers)) % Numbers;
        }
        catch (SqliteException)
        {
            return Random.Shared.Next(Numbers); // Not even read.
        }
    }

    [LoggerMessage(4110, LogLevel.Warning, "The bdSeq {BdSeq} of edge node {Node} is not on disk; should the hub end now, the next one counts on from an older number: {Reason}")]
    private partial void LogNotKept(EdgeNodeId node, int bdSeq, string reason);
}
