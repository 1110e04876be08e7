using Uns.Hub.Settings;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>Alarms go with the values they watch, however these come to another place: by a move, another mapping, or another name.</summary>
internal sealed class AlarmFollow(UnsTree tree, HubOptions options)
{
    /// <summary>Adds the alarms that must follow to a change.</summary>
    /// <param name="now">The settings in force.</param>
    /// <param name="change">What is to be different, with the mapping rows that follow in it.</param>
    public PlantChange Alarms(PlantSettings now, PlantChange change)
    {
        var after = now.With(change);
        if (after.Alarms.Count == 0 || (change.Mapping is null && change.Devices.Count == 0))
        {
            return change;
        }

        var (old, map) = (new EquipmentMap(now.Mapping), new EquipmentMap(after.Mapping));
        var renamed = Renamed(now, change);
        var standing = Standing(now, old, [.. after.Alarms.Select(a => a.Path)]);
        var moved = after.Alarms.Where(alarm => now.Alarm(alarm.Id) is not { } was || was.Path == alarm.Path) // One whose path is changed by hand knows where it goes.
            .Select(alarm => (Alarm: alarm, Path: standing.TryGetValue(alarm.Path, out var key) ? map.Locate(renamed.GetValueOrDefault(key, key), out _) : null))
            .Where(m => m.Path is not null && m.Path != m.Alarm.Path).Select(m => m.Alarm with { Path = m.Path! }).ToList();
        return moved.Count == 0 ? change : change with { Alarms = [.. change.Alarms.Where(a => moved.TrueForAll(m => m.Id != a.Id)), .. moved] };
    }

    // By the tree, which knows foreign edge nodes too; what was never born stands where the settings say.
    private Dictionary<string, MetricKey> Standing(PlantSettings now, EquipmentMap map, HashSet<string> paths)
    {
        var standing = new Dictionary<string, MetricKey>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (tree.Find(path)?.Source is { } source)
            {
                standing[path] = source;
            }
        }

        if (standing.Count < paths.Count)
        {
            foreach (var key in now.Devices.SelectMany(d => d.Tags.Select(t => KeyOf(d.Name, t.Name))))
            {
                if (map.Locate(key, out _) is { } path && paths.Contains(path))
                {
                    standing.TryAdd(path, key);
                }
            }
        }

        return standing;
    }

    private Dictionary<MetricKey, MetricKey> Renamed(PlantSettings now, PlantChange change)
    {
        var renamed = new Dictionary<MetricKey, MetricKey>();
        foreach (var device in change.Devices)
        {
            var names = now.Device(device.Name)?.Tags.Where(t => t.Id != Guid.Empty).DistinctBy(t => t.Id).ToDictionary(t => t.Id, t => t.Name) ?? [];
            foreach (var tag in device.Tags)
            {
                if (names.TryGetValue(tag.Id, out var name) && name != tag.Name)
                {
                    renamed[KeyOf(device.Name, name)] = KeyOf(device.Name, tag.Name);
                }
            }
        }

        return renamed;
    }

    private MetricKey KeyOf(string device, string tag) => new(new EdgeNodeId(options.GroupId, options.EdgeNodePerDevice ? $"{options.NodeId}-{device}" : options.NodeId), device, tag);
}
