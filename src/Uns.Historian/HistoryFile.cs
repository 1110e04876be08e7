using Microsoft.Data.Sqlite;
using Uns.Store;

namespace Uns.Historian;

/// <summary>The statements of the history's file. Every method runs inside the caller's transaction or read.</summary>
internal static class HistoryFile
{
    public static readonly SchemaStep[] Schema =
    [
        new("historian", 1, """
            CREATE TABLE historian_series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, path TEXT NOT NULL, unit TEXT NOT NULL, closed_batch INTEGER NOT NULL, last_time INTEGER) STRICT;
            CREATE TABLE historian_segment (
              id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, low REAL, high REAL, area REAL NOT NULL,
              usable_ms INTEGER NOT NULL, worst INTEGER NOT NULL, last_number REAL, last_quality INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
            CREATE INDEX historian_segment_series ON historian_segment (series, last, first);
            CREATE INDEX historian_segment_last ON historian_segment (last);
            CREATE TABLE historian_hour (
              series INTEGER NOT NULL, hour INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, low REAL, high REAL, area REAL NOT NULL,
              usable_ms INTEGER NOT NULL, worst INTEGER NOT NULL, last_number REAL, last_quality INTEGER NOT NULL, PRIMARY KEY (series, hour)) STRICT, WITHOUT ROWID;
            CREATE INDEX historian_hour_hour ON historian_hour (hour);
            CREATE TABLE historian_log (batch INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT;
            CREATE TABLE historian_state (id INTEGER PRIMARY KEY CHECK (id = 1), alive_at INTEGER NOT NULL) STRICT;
            """),
        new("historian", 2, "CREATE TABLE historian_former (path TEXT PRIMARY KEY, series INTEGER NOT NULL) STRICT, WITHOUT ROWID"),
        new("historian", 3, """
            CREATE TABLE historian_retention (id INTEGER PRIMARY KEY CHECK (id = 1), reckoned_at INTEGER NOT NULL, jump_ms INTEGER NOT NULL, stood_ms INTEGER NOT NULL) STRICT;
            INSERT INTO historian_retention SELECT 1, alive_at, 0, 0 FROM historian_state;
            """),
    ];

    private const long HourMs = 3_600_000;
    private const string Figures = "first, last, count, low, high, area, usable_ms, worst, last_number, last_quality";

    public static List<(int Id, string Key, string Path, string Unit, long ClosedBatch, long? LastTime)> Series(SqliteConnection connection) => connection.Rows(
        "SELECT id, key, path, unit, closed_batch, last_time FROM historian_series",
        row => (row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.IsDBNull(5) ? (long?)null : row.GetInt64(5)));

    /// <summary>Places that series have left.</summary>
    public static List<(string Path, int Series)> Former(SqliteConnection connection) =>
        connection.Rows("SELECT path, series FROM historian_former", row => (row.GetString(0), row.GetInt32(1)));

    public static void SaveFormer(SqliteConnection connection, IReadOnlyList<(string Path, int Series)> former) => connection.RunEach(
        "INSERT INTO historian_former VALUES ($path, $series) ON CONFLICT (path) DO UPDATE SET series = $series", ["$path", "$series"], former, f => [f.Path, f.Series]);

    /// <summary>The batches of the log, oldest first.</summary>
    public static List<(long Batch, byte[] Payload)> Log(SqliteConnection connection) =>
        connection.Rows("SELECT batch, payload FROM historian_log ORDER BY batch", row => (row.GetInt64(0), (byte[])row.GetValue(1)));

    public static long Number(SqliteConnection connection, string sql) => connection.Rows(sql, row => row.IsDBNull(0) ? 0 : row.GetInt64(0)).FirstOrDefault();

    public static void SaveSeries(SqliteConnection connection, IReadOnlyList<(int Id, string Key, string Path, string Unit)> series) => connection.RunEach(
        "INSERT INTO historian_series VALUES ($id, $key, $path, $unit, 0, NULL) ON CONFLICT (id) DO UPDATE SET path = $path, unit = $unit",
        ["$id", "$key", "$path", "$unit"], series, s => [s.Id, s.Key, s.Path, s.Unit]);

