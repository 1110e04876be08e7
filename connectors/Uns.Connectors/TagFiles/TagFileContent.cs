using System.Text.Json;
using System.Text.Json.Nodes;

namespace Uns.Connectors.TagFiles;

/// <summary>A tag file, opened once and looked at by every format.</summary>
public sealed class TagFileContent
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 64, AllowDuplicateProperties = false };

    // Far above the source of any block; what is longer is no source.
    private const int MostSourceCharacters = 16 * 1024 * 1024;

    private TagFileContent(JsonNode? json, CsvTable? table, string? fault) => (Json, Table, Fault) = (json, table, fault);

    /// <summary>The file as the source of data blocks; null for any other.</summary>
    public string? Source { get; private init; }

    /// <summary>The file as JSON; null for a table.</summary>
    public JsonNode? Json { get; }

    /// <summary>The file as a table; null for JSON.</summary>
    public CsvTable? Table { get; }

    /// <summary>Why it is neither; null when it is one.</summary>
    public string? Fault { get; }

    /// <summary>Opens a file: a spreadsheet by its first bytes, JSON by its first character, a block's source by its words, else a table of text.</summary>
    public static TagFileContent Open(ReadOnlyMemory<byte> bytes)
    {
        if (SpreadsheetText.IsSpreadsheet(bytes.Span))
        {
            return SpreadsheetText.TryRead(bytes, out var cells) && CsvTable.Read(cells) is { } sheet
                ? new(null, sheet, null)
                : new(null, null, "the spreadsheet cannot be read, or its first sheet has no header.");
        }

        var text = TagFileText.Decode(bytes.Span);
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                return new(JsonNode.Parse(text, documentOptions: Lenient), null, null);
            }
            catch (JsonException faulty)
            {
                return new(null, null, $"the JSON breaks off at line {faulty.LineNumber + 1}: {faulty.Message}");
            }
        }

        if (text.Length <= MostSourceCharacters && text.Contains("DATA_BLOCK", StringComparison.OrdinalIgnoreCase) && text.Contains("END_DATA_BLOCK", StringComparison.OrdinalIgnoreCase))
        {
            return new(null, null, null) { Source = text };
        }

        return CsvTable.Read(text) is { } table
            ? new(null, table, null)
            : new(null, null, "there is no header of two columns or more; cells are parted by comma, semicolon or tab.");
    }
}
