using Google.Protobuf;
using Uns.Tags;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.UnitTests.Sparkplug.Payloads;

/// <summary>Makes random payloads by an independent codec: every field, type and nesting that the standard knows, and fields it does not.</summary>
internal sealed class RandomPayload(int seed)
{
    private static readonly string[] Texts = ["", "a", "level", "Füllstand €", "line/unit 7/temperature", "\U0001F680", new string('x', 200)];
    private readonly Random _random = new(seed);

    public Proto Next()
    {
        var payload = new Proto();
        Maybe(() => payload.Timestamp = Time());
        Maybe(() => payload.Seq = (ulong)_random.Next(256));
        Rarely(() => payload.Uuid = Text());
        Rarely(() => payload.Body = Bytes());
        for (var count = _random.Next(8); count > 0; count--)
        {
            payload.Metrics.Add(Metric(depth: 0));
        }

        return Extended(payload, Proto.Parser, 6);
    }

    private Proto.Types.Metric Metric(int depth)
    {
        var metric = new Proto.Types.Metric();
        Maybe(() => metric.Name = Text());
        Maybe(() => metric.Alias = Number());
        Maybe(() => metric.Timestamp = Time());
        Maybe(() => metric.Datatype = (uint)_random.Next(40));
        Rarely(() => metric.IsHistorical = true);
        Rarely(() => metric.IsTransient = true);
        Rarely(() => metric.Metadata = Metadata());
        Rarely(() => metric.Properties = Properties(depth));
        switch (_random.Next(depth < 3 ? 12 : 9))
        {
            case 0:
                metric.IsNull = true;
                break;
            case 1:
                metric.IntValue = (uint)Number();
                break;
            case 2:
                metric.LongValue = Number();
                break;
            case 3:
                metric.FloatValue = (float)Fraction();
                break;
            case 4:
                metric.DoubleValue = Fraction();
                break;
            case 5:
                metric.BooleanValue = _random.Next(2) == 0;
                break;
            case 6:
                metric.StringValue = Text();
                break;
            case 7:
                metric.BytesValue = Bytes();
                break;
            case 8:
                break; // Nothing at all.
            case 9:
                metric.DatasetValue = DataSet();
                break;
            case 10:
                metric.TemplateValue = Template(depth);
                break;
            default:
                metric.ExtensionValue = Extended(new Proto.Types.Metric.Types.MetricValueExtension(), Proto.Types.Metric.Types.MetricValueExtension.Parser, 1, always: true);
                break;
        }

        return Extended(metric, Proto.Types.Metric.Parser, 20);
    }

    private Proto.Types.MetaData Metadata()
    {
        var metadata = new Proto.Types.MetaData();
        Maybe(() => metadata.IsMultiPart = _random.Next(2) == 0);
        Maybe(() => metadata.ContentType = Text());
        Maybe(() => metadata.Size = Number());
        Maybe(() => metadata.Seq = Number());
        Maybe(() => metadata.FileName = Text());
        Maybe(() => metadata.FileType = Text());
        Maybe(() => metadata.Md5 = Text());
        Maybe(() => metadata.Description = Text());
        return Extended(metadata, Proto.Types.MetaData.Parser, 9);
    }

    private Proto.Types.PropertySet Properties(int depth)
    {
        var set = new Proto.Types.PropertySet();
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            set.Keys.Add($"{Text()}{count}");
            var value = new Proto.Types.PropertyValue();
            Maybe(() => value.Type = (uint)_random.Next(40));
            switch (_random.Next(depth < 3 ? 10 : 7))
            {
                case 0:
                    value.IsNull = true;
                    break;
                case 1:
                    value.IntValue = (uint)Number();
                    break;
                case 2:
                    value.LongValue = Number();
                    break;
                case 3:
                    value.FloatValue = (float)Fraction();
                    break;
                case 4:
                    value.DoubleValue = Fraction();
                    break;
                case 5:
                    value.BooleanValue = _random.Next(2) == 0;
                    break;
                case 6:
                    value.StringValue = Text();
                    break;
                case 7:
                    value.PropertysetValue = Properties(depth + 1);
                    break;
                case 8:
                    value.PropertysetsValue = Extended(new() { Propertyset = { Properties(depth + 1), Properties(depth + 1) } }, Proto.Types.PropertySetList.Parser, 2);
                    break;
                default:
                    value.ExtensionValue = Extended(new Proto.Types.PropertyValue.Types.PropertyValueExtension(), Proto.Types.PropertyValue.Types.PropertyValueExtension.Parser, 1, always: true);
                    break;
            }

            set.Values.Add(Extended(value, Proto.Types.PropertyValue.Parser, 12));
        }

