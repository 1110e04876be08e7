namespace Uns.Connectors.TagFiles;

/// <summary>Ignition 7's tag export. Rows without an OPC item path are folders, memory and expression tags, and are told as such.</summary>
internal sealed class IgnitionCsv : ITagFileFormat
{
    public string Name => "Ignition 7 CSV";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("Path", "Name", "TagType", "DataType", "OPCItemPath")
            ? [.. table.Rows.Where(r => !IsFolder(table, r)).Select(r => Read(new CellReader(table, r)))]
            : null;

    private static bool IsFolder(CsvTable table, CsvRow row) => table.Cell(row, "TagType").ToUpperInvariant() is "FOLDER" or "6";

    private static TagRow Read(CellReader cells)
    {
        var folder = cells.Text("Path").Trim('/');
        var (device, address) = OpcItemPath.Split(cells.Text("OPCItemPath"));
        if (address.Length == 0)
        {
            cells.Blame("OPCItemPath is empty: a memory or expression tag has no address in a device.");
        }

        var (factor, offset) = Scale(cells);
        return cells.Row(
            new()
            {
                Name = folder.Length == 0 ? cells.Text("Name") : $"{folder}/{cells.Text("Name")}",
                Address = address,
                DataType = cells.Type("DataType", TypeWords.Ignition),
                Writable = cells.Text("AccessRights").ToUpperInvariant() is "1" or "READ_WRITE" or "READ/WRITE",
                Factor = factor,
                Offset = offset,
                Deadband = Math.Max(0, cells.Number("Deadband") ?? 0),
                Low = Limits(cells).Low,
                High = Limits(cells).High,
                Unit = cells.Text("EngUnit"),
                Description = cells.Text("Documentation").Length > 0 ? cells.Text("Documentation") : cells.Text("Tooltip"),
            },
            device);
    }

    private static (double? Low, double? High) Limits(CellReader cells) =>
        cells.Number("EngLow") is { } low && cells.Number("EngHigh") is { } high && low < high ? (low, high) : (null, null);

    private static (double Factor, double Offset) Scale(CellReader cells)
    {
        switch (cells.Text("ScaleMode").ToUpperInvariant())
        {
            case "" or "0" or "OFF":
                return (1, 0);
            case "1" or "LINEAR" when cells.Number("RawLow") is { } rawLow && cells.Number("RawHigh") is { } rawHigh
                    && cells.Number("ScaledLow") is { } low && cells.Number("ScaledHigh") is { } high && rawLow != rawHigh && low != high:
                var factor = (high - low) / (rawHigh - rawLow);
                return (factor, low - (rawLow * factor));
            default:
                cells.Blame($"ScaleMode is '{cells.Text("ScaleMode")}': only off and linear, with two different points, are known here.");
                return (1, 0);
        }
    }
}

/// <summary>Ignition's way to name an item: the device in brackets, then its address; or an OPC UA node id.</summary>
internal static class OpcItemPath
{
    /// <summary>Takes <c>ns=1;s=[Device]HR100</c> and <c>[Device]HR100</c> apart; a node id of another server stays whole.</summary>
    public static (string Device, string Address) Split(string path)
    {
        var item = path.StartsWith("ns=", StringComparison.Ordinal) || path.StartsWith("nsu=", StringComparison.Ordinal)
            ? path.IndexOf(";s=[", StringComparison.Ordinal) is var at and >= 0 ? path[(at + 3)..] : ""
            : path;
        var end = item.IndexOf(']', StringComparison.Ordinal);
        return item.StartsWith('[') && end > 0 ? (item[1..end], item[(end + 1)..]) : ("", path);
    }
}
