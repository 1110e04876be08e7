using System.Globalization;
using System.Text.Json.Nodes;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Live;

namespace Uns.Ui.Changes;

/// <summary>What became of a thing.</summary>
public enum ThingOutcome
{
    /// <summary>It is new.</summary>
    New,

    /// <summary>It was there and is different.</summary>
    Changed,

    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>One thing that is different between two settings.</summary>
/// <param name="Key">Its key in versions: <c>device/press</c>, <c>mapping</c>, <c>alarm/{id}</c>.</param>
/// <param name="Kind"><c>device</c>, <c>mapping</c> or <c>alarm</c>.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Words">What is different, old → new, each in one phrase. No secrets.</param>
public sealed record ThingChange(string Key, string Kind, string Name, ThingOutcome Outcome, IReadOnlyList<string> Words)
{
    private const int MostPhrases = 20;

    /// <summary>All of it in one line.</summary>
    public string Line => string.Join("; ", Words.Take(MostPhrases)) + (Words.Count > MostPhrases ? "; " + T($"and {Words.Count - MostPhrases:N0} more") : "");
}

/// <summary>Says in words what is different between two settings. Pure.</summary>
/// <param name="kinds">The protocols: they know which settings are secret.</param>
public sealed class PlantDiff(IEnumerable<IConnectorKind> kinds)
{
    private const int MostNames = 5;

    private readonly Dictionary<string, HashSet<string>> _secrets = kinds.ToDictionary(
        k => k.Protocol, k => k.Fields.Where(f => f.Kind == "secret").Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);

    /// <summary>The key of a device.</summary>
    public static string KeyOf(DeviceOptions device) => "device/" + device.Name.ToUpperInvariant();

    /// <summary>The key of a device by its name.</summary>
    public static string DeviceKey(string name) => "device/" + name.ToUpperInvariant();

    /// <summary>The key of the mapping table.</summary>
    public const string MappingKey = "mapping";

    /// <summary>The key of an alarm.</summary>
    public static string KeyOf(AlarmRule rule) => AlarmKey(rule.Id);

    /// <summary>The key of an alarm by its identity.</summary>
    public static string AlarmKey(Guid id) => "alarm/" + id.ToString("N");

    /// <summary>Everything that is different; empty when nothing is.</summary>
    public IReadOnlyList<ThingChange> Between(PlantSettings before, PlantSettings after)
    {
        var result = new List<ThingChange>();
        var (old, now) = (before.Devices.ToDictionary(d => d.Name, StringComparer.OrdinalIgnoreCase), after.Devices.ToDictionary(d => d.Name, StringComparer.OrdinalIgnoreCase));
        foreach (var device in after.Devices)
        {
            if (!old.TryGetValue(device.Name, out var was))
            {
                result.Add(new(KeyOf(device), "device", device.Name, ThingOutcome.New, [About(device)]));
            }
            else if (!ReferenceEquals(was, device) && Words(was, device) is { Count: > 0 } words)
            {
                result.Add(new(KeyOf(device), "device", device.Name, ThingOutcome.Changed, words));
            }
        }

        result.AddRange(before.Devices.Where(d => !now.ContainsKey(d.Name)).Select(d => new ThingChange(KeyOf(d), "device", d.Name, ThingOutcome.Removed, [About(d)])));
        if (!before.Mapping.SequenceEqual(after.Mapping))
        {
            result.Add(new(MappingKey, "mapping", T("Mapping"), ThingOutcome.Changed, Words(before.Mapping, after.Mapping)));
        }

        result.AddRange(after.Alarms.Where(a => before.Alarm(a.Id) is null).Select(a => new ThingChange(KeyOf(a), "alarm", a.Name, ThingOutcome.New, [$"{a.Path} {AlarmText.Condition(a, "")}"])));
        result.AddRange(after.Alarms.Where(a => before.Alarm(a.Id) is { } was && was != a)
            .Select(a => new ThingChange(KeyOf(a), "alarm", a.Name, ThingOutcome.Changed, Fields(PlantJson.Tree(before.Alarm(a.Id)!), PlantJson.Tree(a), [])))
            .Where(c => c.Words.Count > 0));
        result.AddRange(before.Alarms.Where(a => after.Alarm(a.Id) is null).Select(a => new ThingChange(KeyOf(a), "alarm", a.Name, ThingOutcome.Removed, [$"{a.Path} {AlarmText.Condition(a, "")}"])));
        return result;
    }

    // Protocol, where it is, how many tags.
    private string About(DeviceOptions device)
    {
        var secrets = Secrets(device);
        var shown = device.Settings.Where(s => !secrets.Contains(s.Key) && (s.Key.Equals("Host", StringComparison.OrdinalIgnoreCase) || s.Key.Equals("Endpoint", StringComparison.OrdinalIgnoreCase) || s.Key.Equals("Port", StringComparison.OrdinalIgnoreCase)));
        var words = string.Join(":", shown.Select(s => PlantJson.Text(s.Value)));
        var tags = device.Tags.Count == 1 ? T("1 tag") : T($"{device.Tags.Count:N0} tags");
        return words.Length > 0 ? $"{device.Protocol}, {words}, {tags}" : $"{device.Protocol}, {tags}";
    }

    private HashSet<string> Secrets(DeviceOptions device) => _secrets.TryGetValue(device.Protocol, out var known) ? known : [];

