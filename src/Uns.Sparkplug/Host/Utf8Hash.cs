using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Uns.Sparkplug.Host;

/// <summary>Hashes short byte strings, with a secret of this process so that a stranger cannot make names collide.</summary>
internal static class Utf8Hash
{
    private static readonly ulong Secret = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) | 1;

    /// <summary>32 bits, for a table.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Fold(Of64(bytes));

    /// <summary>32 bits of 64.</summary>
    public static uint Fold(ulong hash) => (uint)(hash ^ (hash >> 32));

    /// <summary>A hash over a hash and something more.</summary>
    public static ulong With(ulong hash, ulong more) => Mix(hash ^ Mix(more ^ Secret));

    /// <summary>64 bits, for telling whether bytes are the same as before. Never 0.</summary>
    public static ulong Of64(ReadOnlySpan<byte> bytes)
    {
        var hash = Secret ^ ((ulong)bytes.Length * 0x9E3779B97F4A7C15);
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        var rest = 0UL;
        for (var i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(hash ^ rest) | 1;
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, Secret ^ 0xD6E8FEB86659FD93, out var low);
        return high ^ low;
    }
}
