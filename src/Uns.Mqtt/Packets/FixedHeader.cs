namespace Uns.Mqtt.Packets;

/// <summary>What <see cref="FixedHeader.Read"/> found.</summary>
public enum HeaderStatus
{
    /// <summary>The header is whole and its reserved bits are right.</summary>
    Complete,

    /// <summary>The header ends behind the bytes at hand.</summary>
    NeedMore,

    /// <summary>The type, the flags or the remaining length can never become a packet.</summary>
    Malformed,
}

/// <summary>The first two to five bytes of each packet: type, flags and the length of the rest. MQTT 5.0, 2.1.</summary>
/// <param name="FirstByte">Type in the upper, flags in the lower four bits.</param>
/// <param name="RemainingLength">Bytes behind the header, 0 to 268,435,455.</param>
/// <param name="HeaderBytes">Bytes of the header itself, 2 to 5.</param>
public readonly record struct FixedHeader(byte FirstByte, int RemainingLength, int HeaderBytes)
{
    /// <summary>Largest remaining length that can be written, in bytes. MQTT 5.0, 1.5.5.</summary>
    public const int MaximumRemainingLength = 268_435_455;

    /// <summary>The packet's type.</summary>
    public PacketType Type => (PacketType)(FirstByte >> 4);

    /// <summary>The four flag bits.</summary>
    public byte Flags => (byte)(FirstByte & 0x0F);

    /// <summary>Bytes of the whole packet, header included.</summary>
    public int PacketBytes => HeaderBytes + RemainingLength;

    /// <summary>Reads a header from the start of <paramref name="wire"/>.</summary>
    /// <param name="wire">What has arrived so far; may hold part of a header or many packets.</param>
    /// <param name="header">The header, when the answer is <see cref="HeaderStatus.Complete"/>.</param>
    /// <param name="fault">What is wrong, when the answer is <see cref="HeaderStatus.Malformed"/>.</param>
    public static HeaderStatus Read(ReadOnlySpan<byte> wire, out FixedHeader header, out DecodeFault fault)
    {
        header = default;
        fault = default;
        if (wire.IsEmpty)
        {
            return HeaderStatus.NeedMore;
        }

        var first = wire[0];
        if (!FlagsAreRight(first))
        {
            fault = DecodeFault.Malformed($"The first byte is 0x{first:X2}: the packet type or its reserved flags are not in the protocol."); // [MQTT-2.1.3-1]
            return HeaderStatus.Malformed;
        }

        var value = 0;
        for (var i = 1; i <= 4; i++)
        {
            if (wire.Length <= i)
            {
                return HeaderStatus.NeedMore;
            }

            var digit = wire[i];
            value |= (digit & 0x7F) << (7 * (i - 1));
            if ((digit & 0x80) == 0)
            {
                if (digit == 0 && i > 1)
                {
                    fault = DecodeFault.Malformed("The remaining length is written in more bytes than it needs."); // [MQTT-1.5.5-1]
                    return HeaderStatus.Malformed;
                }

                header = new(first, value, i + 1);
                return HeaderStatus.Complete;
            }
        }

        fault = DecodeFault.Malformed("The remaining length goes on behind its fourth byte.");
        return HeaderStatus.Malformed;
    }

    private static bool FlagsAreRight(byte first) => (PacketType)(first >> 4) switch
    {
        PacketType.None => false,
        PacketType.Publish => (first & 0x06) != 0x06 && (first & 0x0E) != 0x08, // QoS 3 [MQTT-3.3.1-4]; DUP on QoS 0 [MQTT-3.3.1-2].
        PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => (first & 0x0F) == 0x02, // [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
        _ => (first & 0x0F) == 0,
    };
}
