using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Flags = Uns.Sparkplug.Payloads.MetricEntry.Flags;

namespace Uns.Sparkplug.Payloads;

/// <summary>
/// Reads the fields that nearly all metrics are made of: name, alias, time, type, flags and a number. The first field that is
/// something else, or does not end within the metric, is left to <see cref="WireCursor"/>, which knows all of them and all faults.
/// </summary>
internal static class PlainFields
{
    private const ulong Stops = 0x8080808080808080;

    /// <summary>Fills an entry as far as plain fields reach.</summary>
    /// <param name="block">The metric's bytes.</param>
    /// <param name="start">Where they begin in the payload.</param>
    /// <param name="entry">Overwritten as a whole.</param>
    /// <returns>Where reading stopped; the block's length when all is read.</returns>
    public static int Read(ReadOnlySpan<byte> block, int start, ref MetricEntry entry)
    {
        ulong alias = 0, timestamp = 0;
        long bits = 0;
        Slice name = default;
        uint type = 0;
        var kind = WireKind.None;
        var flags = Flags.None;
        var at = 0;
        while (at < block.Length)
        {
            var next = at + 1;
            ulong number;
            switch (block[at])
            {
                case 0x0A when TryVarint(block, ref next, out number) && number <= (ulong)(block.Length - next):
                    name = number == 0 ? default : new(start + next, (int)number);
                    next += (int)number;
                    flags |= Flags.Name;
                    break;
                case 0x10 when TryVarint(block, ref next, out alias):
                    flags |= Flags.Alias;
                    break;
                case 0x18 when TryVarint(block, ref next, out timestamp):
                    flags |= Flags.Timestamp;
                    break;
                case 0x20 when TryVarint(block, ref next, out number):
                    type = (uint)number;
                    flags |= Flags.Type;
                    break;
                case 0x50 when TryVarint(block, ref next, out number):
                    (kind, bits) = (WireKind.Int, (uint)number);
                    break;
                case 0x58 when TryVarint(block, ref next, out number):
                    (kind, bits) = (WireKind.Long, (long)number);
                    break;
                case 0x65 when block.Length - next >= 4:
                    (kind, bits) = (WireKind.Float, BitConverter.DoubleToInt64Bits(MemoryMarshal.Read<float>(block[next..])));
                    next += 4;
                    break;
                case 0x69 when block.Length - next >= 8:
                    (kind, bits) = (WireKind.Double, MemoryMarshal.Read<long>(block[next..]));
                    next += 8;
                    break;
                case 0x70 when TryVarint(block, ref next, out number):
                    (kind, bits) = (WireKind.Boolean, number != 0 ? 1 : 0);
                    break;
                default:
                    goto done;
            }

            at = next;
        }

    done:
        entry = default;
        entry.Alias = alias;
        entry.Timestamp = timestamp;
        entry.Bits = bits;
        entry.Name = name;
        entry.TypeNumber = type;
        entry.KindNumber = (byte)kind;
        entry.SetFlags(flags);
        return at;
    }

    // Eight bytes at a time: the first one without its high bit ends the number, and the seven bits of each are drawn together.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryVarint(ReadOnlySpan<byte> block, ref int at, out ulong value)
    {
        if ((uint)at < (uint)block.Length && block[at] < 0x80)
        {
            value = block[at++];
            return true;
        }

        return TryLong(block, ref at, out value);
    }

    private static bool TryLong(ReadOnlySpan<byte> block, ref int at, out ulong value)
    {
        if (Bmi2.X64.IsSupported && block.Length - at >= 8)
        {
            var word = MemoryMarshal.Read<ulong>(block[at..]);
            var stops = ~word & Stops;
            if (stops != 0)
            {
                value = Bmi2.X64.ParallelBitExtract(word & (stops ^ (stops - 1)), ~Stops);
                at += (BitOperations.TrailingZeroCount(stops) >> 3) + 1;
                return true;
            }
        }

        value = 0;
        for (var shift = 0; shift < 70 && at < block.Length; shift += 7)
        {
            ulong next = block[at++];
            value |= shift < 64 ? (next & 0x7F) << shift : 0;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
