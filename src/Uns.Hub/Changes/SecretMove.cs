using System.Text.Json;
using Microsoft.Data.Sqlite;
using Uns.Connectors;
using Uns.Hub.Settings;
using Uns.Store;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>Seals the passwords that an earlier version of the hub wrote in clear text: devices, all kept versions, drafts. Once, in one transaction.</summary>
internal sealed class SecretMove(HubStore store, SecretSeal seal, TimeProvider clock)
{
    /// <summary>Says that it was done.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("secrets", 1, "CREATE TABLE secrets_sealed (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL) STRICT"),
    ];

    /// <summary>Does it when it was not done yet.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(connection => connection.Rows("SELECT at FROM secrets_sealed", row => row.GetString(0)), cancellationToken) is { Count: > 0 })
        {
            return;
        }

        await store.WriteAsync(
            connection =>
            {
                connection.Run("PRAGMA secure_delete = ON"); // What was there is written over, not only let go.
                Devices(connection);
                Parts(connection);
                Drafts(connection);
                connection.Run("PRAGMA secure_delete = OFF");
                connection.Run("INSERT INTO secrets_sealed VALUES (1, $at)", ("$at", SettingsStore.Time(clock.GetUtcNow())));
            },
            cancellationToken);
    }

    private void Devices(SqliteConnection connection)
    {
        foreach (var (name, document) in connection.Rows("SELECT name, document FROM devices_device", row => (row.GetString(0), row.GetString(1))))
        {
            if (Sealed<DeviceOptions>(document, HubJson.Options, seal.Seal) is { } hidden)
            {
                connection.Run("UPDATE devices_device SET document = $document WHERE name = $name", ("$document", hidden), ("$name", name));
            }
        }
    }

    private void Parts(SqliteConnection connection)
    {
        foreach (var mark in connection.Rows("SELECT DISTINCT part FROM settings_entry WHERE thing LIKE 'device/%'", row => row.GetString(0)))
        {
            foreach (var document in connection.Rows("SELECT document FROM settings_part WHERE mark = $mark", row => SettingsStore.Unpack((byte[])row.GetValue(0)), ("$mark", mark)))
            {
                if (Sealed<DeviceOptions>(document, PlantJson.Options, seal.Seal) is { } hidden)
                {
                    connection.Run("INSERT OR IGNORE INTO settings_part VALUES ($mark, $document)", ("$mark", PlantJson.Mark(hidden)), ("$document", SettingsStore.Pack(hidden)));
                    connection.Run("UPDATE settings_entry SET part = $new WHERE part = $old", ("$new", PlantJson.Mark(hidden)), ("$old", mark));
                    connection.Run("DELETE FROM settings_part WHERE mark = $mark", ("$mark", mark));
                }
            }
        }
    }

    private void Drafts(SqliteConnection connection)
    {
        foreach (var (name, document) in connection.Rows("SELECT name, document FROM settings_draft", row => (row.GetString(0), SettingsStore.Unpack((byte[])row.GetValue(1)))))
        {
            if (Sealed<DraftContent>(document, PlantJson.Options, seal.Seal) is { } hidden)
            {
                connection.Run("UPDATE settings_draft SET document = $document WHERE name = $name", ("$document", SettingsStore.Pack(hidden)), ("$name", name));
            }
        }
    }

    // Null: nothing in it is to be sealed, or it cannot be read and stays as it is.
    private static string? Sealed<T>(string document, JsonSerializerOptions options, Func<T, T> hide)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize<T>(document, options) is not { } open)
            {
                return null;
            }

            var hidden = JsonSerializer.Serialize(hide(open), options);
            return hidden == JsonSerializer.Serialize(open, options) ? null : hidden;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
