using Uns.Tags;

namespace Uns.UnitTests.Connectors;

/// <summary>The table of notations in a room's <c>testcases/notations.tsv</c>: who writes it so, what is written, with which type, and what it means.</summary>
internal sealed record Notation(string Who, string Written, DataType Type, string Canonical)
{
    public override string ToString() => $"{Who}: {Written}";
}

/// <summary>Reads those tables.</summary>
internal static class Notations
{
    /// <summary>All rows of one room; cells are parted by tabs, since addresses hold commas and semicolons.</summary>
    public static IReadOnlyList<Notation> Of(string room) =>
        [.. File.ReadLines(Path.Combine(RoomFolder.Of(room), "testcases", "notations.tsv")).Where(l => l.Length > 0 && l[0] != '#').Skip(1).Select(Row)];

    private static Notation Row(string line) =>
        line.Split('\t') is [var who, var written, var type, var canonical]
            ? new(who, written, type.Length == 0 ? DataType.Unknown : Enum.Parse<DataType>(type), canonical)
            : throw new FormatException($"'{line}' has not four cells.");
}
