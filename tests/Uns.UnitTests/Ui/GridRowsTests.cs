using Uns.Ui.Live;

namespace Uns.UnitTests.Ui;

/// <summary>What a reader chose of a table, out of its address: words, column, page.</summary>
public sealed class GridRowsTests
{
    private static readonly GridColumn<Pump>[] Columns = [new("name", "Name", p => p.Name), new("flow", "Flow", p => p.Flow, IsNumber: true), new("note", "Note")];

    private static readonly Pump[] Pumps = [new("north", 3), new("South", null), new("east", 12), new("west", 3), new("", -1)];

    [Theory]
    [InlineData(null, "north South east west -")]
    [InlineData("name", "- east north South west")]
    [InlineData("-name", "west South north east -")]
    [InlineData("flow", "- north west east South")] // Equal ones keep their order; a row without the value stands last.
    [InlineData("-flow", "east north west - South")]
    [InlineData("note", "north South east west -")] // A column that does not sort, a name that is none, and rubbish.
    [InlineData("colour", "north South east west -")]
    [InlineData("-", "north South east west -")]
    [InlineData("--flow", "north South east west -")]
    [InlineData("", "north South east west -")]
    public void Rows_stand_by_the_column_that_was_chosen(string? sort, string names) => Assert.Equal(names, Names(GridRows.Of(Pumps, Columns, null, null, sort, 1, 100)));

    [Theory]
    [InlineData("ST", "east west")]
    [InlineData("  st  a ", "east")]
    [InlineData("", "north South east west -")]
    [InlineData(" ", "north South east west -")]
    [InlineData("nowhere", "")]
    public void A_row_is_found_by_all_words(string search, string names) => Assert.Equal(names, Names(GridRows.Of(Pumps, Columns, p => p.Name, search, null, 1, 100)));

    [Theory]
    [InlineData(1, "north South", 1)]
    [InlineData(3, "-", 3)]
    [InlineData(4, "-", 3)] // Further back than there are.
    [InlineData(0, "north South", 1)]
    [InlineData(-7, "north South", 1)]
    public void A_page_that_is_none_is_the_nearest_one(int page, string names, int shown)
    {
        var part = GridRows.Of(Pumps, Columns, null, null, null, page, 2);
        Assert.Equal((names, shown, 3, 5), (Names(part), part.Page, part.Pages, part.Matching));
        Assert.Equal((1, 1), (GridRows.Of<Pump>([], Columns, null, null, "flow", page, 2) is var none ? none.Page : 0, none.Pages));
    }

    [Fact]
    public void Words_count_for_nothing_in_a_table_without_a_search() => Assert.Equal(5, GridRows.Of(Pumps, Columns, null, "nowhere", null, 1, 100).Rows.Count);

    private static string Names(GridPart<Pump> part) => string.Join(' ', part.Rows.Select(p => p.Name.Length == 0 ? "-" : p.Name));

    private sealed record Pump(string Name, int? Flow);
}
