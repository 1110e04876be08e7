using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <summary>One edge node as the host knows it: metrics, devices, aliases, order and counters.</summary>
internal sealed class NodeState(EdgeNodeId id, TimeSpan reorderTimeout)
{
    private const int EarlyBound = 64; // Messages that overtook their birth; far more than a broker ever swaps.

    private readonly Dictionary<ulong, HostMetric?> _aliases = []; // A null stands for an alias that was given twice.
    private readonly List<SparkplugMessage> _early = [];

    public EdgeNodeId Id { get; } = id;

    public ReorderGate Gate { get; } = new(reorderTimeout);

    public bool IsOnline { get; set; }

    /// <summary>True until an NBIRTH, and again after a gap: what comes meanwhile cannot be told apart for sure.</summary>
    public bool AwaitsBirth { get; set; } = true;

    public int? BdSeq { get; set; }

    public Dictionary<string, HostMetric> Own { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, DeviceState> Devices { get; } = new(StringComparer.Ordinal);

    public long Births { get; set; }

    public long Deaths { get; set; }

    public long Gaps { get; set; }

    public long RebirthsAsked { get; set; }

    public long DecodeErrors { get; set; }

    public long Dropped { get; set; }

    public long Historical { get; set; }

    public DateTimeOffset? LastMessage { get; set; }

    /// <summary>All metrics of the node and its devices.</summary>
    public IEnumerable<HostMetric> All => Own.Values.Concat(Devices.Values.SelectMany(device => device.Metrics.Values));

    /// <summary>A new NBIRTH throws away all aliases of the node and its devices.</summary>
    public void ForgetAliases() => _aliases.Clear();

    /// <summary>A new DBIRTH throws away the aliases of that device.</summary>
    public void ForgetAliases(DeviceState device)
    {
        foreach (var metric in device.Metrics.Values)
        {
            if (metric.Alias is { } alias && _aliases.TryGetValue(alias, out var owner) && owner == metric)
            {
                _aliases.Remove(alias);
            }
        }
    }

    /// <summary>Notes the alias of a metric that was just born.</summary>
    /// <returns>False when another metric has it: then it stands for neither. [tck-id-payloads-alias-uniqueness]</returns>
    public bool AddAlias(HostMetric metric)
    {
        if (metric.Alias is not { } alias || _aliases.TryAdd(alias, metric))
        {
            return true;
        }

        _aliases[alias] = null;
        return false;
    }

    /// <summary>The metric that a data message means; null when the birth named none, or name and alias disagree.</summary>
    public HostMetric? Find(string? device, Dictionary<string, HostMetric> metrics, Metric metric)
    {
        if (metric.Alias is { } alias)
        {
            var found = _aliases.GetValueOrDefault(alias);
            return found is not null && found.Key.Device == device && (metric.Name is null || metric.Name == found.Key.Name) ? found : null;
        }

        return metric.Name is { } name ? metrics.GetValueOrDefault(name) : null;
    }

    /// <summary>Keeps a message that came before its birth, in case it overtook it.</summary>
    public void HoldEarly(SparkplugMessage message)
    {
        if (_early.Count == EarlyBound)
        {
            _early.RemoveAt(0);
            Dropped++;
        }

        _early.Add(message);
    }

    /// <summary>After a birth: what overtook it goes through the gate, what is older than it is dropped.</summary>
    public void ReleaseEarly(SparkplugMessage birth, DateTimeOffset now, List<SparkplugMessage> due)
    {
        foreach (var message in _early)
        {
            var overtook = message.Payload.Timestamp >= birth.Payload.Timestamp && birth.Arrived - message.Arrived < TimeSpan.FromSeconds(10);
            if (!overtook || !Gate.Accept(message, now, due))
            {
                Dropped++;
            }
        }

        _early.Clear();
    }

    public NodeInfo Info() => new(
        Id, IsOnline, AwaitsBirth, BdSeq, Devices.Count, Own.Count + Devices.Values.Sum(device => device.Metrics.Count),
        Births, Deaths, Gaps, RebirthsAsked, DecodeErrors, Dropped, Historical, LastMessage);
}

/// <summary>One device of an edge node.</summary>
internal sealed class DeviceState
{
    public bool IsOnline { get; set; }

    public Dictionary<string, HostMetric> Metrics { get; } = new(StringComparer.Ordinal);
}
