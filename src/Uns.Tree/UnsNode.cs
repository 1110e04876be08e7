using Uns.Sparkplug.Host;
using Uns.Tags;

namespace Uns.Tree;

/// <summary>One place in the tree: a branch, a value, or both. Safe to read from any thread.</summary>
public sealed class UnsNode
{
    private UnsNode[] _children = [];
    private UnsValue? _current;
    private string? _note;

    internal UnsNode(UnsNode? parent, string name)
    {
        Parent = parent;
        Name = name;
        Depth = parent is null ? -1 : parent.Depth + 1;
        Path = parent is null || parent.Depth < 0 ? name : $"{parent.Path}/{name}";
    }

    /// <summary>The node above; null for the root and for a node that was taken out.</summary>
    public UnsNode? Parent { get; internal set; }

    /// <summary>The last level of the path.</summary>
    public string Name { get; }

    /// <summary>The whole path without the topic's prefix; empty for the root.</summary>
    public string Path { get; }

    /// <summary>0 for an enterprise; -1 for the root.</summary>
    public int Depth { get; }

    /// <summary>True when the level belongs to the equipment hierarchy; false for a metric's folder or value.</summary>
    public bool IsPlace { get; internal set; }

    /// <summary>Which metric fills the value; null for a branch, and for a value restored from before a restart that no one has claimed yet.</summary>
    public MetricKey? Source { get; internal set; }

    /// <summary>The source as people write it, <c>group/node/device:metric</c>; null where there is none.</summary>
    public string? SourceName => Source?.ToString();

    /// <summary>Whatever the tree's witness wants to find again with the next change; gone when another metric takes the place.</summary>
    public object? Remembered { get; set; }

    /// <summary>Where the value stood before it was moved, the oldest first; empty for what never moved.</summary>
    public IReadOnlyList<FormerPlace> Formerly { get; internal set; } = [];

    /// <summary>What the birth told about the value; null where there is none.</summary>
    public TagDefinition? Definition { get; internal set; }

    /// <summary>The value with quality and times; null for a pure branch.</summary>
    public UnsValue? Current
    {
        get => Volatile.Read(ref _current);
        internal set => Volatile.Write(ref _current, value);
    }

    /// <summary>What is to be known about the value beside its quality, one sentence without its full stop; null: nothing. Set while the clock of the value's edge node is far off.</summary>
    public string? Note
    {
        get => Volatile.Read(ref _note);
        internal set => Volatile.Write(ref _note, value);
    }

    /// <summary>The nodes below, sorted by name. A snapshot: it does not change under the reader.</summary>
    public IReadOnlyList<UnsNode> Children => Volatile.Read(ref _children);

    /// <summary>What the node is called in the equipment hierarchy: Enterprise, Site, Area, Line, Cell, Equipment, Folder or Tag.</summary>
    public string Level => IsPlace ? EquipmentPath.LevelName(Depth) : Current is null ? "Folder" : "Tag";

    /// <summary>This node and all below it that hold a value, in order of their paths.</summary>
    public IEnumerable<UnsNode> Values()
    {
        var open = new Stack<UnsNode>();
        open.Push(this);
        while (open.TryPop(out var node))
        {
            if (node.Current is not null)
            {
                yield return node;
            }

            var children = node.Children;
            for (var i = children.Count - 1; i >= 0; i--)
            {
                open.Push(children[i]);
            }
        }
    }

    internal UnsNode? Child(ReadOnlySpan<char> name)
    {
        var index = Find(name);
        return index >= 0 ? _children[index] : null;
    }

    internal UnsNode AddChild(string name)
    {
        var child = new UnsNode(this, name);
        Volatile.Write(ref _children, [.. _children[..~Find(name)], child, .. _children[~Find(name)..]]);
        return child;
    }

    internal void RemoveChild(UnsNode child)
    {
        Volatile.Write(ref _children, [.. _children.Where(c => c != child)]);
        child.Parent = null;
    }

    private int Find(ReadOnlySpan<char> name)
    {
        var (low, high) = (0, _children.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = _children[middle].Name.AsSpan().CompareTo(name, StringComparison.Ordinal);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}

/// <summary>Where a value stood before it was moved.</summary>
/// <param name="Path">Its path then.</param>
/// <param name="Until">Until when its topic there goes on, UTC; null: it ended with the move.</param>
public readonly record struct FormerPlace(string Path, DateTimeOffset? Until);

/// <summary>A value as the tree tells it. Immutable, so that value, quality and time always belong together.</summary>
/// <param name="Value">The value; null with its type when there is none.</param>
/// <param name="Quality">Good, uncertain, bad or stale.</param>
/// <param name="Timestamp">Source time, UTC; for staleness still the time of the value.</param>
/// <param name="QualitySince">When the quality became what it is, UTC.</param>
/// <param name="Reason">Why the quality is not good; null when it is.</param>
public sealed record UnsValue(TagValue Value, TagQuality Quality, DateTimeOffset Timestamp, DateTimeOffset QualitySince, string? Reason);
