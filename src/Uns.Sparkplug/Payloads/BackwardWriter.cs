using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Writes protobuf from the last byte to the first: a block's length stands before the block and is known by then, so that
/// nothing is measured beforehand. The buffer belongs to the thread and is used again.
/// </summary>
internal ref struct BackwardWriter
{
    private const int FirstBytes = 4096;
    private const ulong Stops = 0x8080808080808080;
    private const int KeptBytes = 1024 * 1024; // A larger buffer is given back after use.

    [ThreadStatic]
    private static byte[]? _kept;

    private byte[] _buffer;
    private int _at;

    private BackwardWriter(byte[] buffer)
    {
        _buffer = buffer;
        _at = buffer.Length;
    }

    /// <summary>What was written, first byte first. Valid until the thread's next writer.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(_at);

    /// <summary>How much was written; to be handed to <see cref="Close"/> when a block that begins here is complete.</summary>
    public readonly int Length => _buffer.Length - _at;

    public static BackwardWriter Open()
    {
        var buffer = _kept ?? new byte[FirstBytes];
        _kept = null;
        return new(buffer);
    }

    /// <summary>Gives the buffer back. <see cref="Written"/> is not to be used any more.</summary>
    public readonly void Release() => _kept = _buffer.Length <= KeptBytes ? _buffer : null;

    /// <summary>Completes a block: its length and its tag.</summary>
    public void Close(uint tag, int lengthBefore)
    {
        Varint((ulong)(Length - lengthBefore));
        Varint(tag);
    }

    /// <summary>A number with its tag.</summary>
    public void Number(uint field, ulong value)
    {
        Varint(value);
        Varint(field << 3);
    }

    /// <summary>A float with its tag.</summary>
    public void Single(uint field, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(Room(4), value);
        Varint((field << 3) | 5);
    }

    /// <summary>A double, given by its bits, with its tag.</summary>
    public void Double(uint field, long bits)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), bits);
        Varint((field << 3) | 1);
    }

    /// <summary>Bytes with length and tag.</summary>
    public void Bytes(uint field, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Varint((ulong)bytes.Length);
        Varint((field << 3) | 2);
    }

    /// <summary>A text with length and tag; null is not written.</summary>
    public void Text(uint field, string? text)
    {
        if (text is null)
        {
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, Room(length));
        Varint((ulong)length);
        Varint((field << 3) | 2);
    }

    /// <summary>Fields as they came.</summary>
    public void Raw(ReadOnlySpan<byte> fields) => fields.CopyTo(Room(fields.Length));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Varint(ulong value)
    {
        if (value < 0x80 && _at > 0)
        {
            _buffer[--_at] = (byte)value;
            return;
        }

        VarintLong(value);
    }

    private void VarintLong(ulong value)
    {
        var length = (BitOperations.Log2(value | 1) / 7) + 1;
        if (Bmi2.X64.IsSupported && length <= 8 && _at >= 8)
        {
            // Seven bits into each byte, the high bit in all but the last; what is written before them is free still.
            var word = Bmi2.X64.ParallelBitDeposit(value, ~Stops) | (Stops & ((1UL << (8 * (length - 1))) - 1));
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_at - 8), word << (8 * (8 - length)));
            _at -= length;
            return;
        }

        var room = Room(length);
        for (var i = 0; i < length - 1; i++, value >>= 7)
        {
            room[i] = (byte)(value | 0x80);
        }

        room[length - 1] = (byte)value;
    }

    private Span<byte> Room(int length)
    {
        if (length > _at)
        {
            var larger = new byte[checked((int)Math.Max(_buffer.Length * 2L, Length + (long)length + FirstBytes))];
            Written.CopyTo(larger.AsSpan(larger.Length - Length));
            _at = larger.Length - Length;
            _buffer = larger;
        }

        _at -= length;
        return _buffer.AsSpan(_at, length);
    }
}
