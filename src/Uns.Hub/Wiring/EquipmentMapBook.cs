using System.Text.Json;
using Microsoft.Data.Sqlite;
using Uns.Hub.Settings;
using Uns.Store;
using Uns.Tree;

namespace Uns.Hub.Wiring;

/// <summary>The mapping table, saved as one document and in force in the tree.</summary>
internal sealed class EquipmentMapBook(HubStore store, UnsTree tree) : IEquipmentMapBook
{
    /// <summary>The book's part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("mapping", 1, "CREATE TABLE mapping_table (id INTEGER PRIMARY KEY CHECK (id = 1), document TEXT NOT NULL) STRICT"),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<EquipmentRule> Rules { get; private set; } = [];

    /// <summary>Writes the table into the transaction of a change.</summary>
    public static void Write(SqliteConnection connection, IReadOnlyList<EquipmentRule> rules) => connection.Run(
        "INSERT INTO mapping_table VALUES (1, $document) ON CONFLICT (id) DO UPDATE SET document = $document", ("$document", JsonSerializer.Serialize(rules, HubJson.Options)));

    /// <summary>Brings the saved table back.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var documents = await store.ReadAsync(connection => connection.Rows("SELECT document FROM mapping_table", row => row.GetString(0)), cancellationToken);
        foreach (var document in documents)
        {
            PutInForce(JsonSerializer.Deserialize<IReadOnlyList<EquipmentRule>>(document, HubJson.Options) ?? []);
        }
    }

    /// <summary>Moves every value to its place by the table.</summary>
    public void PutInForce(IReadOnlyList<EquipmentRule> rules)
    {
        Rules = rules;
        tree.Remap(new EquipmentMap(rules));
    }
}
