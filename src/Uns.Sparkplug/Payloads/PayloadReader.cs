using System.Text;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>Decodes Sparkplug B payloads to records. Values stay untyped until the birth's type is put to them.</summary>
/// <remarks>
/// Sparkplug 3.0, chapter 6. Safe to call from many threads. Fields may come in any order; of a field that stands twice the last
/// one counts. The host reads by <c>PayloadScanner</c> instead, which builds nothing.
/// </remarks>
public static class PayloadReader
{
    private const int Text = 2;
    private const int Fixed32 = 5;
    private const int Fixed64 = 1;

    /// <summary>Decodes one payload; a compressed one is expanded first.</summary>
    /// <param name="wire">One whole protobuf message, as the PUBLISH carried it. Not kept after return.</param>
    /// <param name="limits">How much the payload may ask for; <see cref="PayloadLimits.Default"/> when null.</param>
    /// <returns>Metrics in wire order. A missing value is missing, never zero.</returns>
    /// <exception cref="SparkplugFormatException">The bytes are not a payload, or beyond the limits. No other exception is thrown.</exception>
    public static SparkplugPayload Read(ReadOnlySpan<byte> wire, PayloadLimits? limits = null) => TryRead(wire, out var payload, out var fault, limits)
        ? payload
        : throw new SparkplugFormatException(fault);

    /// <summary>Decodes one payload; a compressed one is expanded first. Never throws, whatever the bytes are.</summary>
    /// <param name="wire">One whole protobuf message, as the PUBLISH carried it. Not kept after return.</param>
    /// <param name="payload">What was read, when true is returned; else an empty payload.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    /// <param name="limits">How much the payload may ask for; <see cref="PayloadLimits.Default"/> when null.</param>
    /// <remarks>Needs at most 64 times the payload's length in memory, and 4 KiB; of a compressed one its expanded length counts.</remarks>
    public static bool TryRead(ReadOnlySpan<byte> wire, out SparkplugPayload payload, out PayloadFault fault, PayloadLimits? limits = null)
    {
        limits ??= PayloadLimits.Default;
        if (!TryReadPlain(wire, limits, out payload, out fault))
        {
            return false;
        }

        return payload.Uuid != PayloadCompression.Marker || PayloadCompression.TryExpand(payload, limits, out payload, out fault);
    }

    /// <summary>Decodes one payload and leaves a compressed body as it is.</summary>
    internal static bool TryReadPlain(ReadOnlySpan<byte> wire, PayloadLimits limits, out SparkplugPayload payload, out PayloadFault fault)
    {
        payload = new SparkplugPayload();
        fault = PayloadShape.Check(wire, limits);
        return fault.Kind == PayloadFaultKind.None && TryReadPayload(wire, out payload, out fault);
    }

    /// <summary>The metrics, properties and bodies below are only read from bytes that <see cref="PayloadShape"/> has walked.</summary>
    internal static Template ReadTemplate(ReadOnlySpan<byte> block)
    {
        var (members, parameters) = (new List<Metric>(), new List<MetricProperty>());
        var template = new Template { Members = members, Parameters = parameters };
        string? version = null, reference = null;
        bool? isDefinition = null;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case (1 << 3) | Text:
                    version = cursor.Text();
                    break;
                case (2 << 3) | Text:
                    members.Add(ReadMetric(cursor.Block()));
                    break;
                case (3 << 3) | Text:
                    parameters.Add(PropertyReader.ReadParameter(cursor.Block()));
                    break;
                case (4 << 3) | Text:
                    reference = cursor.Text();
                    break;
                case 5 << 3:
                    isDefinition = cursor.Varint() != 0;
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        return template with { Version = version, Reference = reference, IsDefinition = isDefinition == true, SaysWhatItIs = isDefinition is not null, Unknown = unknown.Take() };
    }

    internal static MetricMetadata ReadMetadata(ReadOnlySpan<byte> block)
    {
        bool? isMultiPart = null;
        ulong? size = null, seq = null;
        string? contentType = null, fileName = null, fileType = null, md5 = null, description = null;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case 1 << 3:
                    isMultiPart = cursor.Varint() != 0;
                    break;
                case (2 << 3) | Text:
                    contentType = cursor.Text();
                    break;
                case 3 << 3:
                    size = cursor.Varint();
                    break;
                case 4 << 3:
                    seq = cursor.Varint();
                    break;
                case (5 << 3) | Text:
                    fileName = cursor.Text();
                    break;
                case (6 << 3) | Text:
                    fileType = cursor.Text();
                    break;
                case (7 << 3) | Text:
                    md5 = cursor.Text();
                    break;
                case (8 << 3) | Text:
                    description = cursor.Text();
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        return new()
        {
            IsMultiPart = isMultiPart,
            ContentType = contentType,
            Size = size,
            Seq = seq,
            FileName = fileName,
            FileType = fileType,
            Md5 = md5,
            Description = description,
            Unknown = unknown.Take(),
        };
    }

