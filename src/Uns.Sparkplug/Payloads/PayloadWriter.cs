using System.Buffers;
using Google.Protobuf;
using Uns.Tags;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.Sparkplug.Payloads;

/// <summary>Encodes Sparkplug B payloads: what is set is written, also when it is zero.</summary>
/// <remarks>Sparkplug 3.0, chapter 6. Safe to call from many threads.</remarks>
public static class PayloadWriter
{
    /// <summary>The bytes of a payload.</summary>
    public static byte[] Write(SparkplugPayload payload) => ToProto(payload).ToByteArray();

    /// <summary>Appends the bytes of a payload to a buffer.</summary>
    public static void Write(SparkplugPayload payload, IBufferWriter<byte> buffer) => ToProto(payload).WriteTo(buffer);

    private static Proto ToProto(SparkplugPayload from)
    {
        var to = new Proto();
        if (from.Timestamp is { } timestamp)
        {
            to.Timestamp = Milliseconds(timestamp);
        }

        if (from.Seq is { } seq)
        {
            to.Seq = (ulong)seq;
        }

        if (from.Uuid is { } uuid)
        {
            to.Uuid = uuid;
        }

        if (from.Body is { } body)
        {
            to.Body = ByteString.CopyFrom(body);
        }

        foreach (var metric in from.Metrics)
        {
            to.Metrics.Add(ToProto(metric));
        }

        return to;
    }

    private static Proto.Types.Metric ToProto(Metric from)
    {
        var to = new Proto.Types.Metric();
        if (from.Name is { } name)
        {
            to.Name = name;
        }

        if (from.Alias is { } alias)
        {
            to.Alias = alias;
        }

        if (from.Timestamp is { } timestamp)
        {
            to.Timestamp = Milliseconds(timestamp);
        }

        if (from.DataType is { } type)
        {
            to.Datatype = (uint)type;
        }

        if (from.IsHistorical)
        {
            to.IsHistorical = true;
        }

        if (from.IsTransient)
        {
            to.IsTransient = true;
        }

        if (from.Metadata is { } metadata)
        {
            to.Metadata = ToProto(metadata);
        }

        if (from.Properties.Count > 0)
        {
            to.Properties = ToProto(from.Properties);
        }

        // A null has no value field. [tck-id-operational-behavior-data-publish-nbirth-values]
        if (from.IsNull)
        {
            to.IsNull = true;
            return to;
        }

        SetValue(to, from.Value);
        return to;
    }

    private static void SetValue(Proto.Types.Metric to, in WireValue value)
    {
        switch (value.Kind)
        {
            case WireKind.Int:
                to.IntValue = (uint)value.Bits;
                break;
            case WireKind.Long:
                to.LongValue = (ulong)value.Bits;
                break;
            case WireKind.Float:
                to.FloatValue = (float)value.Number;
                break;
            case WireKind.Double:
                to.DoubleValue = value.Number;
                break;
            case WireKind.Boolean:
                to.BooleanValue = value.Bits != 0;
                break;
            case WireKind.String:
                to.StringValue = (string)value.Object!;
                break;
            case WireKind.Bytes:
                to.BytesValue = ByteString.CopyFrom((byte[])value.Object!);
                break;
            case WireKind.DataSet when value.Object is DataSet dataSet:
                to.DatasetValue = ToProto(dataSet);
                break;
            case WireKind.Template when value.Object is Template template:
                to.TemplateValue = ToProto(template);
                break;
            default:
                break;
        }
    }

    private static Proto.Types.PropertySet ToProto(IReadOnlyList<MetricProperty> from)
    {
        var to = new Proto.Types.PropertySet();
        foreach (var property in from)
        {
            if (to.Keys.Contains(property.Key))
            {
                throw new ArgumentException($"The property '{property.Key}' stands twice in one set.", nameof(from));
            }

            to.Keys.Add(property.Key);
            to.Values.Add(ToProto(property));
        }

        return to;
    }

