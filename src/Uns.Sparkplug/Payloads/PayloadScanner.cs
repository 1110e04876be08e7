namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Finds the metrics of a payload in its bytes without building anything: the host's way in. The table of what was found
/// is used again for the next payload, so that nothing is allocated once it is large enough.
/// </summary>
/// <remarks>Sparkplug 3.0, chapter 6. One caller at a time. Bytes that are not a payload give a fault, never an exception.</remarks>
internal sealed class PayloadScanner : IPayloadScanner
{
    // Above this the table is given back after use: 16,384 metrics are 1 MiB.
    private const int KeptEntries = 16_384;

    private MetricEntry[] _entries = new MetricEntry[64];

    /// <inheritdoc/>
    public PayloadFault Scan(ReadOnlySpan<byte> wire, PayloadLimits limits, out PayloadFrame frame)
    {
        frame = default;
        if (wire.Length > limits.Bytes)
        {
            return new(PayloadFaultKind.TooLong, -1, $"The payload has {wire.Length} bytes: at most {limits.Bytes} are read.");
        }

        if (_entries.Length > KeptEntries)
        {
            _entries = new MetricEntry[64];
        }

        frame.Wire = wire;
        var count = 0;
        ulong? seq = null;
        var cursor = new WireCursor(wire);
        while (cursor.Next(out var tag))
        {
            switch (tag)
            {
                case (2 << 3) | 2:
                    if (count == _entries.Length && Grow(wire, count, limits) is { Kind: not PayloadFaultKind.None } tooMany)
                    {
                        return tooMany;
                    }

                    var block = cursor.Block(out var begins);
                    ref var entry = ref _entries[count++];
                    if (Metric(block, begins, limits, ref entry) is { Kind: not PayloadFaultKind.None } inner)
                    {
                        return inner;
                    }

                    break;
                case 1 << 3:
                    frame.Timestamp = cursor.Varint();
                    break;
                case 3 << 3:
                    seq = cursor.Varint();
                    break;
                case (4 << 3) | 2:
                    frame.Uuid = Found(ref cursor);
                    break;
                case (5 << 3) | 2:
                    frame.Body = Found(ref cursor);
                    break;
                default:
                    cursor.Skip(tag);
                    break;
            }
        }

        if (seq > 255)
        {
            return new(PayloadFaultKind.SeqOutOfRange, -1, $"seq is {seq}: 0 to 255 is wanted.");
        }

        frame.Seq = (int?)seq;
        frame.Metrics = _entries.AsSpan(0, count);
        return cursor.Fault == PayloadFaultKind.None ? default : new(cursor.Fault, cursor.Offset);
    }

    private static PayloadFault Metric(ReadOnlySpan<byte> block, int start, PayloadLimits limits, ref MetricEntry entry)
    {
        var at = PlainFields.Read(block, start, ref entry);
        return at == block.Length ? default : AnyFields(block[at..], start + at, limits, ref entry);
    }

