using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Uns.Tags;

namespace Uns.Sparkplug.Payloads;

/// <summary>The array types between .NET arrays and bytes_value: packed, little-endian, without a length but for booleans.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, data types 22 to 34. Runs on little-endian machines only, as .NET's supported ones are.</remarks>
internal static class ArrayBytes
{
    /// <summary>Makes the array of a type from its bytes.</summary>
    /// <returns>False, with a sentence, when the bytes do not fit the layout.</returns>
    public static bool TryRead(DataType type, ReadOnlySpan<byte> bytes, out Array? array, out string fault)
    {
        fault = "";
        array = null;
        var width = Width(type);
        if (width > 0 && bytes.Length % width != 0)
        {
            fault = $"has {bytes.Length} bytes, which is no multiple of {width} as {type} wants.";
            return false;
        }

        switch (type)
        {
            case DataType.Int8Array:
                array = MemoryMarshal.Cast<byte, sbyte>(bytes).ToArray();
                break;
            case DataType.Int16Array:
                array = MemoryMarshal.Cast<byte, short>(bytes).ToArray();
                break;
            case DataType.Int32Array:
                array = MemoryMarshal.Cast<byte, int>(bytes).ToArray();
                break;
            case DataType.Int64Array:
                array = MemoryMarshal.Cast<byte, long>(bytes).ToArray();
                break;
            case DataType.UInt8Array:
                array = bytes.ToArray();
                break;
            case DataType.UInt16Array:
                array = MemoryMarshal.Cast<byte, ushort>(bytes).ToArray();
                break;
            case DataType.UInt32Array:
                array = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
                break;
            case DataType.UInt64Array:
                array = MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
                break;
            case DataType.FloatArray:
                array = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
                break;
            case DataType.DoubleArray:
                array = MemoryMarshal.Cast<byte, double>(bytes).ToArray();
                break;
            case DataType.DateTimeArray:
                array = ReadTimes(bytes);
                break;
            case DataType.BooleanArray:
                array = ReadBooleans(bytes, ref fault);
                break;
            case DataType.StringArray:
                array = ReadStrings(bytes);
                break;
            default:
                fault = $"is of type {type}, which is no array.";
                break;
        }

        return array is not null;
    }

    /// <summary>The bytes of an array.</summary>
    /// <exception cref="ArgumentException">The object is not the array its type wants, or a text holds U+0000, which ends a text here.</exception>
    public static byte[] Write(DataType type, object? array) => (type, array) switch
    {
        (DataType.Int8Array, sbyte[] a) => MemoryMarshal.AsBytes<sbyte>(a).ToArray(),
        (DataType.Int16Array, short[] a) => MemoryMarshal.AsBytes<short>(a).ToArray(),
        (DataType.Int32Array, int[] a) => MemoryMarshal.AsBytes<int>(a).ToArray(),
        (DataType.Int64Array, long[] a) => MemoryMarshal.AsBytes<long>(a).ToArray(),
        (DataType.UInt8Array, byte[] a) => a,
        (DataType.UInt16Array, ushort[] a) => MemoryMarshal.AsBytes<ushort>(a).ToArray(),
        (DataType.UInt32Array, uint[] a) => MemoryMarshal.AsBytes<uint>(a).ToArray(),
        (DataType.UInt64Array, ulong[] a) => MemoryMarshal.AsBytes<ulong>(a).ToArray(),
        (DataType.FloatArray, float[] a) => MemoryMarshal.AsBytes<float>(a).ToArray(),
        (DataType.DoubleArray, double[] a) => MemoryMarshal.AsBytes<double>(a).ToArray(),
        (DataType.DateTimeArray, DateTimeOffset[] a) => MemoryMarshal.AsBytes<long>(Array.ConvertAll(a, t => t.ToUnixTimeMilliseconds())).ToArray(),
        (DataType.BooleanArray, bool[] a) => WriteBooleans(a),
        (DataType.StringArray, string[] a) => WriteStrings(a),
        _ => throw new ArgumentException($"A value of type {type} holds {array?.GetType().Name ?? "nothing"}: give the array of that type.", nameof(array)),
    };

    private static int Width(DataType type) => type switch
    {
        DataType.Int16Array or DataType.UInt16Array => 2,
        DataType.Int32Array or DataType.UInt32Array or DataType.FloatArray => 4,
        DataType.Int64Array or DataType.UInt64Array or DataType.DoubleArray or DataType.DateTimeArray => 8,
        _ => 0,
    };

    private static DateTimeOffset[] ReadTimes(ReadOnlySpan<byte> bytes) =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), ms => TagValue.OfInteger(DataType.DateTime, ms).Time);

    private static bool[]? ReadBooleans(ReadOnlySpan<byte> bytes, ref string fault)
    {
        if (bytes.Length < 4)
        {
            fault = $"has {bytes.Length} bytes: a BooleanArray starts with a count of 4 bytes.";
            return null;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var bits = bytes[4..];
        if (count > (ulong)bits.Length * 8)
        {
            fault = $"says {count} booleans and holds {bits.Length * 8L} bits.";
            return null;
        }

        var truths = new bool[count];
        for (var i = 0; i < truths.Length; i++)
        {
            // Most significant bit first.
            truths[i] = (bits[i / 8] & (0x80 >> (i % 8))) != 0;
        }

        return truths;
    }

    private static byte[] WriteBooleans(bool[] truths)
    {
        var bytes = new byte[4 + ((truths.Length + 7) / 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)truths.Length);
        for (var i = 0; i < truths.Length; i++)
        {
            bytes[4 + (i / 8)] |= truths[i] ? (byte)(0x80 >> (i % 8)) : (byte)0;
        }

        return bytes;
    }

    private static string[] ReadStrings(ReadOnlySpan<byte> bytes)
    {
        var texts = new List<string>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)0);

            // A last text without its end byte is kept: losing it would be worse.
            texts.Add(Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]));
            bytes = end < 0 ? default : bytes[(end + 1)..];
        }

        return [.. texts];
    }

    private static byte[] WriteStrings(string[] texts)
    {
        foreach (var text in texts)
        {
            if (text.Contains('\0'))
            {
                throw new ArgumentException("A text holds U+0000, which a StringArray cannot carry.", nameof(texts));
            }
        }

        return Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text + "\0")));
    }
}
