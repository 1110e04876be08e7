using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>What the hub wants of the edge node's devices, kept until the publisher takes it. Repeats merge, so it cannot grow.</summary>
/// <param name="tagChangeDistance">Shortest time between two changes of a device's tags while the node is born: what comes in between waits, and is told together.</param>
internal sealed class DeviceDesk(TimeSpan tagChangeDistance = default)
{
    /// <summary>Stands for the node itself, which has tags and samples as a device has.</summary>
    public const string Node = "";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);
    private long _mergedByRemoved;
    private TimeSpan? _tagsDue;

    /// <summary>The moment at which tags that wait may be told, on the time that only goes forward; null: none wait.</summary>
    public TimeSpan? TagsDue
    {
        get
        {
            lock (_gate)
            {
                return _tagsDue;
            }
        }
    }

    /// <summary>Samples that a newer one of the same tag replaced before they were sent.</summary>
    public long Merged
    {
        get
        {
            lock (_gate)
            {
                return _mergedByRemoved + _entries.Values.Sum(entry => entry.Samples.Merged);
            }
        }
    }

    public void Set(string deviceId, IReadOnlyList<TagDefinition> tags)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(deviceId, out var entry) || tags.Count > entry.Samples.Capacity)
            {
                // At least one place per tag, so that no tag's newest sample is ever lost.
                var old = entry;
                entry = new Entry(Math.Max(SampleQueue.DefaultCapacity, tags.Count)) { IsOnline = old?.IsOnline ?? false, Tags = old?.Tags, ChangedAt = old?.ChangedAt };
                _entries[deviceId] = entry;
                Move(old, entry);
            }

            entry.NewTags = tags;
        }
    }

    public void Remove(string deviceId)
    {
        lock (_gate)
        {
            if (_entries.Remove(deviceId, out var entry))
            {
                _mergedByRemoved += entry.Samples.Merged;
                _removed.Add(deviceId);
            }
        }
    }

    public void SetOnline(string deviceId, bool isOnline)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(deviceId, out var entry))
            {
                entry.IsOnline = isOnline;
            }
        }
    }

    /// <returns>False when the device is not known: the sample is dropped.</returns>
    public bool Offer(string deviceId, in TagSample sample)
    {
        SampleQueue queue;
        lock (_gate)
        {
            if (!_entries.TryGetValue(deviceId, out var entry))
            {
                return false;
            }

            queue = entry.Samples;
        }

        queue.Offer(sample);
        return true;
    }

    /// <summary>
    /// Brings the session to what is wanted: tags first, then values, then births and deaths, so that a birth shows values. Of a device that is to be born
    /// the first value of each tag goes into the birth and the others follow it: what a device kept while it could not be reached comes all at once.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="moment">Now, on a time that only goes forward.</param>
    /// <param name="now">Time of the messages.</param>
    /// <param name="due">Takes the messages.</param>
    /// <param name="taken">Takes the samples, by device: those sent while the node is born, else all of them.</param>
    /// <returns>How many samples named a tag that their device does not have.</returns>
    public int Apply(EdgeNodeSession session, TimeSpan moment, DateTimeOffset now, List<OutgoingMessage> due, Action<string, List<TagSample>> taken)
    {
        var unknown = 0;
        lock (_gate)
        {
            foreach (var deviceId in _removed)
            {
                session.RemoveDevice(deviceId, now, due);
            }

            _removed.Clear();
            _tagsDue = null;
            var samples = new List<TagSample>();
            foreach (var (deviceId, entry) in _entries)
            {
                if (entry.NewTags is { } tags)
                {
                    if (WaitsUntil(session, entry, tags, moment) is { } dueAt)
                    {
                        // Its samples wait too: the session does not know yet what the new tags are. So does a birth: it would be one of old tags.
                        _tagsDue = _tagsDue < dueAt ? _tagsDue : dueAt;
                        if (!entry.IsOnline)
                        {
                            session.SetOnline(deviceId, isOnline: false, now, due);
                        }

                        continue;
                    }

                    (entry.NewTags, entry.Tags, entry.ChangedAt) = (null, tags, entry.Tags is { } known && known.SequenceEqual(tags) ? entry.ChangedAt : moment);
                    SetTags(session, deviceId, tags, now, due);
                }

                samples.Clear();
                entry.Samples.Take(samples);
                var behindBirth = entry.IsOnline && deviceId != Node && session.IsBorn && !session.IsDeviceBorn(deviceId) ? TakeRepeats(samples) : [];
                unknown += Tell(session, deviceId, samples, now, due, taken);
                session.SetOnline(deviceId, entry.IsOnline, now, due);
                unknown += Tell(session, deviceId, behindBirth, now, due, taken);
            }
        }

        return unknown;
    }

    /// <returns>When the new tags may be told; null: now.</returns>
    private TimeSpan? WaitsUntil(EdgeNodeSession session, Entry entry, IReadOnlyList<TagDefinition> tags, TimeSpan moment)
    {
        // Before the node is born nobody is told anything.
        var isNews = session.IsBorn && entry.Tags is { } known && !known.SequenceEqual(tags);
        return isNews && entry.ChangedAt is { } last && last + tagChangeDistance > moment ? last + tagChangeDistance : null;
    }

    private static int Tell(EdgeNodeSession session, string deviceId, List<TagSample> samples, DateTimeOffset now, List<OutgoingMessage> due, Action<string, List<TagSample>> taken)
    {
        if (samples.Count == 0)
        {
            return 0;
        }

        var sent = new List<TagSample>();
        var unknown = session.Data(deviceId, samples, now, due, sent);
        taken(deviceId, session.IsBorn ? sent : [.. samples]);
        return unknown;
    }

    // Leaves the first sample of each tag, and takes the others.
    private static List<TagSample> TakeRepeats(List<TagSample> samples)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (first, repeats) = (new List<TagSample>(samples.Count), new List<TagSample>());
        foreach (var sample in samples)
        {
            (seen.Add(sample.Tag) ? first : repeats).Add(sample);
        }

        samples.Clear();
        samples.AddRange(first);
        return repeats;
    }

    private static void SetTags(EdgeNodeSession session, string deviceId, IReadOnlyList<TagDefinition> tags, DateTimeOffset now, List<OutgoingMessage> due)
    {
        if (deviceId == Node)
        {
            session.SetNode(tags, now, due);
        }
        else
        {
            session.SetDevice(deviceId, tags, now, due);
        }
    }

    private void Move(Entry? from, Entry to)
    {
        if (from is not null)
        {
            var waiting = new List<TagSample>();
            from.Samples.Take(waiting);
            waiting.ForEach(sample => to.Samples.Offer(sample));
            _mergedByRemoved += from.Samples.Merged;
        }
    }

    private sealed class Entry(int capacity)
    {
        public SampleQueue Samples { get; } = new(capacity);

        public IReadOnlyList<TagDefinition>? NewTags { get; set; }

        /// <summary>The tags that the session has; null before the first.</summary>
        public IReadOnlyList<TagDefinition>? Tags { get; set; }

        /// <summary>When they became other ones.</summary>
        public TimeSpan? ChangedAt { get; set; }

        public bool IsOnline { get; set; }
    }
}
