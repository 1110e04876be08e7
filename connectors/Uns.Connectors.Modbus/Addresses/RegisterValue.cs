using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Cuts values out of register bytes and puts them back. Registers are big endian, as the wire carries them.</summary>
public static class RegisterValue
{
    /// <summary>How many registers a value takes.</summary>
    /// <param name="type">Its raw type, one that <see cref="IsSupported"/> allows.</param>
    /// <param name="address">Gives the length of texts and arrays.</param>
    public static int Width(DataType type, ModbusAddress address) => type switch
    {
        DataType.String => address.Text is TextLayout.HighByteOnly or TextLayout.LowByteOnly ? address.Length : (address.Length + 1) / 2,
        _ when TagArray.IsArray(type) => address.Length * ElementWidth(TagArray.ElementOf(type)),
        _ => ElementWidth(type),
    };

    /// <summary>True for the types that registers can hold.</summary>
    public static bool IsSupported(DataType type) =>
        type is DataType.Int16 or DataType.UInt16 or DataType.Int32 or DataType.UInt32 or DataType.Int64 or DataType.UInt64
            or DataType.Float or DataType.Double or DataType.Boolean or DataType.String
        || type is DataType.Int16Array or DataType.UInt16Array or DataType.Int32Array or DataType.UInt32Array or DataType.Int64Array or DataType.UInt64Array
            or DataType.FloatArray or DataType.DoubleArray or DataType.BooleanArray;

    /// <summary>Cuts one value out of its own registers.</summary>
    /// <param name="registers">Exactly the registers of the value.</param>
    /// <param name="address">Says bit, text layout, byte order and coding.</param>
    /// <param name="type">Type of the raw value.</param>
    /// <param name="deviceOrder">For values of two registers or more whose address names no order.</param>
    /// <returns>A null when the registers hold no BCD number where one is awaited.</returns>
    public static TagValue Read(ReadOnlySpan<byte> registers, ModbusAddress address, DataType type, ByteOrder deviceOrder)
    {
        if (type == DataType.String)
        {
            return TagValue.Of(ReadText(registers, address));
        }

        return TagArray.IsArray(type) ? ReadArray(registers, address, type, deviceOrder) : ReadOne(registers, address, type, deviceOrder);
    }

    /// <summary>Makes the register bytes of a value; a bit of a register is not made here.</summary>
    /// <param name="value">Of the raw type.</param>
    /// <param name="address">Says text layout, byte order and coding.</param>
    /// <param name="type">Type of the raw value.</param>
    /// <param name="deviceOrder">For values of two registers or more whose address names no order.</param>
    /// <param name="bytes">What to send; empty when there is a fault.</param>
    /// <returns>Null when it fits; else the rest of a sentence that says what was found and what is wanted.</returns>
    public static string? Write(in TagValue value, ModbusAddress address, DataType type, ByteOrder deviceOrder, out byte[] bytes)
    {
        bytes = new byte[Width(type, address) * 2];
        var fault = type == DataType.String ? WriteText(value.Text ?? "", address, bytes)
            : TagArray.IsArray(type) ? WriteArray(value, address, type, deviceOrder, bytes)
            : WriteOne(value, address, type, deviceOrder, bytes);
        bytes = fault is null ? bytes : [];
        return fault;
    }

    private static int ElementWidth(DataType type) => type switch
    {
        DataType.Int32 or DataType.UInt32 or DataType.Float => 2,
        DataType.Int64 or DataType.UInt64 or DataType.Double => 4,
        _ => 1,
    };

    private static TagValue ReadOne(ReadOnlySpan<byte> registers, ModbusAddress address, DataType type, ByteOrder deviceOrder)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = bytes[..registers.Length];
        registers.CopyTo(bytes);
        ByteOrders.Arrange(bytes, OrderOf(address, bytes.Length, deviceOrder));
        if (address.IsBcd)
        {
            return ReadBcd(bytes, type);
        }

