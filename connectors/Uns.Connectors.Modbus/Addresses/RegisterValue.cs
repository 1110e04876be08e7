using System.Buffers.Binary;
using System.Text;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Cuts values out of register bytes and puts them back. Registers are big endian, as the wire carries them.</summary>
public static class RegisterValue
{
    /// <summary>How many registers a type takes.</summary>
    /// <param name="type">One that <see cref="IsSupported"/> allows.</param>
    /// <param name="textLength">For String: its bytes.</param>
    public static int Width(DataType type, int textLength) => type switch
    {
        DataType.String => (textLength + 1) / 2,
        DataType.Int32 or DataType.UInt32 or DataType.Float => 2,
        DataType.Int64 or DataType.UInt64 or DataType.Double => 4,
        _ => 1,
    };

    /// <summary>True for the types that registers can hold.</summary>
    public static bool IsSupported(DataType type) => type is
        DataType.Int16 or DataType.UInt16 or DataType.Int32 or DataType.UInt32 or DataType.Int64 or DataType.UInt64
        or DataType.Float or DataType.Double or DataType.Boolean or DataType.String;

    /// <summary>Cuts one value out of its own registers.</summary>
    /// <param name="registers">Exactly the registers of the value.</param>
    /// <param name="address">Says bit, text order and byte order.</param>
    /// <param name="type">Type of the raw value.</param>
    /// <param name="deviceOrder">For values of two registers or more whose address names no order.</param>
    public static TagValue Read(ReadOnlySpan<byte> registers, ModbusAddress address, DataType type, ByteOrder deviceOrder)
    {
        if (type == DataType.String)
        {
            return TagValue.Of(ReadText(registers, address));
        }

        Span<byte> bytes = stackalloc byte[registers.Length];
        registers.CopyTo(bytes);
        ByteOrders.Arrange(bytes, OrderOf(address, bytes.Length, deviceOrder));
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

    /// <summary>Makes the register bytes of a value; a bit of a register is not made here.</summary>
    /// <returns>Null when a text is too long or holds what is not Latin-1.</returns>
    public static byte[]? Write(in TagValue value, ModbusAddress address, DataType type, ByteOrder deviceOrder)
    {
        var bytes = new byte[Width(type, address.TextLength) * 2];
        switch (type)
        {
            case DataType.String:
                return WriteText(value.Text ?? "", address, bytes) ? bytes : null;
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

        ByteOrders.Arrange(bytes, OrderOf(address, bytes.Length, deviceOrder));
        return bytes;
    }

    // The device's order is about values of several registers; a single one is big endian unless its own address says otherwise.
    private static ByteOrder OrderOf(ModbusAddress address, int bytes, ByteOrder deviceOrder) =>
        address.Order ?? (bytes > 2 ? deviceOrder : ByteOrder.ABCD);

    // Ends at the first zero; bytes are Latin-1, so that every byte is one character.
    private static string ReadText(ReadOnlySpan<byte> registers, ModbusAddress address)
    {
        Span<byte> bytes = stackalloc byte[registers.Length];
        registers.CopyTo(bytes);
        if (address.TextLowByteFirst)
        {
            ByteOrders.Arrange(bytes, ByteOrder.BADC);
        }

        bytes = bytes[..Math.Min(address.TextLength, bytes.Length)];
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static bool WriteText(string text, ModbusAddress address, Span<byte> bytes)
    {
        if (text.Length > address.TextLength || text.Any(c => c > 255))
        {
            return false;
        }

        Encoding.Latin1.GetBytes(text, bytes);
        if (address.TextLowByteFirst)
        {
            ByteOrders.Arrange(bytes, ByteOrder.BADC);
        }

        return true;
    }
}
