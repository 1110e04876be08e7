using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Uns.Connectors;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>One topic that settings make.</summary>
/// <param name="Path">Its path, without the topic prefix.</param>
/// <param name="Device">The device.</param>
/// <param name="Tag">The tag.</param>
public sealed record PlannedTopic(string Path, DeviceOptions Device, TagOptions Tag)
{
    /// <summary>The tag as people write it.</summary>
    public string Source => $"{Device.Name}:{Tag.Name}";
}

/// <summary>Where every tag of the settings will stand, before anything is saved. Pure.</summary>
public static class TopicPlan
{
    /// <summary>The topics of all enabled devices.</summary>
    public static IEnumerable<PlannedTopic> Of(PlantSettings settings, UiOptions options)
    {
        var map = new EquipmentMap(settings.Mapping);
        return settings.Devices.Where(d => d.Enabled).SelectMany(d => Of(map, d, options));
    }

    /// <summary>The topics of one device.</summary>
    public static IEnumerable<PlannedTopic> Of(EquipmentMap map, DeviceOptions device, UiOptions options) =>
        device.Tags.Select(tag => (Tag: tag, Path: map.PathOf(options.GroupId, options.NodeOf(device.Name), device.Name, tag.Name)))
            .Where(t => t.Path is not null).Select(t => new PlannedTopic(t.Path!, device, t.Tag));

    /// <summary>The tags that want one place: the first keeps it.</summary>
    public static IEnumerable<(string Path, IReadOnlyList<PlannedTopic> Wanting)> Clashes(IEnumerable<PlannedTopic> topics) =>
        topics.GroupBy(t => t.Path, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => (g.Key, (IReadOnlyList<PlannedTopic>)[.. g]));

    /// <summary>What a topic cannot carry of a tag's names, and what stands there instead; null when the names stand as they are.</summary>
    public static string? Renamed(TagOptions tag)
    {
        var changed = tag.Name.Split('/').Where(level => EquipmentPath.Sanitise(level) != level).Select(level => T($"'{level}' becomes {EquipmentPath.Sanitise(level)}")).ToList();
        return changed.Count == 0 ? null : string.Join(", ", changed);
    }

    /// <summary>A message such as the topic will carry.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="current">Its value now; null when there is none.</param>
    /// <param name="now">The time in it.</param>
    public static string Example(TagOptions tag, UnsValue? current, DateTimeOffset now)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WritePropertyName("value");
            if (current is { Value.IsNull: false })
            {
                TagValueJson.Write(json, current.Value);
            }
            else if (tag.DataType == DataType.Boolean)
            {
                json.WriteBooleanValue(true);
            }
            else if (tag.DataType is DataType.String or DataType.Text or DataType.Uuid)
            {
                json.WriteStringValue("text");
            }
            else
            {
                json.WriteNumberValue(tag is { Low: { } low, High: { } high } ? (low + high) / 2 : 0);
            }

            json.WriteString("timestamp", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("quality", "Good");
            if (tag.Unit.Length > 0)
            {
                json.WriteString("unit", tag.Unit);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