        return type switch
        {
            DataType.Boolean when address.Bit is { } bit => TagValue.Of(((BinaryPrimitives.ReadUInt16BigEndian(bytes) >> bit) & 1) != 0),
            DataType.Boolean => TagValue.Of(BinaryPrimitives.ReadUInt16BigEndian(bytes) != 0),
            DataType.Int16 => TagValue.OfInteger(type, BinaryPrimitives.ReadInt16BigEndian(bytes)),
            DataType.UInt16 => TagValue.OfInteger(type, BinaryPrimitives.ReadUInt16BigEndian(bytes)),
            DataType.Int32 => TagValue.OfInteger(type, BinaryPrimitives.ReadInt32BigEndian(bytes)),
            DataType.UInt32 => TagValue.OfInteger(type, BinaryPrimitives.ReadUInt32BigEndian(bytes)),
            DataType.Int64 or DataType.UInt64 => TagValue.OfInteger(type, BinaryPrimitives.ReadInt64BigEndian(bytes)),
            DataType.Float => TagValue.Of(BinaryPrimitives.ReadSingleBigEndian(bytes)),
            _ => TagValue.Of(BinaryPrimitives.ReadDoubleBigEndian(bytes)),
        };
    }

    private static TagValue ReadArray(ReadOnlySpan<byte> registers, ModbusAddress address, DataType type, ByteOrder deviceOrder)
    {
        var element = TagArray.ElementOf(type);
        var size = ElementWidth(element) * 2;
        var values = new TagValue[address.Length];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = ReadOne(registers.Slice(index * size, size), address, element, deviceOrder);
            if (values[index].IsNull)
            {
                return TagValue.Null(type);
            }
        }

        return TagArray.Join(type, values);
    }

    private static TagValue ReadBcd(ReadOnlySpan<byte> bytes, DataType type)
    {
        long number = 0;
        foreach (var pair in bytes)
        {
            var (high, low) = (pair >> 4, pair & 0xF);
            if (high > 9 || low > 9)
            {
                return TagValue.Null(type);
            }

            number = (number * 100) + (high * 10) + low;
        }

        return TagValue.OfInteger(type, number);
    }

    private static string? WriteOne(in TagValue value, ModbusAddress address, DataType type, ByteOrder deviceOrder, Span<byte> bytes)
    {
        if (address.IsBcd)
        {
            if (WriteBcd(value, bytes) is { } fault)
            {
                return fault;
            }
        }
        else
        {
            WriteNumber(value, type, bytes);
        }

        ByteOrders.Arrange(bytes, OrderOf(address, bytes.Length, deviceOrder));
        return null;
    }

    private static void WriteNumber(in TagValue value, DataType type, Span<byte> bytes)
    {
        switch (type)
        {
            case DataType.Float:
                BinaryPrimitives.WriteSingleBigEndian(bytes, (float)value.Number);
                break;
            case DataType.Double:
                BinaryPrimitives.WriteDoubleBigEndian(bytes, value.Number);
                break;
            case DataType.Int64 or DataType.UInt64:
                BinaryPrimitives.WriteInt64BigEndian(bytes, value.Integer);
                break;
            case DataType.Int32 or DataType.UInt32:
                BinaryPrimitives.WriteUInt32BigEndian(bytes, unchecked((uint)value.Integer));
                break;
            default:
                BinaryPrimitives.WriteUInt16BigEndian(bytes, unchecked((ushort)value.Integer));
                break;
        }
    }

    private static string? WriteBcd(in TagValue value, Span<byte> bytes)
    {
        var most = bytes.Length == 2 ? 9999 : 99999999;
        if (value.Integer < 0 || value.Integer > most)
        {
            return $"is {value}: {bytes.Length * 2} BCD digits hold 0 to {most}.";
        }

        var rest = value.Integer;
        for (var at = bytes.Length - 1; at >= 0; at--)
        {
            bytes[at] = (byte)(((rest / 10 % 10) << 4) | (rest % 10));
            rest /= 100;
        }

        return null;
    }

    private static string? WriteArray(in TagValue value, ModbusAddress address, DataType type, ByteOrder deviceOrder, Span<byte> bytes)
    {
        var elements = TagArray.Split(value);
        if (elements.Count != address.Length)
        {
            return $"has {elements.Count.ToString(CultureInfo.InvariantCulture)} elements: give {address.Length}.";
        }

        var element = TagArray.ElementOf(type);
        var size = ElementWidth(element) * 2;
        for (var index = 0; index < elements.Count; index++)
        {
            if (WriteOne(elements[index], address, element, deviceOrder, bytes.Slice(index * size, size)) is { } fault)
            {
                return $"[{index}] {fault}";
            }
        }

        return null;
    }

    // The device's order is about values of several registers; a single one is big endian unless its own address says otherwise.
    private static ByteOrder OrderOf(ModbusAddress address, int bytes, ByteOrder deviceOrder) =>
        address.Order ?? (bytes > 2 ? deviceOrder : ByteOrder.ABCD);

    // Ends at the first zero; bytes are Latin-1, so that every byte is one character.
    private static string ReadText(ReadOnlySpan<byte> registers, ModbusAddress address)
    {
        Span<byte> bytes = stackalloc byte[registers.Length];
        registers.CopyTo(bytes);
        switch (address.Text)
        {
            case TextLayout.LowByteFirst:
                ByteOrders.Arrange(bytes, ByteOrder.BADC);
                break;
            case TextLayout.HighByteOnly or TextLayout.LowByteOnly:
                for (var index = 0; index < address.Length; index++)
                {
                    bytes[index] = registers[(index * 2) + (address.Text == TextLayout.LowByteOnly ? 1 : 0)];
                }

                break;
        }

        bytes = bytes[..Math.Min(address.Length, bytes.Length)];
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static string? WriteText(string text, ModbusAddress address, Span<byte> bytes)
    {
        if (text.Length > address.Length || text.Any(c => c > 255))
        {
            return $"is '{text}': give a text of at most {address.Length} Latin-1 characters.";
        }

        if (address.Text is TextLayout.HighByteOnly or TextLayout.LowByteOnly)
        {
            for (var index = 0; index < text.Length; index++)
            {
                bytes[(index * 2) + (address.Text == TextLayout.LowByteOnly ? 1 : 0)] = (byte)text[index];
            }

            return null;
        }

        Encoding.Latin1.GetBytes(text, bytes);
        if (address.Text == TextLayout.LowByteFirst)
        {
            ByteOrders.Arrange(bytes, ByteOrder.BADC);
        }

        return null;
    }
}
