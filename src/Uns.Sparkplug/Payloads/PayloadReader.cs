using Google.Protobuf;
using Uns.Tags;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.Sparkplug.Payloads;

/// <summary>Decodes Sparkplug B payloads. Values stay untyped until the birth's type is put to them.</summary>
/// <remarks>Sparkplug 3.0, chapter 6. Safe to call from many threads.</remarks>
public static class PayloadReader
{
    /// <summary>Decodes one payload; a compressed one is expanded first.</summary>
    /// <param name="wire">One whole protobuf message, as the PUBLISH carried it. Not kept after return.</param>
    /// <param name="limits">How much the payload may ask for; <see cref="PayloadLimits.Default"/> when null.</param>
    /// <returns>Metrics in wire order. A missing value is missing, never zero.</returns>
    /// <exception cref="SparkplugFormatException">The bytes are not a payload, or beyond the limits. No other exception is thrown.</exception>
    public static SparkplugPayload Read(ReadOnlySpan<byte> wire, PayloadLimits? limits = null)
    {
        limits ??= PayloadLimits.Default;
        var outer = ReadPlain(wire, limits);
        return outer.Uuid == PayloadCompression.Marker ? PayloadCompression.Expand(outer, limits) : outer;
    }

    /// <summary>Decodes one payload and leaves a compressed body as it is.</summary>
    internal static SparkplugPayload ReadPlain(ReadOnlySpan<byte> wire, PayloadLimits limits)
    {
        PayloadShape.Check(wire, limits);
        Proto proto;
        try
        {
            proto = Proto.Parser.ParseFrom(wire);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new SparkplugFormatException($"The bytes are not a Sparkplug payload: {fault.Message}", inner: fault);
        }

        if (proto.HasSeq && proto.Seq > 255)
        {
            throw new SparkplugFormatException($"seq is {proto.Seq}: 0 to 255 is wanted.");
        }

        return new SparkplugPayload
        {
            Timestamp = proto.HasTimestamp ? Time(proto.Timestamp) : null,
            Seq = proto.HasSeq ? (int)proto.Seq : null,
            Metrics = Each(proto.Metrics, ReadMetric),
            Uuid = proto.HasUuid ? proto.Uuid : null,
            Body = proto.HasBody ? proto.Body.ToByteArray() : null,
        };
    }

    private static Metric ReadMetric(Proto.Types.Metric from)
    {
        var set = from.Properties;
        var broken = set is not null && set.Keys.Count != set.Values.Count;
        return new Metric
        {
            Name = from.HasName ? from.Name : null,
            Alias = from.HasAlias ? from.Alias : null,
            Timestamp = from.HasTimestamp ? Time(from.Timestamp) : null,
            DataType = from.HasDatatype ? Type(from.Datatype) : null,
            IsHistorical = from.IsHistorical,
            IsTransient = from.IsTransient,
            IsNull = from.IsNull,
            Value = ReadValue(from),
            HasBrokenProperties = broken,
            Properties = set is null || broken ? [] : ReadProperties(set),
            Metadata = from.Metadata is null ? null : ReadMetadata(from.Metadata),
        };
    }

    private static WireValue ReadValue(Proto.Types.Metric from) => from.ValueCase switch
    {
        Proto.Types.Metric.ValueOneofCase.IntValue => new(WireKind.Int, from.IntValue),
        Proto.Types.Metric.ValueOneofCase.LongValue => new(WireKind.Long, (long)from.LongValue),
        Proto.Types.Metric.ValueOneofCase.FloatValue => Number(WireKind.Float, from.FloatValue),
        Proto.Types.Metric.ValueOneofCase.DoubleValue => Number(WireKind.Double, from.DoubleValue),
        Proto.Types.Metric.ValueOneofCase.BooleanValue => new(WireKind.Boolean, from.BooleanValue ? 1 : 0),
        Proto.Types.Metric.ValueOneofCase.StringValue => new(WireKind.String, 0, from.StringValue),
        Proto.Types.Metric.ValueOneofCase.BytesValue => new(WireKind.Bytes, 0, from.BytesValue.ToByteArray()),
        Proto.Types.Metric.ValueOneofCase.DatasetValue => new(WireKind.DataSet, 0, ReadDataSet(from.DatasetValue)),
        Proto.Types.Metric.ValueOneofCase.TemplateValue => new(WireKind.Template, 0, ReadTemplate(from.TemplateValue)),
        Proto.Types.Metric.ValueOneofCase.ExtensionValue => new(WireKind.Extension),
        _ => default,
    };

    private static List<MetricProperty> ReadProperties(Proto.Types.PropertySet set)
    {
        var read = new List<MetricProperty>(set.Keys.Count);
        for (var i = 0; i < set.Keys.Count && i < set.Values.Count; i++)
        {
            var value = set.Values[i];
            read.Add(new(set.Keys[i], value.HasType ? Type(value.Type) : null, ReadValue(value), value.IsNull));
        }

        return read;
    }

