using System.Buffers.Binary;
using System.Text;
using Uns.Tags;

namespace Uns.Historian;

/// <summary>A value as the historian keeps it: a kind, 64 bits and perhaps a text.</summary>
/// <param name="Kind">The data type; the highest bit says that there is no value.</param>
/// <param name="Bits">The bits of numbers, truths and times.</param>
/// <param name="Text">The text of all others; null for those that have bits.</param>
internal readonly record struct KeptValue(byte Kind, long Bits, string? Text)
{
    private const byte NullMark = 0x80;
    private const int LongestText = 1000;

    public static KeptValue Of(TagValue value)
    {
        if (value.IsNull)
        {
            return new((byte)((byte)value.Type | NullMark), 0, null);
        }

        if (value.Type is >= DataType.Int8 and <= DataType.Boolean or DataType.DateTime)
        {
            return new((byte)value.Type, value.Integer, null);
        }

        var text = value.ToString();
        return new((byte)DataType.String, 0, text.Length <= LongestText ? text : text[..LongestText]);
    }

    public TagValue Value => (Kind & NullMark) != 0 ? TagValue.Null((DataType)(Kind & ~NullMark)) : Text is not null ? TagValue.Of(Text) : TagValue.OfBits((DataType)Kind, Bits);

    public bool HasText => Kind == (byte)DataType.String;

    public bool IsFloating => Kind is (byte)DataType.Float or (byte)DataType.Double;
}

/// <summary>Bytes that grow, and the few ways in which samples are written into them.</summary>
internal sealed class SampleBytes(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Byte(byte value) => Room(1)[0] = value;

    /// <summary>Seven bits a byte, lowest first.</summary>
    public void Number(ulong value)
    {
        var room = Room(10);
        Length -= 10;
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            room[at++] = (byte)(value | 0x80);
        }

        room[at++] = (byte)value;
        Length += at;
    }

    /// <summary>Small numbers of either sign in few bytes.</summary>
    public void Signed(long value) => Number((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A value, as its difference from the one before.</summary>
    public void Value(in KeptValue value, long before)
    {
        if (value.HasText)
        {
            var bytes = Encoding.UTF8.GetByteCount(value.Text!);
            Number((ulong)bytes);
            Encoding.UTF8.GetBytes(value.Text!, Room(bytes));
        }
        else if (value.IsFloating)
        {
            // Neighbours share their high bytes, and a PLC's single has zeros at the low end: turned round, both cost nothing.
            Number(BinaryPrimitives.ReverseEndianness((ulong)(value.Bits ^ before)));
        }
        else
        {
            Signed(unchecked(value.Bits - before));
        }
    }

    private Span<byte> Room(int bytes)
    {
        if (Length + bytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes));
        }

        Length += bytes;
        return _bytes.AsSpan(Length - bytes, bytes);
    }
}

/// <summary>Reads what <see cref="SampleBytes"/> wrote. Damaged bytes make a call return false, never an exception.</summary>
internal ref struct SampleBytesReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public bool TryByte(out byte value)
    {
        value = _rest.IsEmpty ? (byte)0 : _rest[0];
        if (_rest.IsEmpty)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    public bool TryNumber(out ulong value)
    {
        value = 0;
        for (var at = 0; at < _rest.Length && at < 10; at++)
        {
            value |= (ulong)(_rest[at] & 0x7F) << (7 * at);
            if (_rest[at] < 0x80)
            {
                _rest = _rest[(at + 1)..];
                return true;
            }
        }

        return false;
    }

    public bool TrySigned(out long value)
    {
        var read = TryNumber(out var number);
        value = (long)(number >> 1) ^ -(long)(number & 1);
        return read;
    }

    public bool TryValue(byte kind, long before, out KeptValue value)
    {
        value = new KeptValue(kind, 0, null);
        if (value.HasText)
        {
            if (!TryNumber(out var length) || length > (ulong)_rest.Length)
            {
                return false;
            }

            value = value with { Text = Encoding.UTF8.GetString(_rest[..(int)length]) };
            _rest = _rest[(int)length..];
            return true;
        }

        if (value.IsFloating)
        {
            var read = TryNumber(out var turned);
            value = value with { Bits = (long)BinaryPrimitives.ReverseEndianness(turned) ^ before };
            return read;
        }

        var whole = TrySigned(out var step);
        value = value with { Bits = unchecked(before + step) };
        return whole;
    }
}
