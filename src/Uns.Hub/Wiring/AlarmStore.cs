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

    public Task<List<Alarm>> LoadAsync(CancellationToken cancellationToken) => store.ReadAsync(
        connection => connection.Rows("SELECT document, standing FROM alarms_rule", row => new Alarm(
            Read<AlarmRule>(row.GetString(0)), row.IsDBNull(1) ? AlarmStanding.Calm : Read<AlarmStanding>(row.GetString(1)))),
        cancellationToken);

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
        connection => connection.Rows("SELECT document FROM alarms_event ORDER BY id DESC LIMIT $most", row => Read<AlarmEvent>(row.GetString(0)), ("$most", most)), cancellationToken);

    private static string Write<T>(T document) => JsonSerializer.Serialize(document, HubJson.Options);

    private static T Read<T>(string document) => JsonSerializer.Deserialize<T>(document, HubJson.Options)!;
}
