using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>Writes the binary encoding of the built-in types.</summary>
/// <remarks>OPC 10000-6, 5.2.</remarks>
internal sealed class UaWriter
{
    private readonly ArrayBufferWriter<byte> _output = new(256);

    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    public UaWriter Byte(byte value)
    {
        _output.Write([value]);
        return this;
    }

    public UaWriter Boolean(bool value) => Byte(value ? (byte)1 : (byte)0);

    public UaWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_output.GetSpan(2), value);
        _output.Advance(2);
        return this;
    }

    public UaWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_output.GetSpan(4), value);
        _output.Advance(4);
        return this;
    }

    public UaWriter Int32(int value) => UInt32((uint)value);

    public UaWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_output.GetSpan(8), value);
        _output.Advance(8);
        return this;
    }

    public UaWriter Float(float value) => Int32(BitConverter.SingleToInt32Bits(value));

    public UaWriter Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    public UaWriter DateTime(DateTimeOffset value) => Int64(Math.Max(0, value.UtcTicks - 504911232000000000));

    public UaWriter String(string? value)
    {
        if (value is null)
        {
            return Int32(-1);
        }

        Int32(Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _output);
        return this;
    }

    public UaWriter ByteString(byte[]? value)
    {
        Int32(value?.Length ?? -1);
        _output.Write(value);
        return this;
    }

    public UaWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        return this;
    }

    /// <summary>Writes a resolved node id; one with a URI left cannot go on the wire.</summary>
    public UaWriter NodeId(NodeId id)
    {
        switch (id.Kind)
        {
            case IdKind.Numeric when id.Namespace == 0 && id.Number <= byte.MaxValue:
                return Byte(0).Byte((byte)id.Number);
            case IdKind.Numeric when id.Namespace <= byte.MaxValue && id.Number <= ushort.MaxValue:
                return Byte(1).Byte((byte)id.Namespace).UInt16((ushort)id.Number);
            case IdKind.Numeric:
                return Byte(2).UInt16(id.Namespace).UInt32(id.Number);
            case IdKind.String:
                return Byte(3).UInt16(id.Namespace).String(id.Identifier);
            case IdKind.Guid:
                return Byte(4).UInt16(id.Namespace).Raw(Guid.Parse(id.Identifier!).ToByteArray());
            default:
                return Byte(5).UInt16(id.Namespace).ByteString(Convert.FromBase64String(id.Identifier!));
        }
    }

    public UaWriter QualifiedName(ushort index, string? name) => UInt16(index).String(name);

    public UaWriter LocalizedText(string text) => Byte(2).String(text);

    /// <summary>An extension object with a binary body.</summary>
    public UaWriter ExtensionObject(uint encodingId, UaWriter body)
    {
        NodeId(Wire.NodeId.Standard(encodingId)).Byte(1).Int32(body.Written.Length);
        return Raw(body.Written.Span);
    }

    /// <summary>How many bytes are written so far.</summary>
    public int Length => _output.WrittenCount;

    public UaWriter Variant(UaVariant variant)
    {
        if (variant.Value is object?[] elements)
        {
            Byte((byte)((int)variant.Type | 0x80)).Int32(elements.Length);
            foreach (var element in elements)
            {
                Scalar(variant.Type, element);
            }

            return this;
        }

        Byte((byte)variant.Type);
        return variant.Type == UaType.Null ? this : Scalar(variant.Type, variant.Value);
    }

    public UaWriter DataValue(UaDataValue value)
    {
        var mask = (value.Value.Type == UaType.Null ? 0 : 1) | (value.Status == 0 ? 0 : 2) | (value.SourceTime is null ? 0 : 4) | (value.ServerTime is null ? 0 : 8);
        Byte((byte)mask);
        if ((mask & 1) != 0)
        {
            Variant(value.Value);
        }

        if ((mask & 2) != 0)
        {
            UInt32(value.Status);
        }

        if (value.SourceTime is { } source)
        {
            DateTime(source);
        }

        return value.ServerTime is { } server ? DateTime(server) : this;
    }

    private UaWriter Extension(UaExtension value) => NodeId(value.Encoding).Byte(1).Int32(value.Body.Length).Raw(value.Body.Span);

    private UaWriter Scalar(UaType type, object? value) => type switch
    {
        UaType.Boolean => Boolean((bool)value!),
        UaType.SByte => Byte((byte)(sbyte)value!),
        UaType.Byte => Byte((byte)value!),
        UaType.Int16 => UInt16((ushort)(short)value!),
        UaType.UInt16 => UInt16((ushort)value!),
        UaType.Int32 => Int32((int)value!),
        UaType.UInt32 or UaType.StatusCode => UInt32((uint)value!),
        UaType.Int64 => Int64((long)value!),
        UaType.UInt64 => Int64((long)(ulong)value!),
        UaType.Float => Float((float)value!),
        UaType.Double => Double((double)value!),
        UaType.String or UaType.XmlElement => String((string?)value),
        UaType.DateTime => value is null ? Int64(0) : DateTime((DateTimeOffset)value),
        UaType.Guid => Raw(((Guid)value!).ToByteArray()),
        UaType.ByteString => ByteString((byte[]?)value),
        UaType.NodeId => NodeId((NodeId)value!),
        UaType.LocalizedText => LocalizedText((string?)value ?? ""),
        UaType.QualifiedName => value is UaName name ? QualifiedName(name.Namespace, name.Name) : QualifiedName(0, (string?)value),
        UaType.ExtensionObject => Extension((UaExtension)value!),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such value is written."),
    };
}
