namespace Uns.Ui.Live;

/// <summary>One column of a table.</summary>
/// <param name="Name">Its name in the address.</param>
/// <param name="Title">What stands above it.</param>
/// <param name="Key">What it is sorted by; null: it is not. A row without one stands last, whichever way.</param>
/// <param name="IsNumber">True for figures: they stand right, and the largest come first at the first click.</param>
/// <param name="IsSortedElsewhere">True where whoever has the rows sorts them by it.</param>
public sealed record GridColumn<TRow>(string Name, string Title, Func<TRow, IComparable?>? Key = null, bool IsNumber = false, bool IsSortedElsewhere = false)
{
    /// <summary>True for a column by which the rows can be sorted.</summary>
    public bool Sorts => Key is not null || IsSortedElsewhere;
}

/// <summary>The rows of a table that its reader sees.</summary>
/// <param name="Rows">The rows of the page.</param>
/// <param name="Matching">How many rows hold the words.</param>
/// <param name="Page">The page, from 1: the last one when there is none so far back.</param>
/// <param name="Pages">How many pages there are, 1 at least.</param>
public sealed record GridPart<TRow>(IReadOnlyList<TRow> Rows, int Matching, int Page, int Pages);

/// <summary>Chooses the rows that a reader sees: those that hold all words looked for, by the column that was chosen, one page of them.</summary>
public static class GridRows
{
    /// <summary>Chooses them.</summary>
    /// <param name="rows">All rows, in the order that they have where nothing is chosen; equal ones keep it.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="words">What a row can be found by; null: rows are not looked for.</param>
    /// <param name="search">Words that are looked for, in any order, without regard to capital letters; null or empty: none.</param>
    /// <param name="sort">Name of the column that sorts, with <c>-</c> before it for the largest first; null or a name that is none: none.</param>
    /// <param name="page">The page, from 1.</param>
    /// <param name="size">Rows of a page.</param>
    public static GridPart<TRow> Of<TRow>(IEnumerable<TRow> rows, IReadOnlyList<GridColumn<TRow>> columns, Func<TRow, string>? words, string? search, string? sort, int page, int size)
    {
        var found = words is not null && search?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } wanted
            ? [.. rows.Where(row => words(row) is var text && wanted.All(w => text.Contains(w, StringComparison.OrdinalIgnoreCase)))]
            : rows.ToList();
        var isDescending = sort is ['-', ..];
        if (columns.FirstOrDefault(c => c.Key is not null && c.Name == sort?[(isDescending ? 1 : 0)..])?.Key is { } key)
        {
            found = [.. found.Select(row => (Row: row, Key: key(row))).Order(Comparer<(TRow Row, IComparable? Key)>.Create((a, b) => Compare(a.Key, b.Key, isDescending))).Select(r => r.Row)];
        }

        var pages = Math.Max(1, (found.Count + size - 1) / size);
        page = Math.Clamp(page, 1, pages);
        return new([.. found.Skip((page - 1) * size).Take(size)], found.Count, page, pages);
    }

    private static int Compare(IComparable? a, IComparable? b, bool isDescending) =>
        a is null || b is null ? (a is null).CompareTo(b is null)
        : (isDescending ? -1 : 1) * (a is string text ? string.Compare(text, (string)b, StringComparison.OrdinalIgnoreCase) : a.CompareTo(b));
}
