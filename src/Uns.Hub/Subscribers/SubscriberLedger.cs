using System.Collections.Concurrent;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.Ui.Clients;

namespace Uns.Hub.Subscribers;

/// <summary>
/// Who subscribed by which filter, now and lately. The broker tells what happens and never waits: it is noted when somebody asks,
/// or when the ledger is brought to disk. Bounded: the last seen stay.
/// </summary>
internal sealed class SubscriberLedger(TimeProvider clock, int most = SubscriberLedger.MostEntries) : ISubscriptionWitness, ISubscriberLedger
{
    /// <summary>Most entries. A plant has some hundred subscribers; clients with names of chance fill the rest.</summary>
    public const int MostEntries = 20_000;

    /// <summary>Most filters that are remembered of one client, so that one cannot drive out all others.</summary>
    public const int MostOfOne = 500;

    private const int MostWaiting = 100_000;
    private const int LongestText = 1024;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(ISubscriberLedger.KeptDays);

    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Happening> _waiting = new();
    private readonly Dictionary<string, Dictionary<string, Entry>> _clients = new(StringComparer.Ordinal);
    private readonly HashSet<(string Client, string Filter)> _dirty = [];
    private int _entries;
    private long _missed;

    private enum What
    {
        Subscribed,
        Kept,
        Unsubscribed,
        Back,
        Away,
        Ended,
    }