    private static WireValue ReadValue(Proto.Types.PropertyValue from) => from.ValueCase switch
    {
        Proto.Types.PropertyValue.ValueOneofCase.IntValue => new(WireKind.Int, from.IntValue),
        Proto.Types.PropertyValue.ValueOneofCase.LongValue => new(WireKind.Long, (long)from.LongValue),
        Proto.Types.PropertyValue.ValueOneofCase.FloatValue => Number(WireKind.Float, from.FloatValue),
        Proto.Types.PropertyValue.ValueOneofCase.DoubleValue => Number(WireKind.Double, from.DoubleValue),
        Proto.Types.PropertyValue.ValueOneofCase.BooleanValue => new(WireKind.Boolean, from.BooleanValue ? 1 : 0),
        Proto.Types.PropertyValue.ValueOneofCase.StringValue => new(WireKind.String, 0, from.StringValue),
        Proto.Types.PropertyValue.ValueOneofCase.PropertysetValue =>
            new(WireKind.PropertySet, 0, new PropertySet(ReadProperties(from.PropertysetValue))),
        Proto.Types.PropertyValue.ValueOneofCase.PropertysetsValue =>
            new(WireKind.PropertySetList, 0, Each(from.PropertysetsValue.Propertyset, set => new PropertySet(ReadProperties(set)))),
        Proto.Types.PropertyValue.ValueOneofCase.ExtensionValue => new(WireKind.Extension),
        _ => default,
    };

    // A table whose columns do not agree in number cannot be read as a table: it becomes an unreadable value, and the metric goes bad.
    private static DataSet? ReadDataSet(Proto.Types.DataSet from)
    {
        var width = from.Columns.Count;
        if (from.Types_.Count != width || (from.HasNumOfColumns && from.NumOfColumns != (ulong)width))
        {
            return null; // [tck-id-payloads-dataset-column-num-headers], [tck-id-payloads-dataset-types-num]
        }

        var types = Each(from.Types_, Type);
        var rows = new List<IReadOnlyList<TagValue>>(from.Rows.Count);
        foreach (var row in from.Rows)
        {
            if (row.Elements.Count != width)
            {
                return null;
            }

            var cells = new TagValue[width];
            for (var i = 0; i < width; i++)
            {
                // A cell with nothing set is the only null a data set knows.
                cells[i] = TagValue.Null(types[i]);
                var cell = ReadValue(row.Elements[i]);
                if (cell.Kind != WireKind.None && !WireConversion.TryRead(types[i], cell, out cells[i], out _))
                {
                    return null;
                }
            }

            rows.Add(cells);
        }

        return new DataSet([.. from.Columns], types, rows);
    }

    private static WireValue ReadValue(Proto.Types.DataSet.Types.DataSetValue from) => from.ValueCase switch
    {
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.IntValue => new(WireKind.Int, from.IntValue),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.LongValue => new(WireKind.Long, (long)from.LongValue),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.FloatValue => Number(WireKind.Float, from.FloatValue),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.DoubleValue => Number(WireKind.Double, from.DoubleValue),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.BooleanValue => new(WireKind.Boolean, from.BooleanValue ? 1 : 0),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.StringValue => new(WireKind.String, 0, from.StringValue),
        Proto.Types.DataSet.Types.DataSetValue.ValueOneofCase.ExtensionValue => new(WireKind.Extension),
        _ => default,
    };

    private static Template ReadTemplate(Proto.Types.Template from) => new()
    {
        Version = from.HasVersion ? from.Version : null,
        IsDefinition = from.IsDefinition,
        Reference = from.HasTemplateRef ? from.TemplateRef : null,
        Members = Each(from.Metrics, ReadMetric),
        Parameters = Each(from.Parameters, p => new MetricProperty(p.Name, p.HasType ? Type(p.Type) : null, ReadValue(p))),
    };

    private static WireValue ReadValue(Proto.Types.Template.Types.Parameter from) => from.ValueCase switch
    {
        Proto.Types.Template.Types.Parameter.ValueOneofCase.IntValue => new(WireKind.Int, from.IntValue),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.LongValue => new(WireKind.Long, (long)from.LongValue),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.FloatValue => Number(WireKind.Float, from.FloatValue),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.DoubleValue => Number(WireKind.Double, from.DoubleValue),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.BooleanValue => new(WireKind.Boolean, from.BooleanValue ? 1 : 0),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.StringValue => new(WireKind.String, 0, from.StringValue),
        Proto.Types.Template.Types.Parameter.ValueOneofCase.ExtensionValue => new(WireKind.Extension),
        _ => default,
    };

    private static MetricMetadata ReadMetadata(Proto.Types.MetaData from) => new()
    {
        IsMultiPart = from.HasIsMultiPart ? from.IsMultiPart : null,
        ContentType = from.HasContentType ? from.ContentType : null,
        Size = from.HasSize ? from.Size : null,
        Seq = from.HasSeq ? from.Seq : null,
        FileName = from.HasFileName ? from.FileName : null,
        FileType = from.HasFileType ? from.FileType : null,
        Md5 = from.HasMd5 ? from.Md5 : null,
        Description = from.HasDescription ? from.Description : null,
    };

    private static WireValue Number(WireKind kind, double number) => new(kind, BitConverter.DoubleToInt64Bits(number));

    private static DataType Type(uint number) => number <= int.MaxValue ? (DataType)number : DataType.Unknown;

    private static DateTimeOffset? Time(ulong milliseconds) =>
        milliseconds <= 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;

    private static TOut[] Each<TIn, TOut>(IList<TIn> from, Func<TIn, TOut> read)
    {
        var to = new TOut[from.Count];
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = read(from[i]);
        }

        return to;
    }
}
