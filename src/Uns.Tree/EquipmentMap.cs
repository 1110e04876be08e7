using Uns.Sparkplug.Host;

namespace Uns.Tree;

/// <summary>The mapping table as a whole: finds each metric's place in the plant. Immutable.</summary>
/// <remarks>
/// The first row that covers a metric rules. What no row covers stands under <c>{group}/{node}/{device}</c>, where a <c>:</c> in
/// the group id separates levels, as plants encode enterprise:site:area there.
/// </remarks>
public sealed class EquipmentMap
{
    // Rows that name one metric are found at once, however many there are; the others are tried one by one.
    private readonly Dictionary<(string Group, string Node, string Device, string Metric), int> _exact = [];
    private readonly List<(int Row, EquipmentRule Rule)> _patterns = [];
    private readonly List<EquipmentRule> _moves = [];

    /// <summary>Takes the rows in the order in which they are tried.</summary>
    public EquipmentMap(IReadOnlyList<EquipmentRule> rules)
    {
        Rules = rules;
        for (var row = 0; row < rules.Count; row++)
        {
            var rule = rules[row];
            if (rule.IsMove)
            {
                _moves.Add(rule);
            }
            else if (rule.Group == "*" || rule.Node == "*" || rule.Device == "*" || rule.Metric.EndsWith('*'))
            {
                _patterns.Add((row, rule));
            }
            else
            {
                _exact.TryAdd((rule.Group, rule.Node, rule.Device, rule.Metric), row);
            }
        }
    }

    /// <summary>The map without rows: every metric stands under its own ids.</summary>
    public static EquipmentMap Empty { get; } = new([]);

    /// <summary>The rows in the order in which they are tried.</summary>
    public IReadOnlyList<EquipmentRule> Rules { get; }

    /// <summary>The place of one metric, value name included.</summary>
    /// <param name="key">The metric.</param>
    /// <param name="placeDepth">How many of the levels belong to the place; what follows is the metric's own name.</param>
    /// <returns>Null for what speaks about the Sparkplug session and not about the plant: bdSeq and the control metrics.</returns>
    public string? Locate(MetricKey key, out int placeDepth) => Locate(key, out placeDepth, out _);

    /// <summary>The place of one metric, and where it stood before it was moved.</summary>
    /// <param name="key">The metric.</param>
    /// <param name="placeDepth">How many of the levels belong to the place.</param>
    /// <param name="formerly">Its places before, the oldest first; empty for what never moved.</param>
    internal string? Locate(MetricKey key, out int placeDepth, out IReadOnlyList<FormerPlace> formerly)
    {
        formerly = [];
        return LocateByRows(key, out placeDepth) is not { } path ? null : _moves.Count == 0 ? path : Moved(path, ref placeDepth, ref formerly);
    }

    /// <summary>Where a path leads: itself, or by the moves elsewhere.</summary>
    /// <remarks>Also for branches, and for places that nothing fills at present.</remarks>
    public string Follow(string path)
    {
        foreach (var move in _moves)
        {
            path = move.Move(path) ?? path;
        }

        return path;
    }

    /// <summary>Until when the topic at a path goes on although its value has moved, UTC; null: nothing moved away from there, or the topic ended with the move.</summary>
    public DateTimeOffset? ForwardedUntil(string path) => _moves.FirstOrDefault(move => move.Move(path) is not null)?.Until;

    private string? Moved(string path, ref int placeDepth, ref IReadOnlyList<FormerPlace> formerly)
    {
        List<FormerPlace>? before = null;
        foreach (var move in _moves)
        {
            if (move.Move(path) is not { } next)
            {
                continue;
            }

            (before ??= []).RemoveAll(place => place.Path == path);
            before.Add(new(path, move.Until));
            placeDepth = DepthAfter(move, placeDepth);
            path = next;
        }

        if (before is null)
        {
            return path;
        }

        before.RemoveAll(place => place.Path == path);
        formerly = before;
        return path.Length > EquipmentPath.MaximumLength ? null : path;
    }