    /// <summary>How many subscriptions are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                Note();
                return _entries;
            }
        }
    }

    /// <summary>What the broker told faster than it was noted, and was lost.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <inheritdoc/>
    public void Subscribed(string clientId, string filter, ClientListener listener)
    {
        if (listener != ClientListener.InProcess) // The hub's own parts are nobody to ask.
        {
            Tell(What.Subscribed, clientId, filter);
        }
    }

    /// <inheritdoc/>
    void ISubscriptionWitness.Kept(string clientId, string filter) => Tell(What.Kept, clientId, filter);

    /// <inheritdoc/>
    public void Unsubscribed(string clientId, string filter) => Tell(What.Unsubscribed, clientId, filter);

    /// <inheritdoc/>
    public void Back(string clientId) => Tell(What.Back, clientId, "");

    /// <inheritdoc/>
    public void Away(string clientId) => Tell(What.Away, clientId, "");

    /// <inheritdoc/>
    public void Ended(string clientId) => Tell(What.Ended, clientId, "");

    /// <inheritdoc/>
    public IReadOnlyList<PastSubscriber> Lately(string topic, int most)
    {
        lock (_gate)
        {
            Note();
            var now = clock.GetUtcNow();
            var found = new List<PastSubscriber>();
            foreach (var (client, filters) in _clients)
            {
                foreach (var (filter, entry) in filters)
                {
                    if ((topic.Length == 0 || TextRules.IsMatch(filter, topic)) && now - LastOf(entry, now) < Kept)
                    {
                        found.Add(new(client, filter, entry.First, LastOf(entry, now), entry.IsHeld));
                    }
                }
            }

            return [.. found.OrderByDescending(s => s.IsNow).ThenByDescending(s => s.LastSeen).ThenBy(s => s.ClientId, StringComparer.Ordinal).ThenBy(s => s.Filter, StringComparer.Ordinal).Take(most)];
        }
    }

    /// <summary>Takes in what the disk kept. What was held then counts as seen until the hub was last alive.</summary>
    public void Load(IEnumerable<LedgerRow> rows, DateTimeOffset? aliveAt)
    {
        lock (_gate)
        {
            foreach (var row in rows)
            {
                var entry = EntryOf(row.ClientId, row.Filter, row.First);
                if (entry is not null)
                {
                    entry.First = row.First < entry.First ? row.First : entry.First;
                    entry.Last = row.WasThere && aliveAt > row.Last ? aliveAt.Value : row.Last;
                    if (row.WasThere)
                    {
                        _dirty.Add((row.ClientId, row.Filter)); // Else the next start would count on from there.
                    }
                }
            }
        }
    }

    /// <summary>What must be written since the last call, and what must go; forgets what is too old.</summary>
    public (IReadOnlyList<LedgerRow> Set, IReadOnlyList<(string ClientId, string Filter)> Gone) TakeChanges()
    {
        lock (_gate)
        {
            Note();
            ForgetOld();
            var (set, gone) = (new List<LedgerRow>(), new List<(string, string)>());
            foreach (var (client, filter) in _dirty)
            {
                if (_clients.TryGetValue(client, out var filters) && filters.TryGetValue(filter, out var entry))
                {
                    set.Add(new(client, filter, entry.First, entry.Last, entry.IsThere));
                }
                else
                {
                    gone.Add((client, filter));
                }
            }

            _dirty.Clear();
            return (set, gone);
        }
    }

    /// <summary>They could not be written: they are given again.</summary>
    public void GiveBack(IEnumerable<(string ClientId, string Filter)> changes)
    {
        lock (_gate)
        {
            _dirty.UnionWith(changes);
        }
    }

    private void Tell(What what, string clientId, string filter)
    {
        if (clientId.Length > LongestText || filter.Length > LongestText || _waiting.Count >= MostWaiting)
        {
            Interlocked.Increment(ref _missed);
            return;
        }

        _waiting.Enqueue(new(what, clientId, filter, clock.GetUtcNow()));
    }

    private void Note()
    {
        while (_waiting.TryDequeue(out var told))
        {
            if (told.What is What.Subscribed or What.Kept)
            {
                if (EntryOf(told.ClientId, told.Filter, told.At) is { } entry)
                {
                    (entry.IsHeld, entry.IsThere) = (true, told.What == What.Subscribed);
                    entry.Last = told.What == What.Subscribed ? told.At : entry.Last;
                    _dirty.Add((told.ClientId, told.Filter));
                }
            }
            else if (_clients.TryGetValue(told.ClientId, out var filters))
            {
                foreach (var (filter, entry) in filters.Where(f => f.Value.IsHeld && (told.What != What.Unsubscribed || f.Key == told.Filter)))
                {
                    entry.Last = entry.IsThere || told.What == What.Back ? told.At : entry.Last;
                    entry.IsThere = told.What == What.Back;
                    entry.IsHeld = told.What is What.Back or What.Away;
                    _dirty.Add((told.ClientId, filter));
                }
            }
        }
    }

    private Entry? EntryOf(string client, string filter, DateTimeOffset first)
    {
        if (!_clients.TryGetValue(client, out var filters))
        {
            _clients.Add(client, filters = new(StringComparer.Ordinal));
        }

        if (filters.TryGetValue(filter, out var known))
        {
            return known;
        }

        if (filters.Count >= MostOfOne)
        {
            return null;
        }

        if (_entries >= most)
        {
            MakeRoom();
        }

        var entry = new Entry { First = first, Last = first };
        filters.Add(filter, entry);
        _clients.TryAdd(client, filters); // Making room may have taken the empty one out.
        _entries++;
        return entry;
    }

    // A tenth at a time, those first that are not there and were seen longest ago.
    private void MakeRoom()
    {
        foreach (var (client, filter, _) in _clients.SelectMany(c => c.Value.Select(f => (Client: c.Key, Filter: f.Key, Entry: f.Value)))
            .OrderBy(e => e.Entry.IsHeld).ThenBy(e => e.Entry.Last).Take(Math.Max(1, most / 10)).ToList())
        {
            Remove(client, filter);
        }
    }

    private void ForgetOld()
    {
        var now = clock.GetUtcNow();
        foreach (var (client, filter) in _clients.SelectMany(c => c.Value.Where(f => now - LastOf(f.Value, now) >= Kept).Select(f => (c.Key, f.Key))).ToList())
        {
            Remove(client, filter);
        }
    }

    private void Remove(string client, string filter)
    {
        if (_clients.TryGetValue(client, out var filters) && filters.Remove(filter))
        {
            _entries--;
            _dirty.Add((client, filter));
            if (filters.Count == 0)
            {
                _clients.Remove(client);
            }
        }
    }

    private static DateTimeOffset LastOf(Entry entry, DateTimeOffset now) => entry.IsThere ? now : entry.Last;

    private readonly record struct Happening(What What, string ClientId, string Filter, DateTimeOffset At);

    private sealed class Entry
    {
        public DateTimeOffset First { get; set; }

        public DateTimeOffset Last { get; set; }

        /// <summary>True while the session holds the subscription.</summary>
        public bool IsHeld { get; set; }

        /// <summary>True while its client is connected too.</summary>
        public bool IsThere { get; set; }
    }
}

/// <summary>One entry as the disk keeps it.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Filter">The filter.</param>
/// <param name="First">First seen, UTC.</param>
/// <param name="Last">Last seen, UTC, while it was not there.</param>
/// <param name="WasThere">True when it was connected at that time: it was seen until the hub ended.</param>
internal sealed record LedgerRow(string ClientId, string Filter, DateTimeOffset First, DateTimeOffset Last, bool WasThere);
