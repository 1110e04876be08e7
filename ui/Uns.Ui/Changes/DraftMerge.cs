using Uns.Connectors;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>Lays a draft over settings that may have changed since it was begun. Pure.</summary>
public static class DraftMerge
{
    /// <summary>Keeps what others changed meanwhile; where both changed the same, the one that is asked for wins and the clash is named.</summary>
    /// <param name="now">The settings in force.</param>
    /// <param name="content">The draft.</param>
    /// <param name="mineWins">True: the draft's word counts where both changed the same.</param>
    /// <returns>What is to be done now, and what both changed, in words.</returns>
    public static (PlantChange Change, IReadOnlyList<string> Clashes) Onto(PlantSettings now, DraftContent content, bool mineWins)
    {
        var clashes = new List<string>();
        var (change, opened) = (content.Change, content.Opened);
        var devices = change.Devices.Select(d => Onto(now.Device(d.Name), opened.Device(d.Name), d, mineWins, clashes)).OfType<DeviceOptions>().ToList();
        var removed = change.RemovedDevices.Where(name => Removes(now.Device(name), opened.Device(name), mineWins, clashes)).ToList();
        var mapping = Onto(now.Mapping, opened.Mapping, change.Mapping, mineWins, clashes);
        var alarms = change.Alarms.Where(a => Takes(a.Name, now.Alarm(a.Id) == opened.Alarm(a.Id) || now.Alarm(a.Id) == a, mineWins, clashes)).ToList();
        var dropped = change.RemovedAlarms.Where(id => now.Alarm(id) is { } there && Takes(there.Name, there == opened.Alarm(id), mineWins, clashes)).ToList();
        return (new PlantChange { Devices = devices, RemovedDevices = removed, Mapping = mapping, Alarms = alarms, RemovedAlarms = dropped }, clashes);
    }

    private static DeviceOptions? Onto(DeviceOptions? now, DeviceOptions? opened, DeviceOptions mine, bool mineWins, List<string> clashes)
    {
        if (now is null)
        {
            return opened is null || Takes(mine.Name, false, mineWins, clashes, T($"{mine.Name}: was removed, and is changed here")) ? mine : null;
        }

        if (opened is not null && PlantJson.Same(now, opened))
        {
            return mine;
        }

        var (merged, both) = DeviceMerge.Merge(opened, mine, now, mineWins);
        clashes.AddRange(both.Select(words => $"{mine.Name}: {words}"));
        return merged;
    }

    private static bool Removes(DeviceOptions? now, DeviceOptions? opened, bool mineWins, List<string> clashes) =>
        now is not null && Takes(now.Name, opened is not null && PlantJson.Same(now, opened), mineWins, clashes, T($"{now.Name}: was changed, and is removed here"));

    private static IReadOnlyList<EquipmentRule>? Onto(IReadOnlyList<EquipmentRule> now, IReadOnlyList<EquipmentRule> opened, IReadOnlyList<EquipmentRule>? mine, bool mineWins, List<string> clashes)
    {
        if (mine is null)
        {
            return null;
        }

        if (MappingRows.Merge(opened, mine, now) is { } merged)
        {
            return merged;
        }

        clashes.Add(T("Mapping: the same rows were changed, or their order"));
        return mineWins ? mine : null;
    }

    private static bool Takes(string name, bool isUntouched, bool mineWins, List<string> clashes, string? words = null)
    {
        if (isUntouched)
        {
            return true;
        }

        clashes.Add(words ?? T($"{name}: was changed, and is changed here"));
        return mineWins;
    }
}