    public static void SaveClosed(SqliteConnection connection, IReadOnlyList<ClosedRun> runs)
    {
        connection.RunEach(
            $"INSERT INTO historian_segment (id, series, {Figures}, payload) VALUES ($id, $series, $first, $last, $count, $low, $high, $area, $usable, $worst, $number, $quality, $payload)",
            ["$id", "$series", .. FigureNames, "$payload"], runs, r => [r.Run.Id, r.Series.Id, .. FiguresOf(r.Run.Summary), r.Payload]);
        connection.RunEach(
            """
                INSERT INTO historian_hour VALUES ($series, $hour, $first, $last, $count, $low, $high, $area, $usable, $worst, $number, $quality)
                ON CONFLICT (series, hour) DO UPDATE SET
                  last_number = iif(excluded.last >= last, excluded.last_number, last_number), last_quality = iif(excluded.last >= last, excluded.last_quality, last_quality),
                  first = min(first, excluded.first), last = max(last, excluded.last), count = count + excluded.count,
                  low = coalesce(min(low, excluded.low), low, excluded.low), high = coalesce(max(high, excluded.high), high, excluded.high),
                  area = area + excluded.area, usable_ms = usable_ms + excluded.usable_ms, worst = max(worst, excluded.worst)
                """,
            ["$series", "$hour", .. FigureNames], [.. runs.SelectMany(Hours)], h => [h.Series, h.Hour, .. FiguresOf(h.Summary)]);
        connection.RunEach(
            "UPDATE historian_series SET closed_batch = $batch, last_time = $last WHERE id = $id",
            ["$batch", "$last", "$id"], [.. runs.Select(r => r.Series).Distinct()], s => [s.ClosedBatch, s.LastTime, s.Id]);
    }

    public static void SaveLog(SqliteConnection connection, long batch, byte[] payload, long aliveAt)
    {
        if (payload.Length > 0)
        {
            connection.Run("INSERT INTO historian_log VALUES ($batch, $payload)", ("$batch", batch), ("$payload", payload));
        }

        connection.Run("INSERT INTO historian_state VALUES (1, $now) ON CONFLICT (id) DO UPDATE SET alive_at = $now", ("$now", aliveAt));
    }

