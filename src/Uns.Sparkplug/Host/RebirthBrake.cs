using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>
/// Decides when a rebirth may be asked for: the first request of a node at once, repeats ever more rarely,
/// all nodes together at a bounded rate. Pure: the time is passed in.
/// </summary>
/// <param name="options">Waits, rate and tries.</param>
/// <param name="jitter">A number from 0 to 1 that spreads the waits.</param>
public sealed class RebirthBrake(HostOptions options, Func<double> jitter)
{
    private const double LeastJitter = 0.75;
    private const double MostJitter = 1.25;

    private readonly Dictionary<EdgeNodeId, Entry> _entries = [];
    private readonly Queue<EdgeNodeId> _wanted = new(); // Each node stands in one of the queues, at most once.
    private readonly Queue<EdgeNodeId> _urgent = new(); // Nodes whose messages do not fit, before those only known to exist.
    private double _tokens = options.RebirthsPerSecond;
    private DateTimeOffset? _filledAt;

    /// <summary>A rebirth is wanted. Wanting it again changes nothing.</summary>
    public void Ask(EdgeNodeId node, RebirthReason reason)
    {
        if (!_entries.TryGetValue(node, out var entry))
        {
            entry = new Entry { Wait = options.RebirthFirst };
            _entries.Add(node, entry);
        }

        var isUrgent = reason != RebirthReason.HostStart;
        entry.Reason = entry.Reason is null or RebirthReason.HostStart ? reason : entry.Reason;
        if (!entry.IsQueued || (isUrgent && !entry.IsUrgent))
        {
            (isUrgent ? _urgent : _wanted).Enqueue(node); // One that waits its turn leaves its old place when that comes up.
            (entry.IsQueued, entry.IsUrgent) = (true, isUrgent);
        }
    }

    /// <summary>The node was born or has died: nothing is wanted any more, and the next request is the first again.</summary>
    public void Settle(EdgeNodeId node)
    {
        if (_entries.TryGetValue(node, out var entry))
        {
            // The place in the queue stays until its turn, so that the queue holds each node once.
            (entry.Reason, entry.NotBefore, entry.Wait, entry.Asked) = (null, default, options.RebirthFirst, 0);
        }
    }

    /// <summary>True while a rebirth of the node is wanted: the request waits its turn, or was sent and has no answer yet.</summary>
    public bool IsWanted(EdgeNodeId node) => _entries.TryGetValue(node, out var entry) && entry.Reason is not null;

    /// <summary>Requests sent since the node was last settled.</summary>
    public int Asked(EdgeNodeId node) => _entries.TryGetValue(node, out var entry) ? entry.Asked : 0;

    /// <summary>Appends the requests that may be sent now.</summary>
    public void TakeDue(DateTimeOffset now, List<RebirthRequest> due)
    {
        if (_wanted.Count + _urgent.Count == 0)
        {
            return;
        }

        var elapsed = Math.Max(0, (now - (_filledAt ?? now)).TotalSeconds);
        _tokens = Math.Min(options.RebirthsPerSecond, _tokens + (elapsed * options.RebirthsPerSecond));
        _filledAt = now;
        TakeDue(_urgent, isUrgent: true, now, due);
        TakeDue(_wanted, isUrgent: false, now, due);
    }

    private void TakeDue(Queue<EdgeNodeId> queue, bool isUrgent, DateTimeOffset now, List<RebirthRequest> due)
    {
        for (var turns = queue.Count; turns > 0 && _tokens >= 1; turns--)
        {
            var node = queue.Dequeue();
            var entry = _entries[node];
            if (!entry.IsQueued || entry.IsUrgent != isUrgent)
            {
                continue; // It stands in the other queue.
            }

            if (entry.Reason is not { } reason)
            {
                entry.IsQueued = false;
                continue;
            }

            if (now < entry.NotBefore && entry.NotBefore - now <= options.RebirthLongest * MostJitter) // More is a clock that was set back.
            {
                queue.Enqueue(node);
                continue;
            }

            _tokens--;
            entry.Asked++;
            entry.NotBefore = now + (entry.Wait * (LeastJitter + (jitter() * (MostJitter - LeastJitter))));
            entry.Wait = entry.Wait * 2 < options.RebirthLongest ? entry.Wait * 2 : options.RebirthLongest;
            due.Add(new(node, reason));
            if (entry.Asked % options.RebirthTries == 0)
            {
                // Given up until the node gives a new cause; the wait stays long.
                (entry.Reason, entry.IsQueued) = (null, false);
            }
            else
            {
                queue.Enqueue(node);
            }
        }
    }

    private sealed class Entry
    {
        public RebirthReason? Reason { get; set; }

        public bool IsQueued { get; set; }

        public bool IsUrgent { get; set; }

        public DateTimeOffset NotBefore { get; set; }

        public TimeSpan Wait { get; set; }

        public int Asked { get; set; }
    }
}
