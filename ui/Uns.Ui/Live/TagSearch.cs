using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>Search as one types, over path, description, unit and source.</summary>
public static class TagSearch
{
    /// <summary>The first values that hold every word, in order of their paths; none for an empty question.</summary>
    /// <param name="root">Where to look.</param>
    /// <param name="asked">Words, in any order, without regard to case.</param>
    /// <param name="most">Most to give.</param>
    public static IEnumerable<UnsNode> Find(UnsNode root, string asked, int most)
    {
        var words = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length == 0 ? [] : root.Values().Where(node => Array.TrueForAll(words, word => Holds(node, word))).Take(most);
    }

    private static bool Holds(UnsNode node, string word) =>
        node.Path.Contains(word, StringComparison.OrdinalIgnoreCase)
        || (node.Definition is { } definition
            && (definition.Description.Contains(word, StringComparison.OrdinalIgnoreCase) || definition.Unit.Contains(word, StringComparison.OrdinalIgnoreCase)));
}
