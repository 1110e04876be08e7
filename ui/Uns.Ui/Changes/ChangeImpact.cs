using Uns.Alarms;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Clients;
using Uns.Ui.Live;

namespace Uns.Ui.Changes;

/// <summary>What becomes of a topic.</summary>
public enum TopicOutcome
{
    /// <summary>It is new.</summary>
    Appears,

    /// <summary>It ends; its last value stays as stale until somebody takes it out.</summary>
    Vanishes,

    /// <summary>The same tag goes on elsewhere.</summary>
    Moves,

    /// <summary>It stays, and what it carries means something else: type, scaling, unit, source, or an alarm's condition.</summary>
    Changes,
}

/// <summary>One topic that a change touches.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Topic">The topic, prefix included; where it moves, the new one.</param>
/// <param name="From">Where it moves, the old one; else empty.</param>
/// <param name="Source">Device and tag; the device <c>alarms</c> speaks for the alarms.</param>
/// <param name="Why">What is different, where it stays.</param>
/// <param name="Example">A message such as it will carry; empty when it ends.</param>
/// <param name="GoesOnUntil">Where it moves: until when the old topic goes on beside the new one, UTC; null: it ends.</param>
public sealed record TopicChange(TopicOutcome Outcome, string Topic, string From, string Source, string Why, string Example, DateTimeOffset? GoesOnUntil = null);

/// <summary>What reading a device costs before and after.</summary>
/// <param name="Device">The device.</param>
/// <param name="Before">Requests a second now.</param>
/// <param name="After">Requests a second then.</param>
/// <param name="BytesBefore">Bytes a second now.</param>
/// <param name="BytesAfter">Bytes a second then.</param>
/// <param name="Warnings">What will not be kept, each in one sentence.</param>
public sealed record LoadChange(string Device, double Before, double After, double BytesBefore, double BytesAfter, IReadOnlyList<string> Warnings);

/// <summary>All that a change does, before it is made.</summary>
/// <param name="Things">Devices, mapping and alarms that are different.</param>
/// <param name="Topics">The topics it touches; the first <see cref="ChangeImpact.MostTopics"/>.</param>
/// <param name="Counts">How many topics end how.</param>
/// <param name="Problems">Places that two tags want, and names that a topic cannot carry, each in one sentence.</param>
/// <param name="Clients">Who gets messages of topics that end or move, or did lately.</param>
/// <param name="Loads">The devices that are read otherwise.</param>
public sealed record ImpactReport(
    IReadOnlyList<ThingChange> Things, IReadOnlyList<TopicChange> Topics, IReadOnlyDictionary<TopicOutcome, int> Counts, IReadOnlyList<string> Problems, IReadOnlyList<AffectedClient> Clients, IReadOnlyList<LoadChange> Loads);

/// <summary>Works out what a change does to topics, subscribers and devices. Changes nothing.</summary>
public sealed class ChangeImpact(IEnumerable<IConnectorKind> kinds, IDeviceBook devices, UnsTree tree, AffectedClients clients, UiOptions options, TimeProvider clock)
{
    /// <summary>Most topics a report names.</summary>
    public const int MostTopics = 1000;

    private const int MostProblems = 200;
    private readonly PlantDiff _diff = new(kinds);

    /// <summary>Compares the settings before and after a change.</summary>
    public async Task<ImpactReport> OfAsync(PlantSettings before, PlantSettings after, CancellationToken cancellationToken)
    {
        var (report, leaving) = await Task.Run(() => Compare(before, after), cancellationToken);
        return report with { Clients = await clients.OfAsync(leaving, cancellationToken) };
    }

