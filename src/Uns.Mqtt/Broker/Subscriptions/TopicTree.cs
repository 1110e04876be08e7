using System.Diagnostics.CodeAnalysis;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Subscriptions;

/// <summary>All subscriptions, by the levels of their filters. MQTT 5.0, 4.7.</summary>
/// <remarks>Letters are compared as they stand, nothing is normalised. [MQTT-4.7.3-4]</remarks>
internal sealed class TopicTree
{
    private readonly Node _root = new();
    private readonly string?[] _names = new string?[256];

    /// <summary>Changes with each change of the subscriptions.</summary>
    public int Version { get; private set; } = 1;

    public int Count { get; private set; }

    /// <summary>Of them, those that are shared.</summary>
    public int SharedCount { get; private set; }

    /// <summary>Adds a subscription, in place of the session's older one with the same filter. [MQTT-3.8.4-3]</summary>
    public void Add(Subscription subscription)
    {
        Version++;
        var shared = TextRules.TrySplitShare(subscription.Filter, out var share, out var filter);
        var place = Find(shared ? filter : subscription.Filter, create: true)!.Entry();
        if (shared)
        {
            place.Groups ??= [];
            if (!place.Groups.TryGetValue(share, out var group))
            {
                place.Groups.Add(share, group = new SharedGroup());
            }

            var added = Put(group.Members, subscription) ? 1 : 0;
            (Count, SharedCount) = (Count + added, SharedCount + added);
        }
        else
        {
            Count += place.Put(subscription) ? 1 : 0;
        }
    }

    /// <summary>Takes a subscription out; the branch that led to it alone goes too.</summary>
    public void Remove(Subscription subscription)
    {
        Version++;
        var shared = TextRules.TrySplitShare(subscription.Filter, out var share, out var filter);
        var path = new List<(Node Parent, string Level)>();
        if (Find(shared ? filter : subscription.Filter, create: false, path) is not { Place: { } place } node)
        {
            return;
        }

        if (!shared)
        {
            Count -= place.Remove(subscription) ? 1 : 0;
        }
        else if (place.Groups is not null && place.Groups.TryGetValue(share, out var group))
        {
            var removed = group.Members.Remove(subscription) ? 1 : 0;
            (Count, SharedCount) = (Count - removed, SharedCount - removed);
            if (group.Members.Count == 0)
            {
                place.Groups.Remove(share);
            }
        }

        if (place.IsEmpty)
        {
            node.Place = null;
        }

        for (var i = path.Count - 1; i >= 0 && node.IsEmpty; i--)
        {
            path[i].Parent.RemoveChild(path[i].Level);
            node = path[i].Parent;
        }
    }

    /// <summary>The members of a shared subscription.</summary>
    /// <returns>Null when there are none.</returns>
    public SharedGroup? FindGroup(string sharedFilter) =>
        TextRules.TrySplitShare(sharedFilter, out var share, out var filter) && Find(filter, create: false)?.Place?.Groups is { } groups
            ? groups.GetValueOrDefault(share)
            : null;

    /// <summary>Collects all subscriptions and groups whose filter matches a topic name.</summary>
    public void Match(string topic, List<Subscription> subscriptions, List<SharedGroup> groups)
    {
        var collector = new Collector(subscriptions, groups);
        Walk(_root, topic, isFirst: true, collector);
    }

    private static void Walk(Node node, ReadOnlySpan<char> rest, bool isFirst, Collector collector)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        var wildcards = !(isFirst && level.StartsWith('$')); // [MQTT-4.7.2-1]
        if (wildcards && node.TryGetChild("#", out var all))
        {
            collector.Take(all);
        }

        if (node.TryGetChild(level, out var exact))
        {
            Descend(exact, rest, slash, collector);
        }

