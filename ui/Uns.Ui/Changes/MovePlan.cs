using Uns.Tree;
using Uns.Ui.Clients;

namespace Uns.Ui.Changes;

/// <summary>One value that moves.</summary>
/// <param name="From">Its topic now.</param>
/// <param name="To">Its topic then.</param>
/// <param name="Source">Where it comes from; empty for what only stands in the settings or was brought back by a restart.</param>
public sealed record MovedTopic(string From, string To, string Source);

/// <summary>A value or a branch that is to move, before anything is saved.</summary>
/// <param name="Row">The row of the mapping table that moves it.</param>
/// <param name="Mapping">The whole table with it.</param>
/// <param name="Topics">What moves, by old topic; the first <see cref="MovePlan.MostShown"/>.</param>
/// <param name="Count">How many values move.</param>
/// <param name="Faults">Why it cannot be made, each in one sentence.</param>
/// <param name="Notes">What to look at, each in one sentence: clashes, old topics that cannot go on.</param>
/// <param name="Alarms">Names of the alarms that go with their values.</param>
/// <param name="Clients">Who subscribes to the old topics, or did lately.</param>
public sealed record MovePreview(
    EquipmentRule Row, IReadOnlyList<EquipmentRule> Mapping, IReadOnlyList<MovedTopic> Topics, int Count, IReadOnlyList<string> Faults, IReadOnlyList<string> Notes, IReadOnlyList<string> Alarms,
    IReadOnlyList<AffectedClient> Clients)
{
    /// <summary>What is to be saved.</summary>
    public PlantChange Change => new() { Mapping = Mapping };
}

/// <summary>Works out what moving a value or a branch does. Changes nothing.</summary>
public sealed class MovePlan(UnsTree tree, IEquipmentMapBook inForce, AffectedClients clients, UiOptions options, TimeProvider clock)
{
    /// <summary>Most topics a preview names.</summary>
    public const int MostShown = 200;

    /// <summary>How long an old topic goes on unless another date is chosen.</summary>
    public const int UsualDays = 30;

    private const int MostNotes = 50;

    /// <summary>The end of the day so many days from now: what a page offers.</summary>
    public DateTimeOffset UsualEnd => new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(UsualDays + 1);

    /// <summary>Works a move out.</summary>
    /// <param name="shown">The settings it is made in: those in force, or those of a draft.</param>
    /// <param name="from">Path of the value or branch.</param>
    /// <param name="to">Its new path.</param>
    /// <param name="until">Until when the old topics go on, UTC; null: they end at once.</param>
    /// <param name="cancellationToken">Ends the search for subscribers.</param>
    public async Task<MovePreview> OfAsync(PlantSettings shown, string from, string to, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var preview = await Task.Run(() => Of(shown, from.Trim().Trim('/'), to.Trim().Trim('/'), until?.ToUniversalTime()), cancellationToken);
        return preview with { Clients = await clients.OfAsync(preview.Topics.Select(t => t.From), cancellationToken) };
    }

    private MovePreview Of(PlantSettings shown, string from, string to, DateTimeOffset? until)
    {
        var row = new EquipmentRule { Path = to, From = from, Until = until };
        var rules = With(shown.Mapping, row);
        var faults = new List<string>();
        if (row.Fault() is { } fault)
        {
            faults.Add(fault);
        }

        if (until <= clock.GetUtcNow())
        {
            faults.Add(T($"Until is {ValuePayload.Iso(until.Value)}, which is over: give a time to come, or none to end the old topics at once."));
        }

        if (faults.Count > 0)
        {
            return new(row, rules, [], 0, faults, [], [], []);
        }

        var map = new EquipmentMap(rules);
        var moving = Moving(shown, from, map);
        faults.AddRange(moving.Count == 0 ? [T($"Nothing stands at '{from}': names are case-sensitive.")] : []);
        faults.AddRange(moving.Where(m => m.To is null).Take(1).Select(m => T($"{m.From} would have more than {EquipmentPath.MaximumLength:N0} characters.")));
        var topics = moving.Where(m => m.To is not null).Select(m => new MovedTopic(Topic(m.From), Topic(m.To!), m.Source)).ToList();
        var alarms = shown.Alarms.Where(a => a.Path == from || a.Path.StartsWith(from + "/", StringComparison.Ordinal)).Select(a => a.Name).Order(StringComparer.OrdinalIgnoreCase).ToList();
        return new(row, rules, [.. topics.Take(MostShown)], topics.Count, faults, [.. Notes(moving, map, to, until).Take(MostNotes)], alarms, []);
    }

    // One that waits in a draft is put right there; one that is in force stands for values that are moved already.
    private List<EquipmentRule> With(IReadOnlyList<EquipmentRule> rules, EquipmentRule row) =>
        [.. rules.Where(r => !(r.From == row.From && (r.Path == row.Path || !inForce.Rules.Contains(r)))), row];

    private List<(string From, string? To, string Source)> Moving(PlantSettings shown, string from, EquipmentMap map)
    {
        var moving = new SortedDictionary<string, (string From, string? To, string Source)>(StringComparer.Ordinal);
        foreach (var node in tree.Find(from)?.Values() ?? [])
        {
            moving[node.Path] = (node.Path, node.SourceName is null ? map.Follow(node.Path) : map.PathOf(node), node.SourceName ?? "");
        }

        foreach (var planned in TopicPlan.Of(shown, options).Where(t => t.Path == from || t.Path.StartsWith(from + "/", StringComparison.Ordinal)))
        {
            moving.TryAdd(planned.Path, (planned.Path, map.PathOf(options.GroupId, options.NodeOf(planned.Device.Name), planned.Device.Name, planned.Tag.Name), planned.Source));
        }

        return [.. moving.Values.Where(m => m.To != m.From)];
    }

    private IEnumerable<string> Notes(List<(string From, string? To, string Source)> moving, EquipmentMap map, string to, DateTimeOffset? until)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        var leaving = moving.Select(m => m.From).ToHashSet(StringComparer.Ordinal);
        foreach (var (from, target, source) in moving.Where(m => m.To is not null))
        {
            if (!places.Add(target!))
            {
                yield return T($"{Topic(target!)} is wanted twice: only the first gets it, and {source} none.");
            }
            else if (!leaving.Contains(target!) && tree.Find(target!) is { SourceName: { } holder } there && map.PathOf(there) == target)
            {
                yield return T($"{Topic(target!)} belongs to {holder}: {(source.Length > 0 ? source : from)} will not get it.");
            }
        }

        foreach (var taken in moving.Where(m => places.Contains(m.From)))
        {
            yield return T($"{Topic(taken.From)} is another value's topic from then on: it cannot go on for {(taken.Source.Length > 0 ? taken.Source : taken.To)}.");
        }

        if (Alike(to) is { } alike)
        {
            yield return T($"'{alike}' is there already and differs by case alone: to MQTT these are two places.");
        }

        if (until is null && moving.Count > 0)
        {
            yield return T("The old topics end at once: whoever subscribes to them hears no more.");
        }
    }

    private string? Alike(string to)
    {
        var node = tree.Root;
        foreach (var level in to.Split('/'))
        {
            if (node.Children.FirstOrDefault(c => c.Name == level) is { } exact)
            {
                node = exact;
                continue;
            }

            return node.Children.FirstOrDefault(c => c.Name.Equals(level, StringComparison.OrdinalIgnoreCase))?.Path;
        }

        return null;
    }

    private string Topic(string path) => $"{options.TopicPrefix}/{path}";
}
