using System.Collections.Frozen;
using Uns.Alarms;
using Uns.Hub.Changes;
using Uns.Sparkplug.Host;
using Uns.Store;
using Uns.Tags;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Wiring;

/// <summary>Watches the tree for alarms, keeps how they stand and what happened, and speaks for them as a Sparkplug device.</summary>
internal sealed partial class AlarmDesk(AlarmStore store, EdgeNodes edges, UnsTree tree, LogBook log, TimeProvider clock, ILogger<AlarmDesk> logger) : IAlarmBook, IValueWitness
{
    private const int EventBound = 16_384; // Happenings that wait for the disk; the oldest go, and how an alarm stands is never lost.
    private const int EventsAtOnce = 1000; // A disk that refuses is asked again at each tick: with no more than this.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, AlarmState> _alarms = [];
    private readonly HashSet<AlarmState> _dirty = []; // To be kept.
    private readonly HashSet<AlarmState> _untold = []; // To be published.
    private readonly LinkedList<AlarmEvent> _events = [];
    private volatile FrozenDictionary<string, AlarmState[]> _byPath = FrozenDictionary<string, AlarmState[]>.Empty;
    private volatile string? _fault;
    private IReadOnlyList<string> _unreadable = [];

    /// <summary>Why what happens is not kept at present; null while it is.</summary>
    public string? Fault => _fault;

    /// <summary>Saved alarms that cannot be read and are not watched, each with its fault; they stay saved.</summary>
    public IReadOnlyList<string> Unreadable => Volatile.Read(ref _unreadable);

    // For delays and rates: the time of day can be set, this only goes forward.
    private TimeSpan Moment => clock.GetElapsedTime(0);

    /// <summary>Brings back rules and standings; the device is told when there are rules.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (saved, unreadable) = await store.LoadAsync(cancellationToken);
        Volatile.Write(ref _unreadable, unreadable);
        foreach (var fault in unreadable)
        {
            LogUnreadable(fault);
        }

        lock (_gate)
        {
            foreach (var (rule, standing) in saved)
            {
                _alarms[rule.Id] = new AlarmState(rule, standing);
            }

            Index();
        }

