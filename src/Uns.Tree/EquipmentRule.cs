using System.Text.Json.Serialization;
using Uns.Sparkplug.Host;

namespace Uns.Tree;

/// <summary>
/// One row of the mapping table: which metrics stand at which place in the plant; or, with <see cref="From"/>, that a value or a
/// whole branch has moved.
/// </summary>
public sealed record EquipmentRule
{
    /// <summary>Most rows of a table.</summary>
    public const int MaximumRules = 100_000;

    /// <summary>Most rows among them that move something: each is tried for every metric.</summary>
    public const int MaximumMoves = 1000;

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
    /// metric's own; a level that comes out empty is left out. The metric's name follows below it, unless <c>{name}</c> is in the last
    /// level: then the metric's folders stand where <c>{folder}</c> is, or one of them where <c>{folder1}</c> to <c>{folder9}</c> are.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>
    /// Where a value, or a branch with all below it, stood before it moved to <see cref="Path"/>; null in a row about metrics. The moves are
    /// carried out behind all other rows, in the order of the table, and hold for what is born there later too.
    /// </summary>
    public string? From { get; init; }

    /// <summary>Until when the topics at <see cref="From"/> go on beside the new ones, UTC; null: they ended with the move.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>True for a row that moves a value or a branch.</summary>
    [JsonIgnore]
    public bool IsMove => From is { Length: > 0 };

    /// <summary>Finds what is wrong with the row; null when it can be used.</summary>
    public string? Fault()
    {
        if (From is { Length: > 0 } || Until is not null)
        {
            return MoveFault(From ?? "", Path);
        }

        foreach (var (name, value) in new[] { ("Group", Group), ("Node", Node), ("Device", Device), ("Metric", Metric) })
        {
            if (string.IsNullOrEmpty(value))
            {
                return $"{name} is empty: give an id or * for any.";
            }
        }

        var filled = new[] { "{group}", "{node}", "{device}", "{name}", Folder }.Concat(Enumerable.Range(1, MostFolders).Select(at => $"{{folder{at}}}"))
            .Aggregate(Path, (path, known) => path.Replace(known, "x", StringComparison.Ordinal));
        if (filled.Contains('{', StringComparison.Ordinal) || filled.Contains('}', StringComparison.Ordinal))
        {
            return $"Path '{Path}' has an unknown placeholder: use {{group}}, {{node}}, {{device}}, {{folder}}, {{folder1}} to {{folder{MostFolders}}} or {{name}}.";
        }

        if (Path.Contains("{name}", StringComparison.Ordinal) && (Path.IndexOf("{name}", StringComparison.Ordinal) < Path.LastIndexOf('/') || Path.IndexOf("{name}", StringComparison.Ordinal) != Path.LastIndexOf("{name}", StringComparison.Ordinal)))
        {
            return $"Path '{Path}' has {{name}} above its last level: a value stands at the end of its path.";
        }

        if (Path.Contains("{folder", StringComparison.Ordinal) && !Path.Contains("{name}", StringComparison.Ordinal))
        {
            return $"Path '{Path}' has a folder but no {{name}}: the folders would stand there twice. End it with {{name}}.";
        }

        return EquipmentPath.Fault(filled) is { } fault ? $"Path '{Path}' {fault}" : null;
    }

    /// <summary>Finds what is wrong with a move; null when it can be made.</summary>
    /// <param name="from">Path of what moves.</param>
    /// <param name="to">Its new path.</param>
    public static string? MoveFault(string from, string to) =>
        EquipmentPath.Fault(from) is { } bad ? $"From '{from}' {bad}"
        : to.AsSpan().ContainsAny('{', '}') ? $"Path '{to}' has a placeholder: a move leads to one place."
        : EquipmentPath.Fault(to) is { } fault ? $"Path '{to}' {fault}"
        : from == to ? $"Path '{to}' is where it stands already."
        : null;

    /// <summary>Where a path leads by this move; null when it is not about it.</summary>
    internal string? Move(string path) =>
        path.StartsWith(From!, StringComparison.Ordinal) && (path.Length == From!.Length || path[From.Length] == '/') ? Path + path[From.Length..] : null;

    /// <summary>Stands for all folders of a metric's name, each a level.</summary>
    internal const string Folder = "{folder}";

    /// <summary>How many folders have a placeholder of their own.</summary>
    internal const int MostFolders = 9;

    internal bool Covers(MetricKey key) =>
        Is(Group, key.Node.GroupId) && Is(Node, key.Node.NodeId) && (Device == "*" || Device == key.Device)
        && (Metric.EndsWith('*') ? key.Name.StartsWith(Metric.AsSpan(0, Metric.Length - 1), StringComparison.Ordinal) : Metric == key.Name);

    private static bool Is(string pattern, string value) => pattern == "*" || pattern == value;
}
