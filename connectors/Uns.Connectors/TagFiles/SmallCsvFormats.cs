using System.Text.Json.Nodes;
using Uns.Tags;

namespace Uns.Connectors.TagFiles;

/// <summary>Neuron's tag sheet: group, name, address, attribute, type.</summary>
internal sealed class NeuronCsv : ITagFileFormat
{
    public string Name => "Neuron";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("group", "name", "address", "attribute", "type")
            ? [.. table.Rows.Select(r => Read(new CellReader(table, r)))]
            : null;

    private static TagRow Read(CellReader cells)
    {
        var attributes = cells.Text("attribute").Split(['|', '\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (attributes.Contains("Static", StringComparer.OrdinalIgnoreCase))
        {
            cells.Blame("a static tag has no address in a device.");
        }

        var factor = cells.Number("decimal") is { } multiplier && multiplier != 0 ? multiplier : 1;
        var group = cells.Text("group");
        return cells.Row(new()
        {
            Name = group.Length == 0 ? cells.Text("name") : $"{group}/{cells.Text("name")}",
            Address = cells.Text("address"),
            DataType = cells.Type("type", TypeWords.Iec),
            Writable = attributes.Contains("Write", StringComparer.OrdinalIgnoreCase),
            Factor = factor,
            Offset = cells.Number("bias") ?? 0,
            Description = cells.Text("description"),
        });
    }
}

/// <summary>TIA Portal's tag table. Data blocks are not in it; they come by their source.</summary>
internal sealed class TiaTagTable : ITagFileFormat
{
    public string Name => "TIA Portal tag table";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("Name", "Data Type", "Logical Address")
            ? [.. table.Rows.Select(r => Read(new CellReader(table, r)))]
            : null;

    private static TagRow Read(CellReader cells)
    {
        var word = cells.Text("Data Type");
        return cells.Row(new()
        {
            Name = cells.Text("Name"),
            // The type's own word is closer than ours: a TIME is no DINT.
            Address = word.Length == 0 ? cells.Text("Logical Address") : $"{cells.Text("Logical Address")}:{word.ToUpperInvariant().Replace("TIME_OF_DAY", "TOD", StringComparison.Ordinal)}",
            Writable = cells.Text("Hmi Writeable").Length == 0 ? false : cells.IsTrue("Hmi Writeable"),
            Description = cells.Text("Comment"),
        });
    }
}

/// <summary>HiveMQ Edge's tag file for OPC UA.</summary>
internal sealed class HiveMqEdgeCsv : ITagFileFormat
{
    public string Name => "HiveMQ Edge CSV";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("tag_name", "node_id", "namespace_uri")
            ? [.. table.Rows.Select(r => Read(new CellReader(table, r)))]
            : null;

    private static TagRow Read(CellReader cells)
    {
        var id = cells.Text("node_id");
        var at = id.IndexOf(';', StringComparison.Ordinal);
        var uri = cells.Text("namespace_uri");
        var name = cells.Text("tag_name");
        return cells.Row(new()
        {
            Name = name.Length > 0 ? name : cells.Text("tag_name_default"),
            // The index moves when a server is set up anew; its URI does not.
            Address = uri.Length > 0 && id.StartsWith("ns=", StringComparison.Ordinal) && at > 0 ? $"nsu={uri}{id[at..]}" : id,
            DataType = cells.Type("data_type", TypeWords.Iec),
            Writable = cells.Text("access_level").Contains("write", StringComparison.OrdinalIgnoreCase),
            Description = cells.Text("tag_description").Length > 0 ? cells.Text("tag_description") : cells.Text("node_description"),
        });
    }
}

/// <summary>Factory+'s origin map.</summary>
internal sealed class FactoryPlusCsv : ITagFileFormat
{
    public string Name => "Factory+ origin map";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("Tag_Path", "Sparkplug_Type", "Address")
            ? [.. table.Rows.Where(r => table.Cell(r, "Address").Length > 0 || table.Cell(r, "Value").Length == 0).Select(r => Read(new CellReader(table, r)))]
            : null;

    private static TagRow Read(CellReader cells)
    {
        var type = cells.Type("Sparkplug_Type", TypeWords.Sparkplug);
        var isLittle = cells.Text("Sparkplug_Type").EndsWith("LE", StringComparison.Ordinal) && type is not (DataType.Boolean or DataType.String);
        return cells.Row(new()
        {
            Name = cells.Text("Tag_Path"),
            Address = isLittle && !cells.Text("Address").Contains('=', StringComparison.Ordinal) ? $"{cells.Text("Address")}#DCBA" : cells.Text("Address"),
            DataType = type,
            Deadband = Math.Max(0, cells.Number("Deadband") ?? 0),
            Low = cells.Number("Eng_Low"),
            High = cells.Number("Eng_High"),
            Unit = cells.Text("Eng_Unit"),
        });
    }
}

/// <summary>OPC Publisher's published nodes.</summary>
internal sealed class PublishedNodesJson : ITagFileFormat
{
    public string Name => "OPC Publisher JSON";

    public IReadOnlyList<TagRow>? Read(TagFileContent file)
    {
        if (file.Json is not JsonArray servers || servers.Count == 0 || !servers.All(s => s is JsonObject o && o.ContainsKey("EndpointUrl")))
        {
            return null;
        }

        var rows = new List<TagRow>();
        foreach (var node in servers.OfType<JsonObject>().SelectMany(s => (s["OpcNodes"] as JsonArray ?? []).OfType<JsonObject>()))
        {
            var id = node["ExpandedNodeId"]?.ToString() ?? node["Id"]?.ToString() ?? "";
            var name = node["DisplayName"]?.ToString() ?? node["DataSetFieldId"]?.ToString() ?? id[(id.LastIndexOf('=') + 1)..];
            var period = Milliseconds(node["OpcSamplingInterval"]) ?? Milliseconds(node["OpcPublishingInterval"]) ?? TimeSpan.FromSeconds(1);
            rows.Add(new(rows.Count + 1, new() { Name = name, Address = id, Period = period }, id.Length == 0 ? "it has neither Id nor ExpandedNodeId." : null));
        }

        return rows;
    }

    private static TimeSpan? Milliseconds(JsonNode? node) =>
        double.TryParse(node?.ToString(), System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0
            ? TimeSpan.FromMilliseconds(Math.Clamp(number, 10, 3_600_000)) : null;
}