        TellDevice();
    }

    /// <summary>Runs until cancelled: delays, the disk, the device.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(Pace, clock);
        try
        {
            while (await pace.WaitForNextTickAsync(cancellationToken))
            {
                await TickAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await KeepAsync();
        }
    }

    /// <summary>Time has passed: delays may be over, and what happened is kept and told.</summary>
    internal async Task TickAsync()
    {
        var (moment, now) = (Moment, clock.GetUtcNow());
        lock (_gate)
        {
            foreach (var alarm in _alarms.Values)
            {
                Note(alarm, alarm.Tick(moment, now), "", now);
            }
        }

        await KeepAsync();
    }

    public void Changed(UnsNode node, in MetricChange change)
    {
        if (_byPath.TryGetValue(node.Path, out var watching))
        {
            Observe(watching, change.Value, change.Quality, change.Timestamp);
        }
    }

    public void Late(UnsNode node, in MetricChange change)
    {
        // The past raises no alarm now.
    }

    public void Gone(UnsNode node)
    {
        if (_byPath.TryGetValue(node.Path, out var watching))
        {
            Observe(watching, default, TagQuality.Stale, clock.GetUtcNow());
        }
    }

    public IReadOnlyList<Alarm> All()
    {
        lock (_gate)
        {
            return
            [
                .. _alarms.Values.Select(a => new Alarm(a.Rule, a.Standing)).OrderByDescending(a => a.Standing.IsOpen).ThenByDescending(a => a.Rule.Priority)
                    .ThenByDescending(a => a.Standing.Since).ThenBy(a => a.Rule.Name, StringComparer.OrdinalIgnoreCase),
            ];
        }
    }

    /// <summary>Takes rules as they are written: an alarm whose rule changed begins calm, one that only follows its value stays as it stands. One change at a time.</summary>
    public async Task PutInForceAsync(IReadOnlyList<AlarmRule> set, IReadOnlyList<Guid> gone)
    {
        if (set.Count + gone.Count == 0)
        {
            return;
        }

        bool isLast;
        lock (_gate)
        {
            foreach (var id in gone)
            {
                if (_alarms.Remove(id, out var old))
                {
                    _dirty.Remove(old);
                    _untold.Remove(old);
                }
            }

            foreach (var rule in set)
            {
                var follows = _alarms.TryGetValue(rule.Id, out var was) && was.Rule with { Path = rule.Path } == rule;
                var alarm = _alarms[rule.Id] = new AlarmState(rule, follows ? was!.Standing : AlarmStanding.Calm);
                _dirty.Add(alarm);
                _untold.Add(alarm);
            }

            Index();
            foreach (var alarm in set.Select(r => _alarms[r.Id]))
            {
                if (tree.Find(alarm.Rule.Path)?.Current is { } current)
                {
                    Note(alarm, alarm.Observe(current.Value, current.Quality, current.Timestamp, Moment, clock.GetUtcNow()), "", clock.GetUtcNow());
                }
            }

            isLast = _alarms.Count == 0;
        }

        if (isLast)
        {
            await edges.RemoveAsync(AlarmTags.DeviceName);
        }

        TellDevice();
    }

    public bool Acknowledge(Guid id, string who) => With(id, who, "acknowledged", alarm => alarm.Acknowledge());

    public bool Shelve(Guid id, TimeSpan time, string who) => With(
        id, who, time <= TimeSpan.Zero ? "counts again" : $"shelved for {(time < AlarmState.LongestShelf ? time : AlarmState.LongestShelf).TotalMinutes:0.#} min", alarm => time <= TimeSpan.Zero ? alarm.Unshelve() : alarm.Shelve(clock.GetUtcNow() + (time < AlarmState.LongestShelf ? time : AlarmState.LongestShelf)));

    public async Task<IReadOnlyList<AlarmEvent>> HistoryAsync(int most, CancellationToken cancellationToken) => await store.HistoryAsync(Math.Clamp(most, 1, 10_000), cancellationToken);

    private bool With(Guid id, string who, string words, Func<AlarmState, AlarmHappening?> act)
    {
        lock (_gate)
        {
            if (!_alarms.TryGetValue(id, out var alarm))
            {
                return false;
            }

            if (act(alarm) is { } happened)
            {
                Note(alarm, happened, who, clock.GetUtcNow());
                log.Post(LogKinds.Operate, alarm.Rule.Name, words, who);
            }

            return true;
        }
    }

    private void Observe(AlarmState[] watching, TagValue value, TagQuality quality, DateTimeOffset time)
    {
        lock (_gate)
        {
            var (moment, now) = (Moment, clock.GetUtcNow());
            foreach (var alarm in watching)
            {
                Note(alarm, alarm.Observe(value, quality, time, moment, now), "", now);
            }
        }
    }

    private void Note(AlarmState alarm, AlarmHappening? happened, string who, DateTimeOffset now)
    {
        if (happened is { } what)
        {
            _events.AddLast(new AlarmEvent(now, alarm.Rule.Name, alarm.Rule.Path, alarm.Rule.Priority, what, alarm.Standing.Value, who));
            _dirty.Add(alarm);
            _untold.Add(alarm);
            DropBeyondBound();
        }
    }

    private void Index() => _byPath = _alarms.Values.GroupBy(a => a.Rule.Path, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);

    private void DropBeyondBound()
    {
        while (_events.Count > EventBound)
        {
            _events.RemoveFirst();
        }
    }

    // First the disk, then the world: what was told is never forgotten by a crash.
    private async Task KeepAsync()
    {
        List<AlarmEvent> events = [];
        List<AlarmState> dirty;
        List<Alarm> changed, untold;
        lock (_gate)
        {
            while (events.Count < EventsAtOnce && _events.First is { } happened)
            {
                events.Add(happened.Value);
                _events.RemoveFirst();
            }

            dirty = [.. _dirty];
            changed = [.. dirty.Select(a => new Alarm(a.Rule, a.Standing))];
            untold = [.. _untold.Select(a => new Alarm(a.Rule, a.Standing))];
            _dirty.Clear();
            _untold.Clear();
        }

        if (events.Count + changed.Count == 0)
        {
            return;
        }

        try
        {
            await store.SaveAsync(events, changed);
            _fault = null;
        }
        catch (Exception refused) when (refused is StoreException or Microsoft.Data.Sqlite.SqliteException or ObjectDisposedException)
        {
            if (_fault is null)
            {
                LogNotKept(refused.Message);
            }

            _fault = refused.Message;
            PutBack(events, dirty);
        }

        // An alarm is told even when it cannot be kept: the plant's people come first.
        untold.ForEach(Publish);
    }

    // What the disk refused is tried again at the next tick, in its order.
    private void PutBack(List<AlarmEvent> events, List<AlarmState> dirty)
    {
        lock (_gate)
        {
            for (var i = events.Count - 1; i >= 0; i--)
            {
                _events.AddFirst(events[i]);
            }

            DropBeyondBound();
            _dirty.UnionWith(dirty.Where(a => _alarms.GetValueOrDefault(a.Rule.Id) == a)); // Not what was removed or changed meanwhile.
        }
    }

    private void TellDevice()
    {
        List<Alarm> all;
        lock (_gate)
        {
            all = [.. _alarms.Values.Select(a => new Alarm(a.Rule, a.Standing))];
        }

        if (all.Count == 0)
        {
            return;
        }

        var edge = edges.For(AlarmTags.DeviceName);
        edge.SetDevice(AlarmTags.DeviceName, [.. all.SelectMany(a => AlarmTags.DefinitionsOf(a.Rule))]);
        edge.DeviceOnline(AlarmTags.DeviceName);
        all.ForEach(Publish);
    }

    private void Publish(Alarm alarm)
    {
        var edge = edges.For(AlarmTags.DeviceName);
        foreach (var sample in AlarmTags.SamplesOf(alarm, clock.GetUtcNow()))
        {
            edge.Offer(AlarmTags.DeviceName, sample);
        }
    }

    [LoggerMessage(4102, LogLevel.Error, "What happens to alarms is not kept: {Fault}")]
    private partial void LogNotKept(string fault);

    [LoggerMessage(4111, LogLevel.Error, "A saved alarm cannot be read and is not watched; it stays saved: {Fault}")]
    private partial void LogUnreadable(string fault);
}

/// <summary>Two that see every change.</summary>
internal sealed class BothWitnesses(IValueWitness first, IValueWitness second) : IValueWitness
{
    public void Changed(UnsNode node, in MetricChange change)
    {
        first.Changed(node, change);
        second.Changed(node, change);
    }

    public void Late(UnsNode node, in MetricChange change)
    {
        first.Late(node, change);
        second.Late(node, change);
    }

    public void Gone(UnsNode node)
    {
        first.Gone(node);
        second.Gone(node);
    }
}
