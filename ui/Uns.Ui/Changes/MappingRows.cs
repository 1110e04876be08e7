using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>Changes of single rows of the mapping table, so that two changes of different rows do not get in each other's way. Pure.</summary>
public static class MappingRows
{
    /// <summary>Takes one change of the table back, and leaves all others.</summary>
    /// <param name="before">The table before the change.</param>
    /// <param name="after">The table after it.</param>
    /// <param name="now">The table as it is.</param>
    /// <returns>The table without the change; null when its rows were changed again since.</returns>
    public static IReadOnlyList<EquipmentRule>? TakeBack(IReadOnlyList<EquipmentRule> before, IReadOnlyList<EquipmentRule> after, IReadOnlyList<EquipmentRule> now) =>
        now.SequenceEqual(after) ? before : Merge(after, before, now);

    /// <summary>Lays one person's changed rows over another's.</summary>
    /// <param name="opened">The table from which both began.</param>
    /// <param name="mine">What one made of it.</param>
    /// <param name="theirs">What the other made of it.</param>
    /// <returns>The table with both changes; null when both changed the same rows, or one changed nothing but the order.</returns>
    public static IReadOnlyList<EquipmentRule>? Merge(IReadOnlyList<EquipmentRule> opened, IReadOnlyList<EquipmentRule> mine, IReadOnlyList<EquipmentRule> theirs)
    {
        if (theirs.SequenceEqual(opened) || mine.SequenceEqual(theirs))
        {
            return mine;
        }

        if (mine.SequenceEqual(opened))
        {
            return theirs;
        }

        var (was, one, other) = (ByKey(opened), ByKey(mine), ByKey(theirs));
        var touched = was.Keys.Union(one.Keys).Where(key => was.GetValueOrDefault(key) != one.GetValueOrDefault(key)).ToList();
        if (touched.Count == 0 || touched.Exists(key => other.GetValueOrDefault(key) != was.GetValueOrDefault(key) && other.GetValueOrDefault(key) != one.GetValueOrDefault(key)))
        {
            return null;
        }

        var result = theirs.Where(rule => !touched.Contains(PlantDiff.KeyOf(rule))).ToList();
        foreach (var rule in mine.Where(rule => touched.Contains(PlantDiff.KeyOf(rule))))
        {
            // Where it stood, as near as can be: earlier rows go first.
            result.Insert(Math.Min(mine.ToList().IndexOf(rule), result.Count), rule);
        }

        return result;
    }

    /// <summary>The table with a device at a place; the empty place takes its row out.</summary>
    public static IReadOnlyList<EquipmentRule> Place(IReadOnlyList<EquipmentRule> rules, string group, string node, string device, string place)
    {
        var old = RowOf(rules, group, node, device);
        if ((old?.Path ?? "") == place)
        {
            return rules;
        }

        var rest = rules.Where(r => r != old);
        return place.Length == 0 ? [.. rest] : [new EquipmentRule { Group = group, Node = node, Device = device, Path = place }, .. rest];
    }

    /// <summary>Rows that place single tags go with them when the tags are renamed.</summary>
    /// <param name="now">The settings in force.</param>
    /// <param name="change">What is to be different.</param>
    /// <returns>The change, with the mapping in it when rows must follow.</returns>
    public static PlantChange Follow(PlantSettings now, PlantChange change)
    {
        var renamed = new Dictionary<(string Device, string Metric), string>();
        foreach (var device in change.Devices)
        {
            if (now.Device(device.Name) is { } before && !ReferenceEquals(before, device))
            {
                var names = before.Tags.Where(t => t.Id != Guid.Empty).DistinctBy(t => t.Id).ToDictionary(t => t.Id, t => t.Name);
                foreach (var tag in device.Tags.Where(t => names.TryGetValue(t.Id, out var name) && name != t.Name))
                {
                    renamed[(device.Name, names[tag.Id])] = tag.Name;
                }
            }
        }

        var rules = change.Mapping ?? now.Mapping;
        return renamed.Count == 0 || !rules.Any(r => renamed.ContainsKey((r.Device, r.Metric)))
            ? change
            : change with { Mapping = [.. rules.Select(r => renamed.TryGetValue((r.Device, r.Metric), out var name) ? r with { Metric = name } : r)] };
    }

    /// <summary>The row that places a whole device; null when there is none.</summary>
    public static EquipmentRule? RowOf(IReadOnlyList<EquipmentRule> rules, string group, string node, string device) =>
        rules.FirstOrDefault(r => r.Group == group && r.Node == node && r.Device == device && r.Metric == "*");

    private static Dictionary<string, EquipmentRule> ByKey(IReadOnlyList<EquipmentRule> rules) => rules.GroupBy(PlantDiff.KeyOf).ToDictionary(g => g.Key, g => g.First());
}
