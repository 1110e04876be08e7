using Uns.Connectors;

namespace Uns.Ui.Browsing;

/// <summary>One entry of what a device offers, as it stands in the tree. A node that the device shows at two places stands there twice.</summary>
/// <param name="above">The entry above; null at the top.</param>
/// <param name="entry">What the device said of it.</param>
internal sealed class BrowseNode(BrowseNode? above, BrowseEntry entry)
{
    /// <summary>Children that are drawn of a level at first, and more with each asking.</summary>
    public const int Step = 200;

    public BrowseNode? Above => above;

    public BrowseEntry Entry => entry;

    /// <summary>1 at the top.</summary>
    public int Level { get; } = above is null ? 1 : above.Level + 1;

    public bool IsVariable => entry.DataType is not null;

    /// <summary>Neither a value nor something that could hold values.</summary>
    public bool IsMethod => entry.Method is not null;

    public bool Folds => entry.HasChildren;

    /// <summary>What stands below; null until the device was asked.</summary>
    public IReadOnlyList<BrowseNode>? Below { get; set; }

    public bool IsOpen { get; set; }

    public bool IsAsked { get; set; }

    /// <summary>Why what stands below is not known; null else.</summary>
    public string? Fault { get; set; }

    /// <summary>How many of those below are drawn.</summary>
    public int Drawn { get; set; } = Step;

    /// <summary>The browse path down to here; empty where the protocol knows none: a level without a step leads nowhere further.</summary>
    public string Way { get; } = entry.Step.Length == 0 || above is { Way.Length: 0 } ? "" : above?.Way + entry.Step;

    /// <summary>Names from the top down to here.</summary>
    public IReadOnlyList<string> Path => [.. above?.Path ?? [], entry.Name];
}

/// <summary>How much of what stands at or below an entry is ticked.</summary>
internal enum TickState
{
    None,
    Some,
    All,
}

/// <summary>A value that is meant.</summary>
/// <param name="Address">Its address, as browsing tells it.</param>
/// <param name="Path">Names from the top down to it, as the device tells them.</param>
/// <param name="Way">Its browse path; empty where there is none.</param>
/// <param name="DataType">Its type.</param>
/// <param name="IsWritable">True when the device says that it can be written.</param>
internal sealed record Picked(string Address, IReadOnlyList<string> Path, string Way, Uns.Tags.DataType DataType, bool IsWritable);

/// <summary>What one line of the tree shows.</summary>
internal enum BrowseLine
{
    /// <summary>An entry.</summary>
    Entry,

    /// <summary>The device is being asked for what stands below.</summary>
    Asked,

    /// <summary>It could not be asked.</summary>
    Fault,

    /// <summary>Nothing stands below.</summary>
    Nothing,

    /// <summary>More stand below than are drawn.</summary>
    More,
}

/// <summary>One line of the tree.</summary>
/// <param name="Line">What it shows.</param>
/// <param name="Node">The entry; in all other lines the one above, null at the top.</param>
/// <param name="Level">1 at the top.</param>
/// <param name="Left">How many are not drawn, in such a line.</param>
/// <param name="Place">Its place among its siblings, from 1; 0 in all other lines.</param>
/// <param name="Siblings">How many there are, itself included.</param>
internal readonly record struct BrowseRow(BrowseLine Line, BrowseNode? Node, int Level, int Left = 0, int Place = 0, int Siblings = 0);
