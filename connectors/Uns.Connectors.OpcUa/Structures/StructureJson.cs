using System.Buffers;
using System.Text;
using System.Text.Json;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa.Structures;

/// <summary>Structures to JSON text: fields by name, enumerations by their names, bytes as base64, numbers beyond 2^53 as text. Pure.</summary>
/// <param name="shapeOf">The shape behind an encoding; null where it is not known.</param>
internal sealed class StructureJson(Func<NodeId, UaShape?> shapeOf)
{
    private const int Deepest = 32;

    /// <summary>The text of a value that holds structures.</summary>
    /// <returns>False, with why, when the server does not describe them.</returns>
    /// <exception cref="UaFormatException">The bytes are not what the server says they are.</exception>
    public bool TryWrite(UaVariant value, out string text, out string fault)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            fault = "";
            if (value.Value is UaExtension one)
            {
                Write(json, one, 0, ref fault);
            }
            else
            {
                json.WriteStartArray();
                foreach (var element in value.Value as object?[] ?? [])
                {
                    if (element is UaExtension structure)
                    {
                        Write(json, structure, 0, ref fault);
                    }
                    else
                    {
                        json.WriteNullValue();
                    }
                }

                json.WriteEndArray();
            }
        }

        text = Encoding.UTF8.GetString(bytes.ToArray());
        return fault.Length == 0;
    }

    /// <summary>Any value as JSON; null for what the server does not describe.</summary>
    public JsonElement Element(UaVariant value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var fault = "";
        using (var json = new Utf8JsonWriter(bytes))
        {
            WriteScalar(json, value, 0, ref fault);
        }

        using var document = JsonDocument.Parse(fault.Length == 0 ? bytes.WrittenMemory : "null"u8.ToArray());
        return document.RootElement.Clone();
    }

    private void Write(Utf8JsonWriter json, UaExtension value, int depth, ref string fault)
    {
        if (value.Encoding.IsNull)
        {
            json.WriteNullValue();
        }
        else if (shapeOf(value.Encoding) is { } shape)
        {
            var reader = new UaReader(value.Body.Span);
            Write(json, ref reader, shape, depth, ref fault);
        }
        else
        {
            fault = $"the server does not describe the structure {value.Encoding}";
            json.WriteNullValue();
        }
    }

    private void Write(Utf8JsonWriter json, ref UaReader reader, UaShape shape, int depth, ref string fault)
    {
        if (depth > Deepest)
        {
            throw new UaFormatException($"structures are nested deeper than {Deepest} levels");
        }

        switch (shape)
        {
            case BuiltInShape builtIn:
                WriteScalar(json, new(builtIn.Type, reader.Value(builtIn.Type)), depth, ref fault);
                break;
            case EnumerationShape enumeration:
                json.WriteStringValue(enumeration.Name(reader.Int32()));
                break;
            case StructureShape structure:
                json.WriteStartObject();
                WriteFields(json, ref reader, structure, depth, ref fault);
                json.WriteEndObject();
                break;
        }
    }

    // [OPC 10000-6, 5.2.7 and 5.2.8] A mask says which optional fields follow, a switch which field of a union.
    private void WriteFields(Utf8JsonWriter json, ref UaReader reader, StructureShape structure, int depth, ref string fault)
    {
        if (structure.Kind >= StructureKind.WithSubtypes)
        {
            fault = "the server's structure allows subtypes in its fields, which is not read";
            return;
        }

        var mask = structure.Kind == StructureKind.Plain ? 0 : reader.UInt32();
        var (optional, number) = (0, 0u);
        foreach (var field in structure.Fields)
        {
            number++;
            var isThere = structure.Kind == StructureKind.Union ? mask == number : !field.IsOptional || structure.Kind == StructureKind.Plain || (mask & (1u << (optional++ & 31))) != 0;
            if (!isThere || fault.Length > 0)
            {
                continue;
            }

            if (field.Shape is null)
            {
                fault = $"the server does not describe the field '{field.Name}'";
                return;
            }

            json.WritePropertyName(field.Name);
            if (field.Rank < 1)
            {
                Write(json, ref reader, field.Shape, depth + 1, ref fault);
            }
            else
            {
                WriteArray(json, ref reader, field, depth + 1, ref fault);
            }
        }
    }

    // A matrix says its dimensions first; its elements stay in one row.
    private void WriteArray(Utf8JsonWriter json, ref UaReader reader, UaField field, int depth, ref string fault)
    {
        long count = 1;
        if (field.Rank == 1)
        {
            count = reader.Count(1);
        }
        else
        {
            for (var dimensions = reader.Count(4); dimensions > 0; dimensions--)
            {
                count = Math.Min(count * Math.Max(0, reader.Int32()), int.MaxValue);
            }
        }

        if (count > reader.Left)
        {
            throw new UaFormatException($"the field '{field.Name}' says it has {count} elements, but only {reader.Left} bytes follow");
        }

        json.WriteStartArray();
        for (; count > 0 && fault.Length == 0; count--)
        {
            Write(json, ref reader, field.Shape!, depth, ref fault);
        }

        json.WriteEndArray();
    }

    private void WriteScalar(Utf8JsonWriter json, UaVariant value, int depth, ref string fault)
    {
        switch (value.Value)
        {
            case null:
                json.WriteNullValue();
                break;
            case UaExtension structure:
                Write(json, structure, depth + 1, ref fault);
                break;
            case UaVariant inner when depth < Deepest:
                WriteScalar(json, inner, depth + 1, ref fault);
                break;
            case UaDataValue inner when depth < Deepest:
                WriteScalar(json, inner.Value, depth + 1, ref fault);
                break;
            case object?[] elements:
                json.WriteStartArray();
                foreach (var element in elements)
                {
                    WriteScalar(json, new(value.Type, element), depth, ref fault);
                }

                json.WriteEndArray();
                break;
            case uint code when value.Type == UaType.StatusCode:
                json.WriteStringValue(code == 0 ? "Good" : StatusCode.Name(code));
                break;
            case NodeId id:
                json.WriteStringValue(id.ToString());
                break;
            default:
                TagValueJson.Write(json, Of(value));
                break;
        }
    }

    private static TagValue Of(UaVariant value) =>
        UaConversion.TypeOf(value.Type, isArray: false) is { } type && UaConversion.TryConvert(value, type, out var converted, out _) ? converted : TagValue.Of(value.Value?.ToString() ?? "");
}
