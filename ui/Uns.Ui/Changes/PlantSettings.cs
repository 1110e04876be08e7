using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>All that people have set: devices with their tags, the mapping table, the alarms. One document, one version.</summary>
/// <param name="Devices">By name.</param>
/// <param name="Mapping">The rows in the order in which they are tried.</param>
/// <param name="Alarms">The rules.</param>
public sealed record PlantSettings(IReadOnlyList<DeviceOptions> Devices, IReadOnlyList<EquipmentRule> Mapping, IReadOnlyList<AlarmRule> Alarms)
{
    /// <summary>Nothing set.</summary>
    public static PlantSettings Empty { get; } = new([], [], []);

    /// <summary>One device, without regard to case; null when there is none.</summary>
    public DeviceOptions? Device(string name) => Devices.FirstOrDefault(d => d.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>One alarm's rule; null when there is none.</summary>
    public AlarmRule? Alarm(Guid id) => Alarms.FirstOrDefault(a => a.Id == id);

    /// <summary>The settings as they are after a change.</summary>
    public PlantSettings With(PlantChange change)
    {
        var devices = Devices.ToDictionary(d => d.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var gone in change.RemovedDevices)
        {
            devices.Remove(gone);
        }

        foreach (var device in change.Devices)
        {
            devices.Remove(device.Name);
            devices[device.Name] = device;
        }

        var alarms = Alarms.ToDictionary(a => a.Id);
        foreach (var gone in change.RemovedAlarms)
        {
            alarms.Remove(gone);
        }

        foreach (var alarm in change.Alarms)
        {
            alarms[alarm.Id] = alarm;
        }

        return new([.. devices.Values.OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase)], change.Mapping ?? Mapping, [.. alarms.Values]);
    }

    /// <summary>The change that makes these settings into others.</summary>
    public PlantChange To(PlantSettings wanted) => new()
    {
        Devices = [.. wanted.Devices.Where(d => Device(d.Name) is not { } now || !PlantJson.Same(now, d))],
        RemovedDevices = [.. Devices.Select(d => d.Name).Where(name => wanted.Device(name) is null)],
        Mapping = Mapping.SequenceEqual(wanted.Mapping) ? null : wanted.Mapping,
        Alarms = [.. wanted.Alarms.Where(a => Alarm(a.Id) != a)],
        RemovedAlarms = [.. Alarms.Select(a => a.Id).Where(id => wanted.Alarm(id) is null)],
    };
}

/// <summary>What is to be different: all of it in one step, or nothing.</summary>
public sealed record PlantChange
{
    /// <summary>New devices, and known ones in their new shape.</summary>
    public IReadOnlyList<DeviceOptions> Devices { get; init; } = [];

    /// <summary>Names of devices that go.</summary>
    public IReadOnlyList<string> RemovedDevices { get; init; } = [];

    /// <summary>The new mapping table; null: as it is.</summary>
    public IReadOnlyList<EquipmentRule>? Mapping { get; init; }

    /// <summary>New rules, and known ones in their new shape.</summary>
    public IReadOnlyList<AlarmRule> Alarms { get; init; } = [];

    /// <summary>Rules that go.</summary>
    public IReadOnlyList<Guid> RemovedAlarms { get; init; } = [];

    /// <summary>True when nothing is asked.</summary>
    public bool IsEmpty => Devices.Count == 0 && RemovedDevices.Count == 0 && Mapping is null && Alarms.Count == 0 && RemovedAlarms.Count == 0;

    /// <summary>This change, and then another.</summary>
    public PlantChange Then(PlantChange next) => new()
    {
        Devices = [.. Devices.Where(d => !Names(next).Contains(d.Name)), .. next.Devices],
        RemovedDevices = [.. RemovedDevices.Where(name => !Names(next).Contains(name)), .. next.RemovedDevices],
        Mapping = next.Mapping ?? Mapping,
        Alarms = [.. Alarms.Where(a => next.Alarms.All(n => n.Id != a.Id) && !next.RemovedAlarms.Contains(a.Id)), .. next.Alarms],
        RemovedAlarms = [.. RemovedAlarms.Where(id => next.Alarms.All(n => n.Id != id) && !next.RemovedAlarms.Contains(id)), .. next.RemovedAlarms],
    };

    private static HashSet<string> Names(PlantChange change) => new([.. change.Devices.Select(d => d.Name), .. change.RemovedDevices], StringComparer.OrdinalIgnoreCase);
}
