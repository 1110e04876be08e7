using System.Buffers;

namespace Uns.Sparkplug.Payloads;

/// <summary>Encodes Sparkplug B payloads: what is set is written, also when it is zero; fields in ascending order, unknown ones last.</summary>
/// <remarks>Sparkplug 3.0, chapter 6. Safe to call from many threads. Allocates nothing but the answer once warm.</remarks>
public static class PayloadWriter
{
    /// <summary>The bytes of a payload.</summary>
    /// <exception cref="ArgumentException">A value cannot be sent: a key stands twice in a property set, or a cell's value is not of its column's type.</exception>
    public static byte[] Write(SparkplugPayload payload)
    {
        var writer = BackwardWriter.Open();
        try
        {
            Write(ref writer, payload);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Release();
        }
    }

    /// <summary>Appends the bytes of a payload to a buffer.</summary>
    /// <inheritdoc cref="Write(SparkplugPayload)"/>
    public static void Write(SparkplugPayload payload, IBufferWriter<byte> buffer)
    {
        var writer = BackwardWriter.Open();
        try
        {
            Write(ref writer, payload);
            buffer.Write(writer.Written);
        }
        finally
        {
            writer.Release();
        }
    }

    private static void Write(ref BackwardWriter to, SparkplugPayload from)
    {
        to.Raw(from.Unknown.Span);
        if (from.Body is { } body)
        {
            to.Bytes(5, body);
        }

        to.Text(4, from.Uuid);
        if (from.Seq is { } seq)
        {
            to.Number(3, (ulong)seq);
        }

        for (var i = from.Metrics.Count - 1; i >= 0; i--)
        {
            var before = to.Length;
            Write(ref to, from.Metrics[i]);
            to.Close((2 << 3) | 2, before);
        }

        if (from.Timestamp is { } timestamp)
        {
            to.Number(1, Milliseconds(timestamp));
        }
    }

    private static void Write(ref BackwardWriter to, Metric from)
    {
        to.Raw(from.Unknown.Span);

        // A null has no value field. [tck-id-operational-behavior-data-publish-nbirth-values]
        if (!from.IsNull)
        {
            WriteValue(ref to, from.Value);
        }

        if (from.Properties.Count > 0 || !from.UnknownInProperties.IsEmpty)
        {
            var before = to.Length;
            WriteSet(ref to, from.Properties, from.UnknownInProperties.Span);
            to.Close((9 << 3) | 2, before);
        }

        if (from.Metadata is { } metadata)
        {
            var before = to.Length;
            Write(ref to, metadata);
            to.Close((8 << 3) | 2, before);
        }

        Flag(ref to, 7, from.IsNull);
        Flag(ref to, 6, from.IsTransient);
        Flag(ref to, 5, from.IsHistorical);
        if (from.DataType is { } type)
        {
            to.Number(4, (uint)type);
        }

        if (from.Timestamp is { } timestamp)
        {
            to.Number(3, Milliseconds(timestamp));
        }

        if (from.Alias is { } alias)
        {
            to.Number(2, alias);
        }

        to.Text(1, from.Name);
    }

    private static void WriteValue(ref BackwardWriter to, in WireValue value)
    {
        var before = to.Length;
        switch (value.Kind)
        {
            case WireKind.Bytes:
                to.Bytes(16, (byte[])value.Object!);
                break;
            case WireKind.DataSet when value.Object is DataSet dataSet:
                Write(ref to, dataSet);
                to.Close((17 << 3) | 2, before);
                break;
            case WireKind.Template when value.Object is Template template:
                Write(ref to, template);
                to.Close((18 << 3) | 2, before);
                break;
            case WireKind.Extension when value.Object is byte[] extension:
                to.Bytes(19, extension);
                break;
            default:
                WriteScalar(ref to, 9, value);
                break;
        }
    }

    // The six plain fields of a oneof stand in the same order in every message; only where they begin differs.
    private static void WriteScalar(ref BackwardWriter to, uint before, in WireValue value)
    {
        switch (value.Kind)
        {
            case WireKind.Int:
                to.Number(before + 1, (uint)value.Bits);
                break;
            case WireKind.Long:
                to.Number(before + 2, (ulong)value.Bits);
                break;
            case WireKind.Float:
                to.Single(before + 3, (float)value.Number);
                break;
            case WireKind.Double:
                to.Double(before + 4, value.Bits);
                break;
            case WireKind.Boolean:
                to.Number(before + 5, value.Bits != 0 ? 1UL : 0);
                break;
            case WireKind.String:
                to.Text(before + 6, (string)value.Object!);
                break;
            default:
                break;
        }
    }

