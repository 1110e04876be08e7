using System.Buffers.Binary;
using System.Text;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>Reads the binary encoding of the built-in types from one message body.</summary>
/// <remarks>
/// OPC 10000-6, 5.2. Every length is checked against what is left before anything is allocated, so that no message makes the
/// reader take more memory than a small multiple of its size. Throws <see cref="UaFormatException"/> on anything malformed.
/// </remarks>
internal ref struct UaReader(ReadOnlySpan<byte> body)
{
    private const int MaximumDepth = 32;

    private readonly ReadOnlySpan<byte> _body = body;
    private int _at;
    private int _depth;

    public readonly int Left => _body.Length - _at;

    public byte Byte() => Take(1)[0];

    public bool Boolean() => Byte() != 0;

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public float Float() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    /// <summary>UTC; null for the encoding's own "no time" (0). Times outside .NET's range are clipped.</summary>
    public DateTimeOffset? DateTime()
    {
        var ticks = Int64(); // 100 ns since 1601. [OPC 10000-6, 5.2.2.5]
        return ticks <= 0 ? null : new DateTimeOffset(Math.Min(ticks, System.DateTime.MaxValue.ToFileTimeUtc()) + 504911232000000000, TimeSpan.Zero);
    }

    public Guid Guid() => new(Take(16));

    public string? String()
    {
        var bytes = Bytes(out var isNull);
        return isNull ? null : Encoding.UTF8.GetString(bytes);
    }

    public byte[]? ByteString()
    {
        var bytes = Bytes(out var isNull);
        return isNull ? null : bytes.ToArray();
    }

    public NodeId NodeId() => NodeId(Byte());

    public NodeId ExpandedNodeId()
    {
        var encoding = Byte();
        var id = NodeId((byte)(encoding & 0x3F));
        if ((encoding & 0x80) != 0)
        {
            id = id with { Uri = String() };
        }

        if ((encoding & 0x40) != 0)
        {
            UInt32(); // Server index.
        }

        return id;
    }

    public (ushort Namespace, string? Name) QualifiedName() => (UInt16(), String());

    public string? LocalizedText()
    {
        var mask = Byte();
        if ((mask & 1) != 0)
        {
            String(); // Locale.
        }

        return (mask & 2) != 0 ? String() : null;
    }

    /// <summary>Passes over a DiagnosticInfo, which this client never asks for.</summary>
    public void DiagnosticInfo()
    {
        Descend();
        var mask = Byte();
        for (var bit = 0; bit < 4; bit++)
        {
            if ((mask & (1 << bit)) != 0)
            {
                Int32();
            }
        }

        if ((mask & 0x10) != 0)
        {
            String();
        }

        if ((mask & 0x20) != 0)
        {
            UInt32();
        }

        if ((mask & 0x40) != 0)
        {
            DiagnosticInfo();
        }

        _depth--;
    }

    public void DiagnosticInfos()
    {
        for (var i = Count(1); i > 0; i--)
        {
            DiagnosticInfo();
        }
    }

    /// <summary>Length of an array whose elements take at least <paramref name="least"/> bytes each; 0 for a null array.</summary>
    public int Count(int least)
    {
        var count = Int32();
        if (count > 0 && (long)count * least > Left)
        {
            throw new UaFormatException($"an array says it has {count} elements, but only {Left} bytes follow");
        }

        return Math.Max(count, 0);
    }

    public string?[] Strings()
    {
        var strings = new string?[Count(4)];
        for (var i = 0; i < strings.Length; i++)
        {
            strings[i] = String();
        }

        return strings;
    }

    /// <summary>Type of the body and its bytes; empty when there is no binary body.</summary>
    public UaExtension ExtensionObject()
    {
        var type = NodeId();
        var encoding = Byte();
        return encoding == 0 ? new(type, default) : new(type, ByteString());
    }

    public UaVariant Variant()
    {
        Descend();
        var mask = Byte();
        var type = (UaType)(mask & 0x3F);
        if ((mask & 0x80) == 0)
        {
            var value = type == UaType.Null ? null : Value(type);
            _depth--;
            return new UaVariant(type, value);
        }

        var elements = new object?[Count(type is UaType.Boolean or UaType.Byte or UaType.SByte ? 1 : 2)];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = Value(type);
        }

        if ((mask & 0x40) != 0)
        {
            for (var i = Count(4); i > 0; i--)
            {
                Int32(); // Dimensions: the elements stay in one row.
            }
        }

        _depth--;
        return new UaVariant(type, elements);
    }

    public UaDataValue DataValue()
    {
        var mask = Byte();
        var value = (mask & 0x01) != 0 ? Variant() : default;
        var status = (mask & 0x02) != 0 ? UInt32() : 0;
        var source = (mask & 0x04) != 0 ? DateTime() : null;
        if ((mask & 0x10) != 0)
        {
            UInt16(); // Source picoseconds.
        }

        var server = (mask & 0x08) != 0 ? DateTime() : null;
        if ((mask & 0x20) != 0)
        {
            UInt16(); // Server picoseconds.
        }

        return new UaDataValue(value, status, source, server);
    }

    /// <summary>One value of a built-in type, without its type before it.</summary>
    public object? Value(UaType type) => type switch
    {
        UaType.Boolean => Boolean(),
        UaType.SByte => (sbyte)Byte(),
        UaType.Byte => Byte(),
        UaType.Int16 => (short)UInt16(),
        UaType.UInt16 => UInt16(),
        UaType.Int32 => Int32(),
        UaType.UInt32 => UInt32(),
        UaType.Int64 => Int64(),
        UaType.UInt64 => (ulong)Int64(),
        UaType.Float => Float(),
        UaType.Double => Double(),
        UaType.String => String(),
        UaType.DateTime => DateTime(),
        UaType.Guid => Guid(),
        UaType.ByteString => ByteString(),
        UaType.XmlElement => String(),
        UaType.NodeId => NodeId(),
        UaType.ExpandedNodeId => ExpandedNodeId(),
        UaType.StatusCode => UInt32(),
        UaType.QualifiedName => new UaName(UInt16(), String()),
        UaType.LocalizedText => LocalizedText(),
        UaType.ExtensionObject => ExtensionObject(),
        UaType.DataValue => DataValue(),
        UaType.Variant => Variant(),
        _ => throw new UaFormatException($"built-in type {(int)type} is none of the standard's 25"),
    };

    private NodeId NodeId(byte encoding) => encoding switch
    {
        0 => new NodeId(0, IdKind.Numeric, Byte(), null),
        1 => new NodeId(Byte(), IdKind.Numeric, UInt16(), null),
        2 => new NodeId(UInt16(), IdKind.Numeric, UInt32(), null),
        3 => new NodeId(UInt16(), IdKind.String, 0, String() ?? ""),
        4 => new NodeId(UInt16(), IdKind.Guid, 0, Guid().ToString()),
        5 => new NodeId(UInt16(), IdKind.Opaque, 0, Convert.ToBase64String(ByteString() ?? [])),
        _ => throw new UaFormatException($"a node id has the unknown encoding 0x{encoding:X2}"),
    };

    private ReadOnlySpan<byte> Bytes(out bool isNull)
    {
        var length = Int32();
        isNull = length < 0;
        return isNull ? default : Take(length);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw new UaFormatException($"{count} bytes are wanted at offset {_at}, but only {Left} follow");
        }

        var taken = _body.Slice(_at, count);
        _at += count;
        return taken;
    }

    private void Descend()
    {
        if (++_depth > MaximumDepth)
        {
            throw new UaFormatException($"values are nested deeper than {MaximumDepth} levels");
        }
    }
}
