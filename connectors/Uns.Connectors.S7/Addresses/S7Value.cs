using System.Buffers.Binary;
using System.Text;
using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>Cuts values out of a CPU's memory, which is big endian, and puts them back.</summary>
public static class S7Value
{
    private const long NanosecondsInMillisecond = 1_000_000;
    private const long MillisecondsInDay = 86_400_000;

    private static readonly int[] S5Bases = [10, 100, 1000, 10_000];
    private static readonly DateTimeOffset FirstDate = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Cuts one value out of its own bytes.</summary>
    /// <param name="bytes">Exactly the bytes of the value.</param>
    /// <param name="address">Says type, bit and length.</param>
    /// <param name="value">The value; dates are taken as UTC, since the CPU does not tell its zone.</param>
    /// <returns>Null when the bytes make a value; else why not.</returns>
    public static string? Read(ReadOnlySpan<byte> bytes, S7Address address, out TagValue value)
    {
        if (address.Count == 0)
        {
            return ReadOne(bytes, address, out value);
        }

        value = TagValue.Null(address.TagType);
        var elements = new TagValue[address.Count];
        for (var index = 0; index < elements.Length; index++)
        {
            var (at, one) = ElementOf(address, index);
            if (ReadOne(bytes.Slice(at, one.Width), one, out elements[index]) is { } fault)
            {
                return $"[{index}] {fault}";
            }
        }

        value = TagArray.Join(address.TagType, elements);
        return null;
    }

