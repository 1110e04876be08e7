using System.Text;

namespace Uns.Connectors.TagFiles;

/// <summary>One row of a table.</summary>
/// <param name="Line">Line of the file where it begins, from one.</param>
/// <param name="Cells">As written, without quotes.</param>
public readonly record struct CsvRow(int Line, IReadOnlyList<string> Cells);

/// <summary>A table of text: a header and rows. Delimiter comma, semicolon or tab, whichever splits the header most; quotes as in RFC 4180.</summary>
public sealed class CsvTable
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);

    private CsvTable(char delimiter, IReadOnlyList<string> header, IReadOnlyList<CsvRow> rows)
    {
        Delimiter = delimiter;
        Header = header;
        Rows = rows;
        for (var index = 0; index < header.Count; index++)
        {
            _columns.TryAdd(header[index].Trim(), index);
        }
    }

    /// <summary>What stands between two cells.</summary>
    public char Delimiter { get; }

    /// <summary>The column names.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <summary>The rows that are not empty.</summary>
    public IReadOnlyList<CsvRow> Rows { get; }

    /// <summary>Reads a table; lines that begin with <c>#</c> before the header are skipped.</summary>
    /// <returns>Null when there is no header of two columns.</returns>
    public static CsvTable? Read(string text)
    {
        var start = HeaderStart(text, out var line);
        var end = text.AsSpan(start).IndexOfAny('\r', '\n');
        var first = end < 0 ? text.AsSpan(start) : text.AsSpan(start, end);
        char[] delimiters = [',', ';', '\t'];
        var counts = new int[delimiters.Length];
        for (var index = 0; index < delimiters.Length; index++)
        {
            counts[index] = first.Count(delimiters[index]);
        }

        var delimiter = delimiters[Array.IndexOf(counts, counts.Max())];
        var rows = Split(text, start, line, delimiter).ToList();
        return rows.Count == 0 || rows[0].Cells.Count < 2 ? null : new(delimiter, rows[0].Cells, rows[1..]);
    }

    /// <summary>True when the header has all these columns.</summary>
    public bool Has(params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            if (!_columns.ContainsKey(column))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A cell by its column's name, trimmed; empty where the column or the cell is missing.</summary>
    public string Cell(in CsvRow row, string column) =>
        _columns.TryGetValue(column, out var index) && index < row.Cells.Count ? Unescape(row.Cells[index].Trim()) : "";

    // What was escaped on export so that no spreadsheet takes it for a formula.
    private static string Unescape(string cell) => cell.Length > 1 && cell[0] == '\'' && cell[1] is '=' or '+' or '-' or '@' ? cell[1..] : cell;

    private static int HeaderStart(string text, out int line)
    {
        line = 1;
        var start = 0;
        while (start < text.Length && (text[start] is '#' or '\r' or '\n' || IsBlankLine(text, start)))
        {
            var end = text.IndexOf('\n', start);
            if (end < 0)
            {
                return text.Length;
            }

            start = end + 1;
            line++;
        }

        return start;
    }

    private static bool IsBlankLine(string text, int start)
    {
        var end = text.IndexOf('\n', start);
        return text.AsSpan(start, (end < 0 ? text.Length : end) - start).IsWhiteSpace();
    }

    private static IEnumerable<CsvRow> Split(string text, int at, int line, char delimiter)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var begun = line;
        var isQuoted = false;
        for (; at < text.Length; at++)
        {
            var character = text[at];
            if (character == '\n')
            {
                line++;
            }

            if (isQuoted)
            {
                if (character != '"')
                {
                    cell.Append(character);
                }
                else if (at + 1 < text.Length && text[at + 1] == '"')
                {
                    cell.Append('"');
                    at++;
                }
                else
                {
                    isQuoted = false;
                }
            }
            else if (character == '"' && cell.Length == 0)
            {
                isQuoted = true;
            }
            else if (character == delimiter)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else if (character == '\n')
            {
                cells.Add(cell.ToString());
                cell.Clear();
                if (cells.Exists(c => c.Length > 0))
                {
                    yield return new(begun, cells);
                }

                cells = [];
                begun = line;
            }
            else if (character != '\r')
            {
                cell.Append(character);
            }
        }

        cells.Add(cell.ToString());
        if (cells.Exists(c => c.Length > 0))
        {
            yield return new(begun, cells);
        }
    }
}
