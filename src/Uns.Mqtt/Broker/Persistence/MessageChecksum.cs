using System.Numerics;
using System.Runtime.InteropServices;

namespace Uns.Mqtt.Broker.Persistence;

/// <summary>CRC-32C over what a stored message says, so that a disk that changes a bit is noticed: SQLite itself checks its pages' form and not their contents.</summary>
internal static class MessageChecksum
{
    public static long Of(Message message)
    {
        var crc = Add(uint.MaxValue, message.Topic);
        crc = Add(crc, message.Payload.Span);
        crc = Add(crc, message.Properties);
        crc = BitOperations.Crc32C(crc, (uint)message.Qos);
        return ~BitOperations.Crc32C(crc, message.Expiry is { } seconds ? seconds + 1UL : 0UL);
    }

    // The length goes in too, so that a byte cannot move from one part to the next.
    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = BitOperations.Crc32C(crc, (uint)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
