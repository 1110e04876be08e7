using Uns.Sparkplug.Host;
using Uns.Tags;

namespace Uns.Tree;

/// <summary>
/// The unified namespace: every metric at its place in the plant, with its current value.
/// Filled only by what the host application learned from the broker. One writer at a time, any number of readers.
/// </summary>
public sealed partial class UnsTree(TimeProvider clock) : IMetricSink
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MetricKey, UnsNode> _bySource = [];
    private readonly Dictionary<MetricKey, MetricChange> _refused = [];
    private volatile EquipmentMap _map = EquipmentMap.Empty;

    /// <summary>The node above all enterprises.</summary>
    public UnsNode Root { get; } = new(null, "");

    /// <summary>Who wants to know what changed.</summary>
    public TreeFeed Feed { get; } = new();

    /// <summary>Sees every change of a value; null: nobody does. Set before the first change comes.</summary>
    public IValueWitness? Witness { get; set; }

    /// <summary>Sees every change too, behind the witness, while somebody follows a value; null: nobody does, and nothing is paid.</summary>
    public IValueWitness? Follower { get; set; }

    /// <summary>How many metrics have a place.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _bySource.Count;
            }
        }
    }

    /// <summary>Finds a node; the empty path is the root.</summary>
    public UnsNode? Find(string path)
    {
        var node = Root;
        foreach (var range in path.AsSpan().Trim('/').Split('/'))
        {
            var name = path.AsSpan().Trim('/')[range];
            if (name.Length == 0)
            {
                return node;
            }

            if (node.Child(name) is not { } child)
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    /// <summary>Metrics that were refused a place because another metric holds it, with the path both want.</summary>
    public IReadOnlyList<PlaceConflict> Conflicts()
    {
        lock (_gate)
        {
            return [.. _refused.Keys.Select(key => (Key: key, Path: _map.Locate(key, out _)))
                .Where(c => c.Path is not null)
                .Select(c => new PlaceConflict(c.Path!, Find(c.Path!)?.SourceName, c.Key.ToString()))];
        }
    }

    /// <inheritdoc/>
    public void Changed(in MetricChange change)
    {
        lock (_gate)
        {
            // The node is remembered with the metric: nearly every change finds its place without looking it up.
            if (change.Source?.Place is UnsNode placed && placed.Source is { } source && source == change.Key)
            {
                Set(placed, change);
            }
            else if (_bySource.TryGetValue(change.Key, out var node))
            {
                Remember(change, node);
                Set(node, change);
            }
            else
            {
                Place(change);
            }
        }
    }

    /// <inheritdoc/>
    public void Historical(in MetricChange change)
    {
        lock (_gate)
        {
            if (Witness is { } witness && _bySource.TryGetValue(change.Key, out var node))
            {
                witness.Late(node, change);
            }
        }
    }

    /// <inheritdoc/>
    public void Noted(MetricSource metric)
    {
        lock (_gate)
        {
            if (_bySource.TryGetValue(metric.Key, out var node) && node.Note != metric.Note)
            {
                node.Note = metric.Note;
                Feed.Tell(node); // Not the witness: value, quality and time are as they were.
            }
        }
    }

    /// <inheritdoc/>
    public void Removed(MetricKey key)
    {
        lock (_gate)
        {
            _refused.Remove(key);
            if (_bySource.Remove(key, out var node))
            {
                Clear(node);
                AdmitRefused(node.Path);
            }
        }
    }

    /// <summary>Puts another mapping table in force: every metric moves to its new place at once.</summary>
    public void Remap(EquipmentMap map)
    {
        lock (_gate)
        {
            _map = map;
            var notes = _bySource.Where(entry => entry.Value.Note is not null).Select(entry => (entry.Key, entry.Value.Note)).ToList();
            var changes = _bySource.Select(entry => ChangeOf(entry.Key, entry.Value)).Concat(_refused.Values).ToList();
            foreach (var (key, node) in _bySource.ToList())
            {
                if (_map.Locate(key, out _, out var formerly) != node.Path)
                {
                    _bySource.Remove(key);
                    Clear(node);
                }
                else if (!node.Formerly.SequenceEqual(formerly))
                {
                    SetFormerly(node, formerly);
                    Feed.Tell(node);
                }
            }

            _refused.Clear();
            foreach (var change in changes.Where(c => !_bySource.ContainsKey(c.Key)))
            {
                Place(change);
            }

            foreach (var (key, note) in notes)
            {
                if (_bySource.TryGetValue(key, out var node))
                {
                    node.Note = note; // A value that moved takes it along.
                }
            }

            MoveRestored();
        }
    }

    /// <summary>
    /// Brings back a value that was retained before a restart. It is stale until its source is born again, and it never
    /// overwrites what a birth has already told; only an older word of a birth certificate gives way.
    /// </summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestamp">Its source time.</param>
    /// <param name="former">Where it stood before it was moved; null: the message came from the place itself.</param>
    public void Restore(string path, TagValue value, DateTimeOffset timestamp, FormerPlace? former = null)
    {
        lock (_gate)
        {
            if (former is { } before)
            {
                RememberFormer(path, value, timestamp, before);
                return;
            }

            var isNewer = Find(path)?.Current is not { } known || (known.Quality == TagQuality.Stale && (known.Value.IsNull || known.Timestamp < timestamp));
            if (!isNewer || EquipmentPath.Fault(path) is not null)
            {
                return;
            }

            Feed.Tell(GrowRestored(path, value, timestamp));
        }
    }

    /// <summary>
    /// Takes out what nobody feeds any more: below a path, every value that is stale. Living values stay.
    /// </summary>
    /// <returns>How many values were taken out.</returns>
    public int Forget(string branch)
    {
        lock (_gate)
        {
            var gone = Find(branch)?.Values().Where(n => n.Current is { Quality: TagQuality.Stale }).ToList() ?? [];
            foreach (var node in gone)
            {
                if (node.Source is { } source)
                {
                    _bySource.Remove(source);
                }

                Clear(node);
                AdmitRefused(node.Path);
            }

            return gone.Count;
        }
    }

    private static MetricChange ChangeOf(MetricKey key, UnsNode node)
    {
        var current = node.Current!;
        return new MetricChange(key, current.Value, current.Quality, current.Timestamp, current.Reason, node.Definition);
    }

    private void Place(in MetricChange change)
    {
        if (_map.Locate(change.Key, out var placeDepth, out var formerly) is not { } path)
        {
            return;
        }

        if (Find(path) is { Source: { } owner } && owner != change.Key)
        {
            _refused[change.Key] = change; // The first one keeps the place; the conflict is shown with both names.
            return;
        }

        var node = Grow(path, placeDepth);
        node.Source = change.Key;
        node.Remembered = null;
        node.Note = change.Source?.Note;
        _bySource[change.Key] = node;
        SetFormerly(node, formerly);
        Remember(change, node);
        Set(node, change);
    }

    private static void Remember(in MetricChange change, UnsNode node)
    {
        if (change.Source is { } source)
        {
            source.Place = node;
        }
    }

    private UnsNode Grow(string path, int placeDepth)
    {
        var node = Root;
        foreach (var name in path.Split('/'))
        {
            node = node.Child(name) ?? node.AddChild(name);
            node.IsPlace |= node.Depth < placeDepth;
        }

        return node;
    }

    private void Set(UnsNode node, in MetricChange change)
    {
        var before = node.Current;
        var stale = change.Quality == TagQuality.Stale;

        // Going stale changes what is known about the value, not the value nor its time.
        var timestamp = stale && before is not null ? before.Timestamp : change.Timestamp;
        var isOld = before is { Quality: TagQuality.Stale } && change.Timestamp < before.Timestamp; // A birth certificate, and a newer value was restored.
        var value = stale && before is not null && (change.Value.IsNull || isOld) ? before.Value : change.Value;
        var since = before is not null && before.Quality == change.Quality ? before.QualitySince
            : stale ? change.Timestamp : clock.GetUtcNow();
        node.Definition = change.Definition ?? node.Definition;
        node.Current = new UnsValue(value, change.Quality, timestamp, since, change.Reason);
        Witness?.Changed(node, change);
        Follower?.Changed(node, change);
        Feed.Tell(node);
    }

    private void Clear(UnsNode node)
    {
        if (node.Source is not null)
        {
            Witness?.Gone(node);
        }

        node.Source = null;
        node.Remembered = null;
        node.Definition = null;
        node.Note = null;
        node.Current = null;
        SetFormerly(node, []);
        for (var empty = node; empty.Parent is { } parent && empty.Children.Count == 0 && empty.Current is null; empty = parent)
        {
            parent.RemoveChild(empty);
            if (empty != node)
            {
                Feed.Tell(empty);
            }
        }

        Feed.Tell(node);
    }

    private void AdmitRefused(string path)
    {
        foreach (var (key, change) in _refused)
        {
            if (_map.Locate(key, out _) == path)
            {
                _refused.Remove(key);
                Place(change);
                return;
            }
        }
    }
}

/// <summary>Two metrics that want one place.</summary>
/// <param name="Path">The place.</param>
/// <param name="Owner">The metric that has it, as <c>group/node/device:metric</c>.</param>
/// <param name="Refused">The metric that came later and is not shown.</param>
public readonly record struct PlaceConflict(string Path, string? Owner, string Refused);
