using System.Text;
using System.Text.Json;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>Tag values on the wire: type, value, status and times.</summary>
internal static class ServerValue
{
    /// <summary>The built-in type that carries a tag's type. What OPC UA has no type for is told as JSON text.</summary>
    public static UaType TypeOf(DataType type) => (TagArray.IsArray(type) ? TagArray.ElementOf(type) : type) switch
    {
        DataType.Int8 => UaType.SByte,
        DataType.Int16 => UaType.Int16,
        DataType.Int32 => UaType.Int32,
        DataType.Int64 => UaType.Int64,
        DataType.UInt8 => UaType.Byte,
        DataType.UInt16 => UaType.UInt16,
        DataType.UInt32 => UaType.UInt32,
        DataType.UInt64 => UaType.UInt64,
        DataType.Float => UaType.Float,
        DataType.Double => UaType.Double,
        DataType.Boolean => UaType.Boolean,
        DataType.DateTime => UaType.DateTime,
        DataType.Bytes or DataType.File => UaType.ByteString,
        _ => UaType.String,
    };

    /// <summary>A reading with its status. Bad values are not told: a client that overlooks the status must not take them for true.</summary>
    public static UaDataValue Of(in UaReading reading, DateTimeOffset now)
    {
        var status = reading.Quality switch
        {
            TagQuality.Good => 0u,
            TagQuality.Uncertain => StatusCode.Uncertain,
            TagQuality.Stale => StatusCode.UncertainNoCommunicationLastUsableValue,
            _ => StatusCode.Bad,
        };
        if (reading.Quality == TagQuality.Stale && reading.Value.IsNull)
        {
            status = StatusCode.BadNoCommunication; // There is no last usable value.
        }

        return new(reading.Value.IsNull || reading.Quality == TagQuality.Bad ? default : Of(reading.Value), status, reading.Time, now);
    }

    public static UaVariant Of(in TagValue value) => new(TypeOf(value.Type), value.Type switch
    {
        DataType.Boolean => value.Truth,
        DataType.Int8 => (sbyte)value.Integer,
        DataType.Int16 => (short)value.Integer,
        DataType.Int32 => (int)value.Integer,
        DataType.Int64 => value.Integer,
        DataType.UInt8 => (byte)value.Integer,
        DataType.UInt16 => (ushort)value.Integer,
        DataType.UInt32 => (uint)value.Integer,
        DataType.UInt64 => (ulong)value.Integer,
        DataType.Float => (float)value.Number,
        DataType.Double => value.Number,
        DataType.DateTime => value.Time,
        DataType.Bytes or DataType.File => value.Object,
        DataType.String or DataType.Text or DataType.Uuid => value.Text,
        >= DataType.Int8Array and <= DataType.DateTimeArray => ((Array)value.Object!).Cast<object?>().ToArray(),
        _ => Json(value),
    });

    // [OPC 10000-8, 5.6.3] The unit as people wrote it; -1 says that it has no number in the UNECE's list here.
    public static UaExtension Units(string unit) => new(
        NodeId.Standard(889), new UaWriter().String("http://www.opcfoundation.org/UA/units/un/cefact").Int32(-1).LocalizedText(unit).LocalizedText(unit).Written);

    public static UaExtension Range(double low, double high) => new(NodeId.Standard(886), new UaWriter().Double(low).Double(high).Written);

    private static string Json(in TagValue value)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            TagValueJson.Write(json, value);
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