    private static PayloadFault AnyFields(ReadOnlySpan<byte> block, int start, PayloadLimits limits, ref MetricEntry entry)
    {
        var cursor = new WireCursor(block, start);
        while (cursor.Next(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    entry.Name = Found(ref cursor);
                    entry.HasName = true;
                    break;
                case 2 << 3:
                    entry.Alias = cursor.Varint();
                    entry.HasAlias = true;
                    break;
                case 3 << 3:
                    entry.Timestamp = cursor.Varint();
                    entry.HasTimestamp = true;
                    break;
                case 4 << 3:
                    entry.TypeNumber = (uint)cursor.Varint();
                    entry.HasType = true;
                    break;
                case 5 << 3:
                    entry.IsHistorical = cursor.Varint() != 0;
                    break;
                case 6 << 3:
                    entry.IsTransient = cursor.Varint() != 0;
                    break;
                case 7 << 3:
                    entry.IsNull = cursor.Varint() != 0;
                    break;
                case 10 << 3:
                    (entry.KindNumber, entry.Bits) = ((byte)WireKind.Int, (uint)cursor.Varint());
                    break;
                case 11 << 3:
                    (entry.KindNumber, entry.Bits) = ((byte)WireKind.Long, (long)cursor.Varint());
                    break;
                case (12 << 3) | 5:
                    (entry.KindNumber, entry.Bits) = ((byte)WireKind.Float, BitConverter.DoubleToInt64Bits(BitConverter.UInt32BitsToSingle(cursor.Fixed32())));
                    break;
                case (13 << 3) | 1:
                    (entry.KindNumber, entry.Bits) = ((byte)WireKind.Double, (long)cursor.Fixed64());
                    break;
                case 14 << 3:
                    (entry.KindNumber, entry.Bits) = ((byte)WireKind.Boolean, cursor.Varint() != 0 ? 1 : 0);
                    break;
                case (15 << 3) | 2:
                    (entry.KindNumber, entry.Value) = ((byte)WireKind.String, Found(ref cursor));
                    break;
                case (16 << 3) | 2:
                    (entry.KindNumber, entry.Value) = ((byte)WireKind.Bytes, Found(ref cursor));
                    break;
                default:
                    if (Body(ref cursor, tag, limits, ref entry) is { Kind: not PayloadFaultKind.None } inner)
                    {
                        return inner;
                    }

                    break;
            }
        }

        return cursor.Fault == PayloadFaultKind.None ? default : new(cursor.Fault, cursor.Offset);
    }

    // Bodies within a metric are walked here, so that a damaged one refuses the message whole.
    private static PayloadFault Body(ref WireCursor cursor, uint tag, PayloadLimits limits, ref MetricEntry entry)
    {
        PayloadShape.Part part;
        switch (tag)
        {
            case (8 << 3) | 2:
                part = PayloadShape.Part.MetaData;
                break;
            case (9 << 3) | 2:
                part = PayloadShape.Part.PropertySet;
                break;
            case (17 << 3) | 2:
                part = PayloadShape.Part.DataSet;
                break;
            case (18 << 3) | 2:
                part = PayloadShape.Part.Template;
                break;
            case (19 << 3) | 2:
                part = PayloadShape.Part.Opaque;
                break;
            default:
                cursor.Skip(tag);
                return default;
        }

        var block = cursor.Block(out var begins);
        var found = block.IsEmpty ? default : new Slice(begins, block.Length);
        switch (part)
        {
            case PayloadShape.Part.MetaData:
                entry.Metadata = found;
                break;
            case PayloadShape.Part.PropertySet:
                (entry.Properties, entry.HasProperties) = (found, true);
                break;
            default:
                entry.Value = found;
                entry.KindNumber = (byte)(part switch
                {
                    PayloadShape.Part.DataSet => WireKind.DataSet,
                    PayloadShape.Part.Template => WireKind.Template,
                    _ => WireKind.Extension,
                });
                break;
        }

        return part == PayloadShape.Part.Opaque ? default : PayloadShape.Check(block, begins, part, limits);
    }

    private PayloadFault Grow(ReadOnlySpan<byte> wire, int count, PayloadLimits limits)
    {
        var all = 0;
        var cursor = new WireCursor(wire);
        while (cursor.Next(out var tag))
        {
            all += tag == ((2 << 3) | 2) ? 1 : 0;
            cursor.Skip(tag);
        }

        if (cursor.Fault != PayloadFaultKind.None)
        {
            return new(cursor.Fault, cursor.Offset);
        }

        if (all > limits.Elements)
        {
            return new(PayloadFaultKind.TooManyParts, -1, $"The payload holds {all} metrics: at most {limits.Elements} are read.");
        }

        Array.Resize(ref _entries, Math.Max(all, count + 1));
        return default;
    }

    private static Slice Found(ref WireCursor cursor)
    {
        var length = cursor.Block(out var begins).Length;
        return length == 0 ? default : new(begins, length);
    }
}
