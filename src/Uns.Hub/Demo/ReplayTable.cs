using System.Globalization;
using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Hub.Settings;

namespace Uns.Hub.Demo;

/// <summary>Reads a table of recorded values: the first column is the time in seconds, each other one is named like a tag.</summary>
internal static class ReplayTable
{
    /// <summary>The course of each named tag; it begins anew after the last row.</summary>
    /// <param name="text">The table; null gives none.</param>
    /// <exception cref="SettingException">A time or value is no number, or the times do not rise.</exception>
    public static Dictionary<string, Signal> Read(string? text)
    {
        if (text is null)
        {
            return [];
        }

        var table = CsvTable.Read(text) ?? throw new SettingException("The table of --replay has no header of two columns or more.");
        var columns = table.Header.Skip(1).ToDictionary(name => name, _ => new List<SignalPoint>(), StringComparer.Ordinal);
        var last = TimeSpan.MinValue;
        foreach (var row in table.Rows)
        {
            var at = TimeSpan.FromSeconds(Number(table, row, 0) ?? throw Faulty(row, table.Header[0], ""));
            last = at > last ? at : throw new SettingException($"Line {row.Line} of --replay: the times must rise, {at.TotalSeconds} s comes after {last.TotalSeconds} s.");
            for (var column = 1; column < Math.Min(row.Cells.Count, table.Header.Count); column++)
            {
                // An empty cell keeps the value before.
                if (row.Cells[column].Trim().Length > 0)
                {
                    columns[table.Header[column]].Add(new(at, Number(table, row, column) ?? throw Faulty(row, table.Header[column], row.Cells[column])));
                }
            }
        }

        var period = last <= TimeSpan.Zero ? TimeSpan.FromSeconds(1) : last + TimeSpan.FromSeconds(1);
        return columns.Where(c => c.Value.Count > 0)
            .ToDictionary(c => c.Key, c => new Signal(SignalShape.Replay, c.Value.Min(p => p.Value), c.Value.Max(p => p.Value), period) { Points = c.Value }, StringComparer.Ordinal);
    }

    private static double? Number(CsvTable table, in CsvRow row, int column) =>
        double.TryParse(table.Delimiter == ',' ? row.Cells[column] : row.Cells[column].Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : null;

    private static SettingException Faulty(in CsvRow row, string column, string text) => new($"Line {row.Line} of --replay: {column} is '{text}', give a number.");
}
