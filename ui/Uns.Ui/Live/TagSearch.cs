using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Ui.Live;

/// <summary>A value that was found.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Unit">Its unit; empty when there is none.</param>
/// <param name="Description">Its description; empty when there is none.</param>
/// <param name="IsDrafted">True for one that only a draft brings.</param>
public sealed record FoundTag(string Path, string Unit, string Description, bool IsDrafted);

/// <summary>Search as one types, over path, description and unit.</summary>
public static class TagSearch
{
    /// <summary>The first values that hold every word, in order of their paths; none for an empty question.</summary>
    /// <param name="root">Where to look.</param>
    /// <param name="asked">Words, in any order, without regard to case.</param>
    /// <param name="most">Most to give.</param>
    public static IEnumerable<UnsNode> Find(UnsNode root, string asked, int most)
    {
        var words = Words(asked);
        return words.Length == 0 ? [] : root.Values().Where(node => Holds(words, node.Path, node.Definition?.Description ?? "", node.Definition?.Unit ?? "")).Take(most);
    }

    /// <summary>The same, with what a draft brings before it: neither leaves the other less than half of the places.</summary>
    /// <param name="root">Where to look.</param>
    /// <param name="drafted">What the draft brings.</param>
    /// <param name="asked">Words, in any order, without regard to case.</param>
    /// <param name="most">Most to give.</param>
    public static IReadOnlyList<FoundTag> Find(UnsNode root, IReadOnlyList<PlannedTopic> drafted, string asked, int most)
    {
        var words = Words(asked);
        var fresh = words.Length == 0 ? [] : drafted.Where(t => Holds(words, t.Path, t.Tag.Description, t.Tag.Unit)).Take(most).ToList();
        var paths = fresh.Select(t => t.Path).ToHashSet(StringComparer.Ordinal);
        var there = Find(root, asked, most + fresh.Count).Where(node => !paths.Contains(node.Path)).Take(most).ToList();
        var shown = Math.Min(fresh.Count, Math.Max(most - (most / 2), most - there.Count));
        return
        [
            .. fresh.Take(shown).Select(t => new FoundTag(t.Path, t.Tag.Unit, t.Tag.Description, IsDrafted: true)),
            .. there.Take(most - shown).Select(node => new FoundTag(node.Path, node.Definition?.Unit ?? "", node.Definition?.Description ?? "", IsDrafted: false)),
        ];
    }

    private static string[] Words(string asked) => asked.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool Holds(string[] words, string path, string description, string unit) => Array.TrueForAll(words, word =>
        path.Contains(word, StringComparison.OrdinalIgnoreCase) || description.Contains(word, StringComparison.OrdinalIgnoreCase) || unit.Contains(word, StringComparison.OrdinalIgnoreCase));
}
