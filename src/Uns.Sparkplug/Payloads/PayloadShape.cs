namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Walks the bytes of a payload once before anything is built from them: finds the byte at which they stop being
/// a payload, and counts what they would become, so that a small hostile message cannot ask for much memory.
/// </summary>
internal ref struct PayloadShape
{
    private readonly PayloadLimits _limits;
    private int _elements;

    private PayloadShape(PayloadLimits limits) => _limits = limits;

    private enum Part
    {
        Payload,
        Metric,
        PropertySet,
        PropertySetList,
        PropertyValue,
        DataSet,
        Row,
        Template,
        Leaf,
    }

    /// <summary>Returns when the bytes may be read.</summary>
    /// <exception cref="SparkplugFormatException">They are cut, malformed or beyond the limits.</exception>
    public static void Check(ReadOnlySpan<byte> wire, PayloadLimits limits)
    {
        if (wire.Length > limits.Bytes)
        {
            throw new SparkplugFormatException($"The payload has {wire.Length} bytes: at most {limits.Bytes} are read.");
        }

        var shape = new PayloadShape(limits);
        shape.Walk(wire, 0, Part.Payload, 0);
    }

    private void Walk(ReadOnlySpan<byte> bytes, int start, Part part, int depth)
    {
        if (++_elements > _limits.Elements)
        {
            throw new SparkplugFormatException($"The payload holds more than {_limits.Elements} elements.", start);
        }

        if (depth > _limits.Depth)
        {
            throw new SparkplugFormatException($"The payload nests deeper than {_limits.Depth} levels.", start);
        }

        var at = 0;
        while (at < bytes.Length)
        {
            var tagAt = at;
            var tag = Varint(bytes, ref at, start);
            var field = tag >> 3;
            if (field is 0 or > 536_870_911)
            {
                throw new SparkplugFormatException($"Field number {field} does not exist.", start + tagAt);
            }

            switch (tag & 7)
            {
                case 0:
                    Varint(bytes, ref at, start);
                    break;
                case 1:
                    Skip(bytes, ref at, 8, start);
                    break;
                case 5:
                    Skip(bytes, ref at, 4, start);
                    break;
                case 2:
                    var length = Varint(bytes, ref at, start);
                    var bodyAt = at;
                    Skip(bytes, ref at, length, start);
                    if (Inner(part, field) is { } inner)
                    {
                        if (inner == Part.Leaf)
                        {
                            _elements++;
                        }
                        else
                        {
                            Walk(bytes.Slice(bodyAt, (int)length), start + bodyAt, inner, depth + 1);
                        }
                    }

                    break;
                default:
                    throw new SparkplugFormatException($"Wire type {tag & 7} is not used by Sparkplug.", start + tagAt);
            }
        }
    }

    private static Part? Inner(Part part, ulong field) => (part, field) switch
    {
        (Part.Payload, 2) => Part.Metric,
        (Part.Metric, 9) => Part.PropertySet,
        (Part.Metric, 17) => Part.DataSet,
        (Part.Metric, 18) => Part.Template,
        (Part.PropertySet, 1) => Part.Leaf,
        (Part.PropertySet, 2) => Part.PropertyValue,
        (Part.PropertySetList, 1) => Part.PropertySet,
        (Part.PropertyValue, 9) => Part.PropertySet,
        (Part.PropertyValue, 10) => Part.PropertySetList,
        (Part.DataSet, 2) => Part.Leaf,
        (Part.DataSet, 4) => Part.Row,
        (Part.Row, 1) => Part.Leaf,
        (Part.Template, 2) => Part.Metric,
        (Part.Template, 3) => Part.Leaf,
        _ => null,
    };

    private static void Skip(ReadOnlySpan<byte> bytes, ref int at, ulong length, int start)
    {
        if (length > (ulong)(bytes.Length - at))
        {
            throw new SparkplugFormatException($"A field of {length} bytes has only {bytes.Length - at} left: the payload is cut or damaged.", start + at);
        }

        at += (int)length;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at, int start)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= bytes.Length)
            {
                throw new SparkplugFormatException("A number ends early: the payload is cut or damaged.", start + at);
            }

            var next = bytes[at++];
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new SparkplugFormatException("A number has more than 10 bytes.", start + at);
    }
}
