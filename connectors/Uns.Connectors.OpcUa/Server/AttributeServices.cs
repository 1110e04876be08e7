using System.Globalization;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Reads attributes, and writes values by the space's own road.</summary>
/// <remarks>OPC 10000-4, 5.10.2 (Read) and 5.10.4 (Write).</remarks>
internal sealed class AttributeServices(AddressSpace addresses, IUaSpace space, OpcUaServerLimits limits)
{
    private const uint NoTimes = 3;

    public UaWriter Read(ref UaReader reader, UaWriter answer, ServerSession session)
    {
        reader.Double(); // Maximum age: values are always those of now.
        var times = reader.UInt32();
        if (times > NoTimes)
        {
            throw new UaServiceException(StatusCode.BadTimestampsToReturnInvalid);
        }

        var count = reader.Count(10);
        if (count == 0 || count > limits.NodesPerRead)
        {
            throw new UaServiceException(count == 0 ? StatusCode.BadNothingToDo : StatusCode.BadTooManyOperations);
        }

        answer.Int32(count);
        for (; count > 0; count--)
        {
            answer.DataValue(Timed(Read(ReadTarget.Read(ref reader), session.Right), times));
        }

        return answer.Int32(0);
    }

    /// <summary>One attribute, as the session's user may see it.</summary>
    public UaDataValue Read(ReadTarget target, OpcUaRight right)
    {
        if (addresses.Find(target.Node) is not { } place)
        {
            return Bad(StatusCode.BadNodeIdUnknown);
        }

        if (target.Encoding is { Length: > 0 })
        {
            return Bad(StatusCode.BadDataEncodingInvalid);
        }

        var value = addresses.Read(place, target.Attribute);
        if (target.Attribute == UaAttribute.UserAccessLevel && right != OpcUaRight.Write && value.Value.Value is byte)
        {
            return value with { Value = new(UaType.Byte, (byte)1) };
        }

        return target.Range is null ? value : target.Attribute == UaAttribute.Value ? Cut(value, target.Range) : Bad(StatusCode.BadIndexRangeNoData);
    }

    /// <summary>The value with the times that are asked for: 0 source, 1 server, 2 both, 3 none.</summary>
    public static UaDataValue Timed(UaDataValue value, uint times) => value with
    {
        SourceTime = times is 0 or 2 ? value.SourceTime : null,
        ServerTime = times is 1 or 2 ? value.ServerTime : null,
    };

    /// <summary>What a Write asks for, read from the request before the first of them is done.</summary>
    public IReadOnlyList<WriteOrder> Orders(ref UaReader reader, ServerSession session)
    {
        var count = reader.Count(8);
        if (count == 0 || count > limits.NodesPerWrite)
        {
            throw new UaServiceException(count == 0 ? StatusCode.BadNothingToDo : StatusCode.BadTooManyOperations);
        }

        var orders = new WriteOrder[count];
        for (var i = 0; i < count; i++)
        {
            var (node, attribute, range, value) = (reader.NodeId(), reader.UInt32(), reader.String(), reader.DataValue());
            orders[i] = Order(node, attribute, range, value, session.Right);
        }

        return orders;
    }

    /// <summary>Does what was asked for: different nodes at once, the same node in the order of the request.</summary>
    public async Task<uint[]> WriteAsync(IReadOnlyList<WriteOrder> orders, CancellationToken cancellationToken)
    {
        var results = new uint[orders.Count];
        await Task.WhenAll(Enumerable.Range(0, orders.Count).GroupBy(i => orders[i].Node?.Id ?? "").Select(async group =>
        {
            foreach (var i in group)
            {
                results[i] = orders[i].Node is { } node ? Status(await space.WriteAsync(node, orders[i].Value, cancellationToken)) : orders[i].Refusal;
            }
        }));
        return results;
    }

    private WriteOrder Order(NodeId id, uint attribute, string? range, UaDataValue value, OpcUaRight right)
    {
        if (addresses.Find(id) is not { } place)
        {
            return new(null, default, StatusCode.BadNodeIdUnknown);
        }

        if (attribute != UaAttribute.Value || place.Class != UaClass.Variable)
        {
            return new(null, default, addresses.Read(place, attribute).Status == StatusCode.BadAttributeIdInvalid ? StatusCode.BadAttributeIdInvalid : StatusCode.BadNotWritable);
        }

        if (!AddressSpace.IsWritable(place))
        {
            return new(null, default, StatusCode.BadNotWritable);
        }

        if (right != OpcUaRight.Write)
        {
            return new(null, default, StatusCode.BadUserAccessDenied);
        }

        if (range is not null || value.Status != 0 || value.SourceTime is not null || value.ServerTime is not null)
        {
            return new(null, default, StatusCode.BadWriteNotSupported); // [OPC 10000-4, 5.10.4.1] Parts, statuses and times are the plant's own.
        }

        var type = place.Node!.Definition!.DataType;
        return value.Value.Type == ServerValue.TypeOf(type) && value.Value.Value is Array and not byte[] == TagArray.IsArray(type) && value.Value.Value is not null
            && UaConversion.TryConvert(value.Value, type, out var converted, out _)
            ? new(place.Node, converted, 0)
            : new(null, default, StatusCode.BadTypeMismatch);
    }

    private static uint Status(UaWriteAnswer answer) => answer switch
    {
        UaWriteAnswer.Done => 0,
        UaWriteAnswer.Sent => StatusCode.GoodCompletesAsynchronously,
        UaWriteAnswer.NoAnswer => StatusCode.BadTimeout,
        UaWriteAnswer.NotFound => StatusCode.BadNodeIdUnknown,
        UaWriteAnswer.NotWritable => StatusCode.BadNotWritable,
        UaWriteAnswer.OutOfRange => StatusCode.BadOutOfRange,
        UaWriteAnswer.Offline => StatusCode.BadNoCommunication,
        _ => StatusCode.BadTooManyOperations,
    };

    // One dimension: "3" or "3:7". [OPC 10000-4, 7.27]
    private static UaDataValue Cut(UaDataValue value, string range)
    {
        var parts = range.Split(':');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || (parts.Length == 2 && last <= first))
        {
            return Bad(StatusCode.BadIndexRangeInvalid);
        }

        return value.Value.Value is object?[] elements && first < elements.Length
            ? value with { Value = value.Value with { Value = elements[first..(Math.Min(last, elements.Length - 1) + 1)] } }
            : Bad(StatusCode.BadIndexRangeNoData);
    }

    private static UaDataValue Bad(uint status) => new(default, status, null, null);
}

/// <summary>What a client wants to read.</summary>
internal readonly record struct ReadTarget(NodeId Node, uint Attribute, string? Range, string? Encoding)
{
    public static ReadTarget Read(ref UaReader reader) => new(reader.NodeId(), reader.UInt32(), reader.String(), reader.QualifiedName().Name);
}

/// <summary>One write: the node with its value, or why not.</summary>
internal readonly record struct WriteOrder(IUaNode? Node, TagValue Value, uint Refusal);
