using System.Globalization;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Where a value lies in a Modbus device, whatever notation it was written in.</summary>
public sealed record ModbusAddress
{
    // There is one for every tag: what is seldom given takes a byte, one above its number, or zero for none.
    private readonly byte _bit;
    private readonly byte _order;
    private readonly byte _text;

    /// <summary>Unit behind a gateway, 0 to 255; null takes the device's own.</summary>
    public byte? Unit { get; init; }

    /// <summary>Which table.</summary>
    public ModbusTable Table { get; init; }

    /// <summary>Offset as sent on the wire: 0 is the first register or bit of its table.</summary>
    public ushort Offset { get; init; }

    /// <summary>Bit of the register, 0 the least significant; null for the whole register.</summary>
    public int? Bit { get => _bit == 0 ? null : _bit - 1; init => _bit = (byte)(value + 1 ?? 0); }

    /// <summary>Order of a value's bytes; null takes the device's own.</summary>
    public ByteOrder? Order { get => _order == 0 ? null : (ByteOrder)(_order - 1); init => _order = (byte)((int?)value + 1 ?? 0); }

    /// <summary>Bytes of a text, or elements of an array; zero for a single value.</summary>
    public int Length { get; init; }

    /// <summary>How a text lies in its registers, where the address says so; null leaves it to the type whether <see cref="Length"/> counts bytes of a text or elements.</summary>
    public TextLayout? Text { get => _text == 0 ? null : (TextLayout)(_text - 1); init => _text = (byte)((int?)value + 1 ?? 0); }

    /// <summary>True when digits are coded in four bits each: 4 digits in one register, 8 in two.</summary>
    public bool IsBcd { get; init; }

    /// <summary>Type that the notation names; Unknown when it names none.</summary>
    public DataType Type { get; init; }

    /// <summary>The type of the raw value: the tag's own, else the one written in the address, else Boolean for bits, String where a length is given, UInt16 for a register.</summary>
    /// <param name="wanted">The tag's own type; an array's type or that of its elements.</param>
    public DataType RawType(DataType wanted)
    {
        var isArrayWanted = TagArray.IsArray(wanted);
        var named = isArrayWanted ? TagArray.ElementOf(wanted) : wanted != DataType.Unknown ? wanted : Type;
        var isBit = Table.IsBits() || Bit is not null;
        if (Text is not null || (!isBit && Length > 0 && named is DataType.String or DataType.Unknown && !isArrayWanted))
        {
            return named == DataType.Unknown ? DataType.String : named;
        }

        var element = named != DataType.Unknown ? named : isBit ? DataType.Boolean : DataType.UInt16;
        return Length > 0 || isArrayWanted ? TagArray.ArrayOf(element) : element;
    }

    /// <summary>The address in the one notation of this software, e.g. <c>HR1</c>, <c>5!HR101.3</c>, <c>HR7:Float#CDAB</c>, <c>HR20[10H]</c>. Counted from one.</summary>
    public override string ToString()
    {
        var unit = Unit is { } number ? $"{number.ToString(CultureInfo.InvariantCulture)}!" : "";
        var bit = Bit is { } place ? $".{place.ToString(CultureInfo.InvariantCulture)}" : "";
        var letter = Text switch
        {
            TextLayout.HighByteFirst => "H",
            TextLayout.LowByteFirst => "L",
            TextLayout.HighByteOnly => "D",
            TextLayout.LowByteOnly => "E",
            _ => "",
        };
        var length = Length == 0 ? "" : $"[{Length.ToString(CultureInfo.InvariantCulture)}{letter}]";
        var type = IsBcd ? Type == DataType.UInt32 ? ":LBCD" : ":BCD" : Type == DataType.Unknown || Text is not null ? "" : $":{Type}";
        var order = Order is { } letters ? $"#{letters}" : "";
        return $"{unit}{Table.Letters()}{(Offset + 1).ToString(CultureInfo.InvariantCulture)}{bit}{length}{type}{order}";
    }
}

/// <summary>How a text lies in its registers.</summary>
public enum TextLayout
{
    /// <summary>Two characters in a register, the first in the high byte.</summary>
    HighByteFirst,

    /// <summary>Two characters in a register, the first in the low byte.</summary>
    LowByteFirst,

    /// <summary>One character in a register, in its high byte.</summary>
    HighByteOnly,

    /// <summary>One character in a register, in its low byte.</summary>
    LowByteOnly,
}
