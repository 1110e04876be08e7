using Uns.Tags;
using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>One line of the tree as it is drawn.</summary>
/// <param name="Node">The node.</param>
/// <param name="Level">1 for an enterprise, 2 below it.</param>
/// <param name="Folds">True when something stands below it.</param>
/// <param name="IsOpen">True when that is shown.</param>
/// <param name="Place">Its place among its siblings, from 1.</param>
/// <param name="Siblings">How many there are, itself included.</param>
/// <param name="Quality">Quality of its value; null for a pure branch.</param>
public readonly record struct TreeRow(UnsNode Node, int Level, bool Folds, bool IsOpen, int Place, int Siblings, TagQuality? Quality)
{
    /// <summary>All that open levels show, from above: as many lines as are open, however large the plant.</summary>
    /// <param name="root">The node whose children are the first level.</param>
    /// <param name="open">Paths of the levels that are open.</param>
    public static List<TreeRow> Of(UnsNode root, ISet<string> open)
    {
        var rows = new List<TreeRow>();
        Add(root, 1, open, rows);
        return rows;
    }

    private static void Add(UnsNode parent, int level, ISet<string> open, List<TreeRow> rows)
    {
        var children = parent.Children;
        for (var i = 0; i < children.Count; i++)
        {
            var child = children[i];
            var folds = child.Children.Count > 0;
            var isOpen = folds && open.Contains(child.Path);
            rows.Add(new(child, level, folds, isOpen, i + 1, children.Count, child.Current?.Quality));
            if (isOpen)
            {
                Add(child, level + 1, open, rows);
            }
        }
    }
}
