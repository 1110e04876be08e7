using Microsoft.Data.Sqlite;
using Uns.Hub.Changes;
using Uns.Store;

namespace Uns.Hub.Subscribers;

/// <summary>Brings the ledger of subscribers to disk every few seconds, and back at start.</summary>
internal sealed partial class SubscriberKeeper(SubscriberLedger ledger, HubStore store, TimeProvider clock, ILogger<SubscriberKeeper> logger)
{
    /// <summary>The ledger's part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("subscriber", 1, """
            CREATE TABLE subscriber_seen (client TEXT NOT NULL, filter TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, there INTEGER NOT NULL, PRIMARY KEY (client, filter)) STRICT, WITHOUT ROWID;
            CREATE TABLE subscriber_alive (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL) STRICT;
            """),
    ];

    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AlivePace = TimeSpan.FromMinutes(1); // So much a crash may take from the last time of those that were there.

    private DateTimeOffset _aliveAt;
    private bool _failed;

    /// <summary>Takes in what the disk kept.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (rows, alive) = await store.ReadAsync(
            connection => (
                connection.Rows("SELECT client, filter, first, last, there FROM subscriber_seen", row =>
                    new LedgerRow(row.GetString(0), row.GetString(1), SettingsStore.Time(row.GetString(2)), SettingsStore.Time(row.GetString(3)), row.GetInt64(4) != 0)),
                connection.Rows("SELECT at FROM subscriber_alive", row => SettingsStore.Time(row.GetString(0)))),
            cancellationToken);
        ledger.Load(rows, alive.Count > 0 ? alive[0] : null);
    }

    /// <summary>Runs until cancelled; then brings to disk what there is.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(Pace, clock);
        try
        {
            while (await pace.WaitForNextTickAsync(cancellationToken))
            {
                await KeepAsync(isLast: false);
            }
        }
        catch (OperationCanceledException)
        {
            await KeepAsync(isLast: true);
        }
    }

    private async Task KeepAsync(bool isLast)
    {
        var now = clock.GetUtcNow();
        var (set, gone) = ledger.TakeChanges();
        var isAliveDue = isLast || now - _aliveAt >= AlivePace;
        if (set.Count + gone.Count == 0 && !isAliveDue)
        {
            return;
        }

        try
        {
            await store.WriteAsync(connection => Write(connection, set, gone, isAliveDue ? now : null));
            _aliveAt = isAliveDue ? now : _aliveAt;
            _failed = false;
        }
        catch (Exception refused) when (refused is StoreException or SqliteException or ObjectDisposedException)
        {
            ledger.GiveBack(set.Select(s => (s.ClientId, s.Filter)).Concat(gone));
            if (!_failed)
            {
                LogNotKept(refused.Message);
            }

            _failed = true;
        }
    }

    private static void Write(SqliteConnection connection, IReadOnlyList<LedgerRow> set, IReadOnlyList<(string ClientId, string Filter)> gone, DateTimeOffset? alive)
    {
        foreach (var row in set)
        {
            connection.Run(
                "INSERT INTO subscriber_seen VALUES ($client, $filter, $first, $last, $there) ON CONFLICT (client, filter) DO UPDATE SET first = $first, last = $last, there = $there",
                ("$client", row.ClientId), ("$filter", row.Filter), ("$first", SettingsStore.Time(row.First)), ("$last", SettingsStore.Time(row.Last)), ("$there", row.WasThere ? 1 : 0));
        }

        foreach (var (client, filter) in gone)
        {
            connection.Run("DELETE FROM subscriber_seen WHERE client = $client AND filter = $filter", ("$client", client), ("$filter", filter));
        }

        if (alive is { } at)
        {
            connection.Run("INSERT INTO subscriber_alive VALUES (1, $at) ON CONFLICT (id) DO UPDATE SET at = $at", ("$at", SettingsStore.Time(at)));
        }
    }

    [LoggerMessage(4301, LogLevel.Error, "Who subscribes is not kept on disk: {Fault}")]
    private partial void LogNotKept(string fault);
}
