using Microsoft.Data.Sqlite;

namespace Uns.Store;

/// <summary>Opens the one SQLite file: settings, integrity check, quarantine, schema steps.</summary>
internal static class StoreFile
{
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    /// <summary>Opens the writer's connection, after moving a damaged file aside.</summary>
    public static (SqliteConnection Connection, DamagedStore? Damaged) Open(string path, StorePolicy policy, TimeProvider clock)
    {
        var fault = FindFault(path);
        DamagedStore? damaged = null;
        if (fault is not null)
        {
            damaged = new DamagedStore(MoveAside(path, clock), fault);
        }

        return (Connect(path, readOnly: false, policy), damaged);
    }

    /// <summary>One connection with the store's settings. Readers see the last commit and never wait for the writer.</summary>
    public static SqliteConnection Connect(string path, bool readOnly, StorePolicy policy = StorePolicy.Group)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        try
        {
            connection.Open();

            // FULL: a commit is on stable storage when it returns, also after a power cut. NORMAL: at the next checkpoint.
            // Memory for statement journals: a write must not depend on room in another directory.
            var synchronous = policy == StorePolicy.Group ? "FULL" : "NORMAL";
            connection.Run(readOnly
                ? "PRAGMA query_only=1;"
                : $"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Applies each step that the file does not have yet.</summary>
    /// <exception cref="StoreException">The steps have a hole, one fails, or the file comes from a newer version.</exception>
    public static void ApplySchema(SqliteConnection connection, IEnumerable<SchemaStep> schema, TimeProvider clock)
    {
        connection.Run("CREATE TABLE IF NOT EXISTS schema_step (room TEXT NOT NULL, number INTEGER NOT NULL, applied_at TEXT NOT NULL, PRIMARY KEY (room, number)) WITHOUT ROWID;");
        foreach (var room in schema.GroupBy(s => s.Room))
        {
            var steps = room.OrderBy(s => s.Number).ToList();
            for (var i = 0; i < steps.Count; i++)
            {
                if (steps[i].Number != i + 1)
                {
                    throw new StoreException($"The schema of {room.Key} has step {steps[i].Number} where step {i + 1} is due.");
                }
            }

            var applied = AppliedSteps(connection, room.Key);
            if (applied > steps.Count)
            {
                throw new StoreException($"The store's tables of {room.Key} are at step {applied}, this version knows {steps.Count}: start the version that wrote them.");
            }

            foreach (var step in steps.Skip(applied))
            {
                Apply(connection, step, clock);
            }
        }
    }

    private static int AppliedSteps(SqliteConnection connection, string room) =>
        connection.Rows("SELECT COALESCE(MAX(number), 0) FROM schema_step WHERE room = $room", row => row.GetInt32(0), ("$room", room))[0];

    private static void Apply(SqliteConnection connection, SchemaStep step, TimeProvider clock)
    {
        using var transaction = connection.BeginTransaction();
        try
        {
            connection.Run(step.Sql);
            connection.Run(
                "INSERT INTO schema_step (room, number, applied_at) VALUES ($room, $number, $at)", ("$room", step.Room), ("$number", step.Number), ("$at", clock.GetUtcNow().ToString("O")));
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw new StoreException($"Step {step.Number} of the schema of {step.Room} does not apply: {e.Message}", e);
        }
    }

    private static string? FindFault(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var connection = Connect(path, readOnly: false);
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(1)";
            var verdict = command.ExecuteScalar() as string;
            return verdict == "ok" ? null : verdict ?? "the integrity check gave no answer";
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase)
        {
            return e.Message;
        }
    }

    private static string MoveAside(string path, TimeProvider clock)
    {
        var aside = $"{path}.damaged-{clock.GetUtcNow():yyyyMMdd'T'HHmmssfff'Z'}";
        foreach (var part in new[] { "", "-wal", "-shm" })
        {
            if (File.Exists(path + part))
            {
                File.Move(path + part, aside + part);
            }
        }

        return aside;
    }
}
