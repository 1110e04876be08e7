using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>
/// What one device's tags have to say until the publisher takes it. Never blocks and never grows beyond its bound:
/// when full, the newest sample of a tag takes the place of its older ones, and the loss is counted.
/// </summary>
internal sealed class SampleQueue(int capacity = SampleQueue.DefaultCapacity)
{
    /// <summary>Several polls of the largest devices met; a few hundred kilobytes.</summary>
    public const int DefaultCapacity = 8192;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _newest = new(StringComparer.Ordinal);
    private List<TagSample> _waiting = [];
    private long _merged;

    /// <summary>Samples that a newer one of the same tag replaced before they were sent.</summary>
    public long Merged => Interlocked.Read(ref _merged);

    /// <summary>How many samples may wait.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>Takes one sample.</summary>
    /// <returns>False when an older one had to make room.</returns>
    public bool Offer(in TagSample sample)
    {
        lock (_gate)
        {
            var roomy = _waiting.Count < Capacity;
            if (!roomy)
            {
                MakeRoom(sample.Tag);
            }

            _newest[sample.Tag] = _waiting.Count;
            _waiting.Add(sample);
            return roomy;
        }
    }

    /// <summary>Takes all that waits, in the order of arrival.</summary>
    public void Take(List<TagSample> into)
    {
        lock (_gate)
        {
            into.AddRange(_waiting);
            _waiting.Clear();
            _newest.Clear();
        }
    }

    // Keeps the newest sample per tag. Names beyond the bound can only come from a caller that invents tags: the oldest go.
    private void MakeRoom(string tag)
    {
        var before = _waiting.Count;
        var kept = new List<TagSample>(_newest.Count + 1);
        for (var i = 0; i < _waiting.Count; i++)
        {
            if (_newest[_waiting[i].Tag] == i && _waiting[i].Tag != tag)
            {
                kept.Add(_waiting[i]);
            }
        }

        if (kept.Count >= Capacity)
        {
            kept.RemoveRange(0, kept.Count - Capacity + 1);
        }

        _newest.Clear();
        for (var i = 0; i < kept.Count; i++)
        {
            _newest[kept[i].Tag] = i;
        }

        _waiting = kept;
        Interlocked.Add(ref _merged, before - kept.Count);
    }
}
