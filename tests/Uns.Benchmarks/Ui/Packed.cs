using System.Buffers.Binary;
using System.Text;

namespace Uns.Benchmarks.Ui;

/// <summary>MessagePack as far as SignalR's hub protocol needs it: arrays, maps, whole numbers, texts, bytes, true, false and nil.</summary>
internal static class Packed
{
    /// <summary>Writes one value.</summary>
    public static void Write(List<byte> to, object? value)
    {
        switch (value)
        {
            case null:
                to.Add(0xc0);
                break;
            case bool truth:
                to.Add(truth ? (byte)0xc3 : (byte)0xc2);
                break;
            case long number:
                to.Add(0xd3);
                Append(to, 8, b => BinaryPrimitives.WriteInt64BigEndian(b, number));
                break;
            case string text:
                var bytes = Encoding.UTF8.GetBytes(text);
                to.Add(0xdb);
                Append(to, 4, b => BinaryPrimitives.WriteUInt32BigEndian(b, (uint)bytes.Length));
                to.AddRange(bytes);
                break;
            case Dictionary<string, object?>:
                to.Add(0x80);
                break;
            case object?[] list:
                to.Add(0xdc);
                Append(to, 2, b => BinaryPrimitives.WriteUInt16BigEndian(b, (ushort)list.Length));
                foreach (var item in list)
                {
                    Write(to, item);
                }

                break;
            default:
                throw new ArgumentException($"{value.GetType()} is not written.", nameof(value));
        }
    }

    /// <summary>Reads one value; whole numbers as <see cref="long"/>, arrays as <see cref="object"/>[], bytes as their count.</summary>
    public static object? Read(ReadOnlySpan<byte> from, ref int at)
    {
        var mark = from[at++];
        return mark switch
        {
            <= 0x7f => (long)mark,
            >= 0xe0 => (long)(sbyte)mark,
            <= 0x8f => Map(from, ref at, mark & 0x0f),
            <= 0x9f => List(from, ref at, mark & 0x0f),
            <= 0xbf => Text(from, ref at, mark & 0x1f),
            0xc0 => null,
            0xc2 => false,
            0xc3 => true,
            0xc4 or 0xc5 or 0xc6 => Skip(ref at, Number(from, ref at, 1 << (mark - 0xc4))),
            0xcc or 0xcd or 0xce or 0xcf => Number(from, ref at, 1 << (mark - 0xcc)),
            0xd0 => (long)(sbyte)Number(from, ref at, 1),
            0xd1 => (long)(short)Number(from, ref at, 2),
            0xd2 => (long)(int)Number(from, ref at, 4),
            0xd3 => Number(from, ref at, 8),
            0xd9 or 0xda or 0xdb => Text(from, ref at, (int)Number(from, ref at, 1 << (mark - 0xd9))),
            0xdc or 0xdd => List(from, ref at, (int)Number(from, ref at, 2 << (mark - 0xdc))),
            0xde or 0xdf => Map(from, ref at, (int)Number(from, ref at, 2 << (mark - 0xde))),
            _ => throw new InvalidDataException($"0x{mark:x2} is not known."),
        };
    }

    private static void Append(List<byte> to, int count, Action<byte[]> write)
    {
        var bytes = new byte[count];
        write(bytes);
        to.AddRange(bytes);
    }

    private static long Number(ReadOnlySpan<byte> from, ref int at, int bytes)
    {
        var number = 0L;
        for (var i = 0; i < bytes; i++)
        {
            number = (number << 8) | from[at++];
        }

        return number;
    }

    private static long Skip(ref int at, long count)
    {
        at += (int)count;
        return count;
    }

    private static string Text(ReadOnlySpan<byte> from, ref int at, int count)
    {
        at += count;
        return Encoding.UTF8.GetString(from[(at - count)..at]);
    }

    private static object?[] List(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var list = new object?[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = Read(from, ref at);
        }

        return list;
    }

    private static Dictionary<string, object?> Map(ReadOnlySpan<byte> from, ref int at, int count)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            map[Read(from, ref at)?.ToString() ?? ""] = Read(from, ref at);
        }

        return map;
    }
}
