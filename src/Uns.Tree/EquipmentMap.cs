using Uns.Sparkplug.Host;

namespace Uns.Tree;

/// <summary>The mapping table as a whole: finds each metric's place in the plant. Immutable.</summary>
/// <remarks>
/// The first row that covers a metric rules. What no row covers stands under <c>{group}/{node}/{device}</c>, where a <c>:</c> in
/// the group id separates levels, as plants encode enterprise:site:area there.
/// </remarks>
public sealed class EquipmentMap(IReadOnlyList<EquipmentRule> rules)
{
    /// <summary>The map without rows: every metric stands under its own ids.</summary>
    public static EquipmentMap Empty { get; } = new([]);

    /// <summary>The rows in the order in which they are tried.</summary>
    public IReadOnlyList<EquipmentRule> Rules { get; } = rules;

    /// <summary>The place of one metric, value name included.</summary>
    /// <param name="key">The metric.</param>
    /// <param name="placeDepth">How many of the levels belong to the place; what follows is the metric's own name.</param>
    /// <returns>Null for what speaks about the Sparkplug session and not about the plant: bdSeq and the control metrics.</returns>
    public string? Locate(MetricKey key, out int placeDepth)
    {
        placeDepth = 0;
        if (key.Name is "bdSeq" || key.Name.StartsWith("Node Control/", StringComparison.Ordinal)
            || key.Name.StartsWith("Device Control/", StringComparison.Ordinal))
        {
            return null;
        }

        var place = PlaceOf(key);
        var path = EquipmentPath.Append(place, key.Name);
        if (path.Length > EquipmentPath.MaximumLength || path.Length == place.Length)
        {
            return null;
        }

        placeDepth = place.AsSpan().Count('/') + 1;
        return path;
    }

    private string PlaceOf(MetricKey key)
    {
        foreach (var rule in Rules)
        {
            if (rule.Covers(key))
            {
                return Fill(rule.Path, key, splitGroup: false);
            }
        }

        return Fill("{group}/{node}/{device}", key, splitGroup: true);
    }

    private static string Fill(string path, MetricKey key, bool splitGroup)
    {
        var levels = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == "{group}" && splitGroup)
            {
                levels.AddRange(key.Node.GroupId.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(EquipmentPath.Sanitise));
                continue;
            }

            var filled = part.Replace("{group}", key.Node.GroupId, StringComparison.Ordinal)
                .Replace("{node}", key.Node.NodeId, StringComparison.Ordinal)
                .Replace("{device}", key.Device ?? "", StringComparison.Ordinal);
            if (filled.Length > 0)
            {
                levels.Add(EquipmentPath.Sanitise(filled));
            }
        }

        return levels.Count == 0 ? "_" : string.Join('/', levels);
    }
}
