using Microsoft.Data.Sqlite;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Store;

namespace Uns.Hub.Wiring;

/// <summary>Keeps on disk what the hub's edge nodes cannot send. One row is one batch; the oldest rows make room.</summary>
internal sealed class ForwardStore(HubStore store) : IForwardStore
{
    /// <summary>The part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("forward", 1, """
            CREATE TABLE forward_batch (id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, device TEXT NOT NULL, samples INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
            CREATE INDEX forward_batch_of ON forward_batch (node, device, id);
            CREATE TABLE forward_total (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL, samples INTEGER NOT NULL, lost INTEGER NOT NULL) STRICT;
            INSERT INTO forward_total VALUES (1, 0, 0, 0);
            """),
    ];

    private readonly Lock _gate = new();
    private long _written;
    private long _shown;
    private long _waiting;
    private long _lost;

    /// <summary>Most bytes of payloads that are kept; a day of 100 changes a second takes about as much.</summary>
    public long Bound { get; init; } = 256 * 1024 * 1024;

    /// <inheritdoc/>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <inheritdoc/>
    public long Lost => Interlocked.Read(ref _lost);

    /// <inheritdoc/>
    public async Task AppendAsync(EdgeNodeId node, IReadOnlyList<ForwardBatch> batches, CancellationToken cancellationToken)
    {
        (Total total, long turn) = (default, 0);
        await store.WriteAsync(
            connection =>
            {
                total = Read(connection);
                foreach (var batch in batches)
                {
                    connection.Run(
                        "INSERT INTO forward_batch (node, device, samples, payload) VALUES ($node, $device, $samples, $payload)",
                        ("$node", node.ToString()), ("$device", batch.Device), ("$samples", batch.Samples), ("$payload", batch.Payload));
                    total = total with { Bytes = total.Bytes + batch.Payload.Length, Samples = total.Samples + batch.Samples };
                }

                while (total.Bytes > Bound && Delete(connection, "id = (SELECT min(id) FROM forward_batch)") is { Rows: > 0 } gone)
                {
                    total = new(total.Bytes - gone.Bytes, total.Samples - gone.Samples, total.Lost + gone.Samples);
                }

                Write(connection, total);
                turn = ++_written; // Writes come one after another; what comes of them may overtake.
            },
            cancellationToken);
        Show(total, turn);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> DevicesAsync(EdgeNodeId node, CancellationToken cancellationToken) => store.ReadAsync<IReadOnlyList<string>>(
        connection =>
        {
            Show(Read(connection), turn: 0);
            return connection.Rows("SELECT DISTINCT device FROM forward_batch WHERE node = $node", row => row.GetString(0), ("$node", node.ToString()));
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<ForwardBatch?> NextAsync(EdgeNodeId node, string device, long after, CancellationToken cancellationToken) => store.ReadAsync<ForwardBatch?>(
        connection => connection.Rows(
            "SELECT id, samples, payload FROM forward_batch WHERE node = $node AND device = $device AND id > $after ORDER BY id LIMIT 1",
            row => new ForwardBatch(row.GetInt64(0), device, row.GetInt32(1), (byte[])row.GetValue(2)), ("$node", node.ToString()), ("$device", device), ("$after", after)) is [var next] ? next : null,
        cancellationToken);

    /// <inheritdoc/>
    public async Task RemoveAsync(EdgeNodeId node, string device, long through, CancellationToken cancellationToken)
    {
        (Total total, long turn) = (default, 0);
        await store.WriteAsync(
            connection =>
            {
                total = Read(connection);
                var gone = Delete(connection, "node = $node AND device = $device AND id <= $through", ("$node", node.ToString()), ("$device", device), ("$through", through));
                total = total with { Bytes = total.Bytes - gone.Bytes, Samples = total.Samples - gone.Samples };
                Write(connection, total);
                turn = ++_written; // Writes come one after another; what comes of them may overtake.
            },
            cancellationToken);
        Show(total, turn);
    }

    private readonly record struct Total(long Bytes, long Samples, long Lost);

    private static Total Read(SqliteConnection connection) =>
        connection.Rows("SELECT bytes, samples, lost FROM forward_total", row => new Total(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)))[0];

    // In the same transaction as the rows it counts.
    private static void Write(SqliteConnection connection, Total total) => connection.Run(
        "UPDATE forward_total SET bytes = $bytes, samples = $samples, lost = $lost", ("$bytes", total.Bytes), ("$samples", total.Samples), ("$lost", total.Lost));

    // Only what is newer than what is shown; turn 0 is the state at the start.
    private void Show(Total total, long turn)
    {
        lock (_gate)
        {
            if (turn >= _shown)
            {
                Interlocked.Exchange(ref _waiting, total.Samples);
                Interlocked.Exchange(ref _lost, total.Lost);
                _shown = turn;
            }
        }
    }

    private static (int Rows, long Bytes, long Samples) Delete(SqliteConnection connection, string where, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var gone = connection.Rows($"DELETE FROM forward_batch WHERE {where} RETURNING length(payload), samples", row => (Bytes: row.GetInt64(0), Samples: row.GetInt64(1)), parameters);
        return (gone.Count, gone.Sum(g => g.Bytes), gone.Sum(g => g.Samples));
    }
}
