using System.Globalization;

namespace Uns.Connectors.TagFiles;

/// <summary>
/// The source of data blocks that TIA Portal and STEP 7 write (<c>.db</c>, <c>.scl</c>, <c>.awl</c>), with the structures and types in it. The place
/// of each value is worked out for blocks with standard access; an optimised block has no places.
/// </summary>
/// <param name="block">Number of the block, for a source that names it by its symbol alone; zero for none.</param>
public sealed class BlockSource(int block = 0) : ITagFileFormat
{
    /// <inheritdoc/>
    public string Name => "S7 block source";

    /// <inheritdoc/>
    public IReadOnlyList<TagRow>? Read(TagFileContent file)
    {
        if (file.Source is not { } text)
        {
            return null;
        }

        var comments = new Dictionary<int, string>();
        var reader = new BlockReader(SourceTokens.Cut(text, comments));
        var rows = new List<TagRow>();
        try
        {
            foreach (var found in reader.Read())
            {
                Place(found, comments, rows);
            }
        }
        catch (FormatException broken)
        {
            rows.Add(new(reader.Line, new(), $"the source cannot be read on: {broken.Message}"));
        }

        return rows;
    }

    private void Place(DataBlock found, Dictionary<int, string> comments, List<TagRow> rows)
    {
        var number = found.Number > 0 ? found.Number : block;
        if (number == 0)
        {
            rows.Add(new(found.Line, new(), $"the block \"{found.Name}\" has no number in its source: write DATA_BLOCK DB10, or give the number as column block."));
            return;
        }

        if (found.IsOptimized)
        {
            rows.Add(new(found.Line, new(), $"the block \"{found.Name}\" is optimised and has no places: untick 'Optimized block access' in its attributes, compile, and make the source anew."));
            return;
        }

        var layout = new BlockLayout(number);
        layout.Place(found.Members);
        foreach (var value in layout.Values)
        {
            if (rows.Count >= DeviceChecks.MaximumTags)
            {
                rows.Add(new(value.Line, new(), $"a device has at most {DeviceChecks.MaximumTags} tags: the rest is left out."));
                return;
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"{found.Name}/{value.Path}");
            rows.Add(value.Fault is { } fault
                ? new(value.Line, new() { Name = name }, fault)
                : new(value.Line, new() { Name = name, Address = value.Address, Description = comments.GetValueOrDefault(value.Line, "") }));
        }
    }
}
