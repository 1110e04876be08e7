using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Uns.Tags;

namespace Uns.Tree;

/// <summary>
/// The plain JSON that a value is on its own topic, in answers and in streams:
/// <c>{"value":21.5,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good","unit":"°C"}</c>.
/// </summary>
/// <remarks><c>reason</c> is there only when the quality is not Good, <c>unit</c> only when there is one. The schema is <c>schemas/uns-value.schema.json</c>.</remarks>
public static class ValuePayload
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one whole message.</summary>
    public static void Write(IBufferWriter<byte> output, UnsNode node, UnsValue value)
    {
        using var json = new Utf8JsonWriter(output, Plain);
        json.WriteStartObject();
        WriteFields(json, node, value);
        json.WriteEndObject();
    }

    /// <summary>Writes value, timestamp, quality, and where they are, unit and reason, into an object that the caller has opened.</summary>
    public static void WriteFields(Utf8JsonWriter json, UnsNode node, UnsValue value)
    {
        json.WritePropertyName("value"u8);
        TagValueJson.Write(json, value.Value);
        json.WriteString("timestamp"u8, Iso(value.Timestamp));
        json.WriteString("quality"u8, value.Quality.ToString());
        if (value.Reason is { } reason)
        {
            json.WriteString("reason"u8, reason);
        }

        if (node.Definition is { Unit.Length: > 0 } definition)
        {
            json.WriteString("unit"u8, definition.Unit);
        }
    }

    /// <summary>Reads a message back; for values retained before a restart.</summary>
    /// <returns>False when it is not such a message.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TagValue value, out DateTimeOffset timestamp)
    {
        value = default;
        timestamp = default;
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!JsonElement.TryParseValue(ref reader, out var parsed) || parsed is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("value"u8, out var given) || !root.TryGetProperty("timestamp"u8, out var time)
                || !time.TryGetDateTimeOffset(out timestamp))
            {
                return false;
            }

            value = given.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False => TagValue.Of(given.GetBoolean()),
                JsonValueKind.Number when given.TryGetInt64(out var whole) => TagValue.OfInteger(DataType.Int64, whole),
                JsonValueKind.Number => TagValue.Of(given.GetDouble()),
                JsonValueKind.String => TagValue.Of(given.GetString()!),
                JsonValueKind.Null => TagValue.Null(DataType.Unknown),
                _ => TagValue.OfObject(DataType.Unknown, given.Clone()), // An array or object goes out again as it came in.
            };
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>UTC with milliseconds, cut and not rounded, so that no time lies ahead of its clock.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