    private static Proto.Types.PropertyValue ToProto(in MetricProperty from)
    {
        var to = new Proto.Types.PropertyValue();
        if (from.Type is { } type)
        {
            to.Type = (uint)type; // [tck-id-payloads-metric-propertyvalue-type-req]
        }

        if (from.IsNull)
        {
            to.IsNull = true;
            return to;
        }

        var value = from.Value;
        switch (value.Kind)
        {
            case WireKind.Int:
                to.IntValue = (uint)value.Bits;
                break;
            case WireKind.Long:
                to.LongValue = (ulong)value.Bits;
                break;
            case WireKind.Float:
                to.FloatValue = (float)value.Number;
                break;
            case WireKind.Double:
                to.DoubleValue = value.Number;
                break;
            case WireKind.Boolean:
                to.BooleanValue = value.Bits != 0;
                break;
            case WireKind.String:
                to.StringValue = (string)value.Object!;
                break;
            case WireKind.PropertySet:
                to.PropertysetValue = ToProto(((PropertySet)value.Object!).Properties);
                break;
            case WireKind.PropertySetList:
                to.PropertysetsValue = new();
                to.PropertysetsValue.Propertyset.AddRange(((IReadOnlyList<PropertySet>)value.Object!).Select(set => ToProto(set.Properties)));
                break;
            default:
                break;
        }

        return to;
    }

    private static Proto.Types.DataSet ToProto(DataSet from)
    {
        var to = new Proto.Types.DataSet { NumOfColumns = (ulong)from.Columns.Count };
        to.Columns.AddRange(from.Columns);
        to.Types_.AddRange(from.Types.Select(type => (uint)type));
        foreach (var row in from.Rows)
        {
            var cells = new Proto.Types.DataSet.Types.Row();
            cells.Elements.AddRange(row.Select(ToCell));
            to.Rows.Add(cells);
        }

        return to;
    }

    private static Proto.Types.DataSet.Types.DataSetValue ToCell(TagValue cell)
    {
        var wire = WireConversion.ToWire(cell);
        return wire.Kind switch
        {
            WireKind.Int => new() { IntValue = (uint)wire.Bits },
            WireKind.Long => new() { LongValue = (ulong)wire.Bits },
            WireKind.Float => new() { FloatValue = (float)wire.Number },
            WireKind.Double => new() { DoubleValue = wire.Number },
            WireKind.Boolean => new() { BooleanValue = wire.Bits != 0 },
            WireKind.String => new() { StringValue = (string)wire.Object! },
            _ => new(),
        };
    }

    private static Proto.Types.Template ToProto(Template from)
    {
        // is_definition is always written. [tck-id-payloads-template-is-definition]
        var to = new Proto.Types.Template { IsDefinition = from.IsDefinition };
        if (from.Version is { } version)
        {
            to.Version = version;
        }

        if (from.Reference is { } reference)
        {
            to.TemplateRef = reference;
        }

        to.Metrics.AddRange(from.Members.Select(ToProto));
        foreach (var parameter in from.Parameters)
        {
            var wire = parameter.Value;
            Proto.Types.Template.Types.Parameter written = wire.Kind switch
            {
                WireKind.Int => new() { IntValue = (uint)wire.Bits },
                WireKind.Long => new() { LongValue = (ulong)wire.Bits },
                WireKind.Float => new() { FloatValue = (float)wire.Number },
                WireKind.Double => new() { DoubleValue = wire.Number },
                WireKind.Boolean => new() { BooleanValue = wire.Bits != 0 },
                WireKind.String => new() { StringValue = (string)wire.Object! },
                _ => new(),
            };
            written.Name = parameter.Key;
            if (parameter.Type is { } type)
            {
                written.Type = (uint)type;
            }

            to.Parameters.Add(written);
        }

        return to;
    }

    private static Proto.Types.MetaData ToProto(MetricMetadata from)
    {
        var to = new Proto.Types.MetaData();
        if (from.IsMultiPart is { } multi)
        {
            to.IsMultiPart = multi;
        }

        if (from.Size is { } size)
        {
            to.Size = size;
        }

        if (from.Seq is { } seq)
        {
            to.Seq = seq;
        }

        Set(from.ContentType, text => to.ContentType = text);
        Set(from.FileName, text => to.FileName = text);
        Set(from.FileType, text => to.FileType = text);
        Set(from.Md5, text => to.Md5 = text);
        Set(from.Description, text => to.Description = text);
        return to;

        static void Set(string? text, Action<string> set)
        {
            if (text is not null)
            {
                set(text);
            }
        }
    }

    private static ulong Milliseconds(DateTimeOffset time) => (ulong)Math.Max(0, time.ToUnixTimeMilliseconds());
}
