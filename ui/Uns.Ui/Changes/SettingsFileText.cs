using System.Globalization;
using System.Text.Json;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>All settings in one file, to be kept, or brought to another box.</summary>
public static class SettingsFileText
{
    /// <summary>Says what the file is; a later shape has a higher number.</summary>
    public const string Format = "uns-settings/1";

    private static readonly JsonSerializerOptions Indented = new(PlantJson.Options) { WriteIndented = true };

    // A file comes from anywhere: what may not be null is refused where it stands.
    private static readonly JsonSerializerOptions Strict = new(PlantJson.Options) { RespectNullableAnnotations = true };

    /// <summary>A name for the file.</summary>
    public static string Name(DateTimeOffset now) => $"uns-settings-{now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.json";

    /// <summary>Writes the file.</summary>
    /// <param name="settings">What is in it; secrets as they stand there.</param>
    /// <param name="version">The version it is.</param>
    /// <param name="now">When it is written.</param>
    public static string Write(PlantSettings settings, int version, DateTimeOffset now) => JsonSerializer.Serialize(
        new Content(Format, version, now, settings.Devices, settings.Mapping, settings.Alarms), Indented);

    /// <summary>Reads the file.</summary>
    /// <exception cref="JsonException">It is no such file; the message is for the user.</exception>
    public static PlantSettings Read(ReadOnlyMemory<byte> file)
    {
        Content? content;
        try
        {
            content = JsonSerializer.Deserialize<Content>(file.Span, Strict);
        }
        catch (JsonException broken)
        {
            throw new JsonException(broken.LineNumber is { } line ? T($"This is no settings file: line {line + 1} cannot be read ({broken.Message.Split('.')[0]}).") : T($"This is no settings file: {broken.Message}"), broken);
        }

        if (content?.Format != Format)
        {
            throw new JsonException(T($"This is no settings file: its format is '{content?.Format}', wanted is '{Format}'."));
        }

        var (devices, mapping, alarms) = (content.Devices ?? [], content.Mapping ?? [], content.Alarms ?? []);
        if (devices.Any(d => d is null || d.Tags.Any(t => t is null)) || mapping.Any(m => m is null) || alarms.Any(a => a is null))
        {
            throw new JsonException(T($"This is no settings file: {"null"} stands where a device, a tag, a row or an alarm should."));
        }

        if (devices.GroupBy(d => d.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { Key: var doubled })
        {
            throw new JsonException(T($"The file has the device '{doubled}' twice."));
        }

        alarms = [.. alarms.Select(a => a.Id == Guid.Empty ? a with { Id = Guid.CreateVersion7() } : a)];
        return alarms.GroupBy(a => a.Id).FirstOrDefault(g => g.Count() > 1) is { } same
            ? throw new JsonException(T($"The file has the alarms '{same.First().Name}' and '{same.Last().Name}' under one identity."))
            : new([.. devices.OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase)], mapping, alarms);
    }

    /// <summary>The settings of a file with the secrets that are known here in the place of the marks.</summary>
    public static PlantSettings Complete(PlantSettings read, IDeviceBook devices) => read with { Devices = [.. read.Devices.Select(devices.Complete)] };

    /// <summary>The devices that a file brings, whose secrets are neither in it nor known here: they must be typed again.</summary>
    /// <param name="completed">The settings after <see cref="Complete"/>.</param>
    /// <param name="devices">Knows which settings are secret.</param>
    public static IReadOnlyList<string> Missing(PlantSettings completed, IDeviceBook devices) =>
        [.. completed.Devices.Where(d => devices.Find(d.Name) is null && HasEmptySecret(d, devices)).Select(d => d.Name)];

    // A setting that is there and empty, and would be a mark if it were not, is a secret that did not travel.
    private static bool HasEmptySecret(DeviceOptions device, IDeviceBook devices)
    {
        var full = device with { Settings = [] };
        foreach (var (name, value) in device.Settings)
        {
            full.Settings[name] = PlantJson.Text(value).Length == 0 ? "x" : value?.DeepClone();
        }

        var hidden = devices.Conceal(full);
        return device.Settings.Any(s => PlantJson.Text(s.Value).Length == 0 && PlantJson.Text(hidden.Settings[s.Key]) == DeviceSecrets.Mark);
    }

    private sealed record Content(string Format, int Version, DateTimeOffset Written, IReadOnlyList<DeviceOptions>? Devices, IReadOnlyList<EquipmentRule>? Mapping, IReadOnlyList<AlarmRule>? Alarms);
}
