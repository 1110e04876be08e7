using System.Globalization;
using Microsoft.Data.Sqlite;
using Uns.Store;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>The log of who did what, on disk. Set-points and sign-ins have bounds of their own, so that a program that does either all day pushes no change of the settings out.</summary>
internal sealed partial class LogBook(HubStore store, TimeProvider clock, ILogger<LogBook> logger) : ILogBook, IWriteWitness
{
    /// <summary>Rows about set-points that are kept.</summary>
    public const int MostWrites = 50_000;

    /// <summary>Rows about people that are kept: whoever guesses passwords all day pushes nothing else out.</summary>
    public const int MostAccess = 20_000;

    /// <summary>Other rows that are kept.</summary>
    public const int MostOthers = 100_000;

    /// <summary>How long rows are kept.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3 * 365);

    /// <summary>The log's part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("log", 1, """
            CREATE TABLE log_row (id INTEGER PRIMARY KEY, time TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL, thing TEXT NOT NULL, words TEXT NOT NULL, comment TEXT NOT NULL, version INTEGER) STRICT;
            CREATE INDEX log_row_kind ON log_row (kind, id);
            """),
    ];

    private const int LongestText = 4000;
    private const int EverySo = 64; // Rows between two looks at the bounds: they may be exceeded by as many.
    private int _rows;
    private int _failed;

    /// <inheritdoc/>
    public void Post(string kind, string thing, string words, string author)
    {
        var time = clock.GetUtcNow();
        _ = KeepAsync(connection => Write(connection, time, author, kind, thing, words, "", null));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogRow>> ReadAsync(LogFilter filter, CancellationToken cancellationToken) => store.ReadAsync<IReadOnlyList<LogRow>>(
        connection => connection.Rows(
            """
            SELECT id, time, author, kind, thing, words, comment, version FROM log_row
            WHERE id < $before AND ($kind = '' OR kind = $kind) AND kind <> $without
              AND ($search = '' OR instr(lower(thing || ' ' || words || ' ' || comment || ' ' || author), $search) > 0)
            ORDER BY id DESC LIMIT $most
            """,
            row => new LogRow(row.GetInt64(0), SettingsStore.Time(row.GetString(1)), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6), row.IsDBNull(7) ? null : row.GetInt32(7)),
            ("$before", filter.Before ?? long.MaxValue), ("$kind", filter.Kind), ("$without", filter.Without), ("$search", Lower(filter.Search)), ("$most", Math.Clamp(filter.Most, 1, 1000))),
        cancellationToken);

    /// <summary>Writes one row into the transaction of what it tells.</summary>
    public void Write(SqliteConnection connection, DateTimeOffset time, string author, string kind, string thing, string words, string comment, int? version)
    {
        WriteRow(connection, time, author, kind, thing, words, comment, version);
        if (Interlocked.Increment(ref _rows) % EverySo == 0)
        {
            Keep(connection, $"kind = '{LogKinds.Write}'", MostWrites);
            Keep(connection, $"kind = '{LogKinds.Access}'", MostAccess);
            Keep(connection, $"kind NOT IN ('{LogKinds.Write}', '{LogKinds.Access}')", MostOthers);
            connection.Run("DELETE FROM log_row WHERE time < $oldest", ("$oldest", SettingsStore.Time(time - Longest)));
        }
    }

    /// <summary>Writes one row and looks at no bound, for who has no log at hand.</summary>
    internal static void WriteRow(SqliteConnection connection, DateTimeOffset time, string author, string kind, string thing, string words, string comment, int? version) => connection.Run(
        "INSERT INTO log_row (time, author, kind, thing, words, comment, version) VALUES ($time, $author, $kind, $thing, $words, $comment, $version)",
        ("$time", SettingsStore.Time(time)), ("$author", Cut(author)), ("$kind", kind), ("$thing", Cut(thing)), ("$words", Cut(words)), ("$comment", Cut(comment)), ("$version", version));

    /// <inheritdoc/>
    public async Task<long> SendingAsync(string path, string before, string given, string who)
    {
        var (time, id) = (clock.GetUtcNow(), 0L);
        await KeepAsync(connection =>
        {
            Write(connection, time, who, LogKinds.Write, path, $"{before} → {given}: sent", "", null);
            id = connection.Rows("SELECT last_insert_rowid()", row => row.GetInt64(0))[0];
        });
        return id;
    }

    /// <inheritdoc/>
    public void Ended(long id, string before, string given, WriteResult result)
    {
        var words = result.Outcome == WriteOutcome.Done
            ? $"{before} → {given}: done, the device reads {result.Value?.Value}"
            : $"{before} → {given}: {result.Message ?? result.Outcome.ToString()}";
        _ = KeepAsync(connection => connection.Run("UPDATE log_row SET words = $words WHERE id = $id", ("$words", Cut(words)), ("$id", id)));
    }

    /// <inheritdoc/>
    public void Refused(string path, string before, string given, string who, WriteResult result)
    {
        if (result.Outcome is not WriteOutcome.NotFound)
        {
            Post(LogKinds.Write, path, $"{before} → {given}: refused. {result.Message}", who);
        }
    }

    private async Task KeepAsync(Action<SqliteConnection> write)
    {
        try
        {
            await store.WriteAsync(write);
            Volatile.Write(ref _failed, 0);
        }
        catch (Exception refused) when (refused is StoreException or SqliteException or ObjectDisposedException)
        {
            // What people do in the plant goes on; that it is not written down is told once.
            if (Interlocked.Exchange(ref _failed, 1) == 0)
            {
                LogNotKept(refused.Message);
            }
        }
    }

    private static void Keep(SqliteConnection connection, string rows, int most) =>
        connection.Run($"DELETE FROM log_row WHERE {rows} AND id <= (SELECT id FROM log_row WHERE {rows} ORDER BY id DESC LIMIT 1 OFFSET {most})");

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";

    // The lower case of the database knows Latin letters alone; both sides must be made alike.
    private static string Lower(string search) => string.Concat(search.Select(c => c is >= 'A' and <= 'Z' ? char.ToLower(c, CultureInfo.InvariantCulture) : c));

    [LoggerMessage(4201, LogLevel.Error, "What people do is not written in the log: {Fault}")]
    private partial void LogNotKept(string fault);
}
