using System.Globalization;
using Uns.Tags;

namespace Uns.Connectors.TagFiles;

/// <summary>Turns the cells of tag files into values. The first cell that cannot be read is the row's fault.</summary>
internal sealed class CellReader(CsvTable table, CsvRow row)
{
    /// <summary>What was wrong first; null while all is well.</summary>
    public string? Fault { get; private set; }

    public string Text(string column) => table.Cell(row, column);

    /// <summary>A number with a decimal point, or a comma where cells are parted by something else.</summary>
    public double? Number(string column)
    {
        var text = Text(column);
        if (text.Length == 0)
        {
            return null;
        }

        if (table.Delimiter != ',' || text.Count(c => c == ',') == 1 && !text.Contains('.', StringComparison.Ordinal))
        {
            text = text.Replace(',', '.');
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        Blame($"{column} is '{Text(column)}': give a number.");
        return null;
    }

    /// <summary>A time in milliseconds; null for an empty cell or one of zero or less.</summary>
    public TimeSpan? Milliseconds(string column) => Number(column) is { } number && number > 0 ? TimeSpan.FromMilliseconds(Math.Min(number, 3_600_000)) : null;

    /// <summary>True for <c>true</c>, <c>1</c>, <c>yes</c>.</summary>
    public bool IsTrue(string column) => Text(column).ToUpperInvariant() is "TRUE" or "1" or "YES" or "Y";

    /// <summary>A data type by one of the format's own words.</summary>
    public DataType Type(string column, Func<string, DataType?> words)
    {
        var text = Text(column);
        if (text.Length == 0)
        {
            return DataType.Unknown;
        }

        if (words(text) is { } type)
        {
            return type;
        }

        Blame($"{column} is '{text}', which is no type known here.");
        return DataType.Unknown;
    }

    public void Blame(string fault) => Fault ??= fault;

    public TagRow Row(TagOptions tag, string device = "") => new(row.Line, Fault is null ? tag : new() { Name = tag.Name, Address = tag.Address }, Fault) { Device = device };
}
