using System.Globalization;

namespace Uns.Connectors.TagFiles;

/// <summary>What a tag file holds.</summary>
/// <param name="Format">The kind that was recognised; empty when none was.</param>
/// <param name="Rows">A row for each tag.</param>
/// <param name="Fault">Why nothing could be read; null when something was.</param>
public sealed record TagFileReading(string Format, IReadOnlyList<TagRow> Rows, string? Fault);

/// <summary>Reads any tag file that is known, by its content, never by its name.</summary>
public static class TagFileReader
{
    private static readonly ITagFileFormat[] Formats =
    [
        new CanonicalCsv(), new CanonicalJson(), new KepwareCsv(), new IgnitionCsv(), new NeuronCsv(), new TiaTagTable(), new HiveMqEdgeCsv(),
        new FactoryPlusCsv(), new PublishedNodesJson(), new IgnitionJson(), new BlockSource(),
    ];

    /// <summary>The kinds that are recognised.</summary>
    public static IEnumerable<string> Names => Formats.Select(f => f.Name);

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="columns">For a table of no known kind: the column of each property; empty guesses them by their usual names. For a block's source that does not name its number: <c>block</c> and the number.</param>
    public static TagFileReading Read(ReadOnlyMemory<byte> bytes, IReadOnlyDictionary<string, string>? columns = null)
    {
        var file = TagFileContent.Open(bytes);
        if (file.Fault is { } fault)
        {
            return new("", [], $"The file cannot be read: {fault}");
        }

        if (file.Source is not null && columns?.GetValueOrDefault("block") is { } block)
        {
            return int.TryParse(block, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535
                ? ReadAs(new BlockSource(number), file)
                : new("", [], $"The block is '{block}': give its number, 1 to 65535.");
        }

        var formats = columns is { Count: > 0 } && file.Source is null ? [new PlainCsv(columns)] : Formats.Append(new PlainCsv(new Dictionary<string, string>()));
        foreach (var format in formats)
        {
            if (ReadAs(format, file) is { Format.Length: > 0 } reading)
            {
                return reading;
            }
        }

        return new("", [], file.Table is { } table
            ? $"The table is of no known kind: its columns are {string.Join(", ", table.Header.Take(12))}. Say which one is the name and which one the address."
            : $"The JSON is of no known kind: give one of {string.Join(", ", Names.Where(n => n.Contains("JSON", StringComparison.Ordinal)))}.");
    }

    private static TagFileReading ReadAs(ITagFileFormat format, TagFileContent file) => format.Read(file) is { } rows
        ? new(format.Name, rows, rows.Count == 0 ? $"The {format.Name} holds no tag." : null)
        : new("", [], null);
}
