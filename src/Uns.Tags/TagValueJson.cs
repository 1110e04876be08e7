using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;

namespace Uns.Tags;

/// <summary>Values to JSON and back, the same way in every topic, answer and stream.</summary>
/// <remarks>
/// 64-bit integers beyond 2^53 become strings, since most readers would round them. NaN and infinity become null.
/// Bytes become base64, times ISO 8601 UTC with milliseconds.
/// </remarks>
public static class TagValueJson
{
    private const long SafeInteger = 1L << 53;

    /// <summary>Writes the bare value at the writer's place.</summary>
    public static void Write(Utf8JsonWriter json, TagValue value)
    {
        if (value.IsNull)
        {
            json.WriteNullValue();
            return;
        }

        switch (value.Type)
        {
            case DataType.Boolean:
                json.WriteBooleanValue(value.Truth);
                break;
            case DataType.Float:
                WriteFinite(json, (float)value.Number);
                break;
            case DataType.Double:
                WriteFinite(json, value.Number);
                break;
            case DataType.UInt64:
                WriteInteger(json, (ulong)value.Integer);
                break;
            case >= DataType.Int8 and <= DataType.UInt32:
                WriteInteger(json, value.Integer);
                break;
            case DataType.DateTime:
                json.WriteStringValue(value.ToString());
                break;
            default:
                WriteObject(json, value.Type, value.Object);
                break;
        }
    }

    /// <summary>Writes a truth or a number that stands bare in JSON, byte for byte as <see cref="Write"/> does.</summary>
    /// <param name="output">At least 32 bytes.</param>
    /// <param name="value">The value.</param>
    /// <param name="written">Bytes written, when true is returned.</param>
    /// <returns>False for all other values, NaN, infinity and integers beyond 2^53 among them: nothing is written.</returns>
    public static bool TryWritePlain(Span<byte> output, TagValue value, out int written)
    {
        written = 0;
        return !value.IsNull && value.Type switch
        {
            DataType.Boolean => (value.Truth ? "true"u8 : "false"u8).TryCopyTo(output) && (written = value.Truth ? 4 : 5) > 0,
            DataType.Float => float.IsFinite((float)value.Number) && Utf8Formatter.TryFormat((float)value.Number, output, out written),
            DataType.Double => double.IsFinite(value.Number) && Utf8Formatter.TryFormat(value.Number, output, out written),
            DataType.UInt64 => (ulong)value.Integer <= SafeInteger && Utf8Formatter.TryFormat(value.Integer, output, out written),
            >= DataType.Int8 and <= DataType.UInt32 => value.Integer is >= -SafeInteger and <= SafeInteger && Utf8Formatter.TryFormat(value.Integer, output, out written),
            _ => false,
        };
    }

    /// <summary>Reads a value of a known type, as a person or an API caller gives it.</summary>
    /// <param name="type">The tag's own type: what is given must fit it without loss.</param>
    /// <param name="given">A JSON value; numbers may also be given as strings.</param>
    /// <param name="value">The value, when true is returned.</param>
    /// <param name="fault">What was found and what is wanted, when false is returned.</param>
    public static bool TryRead(DataType type, JsonElement given, out TagValue value, out string fault)
    {
        if (given.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            value = TagValue.Null(type);
            fault = "is null: give a value.";
            return false;
        }

        if (given.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return TryParse(type, given.GetBoolean() ? "true" : "false", out value, out fault);
        }

        return TryParse(type, given.ValueKind == JsonValueKind.String ? given.GetString()! : given.GetRawText(), out value, out fault);
    }

    /// <summary>Reads a value of a known type from text.</summary>
    /// <inheritdoc cref="TryRead"/>
    public static bool TryParse(DataType type, string given, out TagValue value, out string fault)
    {
        fault = "";
        value = TagValue.Null(type);
        switch (type)
        {
            case DataType.Boolean:
                if (bool.TryParse(given, out var truth))
                {
                    value = TagValue.Of(truth);
                }
                else if (given is "0" or "1")
                {
                    value = TagValue.Of(given == "1");
                }
                else
                {
                    fault = $"is '{Shown(given)}': give true or false.";
                }

                break;
            case DataType.UInt64:
                if (ulong.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var unsigned))
                {
                    value = TagValue.OfInteger(type, (long)unsigned);
                }
                else
                {
                    fault = $"is '{Shown(given)}': give a whole number from 0 to {ulong.MaxValue}.";
                }

                break;
            case >= DataType.Int8 and <= DataType.UInt32:
                var (low, high) = TagNumber.Range(type);
                if (long.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && whole >= low && whole <= high)
                {
                    value = TagValue.OfInteger(type, whole);
                }
                else
                {
                    fault = $"is '{Shown(given)}': give a whole number from {low} to {high}.";
                }

                break;
            case DataType.Float or DataType.Double:
                if (double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                    && (type == DataType.Double || float.IsFinite((float)number)))
                {
                    value = type == DataType.Float ? TagValue.Of((float)number) : TagValue.Of(number);
                }
                else
                {
                    fault = $"is '{Shown(given)}': give a number{(type == DataType.Float ? " within the range of a single precision float" : "")}.";
                }

                break;
            case DataType.String or DataType.Text or DataType.Uuid:
                value = TagValue.Of(given, type);
                break;
            case DataType.DateTime:
                if (DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                {
                    value = TagValue.Of(time);
                }
                else
                {
                    fault = $"is '{Shown(given)}': give a time such as 2026-01-31T12:00:00Z.";
                }

                break;
            default:
                fault = $"is of type {type}, which cannot be written as one value.";
                break;
        }

        return fault.Length == 0;
    }

    private static string Shown(string given) => given.Length <= 64 ? given : given[..64] + "…";

    private static void WriteObject(Utf8JsonWriter json, DataType type, object? value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case byte[] bytes when type is DataType.Bytes or DataType.File:
                json.WriteBase64StringValue(bytes);
                break;
            case Array array:
                json.WriteStartArray();
                foreach (var element in array)
                {
                    WriteElement(json, element);
                }

                json.WriteEndArray();
                break;
            case null:
                json.WriteNullValue();
                break;
            default:
                JsonSerializer.Serialize(json, value, value.GetType());
                break;
        }
    }

    private static void WriteElement(Utf8JsonWriter json, object? element)
    {
        switch (element)
        {
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(TagValue.Of(time).ToString());
                break;
            case float single:
                WriteFinite(json, single);
                break;
            case double number:
                WriteFinite(json, number);
                break;
            case ulong unsigned:
                WriteInteger(json, unsigned);
                break;
            default:
                WriteInteger(json, Convert.ToInt64(element, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteInteger(Utf8JsonWriter json, long value)
    {
        if (value is >= -SafeInteger and <= SafeInteger)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteInteger(Utf8JsonWriter json, ulong value)
    {
        if (value <= SafeInteger)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteFinite(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteFinite(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