    /// <summary>A time of the wire; null for a number outside .NET's range.</summary>
    internal static DateTimeOffset? Time(ulong milliseconds) =>
        milliseconds <= 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) : null;

    /// <summary>The type of a number, also of one that the standard does not know.</summary>
    internal static DataType Type(uint number) => number <= int.MaxValue ? (DataType)number : DataType.Unknown;

    private static bool TryReadPayload(ReadOnlySpan<byte> wire, out SparkplugPayload payload, out PayloadFault fault)
    {
        fault = default;
        var metrics = new List<Metric>();
        payload = new SparkplugPayload { Metrics = metrics };
        DateTimeOffset? timestamp = null;
        ulong? seq = null;
        string? uuid = null;
        byte[]? body = null;
        var unknown = new UnknownFields(wire);
        var cursor = new WireCursor(wire);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case 1 << 3:
                    timestamp = Time(cursor.Varint());
                    break;
                case (2 << 3) | Text:
                    metrics.Add(ReadMetric(cursor.Block()));
                    break;
                case 3 << 3:
                    seq = cursor.Varint();
                    break;
                case (4 << 3) | Text:
                    uuid = cursor.Text();
                    break;
                case (5 << 3) | Text:
                    body = cursor.Block().ToArray();
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        if (seq > 255)
        {
            fault = new(PayloadFaultKind.SeqOutOfRange, -1, $"seq is {seq}: 0 to 255 is wanted.");
            return false;
        }

        payload = payload with { Timestamp = timestamp, Seq = (int?)seq, Uuid = uuid, Body = body, Unknown = unknown.Take() };
        return true;
    }

    private static Metric ReadMetric(ReadOnlySpan<byte> block)
    {
        string? name = null;
        ulong? alias = null;
        DateTimeOffset? timestamp = null;
        DataType? type = null;
        bool isHistorical = false, isTransient = false, isNull = false;
        PropertySet? properties = null;
        var broken = false;
        MetricMetadata? metadata = null;
        WireValue value = default;
        var unknown = new UnknownFields(block);
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag); at = cursor.Position)
        {
            switch (tag)
            {
                case (1 << 3) | Text:
                    name = cursor.Text();
                    break;
                case 2 << 3:
                    alias = cursor.Varint();
                    break;
                case 3 << 3:
                    timestamp = Time(cursor.Varint());
                    break;
                case 4 << 3:
                    type = Type((uint)cursor.Varint());
                    break;
                case 5 << 3:
                    isHistorical = cursor.Varint() != 0;
                    break;
                case 6 << 3:
                    isTransient = cursor.Varint() != 0;
                    break;
                case 7 << 3:
                    isNull = cursor.Varint() != 0;
                    break;
                case (8 << 3) | Text:
                    metadata = ReadMetadata(cursor.Block());
                    break;
                case (9 << 3) | Text:
                    broken = !PropertyReader.TryReadSet(cursor.Block(), out properties);
                    break;
                case 10 << 3 or 11 << 3 or (12 << 3) | Fixed32 or (13 << 3) | Fixed64 or 14 << 3 or (15 << 3) | Text:
                    value = Scalar(ref cursor, (tag >> 3) - 9);
                    break;
                case (16 << 3) | Text:
                    value = new(WireKind.Bytes, 0, cursor.Block().ToArray());
                    break;
                case (17 << 3) | Text:
                    value = new(WireKind.DataSet, 0, DataSetReader.Read(cursor.Block()));
                    break;
                case (18 << 3) | Text:
                    value = new(WireKind.Template, 0, ReadTemplate(cursor.Block()));
                    break;
                case (19 << 3) | Text:
                    value = new(WireKind.Extension, 0, cursor.Block().ToArray());
                    break;
                default:
                    unknown.Keep(ref cursor, tag, at);
                    break;
            }
        }

        return new Metric
        {
            Name = name,
            Alias = alias,
            Timestamp = timestamp,
            DataType = type,
            IsHistorical = isHistorical,
            IsTransient = isTransient,
            IsNull = isNull,
            Value = value,
            HasBrokenProperties = broken,
            Properties = properties?.Properties ?? [],
            UnknownInProperties = properties?.Unknown ?? default,
            Metadata = metadata,
            Unknown = unknown.Take(),
        };
    }

    /// <summary>One of the six plain fields of a oneof <c>value</c>, which stand in the same order in every message.</summary>
    /// <param name="cursor">Stands behind the tag.</param>
    /// <param name="place">1 int, 2 long, 3 float, 4 double, 5 boolean, 6 string.</param>
    internal static WireValue Scalar(ref WireCursor cursor, uint place) => place switch
    {
        1 => new(WireKind.Int, (uint)cursor.Varint()),
        2 => new(WireKind.Long, (long)cursor.Varint()),
        3 => new(WireKind.Float, BitConverter.DoubleToInt64Bits(BitConverter.UInt32BitsToSingle(cursor.Fixed32()))),
        4 => new(WireKind.Double, (long)cursor.Fixed64()),
        5 => new(WireKind.Boolean, cursor.Varint() != 0 ? 1 : 0),
        _ => new(WireKind.String, 0, Encoding.UTF8.GetString(cursor.Block())),
    };
}
