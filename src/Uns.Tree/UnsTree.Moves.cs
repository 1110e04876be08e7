using Uns.Tags;

namespace Uns.Tree;

/// <content>Where values stood before they were moved.</content>
public sealed partial class UnsTree
{
    private readonly Dictionary<string, UnsNode> _movedFrom = new(StringComparer.Ordinal);

    /// <summary>The value that stood at a path before it was moved; null when none did that is still there.</summary>
    public UnsNode? MovedFrom(string path)
    {
        lock (_gate)
        {
            return _movedFrom.GetValueOrDefault(path);
        }
    }

    /// <summary>Where the value or branch that stood at a path stands now; null when nothing moved from there, or nothing of it is left.</summary>
    public string? MovedTo(string path)
    {
        path = path.Trim('/');
        if (MovedFrom(path) is { } node)
        {
            return node.Path;
        }

        var map = _map;
        return map.Follow(path) is var followed && followed != path && Find(followed) is not null ? followed : null;
    }

    /// <summary>The mapping table in force.</summary>
    public EquipmentMap Map => _map;

    // A former place that is given up is told like a node that goes: nobody speaks there any more.
    private void SetFormerly(UnsNode node, IReadOnlyList<FormerPlace> formerly)
    {
        if (node.Formerly.Count == 0 && formerly.Count == 0)
        {
            return;
        }

        foreach (var (path, _) in node.Formerly)
        {
            if (_movedFrom.GetValueOrDefault(path) == node)
            {
                _movedFrom.Remove(path);
                Feed.Tell(new UnsNode(null, path));
            }
        }

        node.Formerly = formerly;
        foreach (var (path, _) in formerly)
        {
            _movedFrom.TryAdd(path, node);
            if (Find(path) is { Source: null, Current: not null } restored)
            {
                Clear(restored); // What a restart brought back there is this value.
            }
        }
    }

    private UnsNode GrowRestored(string path, TagValue value, DateTimeOffset timestamp)
    {
        var node = Grow(path, placeDepth: 0);
        node.Current = new UnsValue(value, TagQuality.Stale, timestamp, clock.GetUtcNow(), "not heard of since the hub started");
        return node;
    }

    // A message of an old topic: the value stands at its new place, and the old topic goes on.
    private void RememberFormer(string path, TagValue value, DateTimeOffset timestamp, FormerPlace former)
    {
        if (EquipmentPath.Fault(path) is not null || Find(path) is { Source: not null })
        {
            return;
        }

        var node = Find(path) is { Current: not null } known ? known : GrowRestored(path, value, timestamp);
        if (!node.Formerly.Contains(former))
        {
            SetFormerly(node, [.. node.Formerly.Where(place => place.Path != former.Path), former]);
            Feed.Tell(node);
        }
    }

    // What a restart brought back and nobody has claimed yet moves too.
    private void MoveRestored()
    {
        foreach (var move in _map.Rules.Where(rule => rule.IsMove))
        {
            foreach (var restored in Find(move.From!)?.Values().Where(node => node.Source is null).ToList() ?? [])
            {
                var (path, current) = (_map.Follow(restored.Path), restored.Current!);
                if (path == restored.Path || Find(path)?.Current is not null || EquipmentPath.Fault(path) is not null)
                {
                    continue;
                }

                Clear(restored);
                var node = GrowRestored(path, current.Value, current.Timestamp);
                SetFormerly(node, [new(restored.Path, move.Until)]);
                Feed.Tell(node);
            }
        }
    }
}
