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
/// <param name="More">0; in the line behind a long level, whose node is the one above, how many children are not drawn.</param>
public readonly record struct TreeRow(UnsNode Node, int Level, bool Folds, bool IsOpen, int Place, int Siblings, TagQuality? Quality, int More = 0)
{
    /// <summary>Children of one level that are drawn at first, and more with each asking.</summary>
    public const int Step = 200;

    /// <summary>All that open levels show, from above: bounded, however large the plant.</summary>
    /// <param name="root">The node whose children are the first level.</param>
    /// <param name="open">Paths of the levels that are open; they are drawn wherever they stand.</param>
    /// <param name="most">How many children are drawn of levels of which more were asked for.</param>
    public static List<TreeRow> Of(UnsNode root, ISet<string> open, IReadOnlyDictionary<string, int> most)
    {
        var rows = new List<TreeRow>();
        Add(root, 1, open, most, rows);
        return rows;
    }

    private static void Add(UnsNode parent, int level, ISet<string> open, IReadOnlyDictionary<string, int> most, List<TreeRow> rows)
    {
        var (children, drawn, left) = (parent.Children, most.GetValueOrDefault(parent.Path, Step), 0);
        for (var i = 0; i < children.Count; i++)
        {
            var child = children[i];
            if (i >= drawn && !open.Contains(child.Path))
            {
                left++;
                continue;
            }

            var folds = child.Children.Count > 0;
            var isOpen = folds && open.Contains(child.Path);
            rows.Add(new(child, level, folds, isOpen, i + 1, children.Count, child.Current?.Quality));
            if (isOpen)
            {
                Add(child, level + 1, open, most, rows);
            }
        }

        if (left > 0)
        {
            rows.Add(new(parent, level, false, false, children.Count, children.Count, null, left));
        }
    }
}
