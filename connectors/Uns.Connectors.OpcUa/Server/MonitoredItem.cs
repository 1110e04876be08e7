using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>How a client wants changes of a value told.</summary>
/// <param name="Trigger">0 status alone, 1 status or value, 2 also the source time.</param>
/// <param name="Deadband">The change of a number up to which nothing is told; null for none.</param>
/// <remarks>OPC 10000-4, 7.22.2.</remarks>
internal readonly record struct ChangeRule(uint Trigger, double? Deadband)
{
    private const uint DataChangeFilter = 724;

    public static ChangeRule Every { get; } = new(1, null);

    /// <summary>Reads a filter; what the server does not know is refused in words.</summary>
    /// <param name="filter">As it came; no filter means every change of status or value.</param>
    /// <param name="span">From the lowest to the highest value of the node, for a deadband in percent; null when it has no range.</param>
    /// <param name="fault">0, or why not.</param>
    public static ChangeRule Read(UaExtension filter, double? span, out uint fault)
    {
        fault = 0;
        if (filter.Encoding.IsNull)
        {
            return Every;
        }

        if (filter.Encoding != NodeId.Standard(DataChangeFilter))
        {
            fault = StatusCode.BadMonitoredItemFilterUnsupported;
            return Every;
        }

        var reader = new UaReader(filter.Body.Span);
        var (trigger, kind, deadband) = (reader.UInt32(), reader.UInt32(), reader.Double());
        double? absolute = kind switch
        {
            0 => null,
            1 => deadband,
            2 when span is { } wide => deadband / 100 * wide,
            _ => double.NaN,
        };
        fault = trigger > 2 || kind > 2 ? StatusCode.BadMonitoredItemFilterInvalid
            : kind == 2 && span is null ? StatusCode.BadMonitoredItemFilterUnsupported
            : absolute is { } given && (!double.IsFinite(given) || given < 0 || (kind == 2 && deadband > 100)) ? StatusCode.BadDeadbandFilterInvalid : 0;
        return new(trigger, absolute);
    }

    /// <summary>True when the new reading is to be told after the last one told.</summary>
    public bool IsChange(in UaDataValue last, in UaDataValue now) =>
        now.Status != last.Status || (Trigger >= 1 && IsOther(last.Value, now.Value)) || (Trigger == 2 && now.SourceTime != last.SourceTime);

    private bool IsOther(in UaVariant last, in UaVariant now)
    {
        if (last.Type != now.Type)
        {
            return true;
        }

        if (last.Value is object?[] before && now.Value is object?[] after)
        {
            var isOther = before.Length != after.Length;
            for (var i = 0; i < before.Length && !isOther; i++)
            {
                isOther = IsOther(before[i], after[i]);
            }

            return isOther;
        }

        return last.Value is byte[] left && now.Value is byte[] right ? !left.AsSpan().SequenceEqual(right) : IsOther(last.Value, now.Value);
    }

    private bool IsOther(object? last, object? now)
    {
        if (Equals(last, now))
        {
            return false;
        }

        return Deadband is not { } deadband || !TryNumber(last, out var before) || !TryNumber(now, out var after) || !(Math.Abs(after - before) <= deadband);
    }

    private static bool TryNumber(object? value, out double number)
    {
        var isNumber = value is sbyte or byte or short or ushort or int or uint or long or ulong or float or double;
        number = isNumber ? Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) : 0;
        return isNumber;
    }
}

/// <summary>One thing that a subscription looks at, with the changes that wait to be told.</summary>
/// <remarks>OPC 10000-4, 5.12.1. Touched under the sessions' lock.</remarks>
internal sealed class MonitoredItem(uint id, ReadTarget target, uint times)
{
    private readonly Queue<UaDataValue> _waiting = new(1);
    private UaDataValue _last;
    private bool _hasLast;
    private IUaNode? _node;

    public uint Id { get; } = id;

    public ReadTarget Target { get; } = target;

    public uint ClientHandle { get; set; }

    public uint Mode { get; set; }

    public TimeSpan Sampling { get; set; }

    public int QueueSize { get; set; } = 1;

    public bool DropsOldest { get; set; }

    public ChangeRule Rule { get; set; }

    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>Looks at the value; true when the first change begins to wait.</summary>
    public bool Sample(AttributeServices attributes, IUaSpace space, ushort index, OpcUaRight right, DateTimeOffset now)
    {
        var value = Look(attributes, space, index, right, now);
        if (_hasLast && !Rule.IsChange(_last, value))
        {
            return false;
        }

        (_last, _hasLast) = (value, true);
        var isFirst = _waiting.Count == 0;
        if (_waiting.Count >= QueueSize)
        {
            Overflow(value);
        }
        else
        {
            _waiting.Enqueue(value);
        }

        return isFirst;
    }

    /// <summary>Tells the value anew, as for a client that has just come.</summary>
    public void Renew() => _hasLast = false;

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _hasLast = false;
    }

    /// <summary>Takes the oldest change that waits.</summary>
    public UaDataValue Take() => AttributeServices.Timed(_waiting.Dequeue(), times);

    // The node is kept: nearly every sampling finds it without looking it up.
    private UaDataValue Look(AttributeServices attributes, IUaSpace space, ushort index, OpcUaRight right, DateTimeOffset now)
    {
        if (Target is not { Attribute: UaAttribute.Value, Range: null, Encoding: null or "", Node.Kind: IdKind.String } || Target.Node.Namespace != index)
        {
            return attributes.Read(Target, right);
        }

        if (_node is null || _node.IsGone)
        {
            _node = space.Find(Target.Node.Identifier!);
        }

        return _node?.Definition is null ? attributes.Read(Target, right) : ServerValue.Of(_node.Read(now), now);
    }

    private void Overflow(UaDataValue value)
    {
        if (QueueSize == 1)
        {
            _waiting.Dequeue();
            _waiting.Enqueue(value);
            return;
        }

        // What is lost is marked on its neighbour. [OPC 10000-4, 5.12.1.5]
        var kept = _waiting.ToArray();
        _waiting.Clear();
        var from = DropsOldest ? 1 : 0;
        var to = DropsOldest ? kept.Length : kept.Length - 1;
        for (var i = from; i < to; i++)
        {
            _waiting.Enqueue(DropsOldest && i == from ? kept[i] with { Status = kept[i].Status | StatusCode.Overflow } : kept[i]);
        }

        _waiting.Enqueue(DropsOldest ? value : value with { Status = value.Status | StatusCode.Overflow });
    }
}
