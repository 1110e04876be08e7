using Uns.Tags;
using Uns.Tree;

namespace Uns.Ui.Parts;

/// <summary>One value as a page shows it: plain words, worked out once per redraw.</summary>
/// <param name="Path">Path in the tree.</param>
/// <param name="Name">Path below the branch shown.</param>
/// <param name="Value">The value as text.</param>
/// <param name="Unit">Engineering unit; empty when there is none.</param>
/// <param name="Quality">How far it can be believed.</param>
/// <param name="Reason">Why not good; null when good.</param>
/// <param name="Age">Time since the source's time stamp.</param>
public sealed record ValueRow(string Path, string Name, string Value, string Unit, TagQuality Quality, string? Reason, string Age)
{
    /// <summary>What is to be known beside the quality; null: nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The row of one node; null for a pure branch.</summary>
    public static ValueRow? Of(UnsNode node, string branch, DateTimeOffset now)
    {
        if (node.Current is not { } current)
        {
            return null;
        }

        var name = branch.Length > 0 && node.Path.Length > branch.Length ? node.Path[(branch.Length + 1)..] : node.Path == branch ? node.Name : node.Path;
        return new ValueRow(node.Path, name, current.Value.ToString(), node.Definition?.Unit ?? "", current.Quality, current.Reason, Live.AgeText.Of(now - current.Timestamp)) { Note = node.Note };
    }
}