        return Extended(set, Proto.Types.PropertySet.Parser, 3);
    }

    private Proto.Types.DataSet DataSet()
    {
        var width = _random.Next(4);
        var types = Enumerable.Range(0, width).Select(_ => (DataType)_random.Next((int)DataType.Int8, (int)DataType.Text + 1)).ToArray();
        var set = new Proto.Types.DataSet { NumOfColumns = (ulong)width };
        set.Columns.AddRange(types.Select((_, i) => $"{Text()}{i}"));
        set.Types_.AddRange(types.Select(type => (uint)type));
        for (var count = _random.Next(4); count > 0; count--)
        {
            var row = new Proto.Types.DataSet.Types.Row();
            row.Elements.AddRange(types.Select(type => Extended(Cell(type), Proto.Types.DataSet.Types.DataSetValue.Parser, 8)));
            set.Rows.Add(Extended(row, Proto.Types.DataSet.Types.Row.Parser, 2));
        }

        return Extended(set, Proto.Types.DataSet.Parser, 5);
    }

    // Integers stand in the encoding that is written: sign-extended to 32 bits.
    private Proto.Types.DataSet.Types.DataSetValue Cell(DataType type) => _random.Next(6) == 0 ? new() : type switch
    {
        DataType.Int8 => new() { IntValue = (uint)_random.Next(-128, 128) },
        DataType.Int16 => new() { IntValue = (uint)_random.Next(-32768, 32768) },
        DataType.Int32 => new() { IntValue = (uint)_random.Next(int.MinValue, int.MaxValue) },
        DataType.UInt8 => new() { IntValue = (uint)_random.Next(256) },
        DataType.UInt16 => new() { IntValue = (uint)_random.Next(65536) },
        DataType.UInt32 => new() { IntValue = (uint)_random.NextInt64(uint.MaxValue) },
        DataType.Int64 or DataType.UInt64 or DataType.DateTime => new() { LongValue = Number() },
        DataType.Float => new() { FloatValue = (float)Fraction() },
        DataType.Double => new() { DoubleValue = Fraction() },
        DataType.Boolean => new() { BooleanValue = _random.Next(2) == 0 },
        _ => new() { StringValue = Text() },
    };

    private Proto.Types.Template Template(int depth)
    {
        var template = new Proto.Types.Template { IsDefinition = _random.Next(2) == 0 };
        Maybe(() => template.Version = Text());
        Maybe(() => template.TemplateRef = Text());
        for (var count = _random.Next(4); count > 0; count--)
        {
            template.Metrics.Add(Metric(depth + 1));
        }

        for (var count = _random.Next(3); count > 0; count--)
        {
            var parameter = new Proto.Types.Template.Types.Parameter { Name = Text() };
            Maybe(() => parameter.Type = (uint)_random.Next(40));
            switch (_random.Next(7))
            {
                case 0:
                    break;
                case 1:
                    parameter.IntValue = (uint)Number();
                    break;
                case 2:
                    parameter.LongValue = Number();
                    break;
                case 3:
                    parameter.FloatValue = (float)Fraction();
                    break;
                case 4:
                    parameter.DoubleValue = Fraction();
                    break;
                case 5:
                    parameter.BooleanValue = _random.Next(2) == 0;
                    break;
                default:
                    parameter.StringValue = Text();
                    break;
            }

            template.Parameters.Add(Extended(parameter, Proto.Types.Template.Types.Parameter.Parser, 10));
        }

        return Extended(template, Proto.Types.Template.Parser, 6);
    }

    // The generated classes have no way to set a field they do not know but to read it.
    private T Extended<T>(T message, MessageParser<T> parser, int firstFree, bool always = false)
        where T : IMessage<T>
    {
        if (!always && _random.Next(12) > 0)
        {
            return message;
        }

        using var bytes = new MemoryStream();
        using (var coded = new CodedOutputStream(bytes, leaveOpen: true))
        {
            message.WriteTo(coded);
            var number = firstFree;
            for (var count = _random.Next(1, 5); count > 0; count--)
            {
                WriteUnknown(coded, number);
                number += 1 + _random.Next(1000);
            }
        }

        return parser.ParseFrom(bytes.ToArray());
    }

    /// <summary>Writes a field of one of the four kinds of the wire, whoever knows it or not.</summary>
    public void WriteUnknown(CodedOutputStream coded, int number)
    {
        switch (_random.Next(4))
        {
            case 0:
                coded.WriteTag(number, WireFormat.WireType.Varint);
                coded.WriteUInt64(Number());
                break;
            case 1:
                coded.WriteTag(number, WireFormat.WireType.Fixed64);
                coded.WriteFixed64(Number());
                break;
            case 2:
                coded.WriteTag(number, WireFormat.WireType.Fixed32);
                coded.WriteFixed32((uint)Number());
                break;
            default:
                coded.WriteTag(number, WireFormat.WireType.LengthDelimited);
                coded.WriteString(Text());
                break;
        }
    }

    private void Maybe(Action set)
    {
        if (_random.Next(4) > 0)
        {
            set();
        }
    }

    private void Rarely(Action set)
    {
        if (_random.Next(4) == 0)
        {
            set();
        }
    }

    private ulong Time() => (ulong)_random.NextInt64(253_402_300_799_999);

    private ulong Number() => _random.Next(3) switch
    {
        0 => (ulong)_random.Next(128),
        1 => (ulong)_random.Next(),
        _ => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
    };

    private double Fraction() => _random.Next(6) switch
    {
        0 => double.NaN,
        1 => double.NegativeInfinity,
        2 => -0.0,
        _ => (_random.NextDouble() - 0.5) * 1e6,
    };

    private string Text() => Texts[_random.Next(Texts.Length)];

    private ByteString Bytes()
    {
        var bytes = new byte[_random.Next(20)];
        _random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
