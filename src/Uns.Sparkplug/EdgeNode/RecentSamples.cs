using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// What was sent lately. Data go out with QoS 0: a line that is dead and has not been found out yet swallows them.
/// Bounded by time and number; pure.
/// </summary>
/// <param name="window">How long a sample is held.</param>
/// <param name="bound">Most samples held; the oldest make room.</param>
internal sealed class RecentSamples(TimeSpan window, int bound = RecentSamples.DefaultBound)
{
    /// <summary>Some tens of megabytes at most.</summary>
    public const int DefaultBound = 200_000;

    private readonly Queue<(TimeSpan SentAt, string Device, TagSample Sample)> _sent = new();

    /// <summary>Samples that were dropped because of the bound, while the line might still lose them.</summary>
    public long Crowded { get; private set; }

    /// <summary>Holds samples that are being sent.</summary>
    /// <param name="device">Their device.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="now">A moment of the time that only goes forward: a clock that is set must not empty the window.</param>
    public void Add(string device, IReadOnlyList<TagSample> samples, TimeSpan now)
    {
        foreach (var sample in samples)
        {
            _sent.Enqueue((now, device, sample));
        }

        while (_sent.TryPeek(out var oldest) && (now - oldest.SentAt > window || _sent.Count > bound))
        {
            Crowded += now - oldest.SentAt > window ? 0 : 1;
            _sent.Dequeue();
        }
    }

    public void Clear() => _sent.Clear();

    /// <summary>All that the line may have lost when it is found dead now, by device, oldest first. Nothing is held afterwards.</summary>
    public IEnumerable<(string Device, List<TagSample> Samples)> TakeLost(TimeSpan now)
    {
        var lost = _sent.Where(s => now - s.SentAt <= window).GroupBy(s => s.Device, StringComparer.Ordinal)
            .Select(g => (g.Key, g.Select(s => s.Sample).ToList())).ToList();
        _sent.Clear();
        return lost;
    }
}
