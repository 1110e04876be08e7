using System.Globalization;
using System.Text.Json;
using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Methods;

/// <summary>JSON values to the inputs of a method. What does not fit is said, never cut. Pure.</summary>
internal static class ArgumentReader
{
    /// <summary>Reads one input.</summary>
    /// <param name="given">As the caller wrote it; where the method takes any type, an object with <c>type</c> and <c>value</c>.</param>
    /// <param name="shape">What the method takes; null where the server does not say.</param>
    /// <param name="isArray">True when it takes an array.</param>
    /// <param name="value">The input.</param>
    /// <returns>Null when it fits; else what is wanted, as the end of a sentence.</returns>
    public static string? Read(JsonElement given, UaShape? shape, bool isArray, out UaVariant value)
    {
        value = default;
        var wanted = shape switch
        {
            BuiltInShape builtIn => builtIn.Type,
            EnumerationShape => UaType.Int32,
            _ => UaType.Null,
        };
        if (wanted == UaType.Variant)
        {
            return ReadAny(given, out value);
        }

        if (wanted is UaType.Null or UaType.ExtensionObject or UaType.DataValue or UaType.DiagnosticInfo or UaType.ExpandedNodeId)
        {
            return "is a structure, which cannot be given";
        }

        var names = (shape as EnumerationShape)?.Names;
        if (!isArray)
        {
            var one = Element(given, wanted, names);
            value = new(wanted, one);
            return one is not null ? null : $"is {given.GetRawText()}: give {Words(wanted, names)}";
        }

        if (given.ValueKind != JsonValueKind.Array)
        {
            return $"is {given.GetRawText()}: give a list of {Words(wanted, names)}";
        }

        object?[] elements = [.. given.EnumerateArray().Select(e => Element(e, wanted, names))];
        value = new(wanted, elements);
        return Array.IndexOf(elements, null) is var at and >= 0 ? $"has {given[at].GetRawText()} at place {at + 1}: give {Words(wanted, names)}" : null;
    }

    private static string? ReadAny(JsonElement given, out UaVariant value)
    {
        value = default;
        return given.ValueKind == JsonValueKind.Object && given.TryGetProperty("type", out var type) && given.TryGetProperty("value", out var inner)
            && type.ValueKind == JsonValueKind.String && Enum.TryParse<UaType>(type.GetString(), out var named) && named is > UaType.Null and < UaType.ExtensionObject && !char.IsDigit(type.GetString()![0])
            ? Read(inner, new BuiltInShape(named), inner.ValueKind == JsonValueKind.Array, out value)
            : "may be of any type: give an object such as {\"type\":\"Double\",\"value\":1}";
    }

    private static string Words(UaType type, IReadOnlyDictionary<long, string>? names) => names is not null ? $"one of {string.Join(", ", names.Values.Take(32))}, or its number" : type switch
    {
        UaType.Boolean => "true or false",
        UaType.DateTime => "a time such as \"2026-01-01T12:00:00Z\"",
        UaType.Guid => "a Guid as text",
        UaType.ByteString => "bytes as base64 text",
        UaType.NodeId => "a node id as text",
        UaType.String or UaType.LocalizedText or UaType.XmlElement or UaType.QualifiedName => "a text",
        _ => $"a number that fits {type}",
    };

    // Null when it does not fit.
    private static object? Element(JsonElement given, UaType type, IReadOnlyDictionary<long, string>? names)
    {
        if (names is not null && given.ValueKind == JsonValueKind.String)
        {
            var found = names.FirstOrDefault(n => n.Value == given.GetString());
            return found.Value is null ? null : (int)found.Key;
        }

        return given.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => type == UaType.Boolean ? given.GetBoolean() : null,
            JsonValueKind.Number => Number(given, type),
            JsonValueKind.String => Text(given.GetString()!, type),
            _ => null,
        };
    }

    private static object? Number(JsonElement given, UaType type) => type switch
    {
        UaType.SByte => given.TryGetSByte(out var number) ? number : null,
        UaType.Byte => given.TryGetByte(out var number) ? number : null,
        UaType.Int16 => given.TryGetInt16(out var number) ? number : null,
        UaType.UInt16 => given.TryGetUInt16(out var number) ? number : null,
        UaType.Int32 => given.TryGetInt32(out var number) ? number : null,
        UaType.UInt32 or UaType.StatusCode => given.TryGetUInt32(out var number) ? number : null,
        UaType.Int64 => given.TryGetInt64(out var number) ? number : null,
        UaType.UInt64 => given.TryGetUInt64(out var number) ? number : null,
        UaType.Float => given.TryGetSingle(out var number) && float.IsFinite(number) ? number : null,
        UaType.Double => given.TryGetDouble(out var number) && double.IsFinite(number) ? number : null,
        _ => null,
    };

    private static object? Text(string text, UaType type)
    {
        switch (type)
        {
            case UaType.String or UaType.LocalizedText or UaType.XmlElement or UaType.QualifiedName:
                return text;
            case UaType.DateTime:
                return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
            case UaType.Guid:
                return Guid.TryParse(text, out var guid) ? guid : null;
            case UaType.ByteString:
                var bytes = new byte[text.Length];
                return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : null;
            case UaType.NodeId:
                return NodeId.TryParse(text, out var id, out _) && id.Uri is null ? id : null;
            case UaType.Int64: // Numbers beyond 2^53 travel as text.
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
            case UaType.UInt64:
                return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var natural) ? natural : null;
            default:
                return null;
        }
    }
}
