using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>What is known of each tag's values, and the server's values made into samples: structures into JSON, numbers with names into their names.</summary>
internal sealed class ItemValues(IReadOnlyList<OpcUaItem> items, DeviceTraffic traffic, TimeProvider clock)
{
    private readonly UaType[] _types = new UaType[items.Count];
    private readonly bool[] _isArray = new bool[items.Count];
    private readonly EnumerationShape?[] _names = new EnumerationShape?[items.Count];
    private readonly bool[] _isNamed = new bool[items.Count];
    private long _overflows;

    /// <summary>The built-in type that each tag's value last had; Null where none came yet.</summary>
    public IReadOnlyList<UaType> Types => _types;

    /// <summary>Another server, or the same after a restart, may have other names for its numbers.</summary>
    public void ForgetNames() => Array.Clear(_isNamed);

    /// <summary>Asks for the structures and enumerations that these values are made of, once for each.</summary>
    public async Task LearnAsync(
        UaSession session, StructureBook structures, NodeBinding nodes, IReadOnlyList<int> which, IReadOnlyList<UaDataValue> values, CancellationToken cancellationToken)
    {
        await structures.LearnAsync(values.Select(v => v.Value), cancellationToken);
        for (var i = 0; i < which.Count; i++)
        {
            var item = which[i];
            if (values[i].Value is { Type: UaType.Int32, Value: int } && items[item].DataType is DataType.String or DataType.Text && !_isNamed[item] && nodes[item] is { } node)
            {
                var type = (await session.ReadAsync([node], UaAttribute.DataType, cancellationToken))[0];
                _names[item] = type.Value.Value is NodeId id ? await structures.OfTypeAsync(id, cancellationToken) as EnumerationShape : null;
                _isNamed[item] = true;
            }
        }
    }

    /// <summary>The sample of a value.</summary>
    public TagSample Sample(int index, UaDataValue value, StructureBook structures)
    {
        var item = items[index];
        if (value.Value.Type != UaType.Null)
        {
            _types[index] = value.Value.Type;
            _isArray[index] = value.Value.Value is Array and not byte[];
        }

        if ((value.Status & StatusCode.Overflow) == StatusCode.Overflow)
        {
            _overflows++; // [OPC 10000-4, 7.39.1] Values before or after this one were lost in the server.
            traffic.Remark("overflow", $"{_overflows} times values were lost at the server because its queue was full, last of {item.Tag}: raise QueueSize, or shorten the tag's period.");
        }

        if (!StatusCode.IsGood(value.Status) && !StatusCode.IsUncertain(value.Status))
        {
            return Bad(index, $"the server says {StatusCode.Name(value.Status)}");
        }

        if (!TryConvert(index, value.Value, structures, out var converted, out var fault))
        {
            return Bad(index, fault);
        }

        var time = value.SourceTime ?? value.ServerTime ?? clock.GetUtcNow();
        return StatusCode.IsGood(value.Status)
            ? new TagSample(item.Tag, converted, TagQuality.Good, time)
            : new TagSample(item.Tag, converted, TagQuality.Uncertain, time, $"the server says {StatusCode.Name(value.Status)}");
    }

    /// <summary>The sample of a tag without a value.</summary>
    public TagSample Bad(int index, string reason) => new(items[index].Tag, TagValue.Null(items[index].DataType), TagQuality.Bad, clock.GetUtcNow(), reason);

    /// <summary>A value to be written, as the node has it.</summary>
    /// <exception cref="WriteRefusedException">It does not fit, or the node's type is no built-in type.</exception>
    public async Task<UaVariant> ToVariantAsync(UaSession session, int index, NodeId node, TagValue value, CancellationToken cancellationToken)
    {
        if (_types[index] == UaType.Null)
        {
            await LearnTypeAsync(session, index, node, cancellationToken);
        }

        return UaConversion.ToVariant(value, _types[index], _isArray[index], items[index]);
    }

    private bool TryConvert(int index, UaVariant value, StructureBook structures, out TagValue converted, out string fault)
    {
        var wanted = items[index].DataType;
        if (wanted is not (DataType.String or DataType.Text))
        {
            return UaConversion.TryConvert(value, wanted, out converted, out fault);
        }

        if (value.Type == UaType.ExtensionObject && value.Value is not null)
        {
            var isRead = new StructureJson(structures.OfEncoding).TryWrite(value, out var text, out fault);
            converted = isRead ? TagValue.Of(text, wanted) : TagValue.Null(wanted);
            return isRead;
        }

        if (value.Value is int number && _names[index] is { } names)
        {
            (converted, fault) = (TagValue.Of(names.Name(number), wanted), "");
            return true;
        }

        return UaConversion.TryConvert(value, wanted, out converted, out fault);
    }

    private async Task LearnTypeAsync(UaSession session, int index, NodeId node, CancellationToken cancellationToken)
    {
        var type = (await session.ReadAsync([node], UaAttribute.DataType, cancellationToken))[0];
        var rank = (await session.ReadAsync([node], UaAttribute.ValueRank, cancellationToken))[0];
        _types[index] = type.Value.Value is NodeId { Namespace: 0, Kind: IdKind.Numeric, Number: >= 1 and <= 15 } builtIn
            ? (UaType)builtIn.Number
            : throw new WriteRefusedException($"'{items[index].Tag}' was not written: the type of {node} is no built-in type.");
        _isArray[index] = rank.Value.Value is int and >= 1;
    }
}
