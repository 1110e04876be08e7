using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>
/// All lines that the open levels of the tree have, counted but not made: what is asked for is read from them, so that a level of 100,000 children
/// costs no more than one of ten. A snapshot: lines neither come nor go in it, only their qualities move.
/// </summary>
public sealed class TreeLines
{
    private readonly Branch _top;

    private TreeLines(Branch top) => _top = top;

    /// <summary>How many lines there are.</summary>
    public int Count => _top.Lines;

    /// <summary>True while no level that is open has got or lost a child since.</summary>
    public bool IsCurrent => Stands(_top);

    /// <summary>The lines as they are now.</summary>
    /// <param name="root">The node whose children are the first level.</param>
    /// <param name="open">Paths of the levels that are open.</param>
    public static TreeLines Of(UnsNode root, ISet<string> open) => new(Grow(root, open));

    /// <summary>Some lines, from above.</summary>
    /// <param name="first">The first one, from 0.</param>
    /// <param name="count">How many at most.</param>
    public List<TreeRow> Read(int first, int count)
    {
        var rows = new List<TreeRow>();
        Read(_top, 1, 0, Math.Max(0, first), (int)Math.Min(Count, (long)first + count), rows);
        return rows;
    }

    /// <summary>The line of a node; -1 when it has none: it is not there, or a level above it is folded.</summary>
    /// <param name="path">The node's path.</param>
    public int LineOf(string path)
    {
        var (branch, line, begin) = (_top, 0, 0);
        while (true)
        {
            var slash = path.IndexOf('/', begin);
            var child = Find(branch.Children, path.AsSpan()[begin..(slash < 0 ? path.Length : slash)]);
            if (child < 0)
            {
                return -1;
            }

            line += child;
            Branch? below = null;
            foreach (var (at, opened) in branch.Opened)
            {
                if (at >= child)
                {
                    below = at == child ? opened : null;
                    break;
                }

                line += opened.Lines;
            }

            if (slash < 0)
            {
                return line;
            }

            if (below is null)
            {
                return -1;
            }

            (branch, line, begin) = (below, line + 1, slash + 1);
        }
    }

    /// <summary>The next line whose name begins so, capital letters or not, and behind the last line from the first one on; -1 when there is none.</summary>
    /// <param name="letters">How the name begins.</param>
    /// <param name="from">The line to begin with.</param>
    public int Find(string letters, int from) => Seek(_top, letters, 0, from, Count) is var found and >= 0 ? found : Seek(_top, letters, 0, 0, from);

    private static Branch Grow(UnsNode node, ISet<string> open)
    {
        var (children, opened) = (node.Children, new List<(int Child, Branch Below)>());
        for (var i = 0; i < children.Count; i++)
        {
            if (open.Contains(children[i].Path))
            {
                opened.Add((i, Grow(children[i], open)));
            }
        }

        return new(node, children, opened, children.Count + opened.Sum(o => o.Below.Lines));
    }

    private static bool Stands(Branch branch) => ReferenceEquals(branch.Node.Children, branch.Children) && branch.Opened.TrueForAll(o => Stands(o.Below));

    // The branch's first child has the given line. Only lines from first to before end are made.
    private static void Read(Branch branch, int level, int line, int first, int end, List<TreeRow> rows)
    {
        var child = 0;
        foreach (var (at, below) in branch.Opened)
        {
            Take(child, at + 1, below.Lines > 0 ? at : -1);
            line += at + 1 - child;
            if (line < end && line + below.Lines > first)
            {
                Read(below, level + 1, line, first, end, rows);
            }

            (line, child) = (line + below.Lines, at + 1);
        }

        Take(child, branch.Children.Count, -1);

        void Take(int from, int to, int opened)
        {
            for (var i = Math.Max(from, from + first - line); i < Math.Min(to, from + end - line); i++)
            {
                var node = branch.Children[i];
                rows.Add(new(node, line + i - from, level, i == opened || node.Children.Count > 0, i == opened, i + 1, branch.Children.Count, node.Current?.Quality, node.Parent is null));
            }
        }
    }

    // Among the lines from first to before end.
    private static int Seek(Branch branch, string letters, int line, int first, int end)
    {
        var opened = 0;
        for (var i = 0; i < branch.Children.Count && line < end; i++, line++)
        {
            if (line >= first && branch.Children[i].Name.StartsWith(letters, StringComparison.OrdinalIgnoreCase))
            {
                return line;
            }

            if (opened < branch.Opened.Count && branch.Opened[opened].Child == i)
            {
                var below = branch.Opened[opened++].Below;
                if (line + below.Lines >= first && Seek(below, letters, line + 1, first, end) is var found and >= 0)
                {
                    return found;
                }

                line += below.Lines;
            }
        }

        return -1;
    }

    private static int Find(IReadOnlyList<UnsNode> children, ReadOnlySpan<char> name)
    {
        var (low, high) = (0, children.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = children[middle].Name.AsSpan().CompareTo(name, StringComparison.Ordinal);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    // A level that is open: its children at one time, those of them that are open too, and the lines of all.
    private sealed record Branch(UnsNode Node, IReadOnlyList<UnsNode> Children, List<(int Child, Branch Below)> Opened, int Lines);
}