    private static string? ReadOne(ReadOnlySpan<byte> bytes, S7Address address, out TagValue value)
    {
        var type = address.Type.TagType();
        value = TagValue.Null(type);
        switch (address.Type)
        {
            case S7Type.Bool:
                value = TagValue.Of((bytes[0] >> address.Bit & 1) != 0);
                return null;
            case S7Type.SInt:
                value = TagValue.OfInteger(type, (sbyte)bytes[0]);
                return null;
            case S7Type.Byte or S7Type.USInt:
                value = TagValue.OfInteger(type, bytes[0]);
                return null;
            case S7Type.Int:
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadInt16BigEndian(bytes));
                return null;
            case S7Type.Word or S7Type.UInt:
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadUInt16BigEndian(bytes));
                return null;
            case S7Type.DInt or S7Type.Time:
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadInt32BigEndian(bytes));
                return null;
            case S7Type.DWord or S7Type.UDInt or S7Type.TimeOfDay:
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadUInt32BigEndian(bytes));
                return null;
            case S7Type.S5Time:
                return ReadS5Time(bytes, out value);
            case S7Type.Counter:
                return ReadCounter(bytes, out value);
            case S7Type.LDateAndTime:
                // Nanoseconds since 1970. [Siemens, LDT]
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadInt64BigEndian(bytes) / NanosecondsInMillisecond);
                return null;
            case S7Type.LInt or S7Type.LWord or S7Type.ULInt or S7Type.LTime or S7Type.LTimeOfDay:
                value = TagValue.OfInteger(type, BinaryPrimitives.ReadInt64BigEndian(bytes));
                return null;
            case S7Type.Real:
                value = TagValue.Of(BinaryPrimitives.ReadSingleBigEndian(bytes));
                return null;
            case S7Type.LReal:
                value = TagValue.Of(BinaryPrimitives.ReadDoubleBigEndian(bytes));
                return null;
            case S7Type.Char:
                value = TagValue.Of(Encoding.Latin1.GetString(bytes[..1]));
                return null;
            case S7Type.WChar:
                value = TagValue.Of(Encoding.BigEndianUnicode.GetString(bytes[..2]));
                return null;
            case S7Type.String or S7Type.WString:
                return ReadText(bytes, address, out value);
            case S7Type.Date:
                value = TagValue.Of(FirstDate.AddDays(BinaryPrimitives.ReadUInt16BigEndian(bytes)));
                return null;
            default:
                return ReadMoment(bytes, address.Type, out value);
        }
    }

    /// <summary>Makes the bytes of a value; for Bool one byte, 0 or 1.</summary>
    /// <returns>Null when they could be made; else why not.</returns>
    public static string? Write(in TagValue value, S7Address address, out byte[] bytes)
    {
        if (address.Count == 0)
        {
            return WriteOne(value, address, out bytes);
        }

        bytes = [];
        var elements = TagArray.Split(value);
        if (elements.Count != address.Count)
        {
            return $"has {elements.Count} elements: give {address.Count}.";
        }

        var made = new byte[address.Width];
        for (var index = 0; index < elements.Count; index++)
        {
            var (at, one) = ElementOf(address, index);
            if (WriteOne(elements[index], one, out var part) is { } fault)
            {
                return $"[{index}] {fault}";
            }

            if (one.Type == S7Type.Bool)
            {
                made[at] |= (byte)(part[0] << one.Bit);
            }
            else
            {
                part.CopyTo(made, at);
            }
        }

        bytes = made;
        return null;
    }

    // Where an element lies behind the array's first byte.
    private static (int At, S7Address One) ElementOf(S7Address array, int index)
    {
        var one = array with { Count = 0 };
        return array.Type == S7Type.Bool
            ? ((array.Bit + index) / 8, one with { Bit = (array.Bit + index) % 8 })
            : (index * one.Width, one);
    }

    private static string? WriteOne(in TagValue value, S7Address address, out byte[] bytes)
    {
        bytes = new byte[address.Width];
        switch (address.Type)
        {
            case S7Type.Real:
                BinaryPrimitives.WriteSingleBigEndian(bytes, (float)value.Number);
                return null;
            case S7Type.LReal:
                BinaryPrimitives.WriteDoubleBigEndian(bytes, value.Number);
                return null;
            case S7Type.Char or S7Type.WChar:
                return WriteCharacter(value, address, bytes);
            case S7Type.String or S7Type.WString:
                return WriteText(value, address, ref bytes);
            case S7Type.S5Time:
                return WriteS5Time(value, bytes);
            case S7Type.Counter:
                return WriteCounter(value, bytes);
            case S7Type.LDateAndTime when value.Integer is < 0 or > long.MaxValue / NanosecondsInMillisecond:
                return $"is {value}: an LDT runs from 1970 to 2262-04-11.";
            case S7Type.LDateAndTime:
                BinaryPrimitives.WriteInt64BigEndian(bytes, value.Integer * NanosecondsInMillisecond);
                return null;
            case S7Type.TimeOfDay when value.Integer is < 0 or >= MillisecondsInDay:
                return $"is {value} ms: a TIME_OF_DAY holds 0 to {MillisecondsInDay - 1} ms.";
            case S7Type.LTimeOfDay when value.Integer is < 0 or >= MillisecondsInDay * NanosecondsInMillisecond:
                return $"is {value} ns: an LTOD holds 0 to {(MillisecondsInDay * NanosecondsInMillisecond) - 1} ns.";
            case S7Type.Date or S7Type.DateAndTime or S7Type.Dtl:
                return WriteMoment(value, address.Type, bytes);
        }

        // Bool and the integers: the low bytes of the number, most significant first.
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] = (byte)(value.Integer >> (8 * (bytes.Length - 1 - at)));
        }

        return null;
    }

    // STRING: room, used, characters. WSTRING: the same in words. [Siemens, STEP 7 data types]
    private static string? ReadText(ReadOnlySpan<byte> bytes, S7Address address, out TagValue value)
    {
        value = TagValue.Null(DataType.String);
        var isWide = address.Type == S7Type.WString;
        var used = isWide ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : bytes[1];
        if (used > address.TextLength)
        {
            return $"the {address.Type.Word()} says {used} characters, it was set up for {address.TextLength}: check address and length.";
        }

        value = TagValue.Of(isWide ? Encoding.BigEndianUnicode.GetString(bytes.Slice(4, used * 2)) : Encoding.Latin1.GetString(bytes.Slice(2, used)));
        return null;
    }

    // The first header number is the room the block's author gave: ours is the same, as the address says it.
    private static string? WriteText(in TagValue value, S7Address address, ref byte[] bytes)
    {
        var text = value.Text ?? "";
        var isWide = address.Type == S7Type.WString;
        if (text.Length > address.TextLength || (!isWide && text.Any(c => c > 255)))
        {
            return $"is '{text}': give at most {address.TextLength} {(isWide ? "" : "Latin-1 ")}characters.";
        }

        if (isWide)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)address.TextLength);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)text.Length);
            bytes = bytes[..(4 + Encoding.BigEndianUnicode.GetBytes(text, bytes.AsSpan(4)))];
            return null;
        }

        bytes[0] = (byte)address.TextLength;
        bytes[1] = (byte)text.Length;
        bytes = bytes[..(2 + Encoding.Latin1.GetBytes(text, bytes.AsSpan(2)))];
        return null;
    }

    private static string? WriteCharacter(in TagValue value, S7Address address, Span<byte> bytes)
    {
        var text = value.Text ?? "";
        if (text.Length != 1 || (address.Type == S7Type.Char && text[0] > 255))
        {
            return $"is '{text}': give one {(address.Type == S7Type.Char ? "Latin-1 " : "")}character.";
        }

        _ = address.Type == S7Type.Char ? Encoding.Latin1.GetBytes(text, bytes) : Encoding.BigEndianUnicode.GetBytes(text, bytes);
        return null;
    }

    private static string? ReadMoment(ReadOnlySpan<byte> bytes, S7Type type, out TagValue value)
    {
        value = TagValue.Null(DataType.DateTime);
        var isDtl = type == S7Type.Dtl;
        int year, month, day, hour, minute, second, millisecond;
        if (isDtl)
        {
            (year, month, day) = (BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[2], bytes[3]);
            (hour, minute, second) = (bytes[5], bytes[6], bytes[7]);
            millisecond = (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) / 1_000_000);
        }
        else
        {
            for (var at = 0; at < 8; at++)
            {
                if ((bytes[at] >> 4) > 9 || (at < 7 && (bytes[at] & 15) > 9))
                {
                    return "the bytes are no DATE_AND_TIME: a digit is above nine.";
                }
            }

            // Years 90 to 99 are the nineties, 00 to 89 the years from 2000.
            year = Bcd(bytes[0]) + (Bcd(bytes[0]) >= 90 ? 1900 : 2000);
            (month, day, hour, minute, second) = (Bcd(bytes[1]), Bcd(bytes[2]), Bcd(bytes[3]), Bcd(bytes[4]), Bcd(bytes[5]));
            millisecond = (Bcd(bytes[6]) * 10) + (bytes[7] >> 4);
        }

        if (year is < 1 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59 || millisecond > 999)
        {
            return $"the bytes are no {type.Word()}: {year}-{month}-{day} {hour}:{minute}:{second} is no moment.";
        }

        value = TagValue.Of(new DateTimeOffset(year, month, day, hour, minute, second, millisecond, TimeSpan.Zero));
        return null;
    }

    private static string? WriteMoment(in TagValue value, S7Type type, Span<byte> bytes)
    {
        var time = value.Time;
        var (low, high) = type switch { S7Type.Dtl => (1970, 2261), S7Type.Date => (1990, 2168), _ => (1990, 2089) };
        if (time.Year < low || time.Year > high)
        {
            return $"is {value}: a {type.Word()} runs from {low} to {high}.";
        }

        var weekday = (byte)((int)time.DayOfWeek + 1);
        if (type == S7Type.Date)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(time - FirstDate).Days);
        }
        else if (type == S7Type.Dtl)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)time.Year);
            byte[] parts = [(byte)time.Month, (byte)time.Day, weekday, (byte)time.Hour, (byte)time.Minute, (byte)time.Second];
            parts.CopyTo(bytes[2..]);
            BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], (uint)time.Millisecond * 1_000_000);
        }
        else
        {
            byte[] parts =
            [
                ToBcd(time.Year % 100), ToBcd(time.Month), ToBcd(time.Day), ToBcd(time.Hour), ToBcd(time.Minute), ToBcd(time.Second),
                ToBcd(time.Millisecond / 10), (byte)((time.Millisecond % 10 << 4) | weekday),
            ];
            parts.CopyTo(bytes);
        }

        return null;
    }

    // Three BCD digits and a base of 10 ms, 100 ms, 1 s or 10 s. [Siemens, S5TIME] In milliseconds here.
    private static string? ReadS5Time(ReadOnlySpan<byte> bytes, out TagValue value)
    {
        value = TagValue.Null(DataType.Int32);
        if ((bytes[0] & 15) > 9 || bytes[1] >> 4 > 9 || (bytes[1] & 15) > 9 || bytes[0] >> 4 > 3)
        {
            return $"the bytes are no S5TIME: 0x{bytes[0]:X2}{bytes[1]:X2}.";
        }

        var digits = ((bytes[0] & 15) * 100) + Bcd(bytes[1]);
        value = TagValue.OfInteger(DataType.Int32, digits * S5Bases[bytes[0] >> 4]);
        return null;
    }

    // The finest base that holds the time: what would be lost is refused.
    private static string? WriteS5Time(in TagValue value, Span<byte> bytes)
    {
        for (var index = 0; index < S5Bases.Length; index++)
        {
            var number = value.Integer / S5Bases[index];
            if (value.Integer >= 0 && number <= 999 && value.Integer % S5Bases[index] == 0)
            {
                bytes[0] = (byte)((index << 4) | (int)(number / 100));
                bytes[1] = ToBcd((int)(number % 100));
                return null;
            }
        }

        return $"is {value} ms: an S5TIME holds 0 to 9990000 ms in three digits, steps of 10 ms up to 9990, 100 up to 99900, 1000 up to 999000, 10000 above.";
    }

    private static string? ReadCounter(ReadOnlySpan<byte> bytes, out TagValue value)
    {
        var isNumber = (bytes[0] & 15) <= 9 && bytes[1] >> 4 <= 9 && (bytes[1] & 15) <= 9;
        value = isNumber ? TagValue.OfInteger(DataType.UInt16, ((bytes[0] & 15) * 100) + Bcd(bytes[1])) : TagValue.Null(DataType.UInt16);
        return isNumber ? null : $"the bytes are no counter: 0x{bytes[0]:X2}{bytes[1]:X2}.";
    }

    private static string? WriteCounter(in TagValue value, Span<byte> bytes)
    {
        if (value.Integer is < 0 or > 999)
        {
            return $"is {value}: a counter holds 0 to 999.";
        }

        bytes[0] = (byte)(value.Integer / 100);
        bytes[1] = ToBcd((int)(value.Integer % 100));
        return null;
    }

    private static int Bcd(byte value) => ((value >> 4) * 10) + (value & 15);

    private static byte ToBcd(int value) => (byte)((value / 10 << 4) | (value % 10));
}