    // What moved with its place takes its levels along; what left its place by itself stands below the new path's last level but one.
    private static int DepthAfter(EquipmentRule move, int placeDepth)
    {
        var (from, to) = (move.From!.Split('/'), move.Path.Split('/'));
        return from.Length <= placeDepth ? placeDepth - from.Length + to.Length
            : to.Length > placeDepth && from.AsSpan(0, placeDepth).SequenceEqual(to.AsSpan(0, placeDepth)) ? placeDepth
            : Math.Max(1, to.Length - 1);
    }

    private string? LocateByRows(MetricKey key, out int placeDepth)
    {
        placeDepth = 0;
        if (key.Name is "bdSeq" || key.Name.StartsWith("Node Control/", StringComparison.Ordinal)
            || key.Name.StartsWith("Device Control/", StringComparison.Ordinal))
        {
            return null;
        }

        var rule = RuleOf(key);
        var levels = Fill(rule?.Path ?? "{group}/{node}/{device}", key, splitGroup: rule is null);
        if (rule is not null && rule.Path.Contains("{name}", StringComparison.Ordinal))
        {
            placeDepth = Math.Max(0, levels.Count - 1);
            var whole = string.Join('/', levels);
            return whole.Length is 0 or > EquipmentPath.MaximumLength ? null : whole;
        }

        placeDepth = Math.Max(1, levels.Count);
        var place = levels.Count == 0 ? "_" : string.Join('/', levels);
        var path = EquipmentPath.Append(place, key.Name);
        return path.Length > EquipmentPath.MaximumLength || path.Length == place.Length ? null : path;
    }

    /// <summary>The place of one metric, before it is born.</summary>
    /// <param name="group">Group id.</param>
    /// <param name="node">Edge node id.</param>
    /// <param name="device">Device id; null for the node's own metrics.</param>
    /// <param name="metric">The metric's name.</param>
    public string? PathOf(string group, string node, string? device, string metric) => Locate(new MetricKey(new(group, node), device, metric), out _);

    /// <summary>Where the value of a node would stand by this table; null when it has no source, or would have no place.</summary>
    public string? PathOf(UnsNode node) => node.Source is { } source ? Locate(source, out _) : null;

    private EquipmentRule? RuleOf(MetricKey key)
    {
        var exact = _exact.Count > 0 && key.Device is { } device && _exact.TryGetValue((key.Node.GroupId, key.Node.NodeId, device, key.Name), out var row) ? row : Rules.Count;
        foreach (var (at, rule) in _patterns)
        {
            if (at > exact)
            {
                break;
            }

            if (rule.Covers(key))
            {
                return rule;
            }
        }

        return exact < Rules.Count ? Rules[exact] : null;
    }

    private static List<string> Fill(string path, MetricKey key, bool splitGroup)
    {
        var levels = new List<string>();
        var slash = key.Name.LastIndexOf('/');
        var (folder, name) = slash < 0 ? ("", key.Name) : (key.Name[..slash], key.Name[(slash + 1)..]);
        foreach (var part in path.Split('/'))
        {
            if (part == "{group}" && splitGroup)
            {
                levels.AddRange(key.Node.GroupId.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(EquipmentPath.Sanitise));
                continue;
            }

            if (part == EquipmentRule.Folder)
            {
                levels.AddRange(folder.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(EquipmentPath.Sanitise));
                continue;
            }

            var filled = part.Contains('{', StringComparison.Ordinal) ? Fill(part, key, folder, name) : part;
            if (filled.Length > 0)
            {
                levels.Add(EquipmentPath.Sanitise(filled));
            }
        }

        return levels;
    }

    private static string Fill(string part, MetricKey key, string folder, string name)
    {
        var filled = part.Replace("{group}", key.Node.GroupId, StringComparison.Ordinal)
            .Replace("{node}", key.Node.NodeId, StringComparison.Ordinal)
            .Replace("{device}", key.Device ?? "", StringComparison.Ordinal)
            .Replace(EquipmentRule.Folder, folder, StringComparison.Ordinal)
            .Replace("{name}", name, StringComparison.Ordinal);
        if (filled.Contains("{folder", StringComparison.Ordinal))
        {
            var folders = folder.Split('/');
            for (var at = 1; at <= EquipmentRule.MostFolders; at++)
            {
                filled = filled.Replace($"{{folder{at}}}", at <= folders.Length ? folders[at - 1] : "", StringComparison.Ordinal);
            }
        }

        return filled;
    }
}
