namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Walks the bytes of a payload once before anything is built from them: finds the byte at which they stop being
/// a payload, and counts what they would become, so that a small hostile message cannot ask for much memory.
/// </summary>
internal ref struct PayloadShape
{
    /// <summary>A reader may need this much memory for each byte of the payload, and a little for the smallest.</summary>
    public const int MemoryPerByte = 64;

    private const int SmallestBudget = 4096;

    private readonly PayloadLimits _limits;
    private int _elements;
    private long _budget;
    private PayloadFault _fault;

    private PayloadShape(PayloadLimits limits, int length)
    {
        _limits = limits;
        _budget = SmallestBudget + ((long)length * MemoryPerByte);
    }

    /// <summary>What a block within a payload is.</summary>
    internal enum Part
    {
        Payload,
        Metric,
        MetaData,
        PropertySet,
        PropertySetList,
        PropertyValue,
        DataSet,
        Row,
        Template,
        Parameter,
        Text,
        Cell,
        Opaque,
        Unknown,
    }

    /// <summary>Checks one whole payload.</summary>
    public static PayloadFault Check(ReadOnlySpan<byte> wire, PayloadLimits limits) => wire.Length > limits.Bytes
        ? new(PayloadFaultKind.TooLong, -1, $"The payload has {wire.Length} bytes: at most {limits.Bytes} are read.")
        : Check(wire, 0, Part.Payload, limits);

    /// <summary>Checks one block of a payload.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="begins">Where it begins in the payload.</param>
    /// <param name="part">What it is.</param>
    /// <param name="limits">How much it may ask for.</param>
    public static PayloadFault Check(ReadOnlySpan<byte> block, int begins, Part part, PayloadLimits limits)
    {
        var shape = new PayloadShape(limits, block.Length);
        shape.Walk(block, begins, part, 0);
        return shape._fault;
    }

    private void Walk(ReadOnlySpan<byte> bytes, int start, Part part, int depth)
    {
        if (!Count(part, bytes.Length, start))
        {
            return;
        }

        if (depth > _limits.Depth)
        {
            _fault = new(PayloadFaultKind.TooDeep, start, $"The payload nests deeper than {_limits.Depth} levels.");
            return;
        }

        var (unknownTo, unpaired) = (-1, 0);
        var cursor = new WireCursor(bytes, start);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            if ((tag & 7) != 2)
            {
                cursor.Skip(tag);
                if (!IsNumber(part, tag))
                {
                    CountUnknown(at, cursor.Position, start, ref unknownTo);
                }

                if (_fault.Kind != PayloadFaultKind.None)
                {
                    return;
                }

                continue;
            }

            var block = cursor.Block(out var begins);
            unpaired += part != Part.PropertySet ? 0 : tag >> 3 == 1 ? 1 : tag >> 3 == 2 ? -1 : 0;
            switch (Inner(part, tag >> 3))
            {
                case Part.Opaque:
                    break;
                case Part.Unknown:
                    CountUnknown(at, cursor.Position, start, ref unknownTo);
                    break;
                case Part.Text:
                    Count(Part.Text, block.Length, begins);
                    break;
                case var inner:
                    Walk(block, begins, inner, depth + 1);
                    break;
            }

            if (_fault.Kind != PayloadFaultKind.None)
            {
                return;
            }
        }

        _budget -= unpaired == 0 ? 0 : bytes.Length; // Kept whole, as it came.
        if (cursor.Fault != PayloadFaultKind.None)
        {
            _fault = new(cursor.Fault, cursor.Offset);
        }
        else if (_budget < 0)
        {
            _fault = TooMuch(start);
        }
    }

    private static PayloadFault TooMuch(int at) => new(PayloadFaultKind.TooManyParts, at, "The payload holds more empty parts than its length allows.");

    private bool Count(Part part, int length, int start)
    {
        // About what the reader's record, list slot and text of each part take.
        _budget -= part switch
        {
            Part.Metric => 200,
            Part.MetaData => 120,
            Part.Template => 120,
            Part.DataSet => 160,
            Part.PropertySet or Part.PropertySetList => 90,
            Part.PropertyValue or Part.Parameter => 110,
            Part.Row => 70,
            Part.Cell => 32,
            Part.Text => 32 + (2L * length),
            _ => 0,
        };
        if (++_elements > _limits.Elements || _budget < 0)
        {
            _fault = _budget < 0 ? TooMuch(start) : new(PayloadFaultKind.TooManyParts, start, $"The payload holds more than {_limits.Elements} elements.");
            return false;
        }

        return true;
    }

    // Kept as they came: fields side by side are one copy, each further group makes a list grow.
    private void CountUnknown(int from, int to, int start, ref int unknownTo)
    {
        _budget -= (from == unknownTo ? 0 : 64) + (4L * (to - from));
        unknownTo = to;
        if (_budget < 0)
        {
            _fault = TooMuch(start + from);
        }
    }

    // The numbers that are read; any other field without a length is not known.
    private static bool IsNumber(Part part, uint tag) => part switch
    {
        Part.Payload => tag is 1 << 3 or 3 << 3,
        Part.Metric => tag is 2 << 3 or 3 << 3 or 4 << 3 or 5 << 3 or 6 << 3 or 7 << 3 || IsScalar(tag, 9),
        Part.MetaData => tag is 1 << 3 or 3 << 3 or 4 << 3,
        Part.PropertyValue => tag is 1 << 3 or 2 << 3 || IsScalar(tag, 2),
        Part.DataSet => tag is 1 << 3 or 3 << 3,
        Part.Cell => IsScalar(tag, 0),
        Part.Template => tag is 5 << 3,
        Part.Parameter => tag is 2 << 3 || IsScalar(tag, 2),
        _ => false,
    };

    // int, long, float, double and boolean of a oneof stand in the same order in every message; only where they begin differs.
    private static bool IsScalar(uint tag, uint before) => (tag - (before << 3)) is 1 << 3 or 2 << 3 or ((3 << 3) | 5) or ((4 << 3) | 1) or 5 << 3;

    private static Part Inner(Part part, uint field) => (part, field) switch
    {
        (Part.Payload, 2) => Part.Metric,
        (Part.Payload, 4) => Part.Text,
        (Part.Metric, 1) => Part.Text,
        (Part.Metric, 8) => Part.MetaData,
        (Part.Metric, 9) => Part.PropertySet,
        (Part.Metric, 15) => Part.Text,
        (Part.Metric, 17) => Part.DataSet,
        (Part.Metric, 18) => Part.Template,
        (Part.MetaData, 2 or 5 or 6 or 7 or 8) => Part.Text,
        (Part.PropertySet, 1) => Part.Text,
        (Part.PropertySet, 2) => Part.PropertyValue,
        (Part.PropertySetList, 1) => Part.PropertySet,
        (Part.PropertyValue, 8) => Part.Text,
        (Part.PropertyValue, 9) => Part.PropertySet,
        (Part.PropertyValue, 10) => Part.PropertySetList,
        (Part.DataSet, 2) => Part.Text,
        (Part.DataSet, 4) => Part.Row,
        (Part.Row, 1) => Part.Cell,
        (Part.Cell, 6) => Part.Text,
        (Part.Template, 1 or 4) => Part.Text,
        (Part.Template, 2) => Part.Metric,
        (Part.Template, 3) => Part.Parameter,
        (Part.Parameter, 1 or 8) => Part.Text,
        (Part.Payload, 5) or (Part.Metric, 16 or 19) or (Part.PropertyValue, 11) or (Part.DataSet, 3) or (Part.Cell, 7) or (Part.Parameter, 9) => Part.Opaque,
        _ => Part.Unknown,
    };
}
