using Uns.Alarms;
using Uns.Connectors;
using Uns.Hub.Wiring;
using Uns.Store;
using Uns.Tree;
using Uns.Ui.Changes;
using Uns.Ui.Texts;

namespace Uns.Hub.Changes;

/// <summary>The one door for changes: settings, version and log are written in one transaction, then put in force.</summary>
internal sealed class SettingsBook(
    HubStore store, SettingsStore versions, LogBook log, DeviceBook devices, SecretSeal seal, EquipmentMapBook mapping, AlarmDesk alarms, AlarmFollow follow, IEnumerable<IConnectorKind> kinds, TimeProvider clock) : ISettingsBook, IDisposable
{
    private readonly PlantDiff _diff = new(kinds);
    private readonly SemaphoreSlim _oneChange = new(1, 1);
    private volatile Standing _standing = new(new SettingsVersion(0, default, "", "", ChangeWay.Start, ""), new Dictionary<string, ThingPlace>(), new Dictionary<int, SettingsVersion>());

    /// <inheritdoc/>
    public PlantSettings Now => new(devices.All(), mapping.Rules, [.. alarms.All().Select(a => a.Rule).OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase)]);

    /// <inheritdoc/>
    public SettingsVersion Current => _standing.Version;

    /// <summary>Finds the version in force; settings that are not those of the last version become one.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var newest = await versions.NewestAsync(cancellationToken);
        var known = newest is null ? [] : await versions.ThingsAsync(newest.Number, cancellationToken);
        var things = Documents(Now);
        if (newest is not null && things.Count == known.Count && things.All(t => known.TryGetValue(t.Key, out var place) && place.Part == PlantJson.Mark(t.Value)))
        {
            var about = await versions.VersionsAsync(SettingsStore.MostVersions, cancellationToken);
            _standing = new(newest, known, about.ToDictionary(v => v.Number));
            return;
        }

        _standing = new(newest ?? _standing.Version, known, (await versions.VersionsAsync(SettingsStore.MostVersions, cancellationToken)).ToDictionary(v => v.Number));
        var version = new SettingsVersion(Current.Number + 1, clock.GetUtcNow(), "hub", newest is null ? "as the hub began" : "found so when the hub started", ChangeWay.Start, $"{things.Count:N0} things");
        var (places, fresh) = Places(version.Number, things);
        await store.WriteAsync(connection => SettingsStore.Write(connection, version, places, fresh), cancellationToken);
        Stand(version, places);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ThingChange> Compare(PlantSettings before, PlantSettings after) => _diff.Between(before, after);

    /// <inheritdoc/>
    public SettingsVersion? LastChange(string key)
    {
        var standing = _standing;
        return standing.Things.TryGetValue(key, out var place) ? standing.Versions.GetValueOrDefault(place.Since) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SettingsVersion>> VersionsAsync(int most, CancellationToken cancellationToken) =>
        await versions.VersionsAsync(Math.Clamp(most, 1, SettingsStore.MostVersions), cancellationToken);

    /// <inheritdoc/>
    public async Task<PlantSettings?> ReadAsync(int number, CancellationToken cancellationToken)
    {
        if (await versions.FindAsync(number, cancellationToken) is null)
        {
            return null;
        }

        var things = await versions.ThingsAsync(number, cancellationToken);
        var parts = await versions.PartsAsync([.. things.Values.Select(p => p.Part)], cancellationToken);
        return Settings(things.ToDictionary(t => t.Key, t => parts[t.Value.Part]));
    }

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(PlantChange change)
    {
        var faults = new List<SettingFault>();
        foreach (var device in change.Devices)
        {
            faults.AddRange(devices.Check(devices.Complete(device)).Select(f => change.Devices.Count == 1 ? f : new SettingFault($"{device.Name}: {f.Path}", f.Message)));
        }

        faults.AddRange((change.Mapping ?? []).Select((rule, row) => (Row: row + 1, Fault: rule.Fault())).Where(r => r.Fault is not null).Select(r => new SettingFault($"Mapping row {r.Row}:", r.Fault!)));
        faults.AddRange((change.Mapping ?? []).Count > EquipmentRule.MaximumRules ? [new SettingFault("Mapping", $"has {change.Mapping!.Count:N0} rows: give at most {EquipmentRule.MaximumRules:N0}.")] : []);
        faults.AddRange((change.Mapping ?? []).Count(r => r.IsMove) is > EquipmentRule.MaximumMoves and var moves ? [new SettingFault("Mapping", $"moves {moves:N0} places: give at most {EquipmentRule.MaximumMoves:N0}.")] : []);
        faults.AddRange(change.Alarms.SelectMany(rule => rule.Faults().Select(fault => new SettingFault($"Alarm '{rule.Name}':", fault))));
        var all = Now.With(change).Alarms;
        faults.AddRange(all.GroupBy(a => a.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1 && g.Any(change.Alarms.Contains)).Select(g => new SettingFault($"Alarm '{g.Key}':", $"Name is '{g.Key}', which another alarm has.")));
        if (change.Alarms.Count > 0 && all.Count > AlarmRule.MaximumRules)
        {
            faults.Add(new("Alarms", $"are {AlarmRule.MaximumRules} already: take one out first."));
        }

        return faults;
    }

    /// <inheritdoc/>
    public async Task<SettingsVersion> ChangeAsync(PlantChange change, ChangeNote note, PlantSettings? opened, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (opened is not null)
            {
                ThrowIfClash(change, opened);
            }

            return await MakeAsync(change, note, _ => { });
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <summary>Makes a change that was worked out on the version in force, and something else in the same transaction.</summary>
    /// <returns>Null when another version is in force by now; nothing was changed then.</returns>
    public async Task<SettingsVersion?> ChangeAsync(int worksOn, Func<PlantChange> change, ChangeNote note, Action<Microsoft.Data.Sqlite.SqliteConnection> also, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            return Current.Number == worksOn ? await MakeAsync(change(), note, also) : null;
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<string?> UndoAsync(int number, string author, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (await versions.FindAsync(number, cancellationToken) is not { } version || await versions.FindAsync(number - 1, cancellationToken) is null)
            {
                return $"Change {number} cannot be taken back: it is too old, or was never made.";
            }

            var (was, made) = (await versions.ThingsAsync(number - 1, cancellationToken), await versions.ThingsAsync(number, cancellationToken));
            var touched = was.Keys.Union(made.Keys).Where(thing => PartOf(was, thing) != PartOf(made, thing)).ToList();
            var now = _standing;
            var isMapping = touched.Contains(PlantDiff.MappingKey);
            foreach (var thing in touched.Where(t => t != PlantDiff.MappingKey && PartOf(now.Things, t) != PartOf(made, t)))
            {
                var later = now.Things.TryGetValue(thing, out var place) ? now.Versions.GetValueOrDefault(place.Since) : null;
                return $"{Named(thing)} was changed after that{(later is null ? "" : $" by {later.Author} at {later.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")}: taking change {number} back would undo that too.";
            }

            var parts = await versions.PartsAsync([.. touched.SelectMany(t => new[] { PartOf(was, t), PartOf(made, t) }).OfType<string>()], cancellationToken);
            var before = Settings(touched.Where(was.ContainsKey).ToDictionary(t => t, t => parts[was[t].Part]));
            var after = Settings(touched.Where(made.ContainsKey).ToDictionary(t => t, t => parts[made[t].Part]));
            var back = after.To(before) with { Mapping = null };
            if (isMapping)
            {
                if (MappingRows.TakeBack(before.Mapping, after.Mapping, mapping.Rules) is not { } rows)
                {
                    return $"The mapping was changed after that: taking change {number} back would undo that too.";
                }

                back = back with { Mapping = rows };
            }

            await MakeAsync(back, new ChangeNote(author, $"takes back change {number} of {version.Author}", ChangeWay.Undo), _ => { });
            return null;
        }
        catch (SettingsFaultException faulty)
        {
            return $"Change {number} cannot be taken back: {faulty.Message}";
        }
        finally
        {
            _oneChange.Release();
        }
    }

    public void Dispose() => _oneChange.Dispose();

    private async Task<SettingsVersion> MakeAsync(PlantChange change, ChangeNote note, Action<Microsoft.Data.Sqlite.SqliteConnection> also)
    {
        change = change with
        {
            Devices = [.. change.Devices.Select(devices.Complete)],
            Alarms = [.. change.Alarms.Select(a => a with { Id = a.Id == Guid.Empty ? Guid.CreateVersion7() : a.Id, Path = a.Path.Trim('/') })],
        };
        if (Check(change) is { Count: > 0 } faults)
        {
            throw new SettingsFaultException(faults);
        }

        var before = Now;
        change = change with { Devices = [.. change.Devices.Select(d => DeviceBook.Identify(d, before.Device(d.Name)))] };
        change = follow.Alarms(before, MappingRows.Follow(before, change));
        var after = before.With(change);
        using var oneLanguage = Language.English.Use(); // The log is for everybody, whoever writes it.
        var differences = _diff.Between(before, after);
        if (differences.Count == 0)
        {
            await store.WriteAsync(also);
            return Current;
        }

        // Only what is different is written and restarted.
        var keys = differences.Select(d => d.Key).ToHashSet(StringComparer.Ordinal);
        var set = change.Devices.Where(d => keys.Contains(PlantDiff.KeyOf(d))).ToList();
        var gone = change.RemovedDevices.Where(name => keys.Contains(PlantDiff.DeviceKey(name)) && after.Device(name) is null).ToList();
        var rules = keys.Contains(PlantDiff.MappingKey) ? change.Mapping : null;
        var (raised, dropped) = (change.Alarms.Where(a => keys.Contains(PlantDiff.KeyOf(a))).ToList(), change.RemovedAlarms.Where(id => before.Alarm(id) is not null && after.Alarm(id) is null).ToList());
        var version = new SettingsVersion(Current.Number + 1, clock.GetUtcNow(), note.Author, note.Comment, note.Way, Summary(differences));
        var (places, fresh) = Places(version.Number, Documents(after));
        await store.WriteAsync(connection =>
        {
            devices.Write(connection, set, gone, version.Time);
            if (rules is not null)
            {
                EquipmentMapBook.Write(connection, rules);
            }

            AlarmStore.Write(connection, raised, dropped);
            SettingsStore.Write(connection, version, places, fresh);
            foreach (var difference in differences)
            {
                log.Write(connection, version.Time, note.Author, difference.Kind, difference.Name, $"{difference.Outcome switch { ThingOutcome.New => "added: ", ThingOutcome.Removed => "removed: ", _ => "" }}{difference.Line}", note.Comment, version.Number);
            }

            also(connection);
        });
        Stand(version, places);
        await alarms.PutInForceAsync(raised, dropped); // First: an alarm that follows its value is there when the value comes, and none watches a place that is left.
        if (rules is not null)
        {
            mapping.PutInForce(rules);
        }

        await devices.PutInForceAsync(set, gone);
        return version;
    }

    private void ThrowIfClash(PlantChange change, PlantSettings opened)
    {
        var now = Now;
        var touched = new PlantChange
        {
            Devices = [.. change.Devices.Where(d => !Alike(opened.Device(d.Name), now.Device(d.Name)))],
            RemovedDevices = [.. change.RemovedDevices.Where(name => !Alike(opened.Device(name), now.Device(name)))],
            Alarms = [.. change.Alarms.Where(a => opened.Alarm(a.Id) != now.Alarm(a.Id))],
            RemovedAlarms = [.. change.RemovedAlarms.Where(id => opened.Alarm(id) != now.Alarm(id))],
        };
        var key = touched.Devices.Select(PlantDiff.KeyOf).Concat(touched.RemovedDevices.Select(PlantDiff.DeviceKey)).Concat(touched.Alarms.Select(PlantDiff.KeyOf)).Concat(touched.RemovedAlarms.Select(PlantDiff.AlarmKey))
            .Concat(change.Mapping is not null && !opened.Mapping.SequenceEqual(now.Mapping) ? [PlantDiff.MappingKey] : []).FirstOrDefault();
        if (key is null)
        {
            return;
        }

        using var oneLanguage = Language.English.Use();
        var difference = _diff.Between(opened, now).FirstOrDefault(d => d.Key == key);
        var last = LastChange(key);
        throw new SettingsClashException(
            $"{(last is null ? "Somebody" : last.Author)} changed {difference?.Name ?? Named(key)} since you opened it{(last is null ? "" : $", at {last.Time.UtcDateTime:HH:mm:ss} UTC")}: {difference?.Line ?? "it is not what it was"}.");
    }

    private bool Alike(DeviceOptions? one, DeviceOptions? other) =>
        one is null || other is null ? ReferenceEquals(one, other) : ReferenceEquals(one, other) || PlantJson.Same(devices.Conceal(one), devices.Conceal(other));

    private void Stand(SettingsVersion version, Dictionary<string, ThingPlace> places)
    {
        var about = _standing.Versions.Values.Where(v => v.Number > version.Number - SettingsStore.MostVersions).Append(version).ToDictionary(v => v.Number);
        _standing = new(version, places, about);
    }

    private (Dictionary<string, ThingPlace> Places, Dictionary<string, string> Fresh) Places(int number, Dictionary<string, string> documents)
    {
        var places = new Dictionary<string, ThingPlace>(StringComparer.Ordinal);
        var fresh = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (thing, document) in documents)
        {
            var mark = PlantJson.Mark(document);
            if (_standing.Things.TryGetValue(thing, out var known) && known.Part == mark)
            {
                places[thing] = known;
            }
            else
            {
                places[thing] = new(mark, number);
                fresh[mark] = document;
            }
        }

        return (places, fresh);
    }

    private Dictionary<string, string> Documents(PlantSettings settings)
    {
        var result = settings.Devices.ToDictionary(PlantDiff.KeyOf, d => PlantJson.Write(seal.Seal(d)), StringComparer.Ordinal);
        foreach (var alarm in settings.Alarms)
        {
            result[PlantDiff.KeyOf(alarm)] = PlantJson.Write(alarm);
        }

        if (settings.Mapping.Count > 0)
        {
            result[PlantDiff.MappingKey] = PlantJson.Write(settings.Mapping);
        }

        return result;
    }

    private PlantSettings Settings(Dictionary<string, string> documents) => new(
        [.. documents.Where(d => d.Key.StartsWith("device/", StringComparison.Ordinal)).Select(d => seal.Open(PlantJson.Read<DeviceOptions>(d.Value))).OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase)],
        documents.TryGetValue(PlantDiff.MappingKey, out var rules) ? PlantJson.Read<List<EquipmentRule>>(rules) : [],
        [.. documents.Where(d => d.Key.StartsWith("alarm/", StringComparison.Ordinal)).Select(d => PlantJson.Read<AlarmRule>(d.Value)).OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase)]);

    private static string? PartOf(IReadOnlyDictionary<string, ThingPlace> things, string thing) => things.TryGetValue(thing, out var place) ? place.Part : null;

    private string Named(string key) => key.StartsWith("device/", StringComparison.Ordinal)
        ? $"Device '{devices.All().FirstOrDefault(d => PlantDiff.KeyOf(d) == key)?.Name ?? key["device/".Length..].ToLowerInvariant()}'"
        : key == PlantDiff.MappingKey ? "The mapping" : "The alarm";

    private static string Summary(IReadOnlyList<ThingChange> differences)
    {
        const int Longest = 300;
        var text = string.Join("; ", differences.Take(8).Select(d => $"{d.Kind} {d.Name} {d.Outcome.ToString().ToLowerInvariant()}")) + (differences.Count > 8 ? $"; and {differences.Count - 8:N0} more" : "");
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }

    private sealed record Standing(SettingsVersion Version, IReadOnlyDictionary<string, ThingPlace> Things, IReadOnlyDictionary<int, SettingsVersion> Versions);
}
