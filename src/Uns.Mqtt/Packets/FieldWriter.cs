using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Uns.Mqtt.Packets;

/// <summary>Puts fields into a span that the caller measured before.</summary>
internal ref struct FieldWriter(Span<byte> wire)
{
    private readonly Span<byte> _wire = wire;

    public int Written { get; private set; }

    /// <summary>Bytes that a variable byte integer takes, 1 to 4.</summary>
    public static int VariableIntegerBytes(int value) => value switch
    {
        < 0x80 => 1,
        < 0x4000 => 2,
        < 0x20_0000 => 3,
        _ => 4,
    };

    /// <summary>Bytes that text takes with its two-byte length.</summary>
    public static int TextBytes(string text) => 2 + Encoding.UTF8.GetByteCount(text);

    /// <summary>Begins a packet of <paramref name="bodyBytes"/> in <paramref name="output"/> and writes its fixed header.</summary>
    public static FieldWriter Begin(IBufferWriter<byte> output, byte firstByte, int bodyBytes)
    {
        if (bodyBytes > FixedHeader.MaximumRemainingLength)
        {
            throw new ArgumentOutOfRangeException(nameof(bodyBytes), bodyBytes, $"A packet's rest has at most {FixedHeader.MaximumRemainingLength} bytes.");
        }

        var total = 1 + VariableIntegerBytes(bodyBytes) + bodyBytes;
        var writer = new FieldWriter(output.GetSpan(total)[..total]);
        writer.Byte(firstByte);
        writer.VariableInteger(bodyBytes);
        return writer;
    }

    /// <summary>Hands the written packet over.</summary>
    public readonly void Finish(IBufferWriter<byte> output) => output.Advance(Written);

    public void Byte(byte value) => _wire[Written++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_wire[Written..], value);
        Written += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_wire[Written..], value);
        Written += 4;
    }

    public void VariableInteger(int value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_wire[Written..]);
        Written += bytes.Length;
    }

    public void Binary(scoped ReadOnlySpan<byte> bytes)
    {
        UInt16(checked((ushort)bytes.Length));
        Raw(bytes);
    }

    public void Text(string text)
    {
        var count = Encoding.UTF8.GetBytes(text, _wire[(Written + 2)..]);
        UInt16(checked((ushort)count));
        Written += count;
    }
}
