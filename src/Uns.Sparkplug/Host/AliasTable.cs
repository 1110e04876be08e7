namespace Uns.Sparkplug.Host;

/// <summary>The metrics of an edge node and its devices by alias, from one birth to the next.</summary>
/// <remarks>Aliases that count up from 0 stand in an array, others in a dictionary. [tck-id-payloads-alias-uniqueness]</remarks>
internal sealed class AliasTable
{
    private const int Spread = 4; // An array may be this many times larger than the aliases in it.

    private static readonly HostMetric Ambiguous = new(null!, new(new(), false), 0); // Stands for an alias that was given twice.

    private HostMetric?[] _dense = [];
    private Dictionary<ulong, HostMetric>? _sparse;

    /// <summary>How many aliases are given.</summary>
    public int Count { get; private set; }

    /// <summary>The metric of an alias; null when no birth gave it, or gave it twice.</summary>
    public HostMetric? Find(ulong alias)
    {
        var found = alias < (ulong)_dense.Length ? _dense[alias] : null;
        found ??= _sparse?.GetValueOrDefault(alias);
        return found == Ambiguous ? null : found;
    }

    /// <summary>Notes the alias of a metric that was just born.</summary>
    /// <returns>False when another metric has it: then it stands for neither.</returns>
    public bool Add(ulong alias, HostMetric metric)
    {
        var owner = alias < (ulong)_dense.Length ? _dense[alias] ?? _sparse?.GetValueOrDefault(alias) : _sparse?.GetValueOrDefault(alias);
        if (owner == metric)
        {
            return true;
        }

        Put(alias, owner is null ? metric : Ambiguous);
        Count += owner is null ? 1 : 0;
        return owner is null;
    }

    /// <summary>Makes room for aliases up to the highest of a birth, if the birth fills it well.</summary>
    public void Expect(ulong highest, int metrics)
    {
        if (highest >= (ulong)_dense.Length && highest < (ulong)((Count + metrics) * (long)Spread))
        {
            Array.Resize(ref _dense, (int)highest + 1);
        }
    }

    /// <summary>A new NBIRTH throws away all aliases of the node and its devices.</summary>
    public void Clear()
    {
        Array.Clear(_dense);
        _sparse?.Clear();
        Count = 0;
    }

    /// <summary>A new DBIRTH throws away the aliases of that device.</summary>
    public void Remove(ulong alias, HostMetric metric)
    {
        if (alias < (ulong)_dense.Length && _dense[alias] == metric)
        {
            _dense[alias] = null;
            Count--;
        }
        else if (_sparse is not null && _sparse.GetValueOrDefault(alias) == metric)
        {
            _sparse.Remove(alias);
            Count--;
        }
    }

    private void Put(ulong alias, HostMetric metric)
    {
        if (_sparse is not null && _sparse.ContainsKey(alias))
        {
            _sparse[alias] = metric;
            return;
        }

        if (alias >= (ulong)_dense.Length && alias < (ulong)((Count + 16) * Spread))
        {
            Array.Resize(ref _dense, (int)Math.Max(alias + 1, (ulong)(_dense.Length + (_dense.Length / 2))));
        }

        if (alias < (ulong)_dense.Length)
        {
            _dense[alias] = metric;
        }
        else
        {
            (_sparse ??= [])[alias] = metric;
        }
    }
}
