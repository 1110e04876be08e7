using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Uns.Alarms;
using Uns.Hub.Settings;
using Uns.Store;

namespace Uns.Hub.Wiring;

/// <summary>Rules, standings and happenings of the alarms in the hub's store.</summary>
internal sealed class AlarmStore(HubStore store)
{
    /// <summary>The alarms' part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("alarms", 1, """
            CREATE TABLE alarms_rule (id TEXT PRIMARY KEY, document TEXT NOT NULL, standing TEXT) STRICT;
            CREATE TABLE alarms_event (id INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT;
            """),
    ];

    private const int MostEvents = 100_000;

    /// <summary>The alarms that can be read, and of each other one what is wrong; those stay saved. A standing that cannot be read is calm: the rule is what protects.</summary>
    public async Task<(IReadOnlyList<Alarm> Alarms, IReadOnlyList<string> Unreadable)> LoadAsync(CancellationToken cancellationToken)
    {
        var rows = await store.ReadAsync(
            connection => connection.Rows("SELECT id, document, standing FROM alarms_rule", row => (Id: row.GetString(0), Rule: row.GetString(1), Standing: row.IsDBNull(2) ? null : row.GetString(2))),
            cancellationToken);
        var (alarms, unreadable) = (new List<Alarm>(), new List<string>());
        foreach (var (id, document, kept) in rows)
        {
            if (!TryRead<AlarmRule>(document, out var rule, out var fault))
            {
                unreadable.Add($"{id}: {fault}");
                continue;
            }

            if (kept is not null && !TryRead<AlarmStanding>(kept, out _, out var lost))
            {
                unreadable.Add($"{rule.Name}, how it stood: {lost}");
            }

            alarms.Add(new Alarm(rule, kept is not null && TryRead<AlarmStanding>(kept, out var standing, out _) ? standing : AlarmStanding.Calm));
        }

        return (alarms, unreadable);
    }

    /// <summary>Writes rules into the transaction of a change.</summary>
    public static void Write(SqliteConnection connection, IReadOnlyList<AlarmRule> set, IReadOnlyList<Guid> gone)
    {
        foreach (var rule in set)
        {
            connection.Run(
                "INSERT INTO alarms_rule VALUES ($id, $document, NULL) ON CONFLICT (id) DO UPDATE SET document = $document, standing = NULL",
                ("$id", rule.Id.ToString()), ("$document", Write(rule)));
        }

        foreach (var id in gone)
        {
            connection.Run("DELETE FROM alarms_rule WHERE id = $id", ("$id", id.ToString()));
        }
    }

    /// <summary>What happened and how the alarms stand then, in one step: neither is there without the other.</summary>
    public Task SaveAsync(IReadOnlyList<AlarmEvent> events, IReadOnlyList<Alarm> changed) => store.WriteAsync(connection =>
    {
        foreach (var happened in events)
        {
            connection.Run("INSERT INTO alarms_event (document) VALUES ($document)", ("$document", Write(happened)));
        }

        foreach (var (rule, standing) in changed)
        {
            connection.Run("UPDATE alarms_rule SET standing = $standing WHERE id = $id", ("$standing", Write(standing)), ("$id", rule.Id.ToString()));
        }

        connection.Run("DELETE FROM alarms_event WHERE id <= (SELECT MAX(id) FROM alarms_event) - $most", ("$most", MostEvents));
    });

    public Task<List<AlarmEvent>> HistoryAsync(int most, CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT document FROM alarms_event ORDER BY id DESC LIMIT $most", row => row.GetString(0), ("$most", most))
            .Select(document => TryRead<AlarmEvent>(document, out var happened, out _) ? happened : null).OfType<AlarmEvent>().ToList(),
        cancellationToken);

    private static string Write<T>(T document) => JsonSerializer.Serialize(document, HubJson.Options);

    private static bool TryRead<T>(string document, [NotNullWhen(true)] out T? read, [NotNullWhen(false)] out string? fault)
        where T : class
    {
        try
        {
            read = JsonSerializer.Deserialize<T>(document, HubJson.Options);
            fault = read is null ? "it is empty." : null;
        }
        catch (JsonException unreadable)
        {
            (read, fault) = (null, unreadable.Message);
        }

        return read is not null;
    }
}
