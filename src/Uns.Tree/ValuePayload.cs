using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Uns.Tags;

namespace Uns.Tree;

/// <summary>
/// The plain JSON that a value is on its own topic, in answers and in streams:
/// <c>{"value":21.5,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good","unit":"°C"}</c>.
/// </summary>
/// <remarks><c>reason</c> is there only when the quality is not Good, <c>note</c> only while the clock of the value's edge node is far off, <c>unit</c> only when there is one; <c>movedTo</c> and <c>movedUntil</c> only on a topic that its value has left. The schema is <c>schemas/uns-value.schema.json</c>.</remarks>
public static class ValuePayload
{
    private const int SecondsAndMilliseconds = 23; // 2026-01-31T12:00:00.123

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Looked through for what must be escaped once, and not in every message.
    private static readonly JsonEncodedText ValueName = JsonEncodedText.Encode("value");
    private static readonly JsonEncodedText TimestampName = JsonEncodedText.Encode("timestamp");
    private static readonly JsonEncodedText QualityName = JsonEncodedText.Encode("quality");
    private static readonly JsonEncodedText ReasonName = JsonEncodedText.Encode("reason");
    private static readonly JsonEncodedText NoteName = JsonEncodedText.Encode("note");
    private static readonly JsonEncodedText UnitName = JsonEncodedText.Encode("unit");
    private static readonly JsonEncodedText MovedToName = JsonEncodedText.Encode("movedTo");
    private static readonly JsonEncodedText MovedUntilName = JsonEncodedText.Encode("movedUntil");
    private static readonly JsonEncodedText Good = JsonEncodedText.Encode("Good");
    private static readonly JsonEncodedText Stale = JsonEncodedText.Encode("Stale");
    private static readonly JsonEncodedText Bad = JsonEncodedText.Encode("Bad");
    private static readonly JsonEncodedText Uncertain = JsonEncodedText.Encode("Uncertain");

    // Every value of the plant goes through here: one writer per thread is used again.
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    [ThreadStatic]
    private static byte[]? _iso;

    [ThreadStatic]
    private static long _isoMoment;

    // Letters of units that JSON takes as they are.
    private static readonly SearchValues<char> Unescaped = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 %/.-_()°²³µΩ");

    /// <summary>Writes one whole message.</summary>
    public static void Write(IBufferWriter<byte> output, UnsNode node, UnsValue value) => Write(output, node, value, null, default);

    /// <summary>Writes one whole message for a topic that its value has left: the same, and where the value is told now.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="node">The value's node, at its new place.</param>
    /// <param name="value">The value.</param>
    /// <param name="movedTo">The new topic; null: the message is for the value's own topic.</param>
    /// <param name="until">When this topic ends, UTC.</param>
    public static void Write(IBufferWriter<byte> output, UnsNode node, UnsValue value, string? movedTo, DateTimeOffset until)
    {
        if (movedTo is null && node.Note is null && TryWritePlain(output, node.Definition?.Unit ?? "", value))
        {
            return;
        }

        var json = _writer ?? new Utf8JsonWriter(output, Plain);
        _writer = null; // A writer that a fault left half way is not used again.
        json.Reset(output);
        json.WriteStartObject();
        WriteFields(json, node, value);
        if (movedTo is not null)
        {
            json.WriteString(MovedToName, movedTo);
            json.WriteString(MovedUntilName, Iso(until));
        }

        json.WriteEndObject();
        json.Flush();
        json.Reset(Stream.Null);
        _writer = json;
    }

    // The way of nearly all messages: a good number with a plain unit. Byte for byte what the writer of JSON makes of it.
    private static bool TryWritePlain(IBufferWriter<byte> output, string unit, UnsValue value)
    {
        const int mostBytes = 192;
        const int mostUnit = 32;
        var text = output.GetSpan(mostBytes);
        if (value is not { Quality: TagQuality.Good, Reason: null } || unit.Length > mostUnit || unit.AsSpan().ContainsAnyExcept(Unescaped))
        {
            return false;
        }

        "{\"value\":"u8.CopyTo(text);
        var end = 9;
        if (!TagValueJson.TryWritePlain(text[end..], value.Value, out var count))
        {
            return false;
        }

        end += count;
        Put(text, ",\"timestamp\":\""u8, ref end);
        Put(text, IsoOf(value.Timestamp), ref end);
        Put(text, "\",\"quality\":\"Good\""u8, ref end);
        if (unit.Length > 0)
        {
            Put(text, ",\"unit\":\""u8, ref end);
            end += Encoding.UTF8.GetBytes(unit, text[end..]);
            text[end++] = (byte)'"';
        }

        text[end++] = (byte)'}';
        output.Advance(end);
        return true;
    }