        if (wildcards && node.TryGetChild("+", out var any))
        {
            Descend(any, rest, slash, collector);
        }
    }

    private static void Descend(Node node, ReadOnlySpan<char> rest, int slash, Collector collector)
    {
        if (slash >= 0)
        {
            Walk(node, rest[(slash + 1)..], isFirst: false, collector);
            return;
        }

        collector.Take(node);
        if (node.TryGetChild("#", out var parentToo))
        {
            collector.Take(parentToo); // "a/#" is for "a" too. MQTT 5.0, 4.7.1.2.
        }
    }

    private Node? Find(string filter, bool create, List<(Node Parent, string Level)>? path = null)
    {
        var node = _root;
        foreach (var range in filter.AsSpan().Split('/'))
        {
            var level = filter.AsSpan(range);
            path?.Add((node, level.ToString()));
            if (!node.TryGetChild(level, out var child))
            {
                if (!create)
                {
                    return null;
                }

                child = node.AddChild(NameOf(level));
            }

            node = child;
        }

        return node;
    }

    /// <summary>The level as a string; a name that many branches have, such as <c>value</c>, is one string for all.</summary>
    private string NameOf(ReadOnlySpan<char> level)
    {
        ref var known = ref _names[(uint)string.GetHashCode(level, StringComparison.Ordinal) % (uint)_names.Length];
        return known is not null && level.SequenceEqual(known) ? known : known = level.ToString();
    }

    private readonly struct Collector(List<Subscription> subscriptions, List<SharedGroup> groups)
    {
        public void Take(Node node)
        {
            if (node.Place is not { } place)
            {
                return;
            }

            place.AddTo(subscriptions);
            if (place.Groups is not null)
            {
                groups.AddRange(place.Groups.Values);
            }
        }
    }

    /// <returns>False when it took the place of the session's older one.</returns>
    private static bool Put(List<Subscription> list, Subscription subscription)
    {
        var old = list.FindIndex(s => s.Session == subscription.Session);
        if (old >= 0)
        {
            list[old] = subscription;
            return false;
        }

        list.Add(subscription);
        return true;
    }

    /// <summary>The subscriptions whose filter ends at a node; most nodes have one, which needs no list.</summary>
    private sealed class Place
    {
        private Subscription? _only;
        private List<Subscription>? _many;

        public Dictionary<string, SharedGroup>? Groups { get; set; }

        public bool IsEmpty => _only is null && _many is not { Count: > 0 } && Groups is not { Count: > 0 };

        /// <returns>False when it took the place of the session's older one.</returns>
        public bool Put(Subscription subscription)
        {
            if (_many is null && (_only is null || _only.Session == subscription.Session))
            {
                var isNew = _only is null;
                _only = subscription;
                return isNew;
            }

            if (_many is null)
            {
                _many = [_only!];
                _only = null;
            }

            return TopicTree.Put(_many, subscription);
        }

        public bool Remove(Subscription subscription)
        {
            if (_many is not null)
            {
                return _many.Remove(subscription);
            }

            var isHere = _only == subscription;
            _only = isHere ? null : _only;
            return isHere;
        }

        public void AddTo(List<Subscription> subscriptions)
        {
            if (_many is not null)
            {
                subscriptions.AddRange(_many);
            }
            else if (_only is not null)
            {
                subscriptions.Add(_only);
            }
        }
    }

    /// <summary>One level of a filter. Most have one child, as in <c>line/4/temperature</c>, and keep it without a table.</summary>
    private sealed class Node
    {
        private string? _onlyName;
        private Node? _onlyChild;
        private Dictionary<string, Node>? _children;

        public Place? Place { get; set; }

        public bool IsEmpty => Place is null && _onlyChild is null && _children is not { Count: > 0 };

        public Place Entry() => Place ??= new Place();

        public bool TryGetChild(ReadOnlySpan<char> level, [NotNullWhen(true)] out Node? child)
        {
            if (_children is not null)
            {
                return _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out child);
            }

            child = _onlyChild is not null && level.SequenceEqual(_onlyName) ? _onlyChild : null;
            return child is not null;
        }

        public Node AddChild(string level)
        {
            var child = new Node();
            if (_onlyChild is null && _children is null)
            {
                (_onlyName, _onlyChild) = (level, child);
                return child;
            }

            if (_children is null)
            {
                _children = new Dictionary<string, Node>(StringComparer.Ordinal) { [_onlyName!] = _onlyChild! };
                (_onlyName, _onlyChild) = (null, null);
            }

            _children.Add(level, child);
            return child;
        }

        public void RemoveChild(string level)
        {
            _children?.Remove(level);
            if (level == _onlyName)
            {
                (_onlyName, _onlyChild) = (null, null);
            }
        }
    }
}
