using System.Globalization;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Where a value lies in a Modbus device, whatever notation it was written in.</summary>
public sealed record ModbusAddress
{
    /// <summary>Unit behind a gateway, 0 to 255; null takes the device's own.</summary>
    public byte? Unit { get; init; }

    /// <summary>Which table.</summary>
    public ModbusTable Table { get; init; }

    /// <summary>Offset as sent on the wire: 0 is the first register or bit of its table.</summary>
    public ushort Offset { get; init; }

    /// <summary>Bit of the register, 0 the least significant; null for the whole register.</summary>
    public int? Bit { get; init; }

    /// <summary>Order of a value's bytes; null takes the device's own.</summary>
    public ByteOrder? Order { get; init; }

    /// <summary>Longest text, in bytes; zero when the value is no text.</summary>
    public int TextLength { get; init; }

    /// <summary>True when a text's first character lies in the low byte of its register.</summary>
    public bool TextLowByteFirst { get; init; }

    /// <summary>Type that the notation names; Unknown when it names none.</summary>
    public DataType Type { get; init; }

    /// <summary>The type of the raw value: the tag's own, else the one written in the address, else Boolean for bits, String where a length is given, UInt16 for a register.</summary>
    public DataType RawType(DataType wanted)
    {
        if (wanted != DataType.Unknown)
        {
            return wanted;
        }

        return Type != DataType.Unknown ? Type
            : Table.IsBits() || Bit is not null ? DataType.Boolean
            : TextLength > 0 ? DataType.String : DataType.UInt16;
    }

    /// <summary>The address in the one notation of this software, e.g. <c>HR1</c>, <c>5!HR101.3</c>, <c>HR7:Float#CDAB</c>, <c>HR20[10]</c>. Counted from one.</summary>
    public override string ToString()
    {
        var unit = Unit is { } number ? $"{number.ToString(CultureInfo.InvariantCulture)}!" : "";
        var bit = Bit is { } place ? $".{place.ToString(CultureInfo.InvariantCulture)}" : "";
        var length = TextLength == 0 ? "" : $"[{TextLength.ToString(CultureInfo.InvariantCulture)}{(TextLowByteFirst ? "L" : "")}]";
        var type = Type == DataType.Unknown || TextLength > 0 ? "" : $":{Type}";
        var order = Order is { } letters ? $"#{letters}" : "";
        return $"{unit}{Table.Letters()}{(Offset + 1).ToString(CultureInfo.InvariantCulture)}{bit}{length}{type}{order}";
    }
}
