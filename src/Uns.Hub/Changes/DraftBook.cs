using System.Text.Json;
using Uns.Connectors;
using Uns.Hub.Wiring;
using Uns.Ui.Changes;

namespace Uns.Hub.Changes;

/// <summary>The drafts: in memory for the pages, on disk before a saving is answered.</summary>
internal sealed partial class DraftBook(SettingsStore store, SettingsBook settings, DeviceBook devices, SecretSeal seal, AlarmFollow follow, LogBook log, TimeProvider clock, ILogger<DraftBook> logger) : IDraftBook, IDisposable
{
    private const int LongestName = 60;

    private readonly SemaphoreSlim _oneChange = new(1, 1);
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Draft> _drafts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Brings the saved drafts back.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var (draft, document) in await store.DraftsAsync(cancellationToken))
        {
            try
            {
                lock (_gate)
                {
                    _drafts[draft.Name] = draft with { Content = seal.Open(PlantJson.Read<DraftContent>(document)) };
                }
            }
            catch (JsonException unreadable)
            {
                LogUnreadable(draft.Name, unreadable.Message);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Draft> All()
    {
        lock (_gate)
        {
            return [.. _drafts.Values];
        }
    }

    /// <inheritdoc/>
    public Draft? Find(string name)
    {
        lock (_gate)
        {
            return _drafts.GetValueOrDefault(name);
        }
    }

    /// <inheritdoc/>
    public DraftView? View(string name, bool mineWins = true)
    {
        if (Find(name) is not { } draft)
        {
            return null;
        }

        var (version, now) = (settings.Current.Number, settings.Now);
        var (change, clashes) = DraftMerge.Onto(now, draft.Content, mineWins);
        change = follow.Alarms(now, MappingRows.Follow(now, change));
        return new DraftView(draft, version, now, now.With(change), change, clashes);
    }

    /// <inheritdoc/>
    public async Task<Draft> SaveAsync(string name, PlantChange change, string author, PlantSettings? opened, CancellationToken cancellationToken)
    {
        name = name.Trim();
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl) || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The draft's name is '{name}': give 1 to {LongestName} characters without /.", nameof(name));
        }

        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            var view = View(name);
            if (view is null && All().Count >= IDraftBook.MaximumDrafts)
            {
                throw new ArgumentException($"There are {IDraftBook.MaximumDrafts} drafts already: publish one, or throw one away.", nameof(name));
            }

            var shown = view?.After ?? settings.Now;
            ThrowIfClash(change, shown, opened, view?.Draft);
            change = change with
            {
                Devices = [.. change.Devices.Select(d => DeviceBook.Identify(devices.Complete(d, shown.Device(d.Name)), shown.Device(d.Name)))],
                Alarms = [.. change.Alarms.Select(a => a with { Id = a.Id == Guid.Empty ? Guid.CreateVersion7() : a.Id, Path = a.Path.Trim('/') })],
            };
            var content = view is null ? new DraftContent(change, PlantSettings.Empty) : view.Draft.Content with { Change = view.Draft.Content.Change.Then(change) };
            content = content with { Opened = TakeUp(content.Opened, view?.Draft.Content.Change, content.Change, settings.Now) };
            var draft = new Draft(view?.Draft.Name ?? name, view?.Draft.Base ?? settings.Current.Number, (view?.Draft.Revision ?? 0) + 1, author, clock.GetUtcNow(), content);
            await store.SaveAsync(draft with { Content = seal.Seal(content) });
            lock (_gate)
            {
                _drafts[draft.Name] = draft;
            }

            if (view is null)
            {
                log.Post(LogKinds.Draft, draft.Name, "begun", author);
            }

            return draft;
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<SettingsVersion> PublishAsync(string name, ChangeNote note, DraftView seen, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (Find(name) is not { } draft || draft.Revision != seen.Draft.Revision)
            {
                throw new SettingsClashException($"Draft '{name}' was changed or published since you looked at it. This is how it is now: look again.");
            }

            var comment = $"draft {draft.Name}{(note.Comment.Length > 0 ? ": " + note.Comment : "")}";
            var version = await settings.ChangeAsync(
                    seen.Version, () => seen.Change, note with { Comment = comment, Way = ChangeWay.Draft }, connection => SettingsStore.RemoveDraft(connection, draft.Name), cancellationToken)
                ?? throw new SettingsClashException("The plant was changed since you looked at this draft. This is what it would do now: look again.");
            lock (_gate)
            {
                _drafts.Remove(draft.Name);
            }

            return version;
        }
        finally
        {
            _oneChange.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DiscardAsync(string name, string author, CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (Find(name) is not { } draft)
            {
                return false;
            }

            await store.RemoveDraftAsync(draft.Name);
            lock (_gate)
            {
                _drafts.Remove(draft.Name);
            }

            log.Post(LogKinds.Draft, draft.Name, "thrown away", author);
            return true;
        }
        finally
        {
            _oneChange.Release();
        }
    }

    public void Dispose() => _oneChange.Dispose();

    private void ThrowIfClash(PlantChange change, PlantSettings shown, PlantSettings? opened, Draft? draft)
    {
        if (opened is null)
        {
            return;
        }

        foreach (var name in change.Devices.Select(d => d.Name).Concat(change.RemovedDevices))
        {
            var (was, there) = (opened.Device(name), shown.Device(name));
            if (!ReferenceEquals(was, there) && (was is null || there is null || !PlantJson.Same(devices.Conceal(was), devices.Conceal(there))))
            {
                var difference = settings.Compare(opened, shown).FirstOrDefault(d => d.Key == PlantDiff.DeviceKey(name));
                throw new SettingsClashException($"{draft?.Author ?? "Somebody"} changed {name} since you opened it: {difference?.Line ?? "it is not what it was"}.");
            }
        }

        foreach (var id in change.Alarms.Select(a => a.Id).Concat(change.RemovedAlarms).Where(id => opened.Alarm(id) != shown.Alarm(id)))
        {
            throw new SettingsClashException($"{draft?.Author ?? "Somebody"} changed alarm {(shown.Alarm(id) ?? opened.Alarm(id))!.Name} since you opened it.");
        }

        if (change.Mapping is not null && !opened.Mapping.SequenceEqual(shown.Mapping))
        {
            throw new SettingsClashException($"{draft?.Author ?? "Somebody"} changed the mapping since you opened it.");
        }
    }

    // Each thing is remembered as it stood when the draft first took it up.
    private static PlantSettings TakeUp(PlantSettings opened, PlantChange? before, PlantChange after, PlantSettings now)
    {
        var known = before is null ? [] : before.Devices.Select(d => d.Name).Concat(before.RemovedDevices).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var devices = after.Devices.Select(d => d.Name).Concat(after.RemovedDevices)
            .Select(name => known.Contains(name) ? opened.Device(name) : now.Device(name)).OfType<DeviceOptions>();
        var alarmsKnown = before is null ? [] : before.Alarms.Select(a => a.Id).Concat(before.RemovedAlarms).ToHashSet();
        var alarms = after.Alarms.Select(a => a.Id).Concat(after.RemovedAlarms).Select(id => alarmsKnown.Contains(id) ? opened.Alarm(id) : now.Alarm(id)).OfType<Uns.Alarms.AlarmRule>();
        return new([.. devices], after.Mapping is null ? [] : before?.Mapping is not null ? opened.Mapping : now.Mapping, [.. alarms]);
    }

    [LoggerMessage(4202, LogLevel.Error, "The draft '{Name}' cannot be read and is left alone: {Fault}")]
    private partial void LogUnreadable(string name, string fault);
}
