using Uns.Sparkplug.Host;

namespace Uns.Tree;

/// <summary>
/// Sees every change of every value, in order. A reader of the <see cref="TreeFeed"/> sees only the newest state of each node;
/// who must miss nothing is a witness.
/// </summary>
/// <remarks>Called under the tree's own lock, one call at a time: it returns at once and never calls the tree.</remarks>
public interface IValueWitness
{
    /// <summary>A value was born, changed, or became stale. The node shows it already.</summary>
    /// <param name="node">Where it stands.</param>
    /// <param name="change">What was told; for staleness its time is the moment of the death.</param>
    void Changed(UnsNode node, in MetricChange change);

    /// <summary>A value of the past came late. The node does not show it.</summary>
    void Late(UnsNode node, in MetricChange change);

    /// <summary>The node's metric goes, or moves elsewhere; source and memory are still there.</summary>
    void Gone(UnsNode node);
}