    private static void Put(Span<byte> text, ReadOnlySpan<byte> part, ref int end)
    {
        part.CopyTo(text[end..]);
        end += part.Length;
    }

    // The values of one message mostly have one time: it is made into text once.
    private static ReadOnlySpan<byte> IsoOf(DateTimeOffset time)
    {
        var moment = time.UtcTicks / TimeSpan.TicksPerMillisecond;
        if (_iso is null || _isoMoment != moment)
        {
            _iso ??= new byte[SecondsAndMilliseconds + 1];
            WriteIso(time, _iso);
            _isoMoment = moment;
        }

        return _iso;
    }

    /// <summary>Writes value, timestamp, quality, and where they are, reason, note and unit, into an object that the caller has opened.</summary>
    public static void WriteFields(Utf8JsonWriter json, UnsNode node, UnsValue value)
    {
        json.WritePropertyName(ValueName);
        TagValueJson.Write(json, value.Value);
        Span<byte> time = stackalloc byte[SecondsAndMilliseconds + 1];
        WriteIso(value.Timestamp, time);
        json.WriteString(TimestampName, time);
        json.WriteString(QualityName, value.Quality switch
        {
            TagQuality.Good => Good,
            TagQuality.Stale => Stale,
            TagQuality.Bad => Bad,
            _ => Uncertain,
        });
        if (value.Reason is { } reason)
        {
            json.WriteString(ReasonName, reason);
        }

        if (node.Note is { } note)
        {
            json.WriteString(NoteName, note);
        }

        if (node.Definition is { Unit.Length: > 0 } definition)
        {
            json.WriteString(UnitName, definition.Unit);
        }
    }

    /// <summary>Reads a message back; for values retained before a restart.</summary>
    /// <returns>False when it is not such a message.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TagValue value, out DateTimeOffset timestamp) => TryRead(payload, out value, out timestamp, out _);

    /// <summary>Reads a message back, and whether its topic was left by the value.</summary>
    /// <param name="payload">The message.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestamp">Its source time.</param>
    /// <param name="movedTo">The topic at which the value was told when this was written; null: at this one.</param>
    /// <returns>False when it is not such a message.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out TagValue value, out DateTimeOffset timestamp, out string? movedTo)
    {
        value = default;
        timestamp = default;
        movedTo = null;
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!JsonElement.TryParseValue(ref reader, out var parsed) || parsed is not { ValueKind: JsonValueKind.Object } root
                || !root.TryGetProperty("value"u8, out var given) || !root.TryGetProperty("timestamp"u8, out var time)
                || time.ValueKind != JsonValueKind.String || !time.TryGetDateTimeOffset(out timestamp))
            {
                return false;
            }

            movedTo = root.TryGetProperty("movedTo"u8, out var moved) && moved.ValueKind == JsonValueKind.String ? moved.GetString() : null;
            value = given.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False => TagValue.Of(given.GetBoolean()),
                JsonValueKind.Number when given.TryGetInt64(out var whole) => TagValue.OfInteger(DataType.Int64, whole),
                JsonValueKind.Number => TagValue.Of(given.GetDouble()),
                JsonValueKind.String => TagValue.Of(given.GetString()!),
                JsonValueKind.Null => TagValue.Null(DataType.Unknown),
                _ => TagValue.OfObject(DataType.Unknown, Whole(given)), // An array or object goes out again as it came in.
            };
            return true;
        }
        catch (Exception odd) when (odd is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return false; // No JSON, or text in it that is no text: half a surrogate pair, bytes that are no UTF-8.
        }
    }

    // What cannot be written is found out now, and not when it is told.
    private static JsonElement Whole(JsonElement given)
    {
        using var json = new Utf8JsonWriter(Stream.Null, Plain);
        given.WriteTo(json);
        return given.Clone();
    }

    /// <summary>UTC with milliseconds, cut and not rounded, so that no time lies ahead of its clock.</summary>
    public static string Iso(DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[SecondsAndMilliseconds + 1];
        WriteIso(time, text);
        return System.Text.Encoding.ASCII.GetString(text);
    }

    // The round-trip format has seven digits of the second and is written several times as fast as one of one's own.
    private static void WriteIso(DateTimeOffset time, Span<byte> text)
    {
        Span<byte> whole = stackalloc byte[32];
        time.UtcDateTime.TryFormat(whole, out _, "O", CultureInfo.InvariantCulture);
        whole[..SecondsAndMilliseconds].CopyTo(text);
        text[SecondsAndMilliseconds] = (byte)'Z';
    }
}
