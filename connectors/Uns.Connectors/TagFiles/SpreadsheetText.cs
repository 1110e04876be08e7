using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Uns.Connectors.TagFiles;

/// <summary>The first sheet of an .xlsx file as comma-separated text. Values as stored; dates and formats are not looked at.</summary>
/// <remarks>ECMA-376, 18.3 (worksheets) and 18.4 (shared strings).</remarks>
internal static class SpreadsheetText
{
    // A file of 100 MB packed may hold far more unpacked.
    private const long MostUnpacked = 512L << 20;

    public static bool IsSpreadsheet(ReadOnlySpan<byte> bytes) => bytes.StartsWith("PK\u0003\u0004"u8);

    public static bool TryRead(ReadOnlyMemory<byte> bytes, out string text)
    {
        text = "";
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes.ToArray(), writable: false));
            var sheet = archive.Entries.Where(e => e.FullName.StartsWith("xl/worksheets/sheet", StringComparison.Ordinal)).OrderBy(e => e.FullName.Length).ThenBy(e => e.FullName, StringComparer.Ordinal).FirstOrDefault();
            if (sheet is null || archive.Entries.Sum(e => e.Length) > MostUnpacked)
            {
                return false;
            }

            var shared = archive.GetEntry("xl/sharedStrings.xml") is { } strings ? ReadShared(strings) : [];
            text = ReadSheet(sheet, shared);
            return true;
        }
        catch (Exception broken) when (broken is InvalidDataException or XmlException or FormatException or IOException)
        {
            return false;
        }
    }

    private static List<string> ReadShared(ZipArchiveEntry entry)
    {
        var found = new List<string>();
        using var stream = entry.Open();
        using var xml = XmlReader.Create(stream, Safe);
        var text = new StringBuilder();
        while (xml.Read())
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "si" })
            {
                text.Clear();
                if (xml.IsEmptyElement)
                {
                    found.Add("");
                }
            }
            else if (xml is { NodeType: XmlNodeType.Text or XmlNodeType.SignificantWhitespace })
            {
                text.Append(xml.Value);
            }
            else if (xml is { NodeType: XmlNodeType.EndElement, LocalName: "si" })
            {
                found.Add(text.ToString());
            }
        }

        return found;
    }

    private static string ReadSheet(ZipArchiveEntry entry, List<string> shared)
    {
        var text = new StringBuilder();
        using var stream = entry.Open();
        using var xml = XmlReader.Create(stream, Safe);
        var (column, kind, cell) = (0, "", new StringBuilder());
        while (xml.Read())
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element when xml.LocalName == "row":
                    column = 0;
                    break;
                case XmlNodeType.Element when xml.LocalName == "c":
                    kind = xml.GetAttribute("t") ?? "";
                    for (var wanted = ColumnOf(xml.GetAttribute("r")) ?? column; column < wanted; column++)
                    {
                        text.Append(',');
                    }

                    cell.Clear();
                    break;
                case XmlNodeType.Text or XmlNodeType.SignificantWhitespace:
                    cell.Append(xml.Value);
                    break;
                case XmlNodeType.EndElement when xml.LocalName == "c":
                    var value = kind == "s" && int.TryParse(cell.ToString(), out var index) && index < shared.Count ? shared[index] : cell.ToString();
                    text.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
                    cell.Clear();
                    break;
                case XmlNodeType.EndElement when xml.LocalName == "row":
                    text.Append('\n');
                    break;
            }
        }

        return text.ToString();
    }

    // "AB12" is the 28th column: 27 from zero.
    private static int? ColumnOf(string? reference)
    {
        if (reference is null)
        {
            return null;
        }

        var column = 0;
        foreach (var letter in reference.TakeWhile(char.IsAsciiLetterUpper))
        {
            column = (column * 26) + (letter - 'A' + 1);
        }

        return column is > 0 and <= 16384 ? column - 1 : null;
    }

    private static XmlReaderSettings Safe => new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
}
