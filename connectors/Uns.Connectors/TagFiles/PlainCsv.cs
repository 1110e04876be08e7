namespace Uns.Connectors.TagFiles;

/// <summary>Any table, by a mapping from a tag's properties to the file's columns.</summary>
/// <param name="columns">Column of each property; properties are name, address, type, period (ms), access, factor, offset, deadband, low, high, unit, description.</param>
public sealed class PlainCsv(IReadOnlyDictionary<string, string> columns) : ITagFileFormat
{
    private static readonly Dictionary<string, string[]> Usual = new(StringComparer.OrdinalIgnoreCase)
    {
        ["name"] = ["name", "tag", "tag name", "tagname", "tag_name", "display name", "displayname", "symbol"],
        ["address"] = ["address", "register", "node id", "nodeid", "node_id", "item", "offset address", "logical address"],
        ["type"] = ["type", "data type", "datatype", "data_type", "valuetype"],
        ["period"] = ["period", "scan rate", "update rate", "pollinginterval", "interval"],
        ["access"] = ["access", "access level", "rw", "client access"],
        ["factor"] = ["factor", "scale", "multiplier"],
        ["offset"] = ["offset", "bias"],
        ["deadband"] = ["deadband"],
        ["low"] = ["low", "min", "minimum"],
        ["high"] = ["high", "max", "maximum"],
        ["unit"] = ["unit", "units", "eng unit", "engunit"],
        ["description"] = ["description", "comment", "documentation"],
    };

    /// <inheritdoc/>
    public string Name => "table";

    /// <summary>Which column would be taken for each property, by the usual names.</summary>
    public static IReadOnlyDictionary<string, string> Guess(CsvTable table) =>
        Usual.Select(u => (u.Key, Column: table.Header.FirstOrDefault(h => u.Value.Contains(h.Trim().ToLowerInvariant()))))
            .Where(u => u.Column is not null).ToDictionary(u => u.Key, u => u.Column!.Trim());

    /// <inheritdoc/>
    public IReadOnlyList<TagRow>? Read(TagFileContent file)
    {
        if (file.Table is not { } table)
        {
            return null;
        }

        var taken = new Dictionary<string, string>(columns.Count > 0 ? columns : Guess(table), StringComparer.OrdinalIgnoreCase);
        return taken.TryGetValue("name", out var name) && taken.TryGetValue("address", out var address) && table.Has(name, address)
            ? [.. table.Rows.Select(r => Read(new CellReader(table, r), taken))]
            : null;
    }

    private static TagRow Read(CellReader cells, Dictionary<string, string> columns)
    {
        string Column(string property) => columns.GetValueOrDefault(property, "");
        return cells.Row(new()
        {
            Name = cells.Text(Column("name")),
            Address = cells.Text(Column("address")),
            DataType = cells.Type(Column("type"), TypeWords.Sparkplug),
            Period = cells.Milliseconds(Column("period")) ?? TimeSpan.FromSeconds(1),
            Writable = cells.Text(Column("access")).Contains('W', StringComparison.OrdinalIgnoreCase),
            Factor = cells.Number(Column("factor")) ?? 1,
            Offset = cells.Number(Column("offset")) ?? 0,
            Deadband = cells.Number(Column("deadband")) ?? 0,
            Low = cells.Number(Column("low")),
            High = cells.Number(Column("high")),
            Unit = cells.Text(Column("unit")),
            Description = cells.Text(Column("description")),
        });
    }
}
