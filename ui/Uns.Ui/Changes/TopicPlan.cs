using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Tags;
using Uns.Tree;

namespace Uns.Ui.Changes;

/// <summary>One topic that settings make.</summary>
/// <param name="Path">Its path, without the topic prefix.</param>
/// <param name="Device">The device; of an alarm's value the one that speaks for all alarms.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Alarm">The alarm that the value tells of; null for what a device tells.</param>
public sealed record PlannedTopic(string Path, DeviceOptions Device, TagOptions Tag, AlarmRule? Alarm = null)
{
    /// <summary>The tag as people write it.</summary>
    public string Source => $"{Device.Name}:{Tag.Name}";

    /// <summary>What makes it the same tag after it was renamed.</summary>
    public string Key => $"{Device.Name.ToUpperInvariant()}\n{(Alarm is not null ? $"{Alarm.Id:N}\n{Tag.Name[(Tag.Name.LastIndexOf('/') + 1)..]}" : Tag.Id == Guid.Empty ? Tag.Name : Tag.Id.ToString("N"))}";
}

/// <summary>Where every tag of the settings will stand, before anything is saved. Pure.</summary>
public static class TopicPlan
{
    private static readonly DeviceOptions AlarmDevice = new() { Name = AlarmTags.DeviceName };

    /// <summary>The topics of all enabled devices, and those of all alarms.</summary>
    public static IEnumerable<PlannedTopic> Of(PlantSettings settings, UiOptions options)
    {
        var map = new EquipmentMap(settings.Mapping);
        return settings.Devices.Where(d => d.Enabled).SelectMany(d => Of(map, d, options)).Concat(settings.Alarms.SelectMany(a => Of(map, a, options)));
    }

    /// <summary>The topics that come to be between two settings: new ones, and new places of what moves.</summary>
    public static IEnumerable<PlannedTopic> Added(PlantSettings before, PlantSettings after, UiOptions options)
    {
        var there = Of(before, options).Select(t => t.Path).ToHashSet(StringComparer.Ordinal);
        return Of(after, options).Where(t => there.Add(t.Path));
    }

    /// <summary>The topics of one device.</summary>
    public static IEnumerable<PlannedTopic> Of(EquipmentMap map, DeviceOptions device, UiOptions options) =>
        device.Tags.Select(tag => (Tag: tag, Path: map.PathOf(options.GroupId, options.NodeOf(device.Name), device.Name, tag.Name)))
            .Where(t => t.Path is not null).Select(t => new PlannedTopic(t.Path!, device, t.Tag));

    /// <summary>The topics by which an alarm is told.</summary>
    public static IEnumerable<PlannedTopic> Of(EquipmentMap map, AlarmRule alarm, UiOptions options) =>
        AlarmTags.DefinitionsOf(alarm).Select(value => (Value: value, Path: map.PathOf(options.GroupId, options.NodeOf(AlarmTags.DeviceName), AlarmTags.DeviceName, value.Name)))
            .Where(t => t.Path is not null)
            .Select(t => new PlannedTopic(t.Path!, AlarmDevice, new TagOptions { Name = t.Value.Name, DataType = t.Value.DataType, Description = t.Value.Description }, alarm));

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
    /// <param name="topic">The topic.</param>
    /// <param name="current">Its value now; null when there is none.</param>
    /// <param name="now">The time in it.</param>
    public static string Example(PlannedTopic topic, UnsValue? current, DateTimeOffset now) =>
        Example(topic.Tag, current?.Value ?? (topic.Alarm is { } rule ? AlarmTags.SamplesOf(new(rule, AlarmStanding.Calm), now).First(s => s.Tag == topic.Tag.Name).Value : (TagValue?)null), now);

    /// <summary>A message such as a tag's topic will carry.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="current">Its value now; null when there is none.</param>
    /// <param name="now">The time in it.</param>
    public static string Example(TagOptions tag, TagValue? current, DateTimeOffset now)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WritePropertyName("value");
            if (current is { IsNull: false } value)
            {
                TagValueJson.Write(json, value);
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