    private (ImpactReport Report, List<string> Leaving) Compare(PlantSettings before, PlantSettings after)
    {
        var now = clock.GetUtcNow();
        var (old, wanted) = (TopicPlan.Of(before, options).ToList(), TopicPlan.Of(after, options).ToList());
        var oldPaths = old.GroupBy(t => t.Path, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var newPaths = wanted.GroupBy(t => t.Path, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var oldTags = ByTag(old);
        var newTags = ByTag(wanted);
        var map = new EquipmentMap(after.Mapping);
        var topics = new List<TopicChange>();
        foreach (var topic in newPaths.Values.Where(t => !oldPaths.ContainsKey(t.Path)))
        {
            var moved = oldTags.TryGetValue(topic.Key, out var from) && !newPaths.ContainsKey(from.Path) ? from : null;
            var value = moved is null ? null : tree.Find(moved.Path)?.Current;
            topics.Add(new(
                moved is null ? TopicOutcome.Appears : TopicOutcome.Moves, Topic(topic.Path), moved is null ? "" : Topic(moved.Path), topic.Source,
                moved is null ? "" : Differences(moved, topic, Follows), TopicPlan.Example(topic, value, now)));
        }

        topics.AddRange(newPaths.Values.Where(t => oldPaths.ContainsKey(t.Path)).Select(t => (Topic: t, Why: Differences(oldPaths[t.Path], t, Follows))).Where(t => t.Why.Length > 0)
            .Select(t => new TopicChange(TopicOutcome.Changes, Topic(t.Topic.Path), "", t.Topic.Source, t.Why, TopicPlan.Example(t.Topic, tree.Find(t.Topic.Path)?.Current, now))));
        topics.AddRange(oldPaths.Values.Where(t => !newPaths.ContainsKey(t.Path) && !(newTags.TryGetValue(t.Key, out var there) && !oldPaths.ContainsKey(there.Path)))
            .Select(t => new TopicChange(TopicOutcome.Vanishes, Topic(t.Path), "", t.Source, "", "")));
        topics.AddRange(ForeignMoves(before, after, map, now, newPaths, out var foreignProblems));
        for (var at = 0; at < topics.Count; at++)
        {
            if (topics[at] is { Outcome: TopicOutcome.Moves } moves && map.ForwardedUntil(moves.From[(options.TopicPrefix.Length + 1)..]) is { } until && until > now)
            {
                topics[at] = moves with { GoesOnUntil = until };
            }
        }

        var leaving = topics.Where(t => t.Outcome is TopicOutcome.Vanishes).Select(t => t.Topic).Concat(topics.Where(t => t.Outcome is TopicOutcome.Moves).Select(t => t.From)).ToList();
        return (new ImpactReport(
            _diff.Between(before, after), [.. topics.OrderBy(t => t.Outcome).ThenBy(t => t.Topic, StringComparer.Ordinal).Take(MostTopics)],
            Enum.GetValues<TopicOutcome>().ToDictionary(o => o, o => topics.Count(t => t.Outcome == o)), [.. Problems(wanted, oldPaths), .. foreignProblems], [], Loads(before, after)), leaving);

        // An alarm that goes with its value means the same there.
        bool Follows(string from, string to) =>
            (oldPaths.TryGetValue(from, out var value) && newTags.TryGetValue(value.Key, out var moved) && moved.Path == to) || (tree.Find(from) is { } node && map.PathOf(node) == to);
    }

    // What others' edge nodes tell moves too when the mapping does.
    private List<TopicChange> ForeignMoves(
        PlantSettings before, PlantSettings after, EquipmentMap map, DateTimeOffset now, Dictionary<string, PlannedTopic> ours, out List<string> problems)
    {
        problems = [];
        var moves = new List<TopicChange>();
        if (before.Mapping.SequenceEqual(after.Mapping))
        {
            return moves;
        }

        var own = before.Devices.Concat(after.Devices).Select(d => d.Name).Append(AlarmTags.DeviceName)
            .Select(name => $"{options.GroupId}/{options.NodeOf(name)}/{name}:").Distinct(StringComparer.Ordinal).ToList();
        foreach (var node in tree.Root.Values().Where(n => n.SourceName is { } name && !own.Exists(o => name.StartsWith(o, StringComparison.Ordinal))))
        {
            if (map.PathOf(node) is not { } path || path == node.Path)
            {
                continue;
            }

            moves.Add(new(TopicOutcome.Moves, Topic(path), Topic(node.Path), node.SourceName!, "", TopicPlan.Example(new TagOptions { Unit = node.Definition?.Unit ?? "" }, node.Current?.Value, now)));
            var holder = ours.TryGetValue(path, out var planned) ? planned.Source : tree.Find(path) is { SourceName: { } other } there && map.PathOf(there) == path ? other : null;
            if (holder is not null && problems.Count < MostProblems)
            {
                problems.Add(T($"{Topic(path)} belongs to {holder}: {node.SourceName} will not get it."));
            }
        }

        return moves;
    }

    // Only what this change brings: an old trouble is told elsewhere.
    private List<string> Problems(List<PlannedTopic> wanted, Dictionary<string, PlannedTopic> old)
    {
        var own = wanted.Select(t => t.Device.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var problems = TopicPlan.Clashes(wanted)
            .Select(c => T($"{Topic(c.Path)} is wanted by {string.Join(", ", c.Wanting.Take(3).Select(w => w.Source))}: only the first gets it.")).ToList();
        foreach (var topic in wanted.Where(t => !old.ContainsKey(t.Path)))
        {
            if (tree.Find(topic.Path) is { SourceName: not null } holder && !IsOurs(holder, topic, own))
            {
                problems.Add(T($"{Topic(topic.Path)} belongs to {holder.SourceName}: {topic.Source} will not get it."));
            }

            var isToldAlready = topic.Alarm is not null && !topic.Tag.Name.EndsWith($"/{AlarmTags.Active}", StringComparison.Ordinal); // An alarm's name is in all its topics.
            if (!isToldAlready && TopicPlan.Renamed(topic.Tag) is { } renamed)
            {
                problems.Add(T($"{topic.Source}: {renamed} in the topic, which cannot carry it."));
            }

            if (problems.Count >= MostProblems)
            {
                break;
            }
        }

        return problems;
    }

    private bool IsOurs(UnsNode holder, PlannedTopic topic, HashSet<string> own) =>
        holder.SourceName is { } name && own.Any(device => name.StartsWith($"{options.GroupId}/{options.NodeOf(device)}/{device}:", StringComparison.Ordinal)) && topic.Path == holder.Path;

    private List<LoadChange> Loads(PlantSettings before, PlantSettings after)
    {
        var result = new List<LoadChange>();
        foreach (var name in before.Devices.Concat(after.Devices).Select(d => d.Name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var (old, wanted) = (before.Device(name), after.Device(name));
            if (ReferenceEquals(old, wanted) || (old is not null && wanted is not null && PlantJson.Same(old, wanted)))
            {
                continue;
            }

            var (was, will) = (BudgetOf(old), BudgetOf(wanted));
            if (was is not null || will is not null)
            {
                result.Add(new(name, was?.RequestsPerSecond ?? 0, will?.RequestsPerSecond ?? 0, was?.BytesPerSecond ?? 0, will?.BytesPerSecond ?? 0, will?.Warnings ?? []));
            }
        }

        return result;
    }

    private PollBudget? BudgetOf(DeviceOptions? device) =>
        device is { Enabled: true } && kinds.FirstOrDefault(k => k.Protocol.Equals(device.Protocol, StringComparison.OrdinalIgnoreCase)) is { } kind && kind.Check(device).Count == 0
            ? PollBudget.DryRun(kind, device, devices.DiagnosticsOf(device.Name), clock)
            : null;

    private string Topic(string path) => $"{options.TopicPrefix}/{path}";

    private static Dictionary<string, PlannedTopic> ByTag(List<PlannedTopic> topics) => topics.GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);

    private static string Differences(PlannedTopic was, PlannedTopic now, Func<string, string, bool> follows)
    {
        var (old, tag) = (was.Tag, now.Tag);
        var words = new List<string>();
        if (was.Alarm is { } before && now.Alarm is { } after)
        {
            if (tag.Name.EndsWith($"/{AlarmTags.Active}", StringComparison.Ordinal))
            {
                var path = before.Path == after.Path || follows(before.Path, after.Path) ? "" : before.Path;
                Add("condition", Condition(before, path), Condition(after, path.Length > 0 ? after.Path : ""));
            }

            return string.Join(", ", words); // What it is called shows in its topics.
        }

        Add("source", was.Source, now.Source);
        Add("address", old.Address, tag.Address);
        Add("type", old.DataType.ToString(), tag.DataType.ToString());
        Add("factor", old.Factor.ToString(System.Globalization.CultureInfo.InvariantCulture), tag.Factor.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add("offset", old.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture), tag.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add("unit", old.Unit, tag.Unit);
        return string.Join(", ", words);

        void Add(string what, string from, string to)
        {
            if (from != to)
            {
                words.Add($"{Named(what)} {(from.Length > 0 ? from : T("none"))} → {(to.Length > 0 ? to : T("none"))}");
            }
        }

        static string Condition(AlarmRule rule, string path) =>
            $"{path} {AlarmText.Condition(rule, "")}{(rule.Hysteresis > 0 ? $" ({Named("hysteresis")} {rule.Hysteresis.ToString(System.Globalization.CultureInfo.InvariantCulture)})" : "")}{(rule.Enabled ? "" : ", " + T("disabled"))}".TrimStart();
    }
}