    /// <summary>The time by which history was given up last, how far the clock was from it, and how long; empty at first.</summary>
    public static List<(DateTimeOffset Reckoned, TimeSpan Jump, TimeSpan Stood)> Retention(SqliteConnection connection) => connection.Rows(
        "SELECT reckoned_at, jump_ms, stood_ms FROM historian_retention",
        row => (DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)), TimeSpan.FromMilliseconds(row.GetInt64(1)), TimeSpan.FromMilliseconds(row.GetInt64(2))));

    public static void SaveRetention(SqliteConnection connection, DateTimeOffset reckoned, TimeSpan jump, TimeSpan stood) => connection.Run(
        "INSERT INTO historian_retention VALUES (1, $at, $jump, $stood) ON CONFLICT (id) DO UPDATE SET reckoned_at = $at, jump_ms = $jump, stood_ms = $stood",
        ("$at", reckoned.ToUnixTimeMilliseconds()), ("$jump", (long)jump.TotalMilliseconds), ("$stood", (long)stood.TotalMilliseconds));

    public static void ForgetLog(SqliteConnection connection, long beforeBatch) => connection.Run("DELETE FROM historian_log WHERE batch < $batch", ("$batch", beforeBatch));

    /// <summary>Gives up what is too old, and the oldest while there is too much; at most a few thousand rows a call.</summary>
    /// <returns>Bytes in use afterwards.</returns>
    public static long Retain(SqliteConnection connection, long changesBefore, long hoursBefore, long maximumBytes)
    {
        // The newest run of a series stays whatever its age: it says what holds until now.
        const string NotNewest = "EXISTS (SELECT 1 FROM historian_segment n WHERE n.series = s.series AND n.last > s.last)";
        connection.Run($"DELETE FROM historian_segment WHERE id IN (SELECT id FROM historian_segment s WHERE last < $before AND {NotNewest} ORDER BY last LIMIT 4000)", ("$before", changesBefore));
        connection.Run("DELETE FROM historian_hour WHERE (series, hour) IN (SELECT series, hour FROM historian_hour WHERE hour < $before ORDER BY hour LIMIT 4000)", ("$before", hoursBefore));
        for (var round = 0; round < 8 && Used(connection) > maximumBytes; round++)
        {
            if (connection.Run($"DELETE FROM historian_segment WHERE id IN (SELECT id FROM historian_segment s WHERE {NotNewest} ORDER BY last LIMIT 500)") == 0)
            {
                connection.Run("DELETE FROM historian_hour WHERE (series, hour) IN (SELECT series, hour FROM historian_hour ORDER BY hour LIMIT 4000)");
            }
        }

        return Used(connection);
    }

    /// <summary>The runs that touch a range, and the last one before it, by time; without their samples.</summary>
    public static List<KeptRun> Runs(SqliteConnection connection, int series, long from, long to) =>
    [
        .. connection.Rows($"SELECT id, {Figures} FROM historian_segment WHERE series = $series AND last < $from ORDER BY last DESC LIMIT 1", KeptRun.Of, ("$series", series), ("$from", from)),
        .. connection.Rows(
            $"SELECT id, {Figures} FROM historian_segment WHERE series = $series AND last >= $from AND first < $to ORDER BY first, id", KeptRun.Of,
            ("$series", series), ("$from", from), ("$to", to)),
    ];

    /// <summary>The hours of a range that lie before the first change that is kept.</summary>
    public static List<KeptRun> HoursOf(SqliteConnection connection, int series, long from, long to)
    {
        var firstChange = connection.Rows("SELECT MIN(first) FROM historian_segment WHERE series = $series", row => row.IsDBNull(0) ? long.MaxValue : row.GetInt64(0), ("$series", series))[0];
        return connection.Rows(
            $"SELECT 0, {Figures} FROM historian_hour WHERE series = $series AND hour >= $from AND hour < $to AND last < $change ORDER BY hour", KeptRun.Of,
            ("$series", series), ("$from", from - (from % HourMs)), ("$to", to), ("$change", firstChange));
    }

    public static byte[]? Payload(SqliteConnection connection, long id) => connection.Rows("SELECT payload FROM historian_segment WHERE id = $id", row => (byte[])row.GetValue(0), ("$id", id)).FirstOrDefault();

    private static readonly string[] FigureNames = ["$first", "$last", "$count", "$low", "$high", "$area", "$usable", "$worst", "$number", "$quality"];

    private static object[] FiguresOf(in SampleSummary s) => [s.First, s.Last, s.Count, Real(s.Low), Real(s.High), double.IsFinite(s.Area) ? s.Area : 0, s.UsableMs, (int)s.Worst, Real(s.LastNumber), (int)s.LastQuality];

    private static object Real(double number) => double.IsNaN(number) ? DBNull.Value : number;

    private static long Used(SqliteConnection connection) =>
        (Number(connection, "PRAGMA page_count") - Number(connection, "PRAGMA freelist_count")) * Number(connection, "PRAGMA page_size");

    private static IEnumerable<(int Series, long Hour, SampleSummary Summary)> Hours(ClosedRun closed)
    {
        var samples = new List<HistorySample>(closed.Run.Count);
        SegmentWriter.TryRead(closed.Payload, closed.Run.Count, samples);
        for (var i = 0; i < samples.Count;)
        {
            var hour = samples[i].Time - (samples[i].Time % HourMs);
            var summary = default(SampleSummary);
            for (; i < samples.Count && samples[i].Time < hour + HourMs; i++)
            {
                summary.Add(samples[i]);
            }

            yield return (closed.Series.Id, hour, summary);
        }
    }
}

/// <summary>A run that is finished, on its way to the disk.</summary>
internal sealed record ClosedRun(HistorySeries Series, SegmentWriter Run, byte[] Payload);

/// <summary>A run as the file tells it; its samples are fetched when they are needed. Id 0: an hour, of which only this is left.</summary>
internal readonly record struct KeptRun(long Id, SampleSummary Summary, byte[]? Payload)
{
    public static KeptRun Of(SqliteDataReader row) => new(
        row.GetInt64(0),
        new SampleSummary
        {
            First = row.GetInt64(1),
            Last = row.GetInt64(2),
            Count = row.GetInt32(3),
            Low = Real(row, 4),
            High = Real(row, 5),
            Area = row.GetDouble(6),
            UsableMs = row.GetInt64(7),
            Worst = (HistoryQuality)row.GetInt32(8),
            LastNumber = Real(row, 9),
            LastQuality = (HistoryQuality)row.GetInt32(10),
        },
        null);

    private static double Real(SqliteDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);
}
