using Uns.Mqtt.Packets;
using Uns.Tree;

namespace Uns.Hub.Republish;

/// <summary>What is to be done with an old topic.</summary>
internal enum ForwardStep
{
    /// <summary>It ended long ago, or another value has it now.</summary>
    Nothing,

    /// <summary>It goes on with the value's message.</summary>
    Tell,

    /// <summary>It ends now: its retained message is taken away.</summary>
    End,
}

/// <summary>The old topics that go on beside the new ones, and when each of them ends. Pure: the time comes in with each call. One caller at a time.</summary>
internal sealed class ForwardedTopics(UnsTree tree)
{
    private const string MovedTo = "moved-to";
    private const string MovedUntil = "moved-until";

    private readonly Dictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);
    private DateTimeOffset? _nextEnd;

    /// <summary>How many go on.</summary>
    public int Count => _ends.Count;

    /// <summary>When the next one ends; null: none goes on.</summary>
    public DateTimeOffset? NextEnd => _nextEnd;

    /// <summary>The value that left a path and is told there still; null when there is none.</summary>
    public UnsNode? HolderOf(string path, DateTimeOffset now) =>
        tree.MovedFrom(path) is { Current: not null } node && UntilOf(path, node) > now ? node : null;

    /// <summary>Says what becomes of an old topic, now that its value is told at the new one.</summary>
    public ForwardStep Step(string path, UnsNode node, DateTimeOffset now)
    {
        if (tree.Find(path)?.Current is not null)
        {
            _ends.Remove(path);
            return ForwardStep.Nothing;
        }

        if (UntilOf(path, node) is { } until && until > now)
        {
            _ends[path] = until;
            _nextEnd = _nextEnd is { } next && next < until ? next : until;
            return ForwardStep.Tell;
        }

        return _ends.Remove(path) ? ForwardStep.End : ForwardStep.Nothing;
    }

    /// <summary>When an old topic that goes on ends.</summary>
    public DateTimeOffset EndOf(string path) => _ends[path];

    /// <summary>An old topic was taken away.</summary>
    public void Forget(string path) => _ends.Remove(path);

    /// <summary>The topics whose date has come; they go on no more.</summary>
    public IReadOnlyList<string> TakeEnded(DateTimeOffset now)
    {
        if (!(_nextEnd <= now))
        {
            return [];
        }

        var ended = _ends.Where(e => e.Value <= now).Select(e => e.Key).ToList();
        ended.ForEach(path => _ends.Remove(path));
        _nextEnd = _ends.Count == 0 ? null : _ends.Values.Min();
        return ended;
    }

    /// <summary>What MQTT 5.0 carries beside the payload.</summary>
    public static Properties PropertiesOf(string newTopic, DateTimeOffset until) =>
        new() { UserProperties = [new(MovedTo, newTopic), new(MovedUntil, ValuePayload.Iso(until))] };

    private static DateTimeOffset? UntilOf(string path, UnsNode node)
    {
        foreach (var place in node.Formerly)
        {
            if (place.Path == path)
            {
                return place.Until;
            }
        }

        return null;
    }
}
