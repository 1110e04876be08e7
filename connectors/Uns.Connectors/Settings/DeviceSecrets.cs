using System.Text.Json.Nodes;

namespace Uns.Connectors;

/// <summary>Passwords in a device's settings: they go in, and never out.</summary>
public static class DeviceSecrets
{
    /// <summary>What is shown in the place of a secret.</summary>
    public const string Mark = "********";

    /// <summary>The device with a mark in the place of each secret.</summary>
    public static DeviceOptions Hide(DeviceOptions device, IReadOnlyList<SettingField> fields) =>
        Change(device, fields, (_, value) => value?.ToString() is { Length: > 0 } ? Mark : value?.DeepClone());

    /// <summary>The device with the saved secret in the place of each mark; empty where nothing is saved.</summary>
    public static DeviceOptions Restore(DeviceOptions device, DeviceOptions? saved, IReadOnlyList<SettingField> fields) =>
        Change(device, fields, (name, value) => value?.ToString() == Mark ? SettingOf(saved, name)?.DeepClone() ?? "" : value?.DeepClone());

    private static DeviceOptions Change(DeviceOptions device, IReadOnlyList<SettingField> fields, Func<string, JsonNode?, JsonNode?> change)
    {
        var secrets = fields.Where(f => f.Kind == "secret").Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!device.Settings.Any(s => secrets.Contains(s.Key)))
        {
            return device;
        }

        var settings = new JsonObject();
        foreach (var (name, value) in device.Settings)
        {
            settings[name] = secrets.Contains(name) ? change(name, value) : value?.DeepClone();
        }

        return device with { Settings = settings };
    }

    private static JsonNode? SettingOf(DeviceOptions? device, string name) =>
        device?.Settings.FirstOrDefault(s => s.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
