using Uns.Tags;
using Uns.Tree;

namespace Uns.Ui.Live;

/// <summary>One line of the tree as it is drawn.</summary>
/// <param name="Node">The node.</param>
/// <param name="Line">Its place among all open lines, from 0.</param>
/// <param name="Level">1 for an enterprise, 2 below it.</param>
/// <param name="Folds">True when something stands below it.</param>
/// <param name="IsOpen">True when that is shown.</param>
/// <param name="Place">Its place among its siblings, from 1.</param>
/// <param name="Siblings">How many there are, itself included.</param>
/// <param name="Quality">Quality of its value; null for a pure branch.</param>
/// <param name="IsGone">True when the tree has the node no more, and the lines are older than that.</param>
public readonly record struct TreeRow(UnsNode Node, int Line, int Level, bool Folds, bool IsOpen, int Place, int Siblings, TagQuality? Quality, bool IsGone);
