using System.Text;
using System.Text.Unicode;

namespace Uns.Sparkplug.Host;

/// <summary>The metrics of one node or device by name: in the order of their birth, and by a hash over the name's bytes.</summary>
internal sealed class MetricTable
{
    private HostMetric[] _order = [];
    private int[] _slots = []; // Places in the order, counted from 1; 0 is free.

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The metrics in the order of their birth.</summary>
    public ReadOnlySpan<HostMetric> All => _order.AsSpan(0, Count);

    /// <summary>The metric at a place of the order, if these bytes are its name: births name metrics in the same order again.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="place">Moved on when it is found there.</param>
    public HostMetric? At(ReadOnlySpan<byte> name, ref int place) =>
        (uint)place < (uint)Count && _order[place].IsNamed(name) ? _order[place++] : null;

    /// <summary>Finds a metric by its name's bytes.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="place">Where it may stand in the order. Moved on when it is found there.</param>
    public HostMetric? Find(ReadOnlySpan<byte> name, ref int place)
    {
        if (At(name, ref place) is { } metric)
        {
            return metric;
        }

        // A name that is no UTF-8 is known by what stands for it.
        return Utf8.IsValid(name) ? Find(name, Utf8Hash.Of(name)) : Find(Encoding.UTF8.GetString(name));
    }

    /// <summary>Finds a metric by its name's bytes and their hash.</summary>
    public HostMetric? Find(ReadOnlySpan<byte> name, uint hash)
    {
        if (_slots.Length == 0)
        {
            return null;
        }

        for (var at = (int)(hash & (uint)(_slots.Length - 1)); _slots[at] > 0; at = (at + 1) & (_slots.Length - 1))
        {
            if (_order[_slots[at] - 1] is { } metric && metric.IsNamed(name))
            {
                return metric;
            }
        }

        return null;
    }

    /// <summary>Finds a metric by its name.</summary>
    public HostMetric? Find(string name)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        return Find(utf8, Utf8Hash.Of(utf8));
    }

    /// <summary>Makes room for that many, so that a large birth does not grow the table step by step.</summary>
    public void Expect(int count)
    {
        if (count > _order.Length)
        {
            Array.Resize(ref _order, count);
            Rehash(count);
        }
    }

    /// <summary>Adds a metric that is not there.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="hash">The hash of its name's bytes.</param>
    public void Add(HostMetric metric, uint hash)
    {
        if (Count == _order.Length)
        {
            Array.Resize(ref _order, Math.Max(4, Count + (Count / 2)));
            Rehash(_order.Length);
        }

        _order[Count++] = metric;
        Put(Count, hash);
    }

    /// <summary>Takes out every metric that the last birth did not name.</summary>
    /// <returns>Those taken out; null when there are none.</returns>
    public List<HostMetric>? Sweep(int epoch)
    {
        List<HostMetric>? gone = null;
        foreach (var metric in All)
        {
            if (metric.Epoch != epoch)
            {
                (gone ??= []).Add(metric);
            }
        }

        if (gone is null)
        {
            return null;
        }

        _order = [.. _order.Take(Count).Where(metric => metric.Epoch == epoch)];
        Count = _order.Length;
        Rehash(Count);
        return gone;
    }

    // At most four fifths of the slots are used.
    private void Rehash(int room)
    {
        _slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, room + (room / 4) + 1))];
        Span<byte> small = stackalloc byte[768];
        for (var place = 1; place <= Count; place++)
        {
            var name = _order[place - 1].Name;
            var utf8 = name.Length <= 256 ? small : new byte[name.Length * 3];
            Put(place, Utf8Hash.Of(utf8[..Encoding.UTF8.GetBytes(name, utf8)]));
        }
    }

    private void Put(int place, uint hash)
    {
        var at = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[at] > 0)
        {
            at = (at + 1) & (_slots.Length - 1);
        }

        _slots[at] = place;
    }
}
