namespace Uns.Connectors.TagFiles;

/// <summary>Kepware's tag export. Dots in a tag's name are folders.</summary>
internal sealed class KepwareCsv : ITagFileFormat
{
    public string Name => "Kepware CSV";

    public IReadOnlyList<TagRow>? Read(TagFileContent file) =>
        file.Table is { } table && table.Has("Tag Name", "Address", "Data Type", "Client Access")
            ? [.. table.Rows.Select(r => Read(table, new CellReader(table, r)))]
            : null;

    private static TagRow Read(CsvTable table, CellReader cells)
    {
        var address = cells.Text("Address");
        var type = cells.Type("Data Type", TypeWords.Kepware);
        if (cells.Text("Data Type").ToUpperInvariant() is "BCD" or "LBCD" && !address.Contains(':', StringComparison.Ordinal))
        {
            address = $"{address}:{cells.Text("Data Type").ToUpperInvariant()}";
        }

        var (factor, offset) = Scale(cells);
        var isScaled = (factor, offset) != (1, 0);
        var (clampsLow, clampsHigh) = (cells.IsTrue("Clamp Low"), cells.IsTrue("Clamp High"));
        return cells.Row(new()
        {
            Name = cells.Text("Tag Name").Replace('.', '/'),
            Address = address,
            DataType = type,
            Period = cells.Milliseconds("Scan Rate") ?? TimeSpan.FromSeconds(1),
            Writable = cells.Text("Client Access").Contains('W', StringComparison.OrdinalIgnoreCase),
            Factor = factor,
            Offset = offset,
            Low = isScaled && clampsLow ? cells.Number("Scaled Low") : null,
            High = isScaled && clampsHigh ? cells.Number("Scaled High") : null,
            Clamp = isScaled && (clampsLow || clampsHigh),
            Unit = cells.Text("Eng Units"),
            Description = cells.Text("Description"),
        });
    }

    // A straight line through two points: raw low to scaled low, raw high to scaled high.
    private static (double Factor, double Offset) Scale(CellReader cells)
    {
        switch (cells.Text("Scaling").ToUpperInvariant())
        {
            case "" or "NONE":
                return cells.IsTrue("Negate Value") ? (-1, 0) : (1, 0);
            case "LINEAR" when cells.Number("Raw Low") is { } rawLow && cells.Number("Raw High") is { } rawHigh
                    && cells.Number("Scaled Low") is { } low && cells.Number("Scaled High") is { } high:
                if (rawLow == rawHigh || low == high)
                {
                    cells.Blame("Raw Low and Raw High, or Scaled Low and Scaled High, are the same: a line needs two points.");
                    return (1, 0);
                }

                var factor = (high - low) / (rawHigh - rawLow);
                var sign = cells.IsTrue("Negate Value") ? -1 : 1;
                return (sign * factor, sign * (low - (rawLow * factor)));
            default:
                cells.Blame($"Scaling is '{cells.Text("Scaling")}': only None and Linear, with all four limits, are known here.");
                return (1, 0);
        }
    }
}