    private List<string> Words(DeviceOptions was, DeviceOptions now)
    {
        var words = new List<string>();
        if (was.Name != now.Name)
        {
            words.Add(T($"name {was.Name} → {now.Name}"));
        }

        if (!was.Protocol.Equals(now.Protocol, StringComparison.OrdinalIgnoreCase))
        {
            words.Add(T($"protocol {was.Protocol} → {now.Protocol}"));
        }

        if (was.Enabled != now.Enabled)
        {
            words.Add(now.Enabled ? T("enabled") : T("disabled"));
        }

        words.AddRange(Fields(Upper(was.Settings), Upper(now.Settings), [.. Secrets(was), .. Secrets(now)]));
        TagWords(was.Tags, now.Tags, words);
        return words;
    }

    // Settings are found without regard to case.
    private static JsonObject Upper(JsonObject settings)
    {
        var result = new JsonObject();
        foreach (var (name, value) in settings)
        {
            result[name.Length > 0 ? char.ToUpperInvariant(name[0]) + name[1..] : name] = value?.DeepClone();
        }

        return result;
    }

    private static void TagWords(IReadOnlyList<TagOptions> was, IReadOnlyList<TagOptions> now, List<string> words)
    {
        var old = Known(was);
        var there = Known(now);
        var added = now.Where(t => !old.ContainsKey(Key(t))).Select(t => t.Name).ToList();
        var gone = was.Where(t => !there.ContainsKey(Key(t))).Select(t => t.Name).ToList();
        if (added.Count > 0)
        {
            words.Add(added.Count == 1 ? T($"tag added: {added[0]}") : T($"{added.Count:N0} tags added: {First(added)}"));
        }

        if (gone.Count > 0)
        {
            words.Add(gone.Count == 1 ? T($"tag removed: {gone[0]}") : T($"{gone.Count:N0} tags removed: {First(gone)}"));
        }

        foreach (var tag in now)
        {
            if (old.TryGetValue(Key(tag), out var before) && before != tag)
            {
                var fields = Fields(PlantJson.Tree(before with { Id = default }), PlantJson.Tree(tag with { Id = default }), []);
                if (fields.Count > 0)
                {
                    words.Add($"{before.Name}: {string.Join(", ", fields)}");
                }
            }
        }

        if (added.Count == 0 && gone.Count == 0 && words.Count == 0 && !was.Select(Key).SequenceEqual(now.Select(Key)))
        {
            words.Add(T("tags in another order"));
        }
    }

    private static Dictionary<string, TagOptions> Known(IReadOnlyList<TagOptions> tags)
    {
        var result = new Dictionary<string, TagOptions>(tags.Count, StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            result.TryAdd(Key(tag), tag);
        }

        return result;
    }

    private static string Key(TagOptions tag) => tag.Id == Guid.Empty ? tag.Name : tag.Id.ToString("N");

    private static string First(List<string> names) => string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? ", …" : "");

    private static List<string> Words(IReadOnlyList<EquipmentRule> was, IReadOnlyList<EquipmentRule> now)
    {
        var words = new List<string>();
        var (old, there) = (was.GroupBy(KeyOf).ToDictionary(g => g.Key, g => PlaceOf(g.First())), now.GroupBy(KeyOf).ToDictionary(g => g.Key, g => PlaceOf(g.First())));
        words.AddRange(there.Where(n => !old.ContainsKey(n.Key)).Select(n => T($"{n.Key} at {n.Value}")));
        words.AddRange(there.Where(n => old.TryGetValue(n.Key, out var path) && path != n.Value).Select(n => $"{n.Key}: {old[n.Key]} → {n.Value}"));
        words.AddRange(old.Where(o => !there.ContainsKey(o.Key)).Select(o => T($"{o.Key} no more at {o.Value}")));
        return words.Count > 0 ? words : [T("rows in another order")];
    }

    /// <summary>What a row of the mapping table is about, in short.</summary>
    public static string KeyOf(EquipmentRule rule) => rule.IsMove ? "what stood at " + rule.From : $"{rule.Group}/{rule.Node}/{rule.Device}{(rule.Metric == "*" ? "" : ":" + rule.Metric)}";

    private static string PlaceOf(EquipmentRule rule) =>
        rule is { IsMove: true, Until: { } until } ? $"{rule.Path}, its old topics go on until {TimeText.Minute(until)} UTC" : rule.Path;

    private static List<string> Fields(JsonObject was, JsonObject now, HashSet<string> secrets)
    {
        var words = new List<string>();
        foreach (var name in was.Select(f => f.Key).Union(now.Select(f => f.Key), StringComparer.Ordinal))
        {
            var (old, there) = (PlantJson.Text(was[name]), PlantJson.Text(now[name]));
            if (old != there)
            {
                words.Add(secrets.Contains(name) ? T($"{Named(Words(name))} changed") : $"{Named(Words(name))} {Shown(name, old)} → {Shown(name, there)}");
            }
        }

        return words;
    }

    // "deadbandPercent" is told as "deadband percent".
    private static string Words(string name) =>
        string.Concat(name.Select((c, at) => at > 0 && char.IsUpper(c) && !char.IsUpper(name[at - 1]) ? " " + char.ToLowerInvariant(c) : at == 0 ? char.ToLowerInvariant(c).ToString() : c.ToString()));

    private static string Shown(string name, string value) =>
        value.Length == 0 ? T("none")
        : name is "period" or "delay" && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var time) ? TimeText.Of(time)
        : value.Length > 120 ? value[..120] + "…" : value;
}
