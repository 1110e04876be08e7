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
        new FactoryPlusCsv(), new PublishedNodesJson(), new IgnitionJson(),
    ];

    /// <summary>The kinds that are recognised.</summary>
    public static IEnumerable<string> Names => Formats.Select(f => f.Name);

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="columns">For a table of no known kind: the column of each property; empty guesses them by their usual names.</param>
    public static TagFileReading Read(ReadOnlyMemory<byte> bytes, IReadOnlyDictionary<string, string>? columns = null)
    {
        var file = TagFileContent.Open(bytes);
        if (file.Fault is { } fault)
        {
            return new("", [], $"The file cannot be read: {fault}");
        }

        var formats = columns is { Count: > 0 } ? [new PlainCsv(columns)] : Formats.Append(new PlainCsv(new Dictionary<string, string>()));
        foreach (var format in formats)
        {
            if (format.Read(file) is { } rows)
            {
                return new(format.Name, rows, rows.Count == 0 ? $"The {format.Name} holds no tag." : null);
            }
        }

        return new("", [], file.Table is { } table
            ? $"The table is of no known kind: its columns are {string.Join(", ", table.Header.Take(12))}. Say which one is the name and which one the address."
            : $"The JSON is of no known kind: give one of {string.Join(", ", Names.Where(n => n.Contains("JSON", StringComparison.Ordinal)))}.");
    }
}