    private static void WriteSet(ref BackwardWriter to, IReadOnlyList<MetricProperty> from, ReadOnlySpan<byte> unknown)
    {
        to.Raw(unknown);
        for (var i = from.Count - 1; i >= 0; i--)
        {
            var before = to.Length;
            WriteProperty(ref to, from[i]);
            to.Close((2 << 3) | 2, before);
        }

        for (var i = from.Count - 1; i >= 0; i--)
        {
            for (var other = 0; other < i; other++)
            {
                if (from[other].Key == from[i].Key)
                {
                    throw new ArgumentException($"The property '{from[i].Key}' stands twice in one set.", nameof(from));
                }
            }

            to.Text(1, from[i].Key);
        }
    }

    private static void WriteProperty(ref BackwardWriter to, in MetricProperty from)
    {
        to.Raw(from.Unknown);
        var before = to.Length;
        switch (from.Value.Kind)
        {
            case var _ when from.IsNull:
                break;
            case WireKind.PropertySet:
                var set = (PropertySet)from.Value.Object!;
                WriteSet(ref to, set.Properties, set.Unknown.Span);
                to.Close((9 << 3) | 2, before);
                break;
            case WireKind.PropertySetList:
                var sets = (IReadOnlyList<PropertySet>)from.Value.Object!;
                to.Raw((sets as PropertySetList)?.Unknown);
                for (var i = sets.Count - 1; i >= 0; i--)
                {
                    var inner = to.Length;
                    WriteSet(ref to, sets[i].Properties, sets[i].Unknown.Span);
                    to.Close((1 << 3) | 2, inner);
                }

                to.Close((10 << 3) | 2, before);
                break;
            case WireKind.Extension when from.Value.Object is byte[] extension:
                to.Bytes(11, extension);
                break;
            default:
                WriteScalar(ref to, 2, from.Value);
                break;
        }

        Flag(ref to, 2, from.IsNull);
        if (from.Type is { } type)
        {
            to.Number(1, (uint)type); // [tck-id-payloads-metric-propertyvalue-type-req]
        }
    }

    private static void Write(ref BackwardWriter to, DataSet from)
    {
        to.Raw(from.Unknown.Span);
        for (var i = from.Rows.Count - 1; i >= 0; i--)
        {
            var row = to.Length;
            var extended = from.Rows[i] as DataSetRow;
            to.Raw(extended is null ? default : extended.Unknown);
            for (var column = from.Rows[i].Count - 1; column >= 0; column--)
            {
                var cell = to.Length;
                to.Raw(extended is null ? default : extended.UnknownIn(column));
                WriteScalar(ref to, 0, WireConversion.ToWire(from.Rows[i][column]));
                to.Close((1 << 3) | 2, cell);
            }

            to.Close((4 << 3) | 2, row);
        }

        for (var i = from.Types.Count - 1; i >= 0; i--)
        {
            to.Number(3, (uint)from.Types[i]);
        }

        for (var i = from.Columns.Count - 1; i >= 0; i--)
        {
            to.Text(2, from.Columns[i]);
        }

        to.Number(1, (ulong)from.Columns.Count);
    }

    private static void Write(ref BackwardWriter to, Template from)
    {
        to.Raw(from.Unknown.Span);
        to.Number(5, from.IsDefinition ? 1UL : 0); // Always written. [tck-id-payloads-template-is-definition]
        to.Text(4, from.Reference);
        for (var i = from.Parameters.Count - 1; i >= 0; i--)
        {
            var before = to.Length;
            WriteParameter(ref to, from.Parameters[i]);
            to.Close((3 << 3) | 2, before);
        }

        for (var i = from.Members.Count - 1; i >= 0; i--)
        {
            var before = to.Length;
            Write(ref to, from.Members[i]);
            to.Close((2 << 3) | 2, before);
        }

        to.Text(1, from.Version);
    }

    private static void WriteParameter(ref BackwardWriter to, in MetricProperty from)
    {
        to.Raw(from.Unknown);
        if (from.Value is { Kind: WireKind.Extension, Object: byte[] extension })
        {
            to.Bytes(9, extension);
        }

        WriteScalar(ref to, 2, from.Value);
        if (from.Type is { } type)
        {
            to.Number(2, (uint)type);
        }

        to.Text(1, from.Key);
    }

    private static void Write(ref BackwardWriter to, MetricMetadata from)
    {
        to.Raw(from.Unknown.Span);
        to.Text(8, from.Description);
        to.Text(7, from.Md5);
        to.Text(6, from.FileType);
        to.Text(5, from.FileName);
        if (from.Seq is { } seq)
        {
            to.Number(4, seq);
        }

        if (from.Size is { } size)
        {
            to.Number(3, size);
        }

        to.Text(2, from.ContentType);
        if (from.IsMultiPart is { } multi)
        {
            to.Number(1, multi ? 1UL : 0);
        }
    }

    private static void Flag(ref BackwardWriter to, uint field, bool isSet)
    {
        if (isSet)
        {
            to.Number(field, 1);
        }
    }

    private static ulong Milliseconds(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds());
}
