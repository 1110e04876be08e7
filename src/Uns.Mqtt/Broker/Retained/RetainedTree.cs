namespace Uns.Mqtt.Broker.Retained;

/// <summary>The place of one topic's retained message. The message may be replaced or gone by the time it is read.</summary>
internal sealed class RetainedNode
{
    public Message? Message { get; set; }

    public Dictionary<string, RetainedNode>? Children { get; set; }

    public bool IsEmpty => Message is null && Children is not { Count: > 0 };
}

/// <summary>The last retained message of each topic, by the levels of the topic.</summary>
internal sealed class RetainedTree
{
    /// <summary>Filters whose places are remembered, so that many who ask the same share one list.</summary>
    private const int RememberedFilters = 16;

    private readonly RetainedNode _root = new();
    private readonly Dictionary<string, RetainedNode[]> _found = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>Bytes of all messages.</summary>
    public long Bytes { get; private set; }

    /// <summary>Keeps a message in place of the topic's older one. [MQTT-3.3.1-5]</summary>
    public void Set(Message message) => Put(PlaceOf(message.TopicText), message);

    /// <summary>Keeps a message at a topic's place.</summary>
    public void Put(RetainedNode place, Message message)
    {
        if (place.Message is null)
        {
            Count++;
            _found.Clear();
        }

        Bytes += message.Bytes - (place.Message?.Bytes ?? 0);
        place.Message = message;
    }

    /// <summary>A message in the tree changed its size.</summary>
    public void Resized(int by) => Bytes += by;

    /// <summary>The place of a topic, which is made where there is none: a message must be put there next.</summary>
    /// <returns>While it holds a message it is the topic's, and the next one may be put there at once.</returns>
    public RetainedNode PlaceOf(ReadOnlySpan<char> topic)
    {
        var node = _root;
        foreach (var range in topic.Split('/'))
        {
            node.Children ??= new Dictionary<string, RetainedNode>(StringComparer.Ordinal);
            var levels = node.Children.GetAlternateLookup<ReadOnlySpan<char>>();
            if (!levels.TryGetValue(topic[range], out var child))
            {
                levels[topic[range]] = child = new RetainedNode();
            }

            node = child;
        }

        return node;
    }

    /// <summary>True when the topic has a message.</summary>
    public bool Contains(string topic)
    {
        var node = _root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (node.Children is null || !node.Children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(topic.AsSpan(range), out node))
            {
                return false;
            }
        }

        return node.Message is not null;
    }

    /// <summary>Removes the topic's message. [MQTT-3.3.1-6]</summary>
    /// <returns>False when there was none.</returns>
    public bool Remove(string topic)
    {
        var path = new List<(RetainedNode Parent, string Level)>();
        var node = _root;
        foreach (var level in topic.Split('/'))
        {
            path.Add((node, level));
            if (node.Children is null || !node.Children.TryGetValue(level, out var child))
            {
                return false;
            }

            node = child;
        }

        if (node.Message is null)
        {
            return false;
        }

        Bytes -= node.Message.Bytes;
        node.Message = null;
        Count--;
        _found.Clear();
        for (var i = path.Count - 1; i >= 0 && node.IsEmpty; i--)
        {
            path[i].Parent.Children!.Remove(path[i].Level);
            node = path[i].Parent;
        }

        return true;
    }

    /// <summary>The places of all messages whose topic a filter matches. The same list for all who ask until a topic comes or goes.</summary>
    public RetainedNode[] Match(string filter)
    {
        if (Count == 0)
        {
            return [];
        }

        if (_found.TryGetValue(filter, out var places))
        {
            return places;
        }

        var found = new List<RetainedNode>();
        Walk(_root, filter.Split('/'), 0, found);
        if (_found.Count >= RememberedFilters)
        {
            _found.Clear();
        }

        places = [.. found];
        _found.Add(filter, places);
        return places;
    }

    /// <summary>The places of all messages, those of topics that begin with <c>$</c> included.</summary>
    public RetainedNode[] All()
    {
        var found = new List<RetainedNode>(Count);
        TakeAll(_root, isRoot: false, found, includeSelf: true);
        return [.. found];
    }

    private static void Walk(RetainedNode node, string[] levels, int depth, List<RetainedNode> found)
    {
        if (depth == levels.Length)
        {
            Take(node, found);
            return;
        }

        switch (levels[depth])
        {
            case "#":
                TakeAll(node, depth == 0, found, includeSelf: depth > 0);
                break;
            case "+":
                foreach (var (name, child) in node.Children ?? [])
                {
                    if (depth > 0 || !name.StartsWith('$')) // [MQTT-4.7.2-1]
                    {
                        Walk(child, levels, depth + 1, found);
                    }
                }

                break;
            default:
                if (node.Children is not null && node.Children.TryGetValue(levels[depth], out var next))
                {
                    Walk(next, levels, depth + 1, found);
                }

                break;
        }
    }

    private static void TakeAll(RetainedNode node, bool isRoot, List<RetainedNode> found, bool includeSelf)
    {
        if (includeSelf)
        {
            Take(node, found);
        }

        if (node.Children is null)
        {
            return;
        }

        foreach (var (name, child) in node.Children)
        {
            if (!isRoot || !name.StartsWith('$'))
            {
                TakeAll(child, isRoot: false, found, includeSelf: true);
            }
        }
    }

    private static void Take(RetainedNode node, List<RetainedNode> found)
    {
        if (node.Message is not null)
        {
            found.Add(node);
        }
    }
}
