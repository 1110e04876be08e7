using Uns.Sparkplug.Host;

namespace Uns.Tree;

/// <summary>One row of the mapping table: which metrics stand at which place in the plant.</summary>
public sealed record EquipmentRule
{
    /// <summary>Group id, or <c>*</c> for any.</summary>
    public string Group { get; init; } = "*";

    /// <summary>Edge node id, or <c>*</c> for any.</summary>
    public string Node { get; init; } = "*";

    /// <summary>Device id, or <c>*</c> for any, the node's own metrics included.</summary>
    public string Device { get; init; } = "*";

    /// <summary>Metric name, or its beginning followed by <c>*</c>; <c>*</c> alone for any.</summary>
    public string Metric { get; init; } = "*";

    /// <summary>
    /// The place, e.g. <c>acme/berlin/bottling/line1/{device}</c>. <c>{group}</c>, <c>{node}</c> and <c>{device}</c> stand for the
    /// metric's own; a level that comes out empty is left out. The metric's name follows below it.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>Finds what is wrong with the row; null when it can be used.</summary>
    public string? Fault()
    {
        foreach (var (name, value) in new[] { ("Group", Group), ("Node", Node), ("Device", Device), ("Metric", Metric) })
        {
            if (string.IsNullOrEmpty(value))
            {
                return $"{name} is empty: give an id or * for any.";
            }
        }

        var filled = Path.Replace("{group}", "x", StringComparison.Ordinal).Replace("{node}", "x", StringComparison.Ordinal)
            .Replace("{device}", "x", StringComparison.Ordinal);
        if (filled.Contains('{', StringComparison.Ordinal) || filled.Contains('}', StringComparison.Ordinal))
        {
            return $"Path '{Path}' has an unknown placeholder: use {{group}}, {{node}} or {{device}}.";
        }

        return EquipmentPath.Fault(filled) is { } fault ? $"Path '{Path}' {fault}" : null;
    }

    internal bool Covers(MetricKey key) =>
        Is(Group, key.Node.GroupId) && Is(Node, key.Node.NodeId) && (Device == "*" || Device == key.Device)
        && (Metric.EndsWith('*') ? key.Name.StartsWith(Metric.AsSpan(0, Metric.Length - 1), StringComparison.Ordinal) : Metric == key.Name);

    private static bool Is(string pattern, string value) => pattern == "*" || pattern == value;
}
