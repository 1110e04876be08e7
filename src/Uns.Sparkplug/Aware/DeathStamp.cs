namespace Uns.Sparkplug.Aware;

/// <summary>Sets the time of a payload without reading the rest of it: all other fields stay as they were, known or not.</summary>
internal static class DeathStamp
{
    private const byte TimestampTag = 0x08; // Field 1, a varint.

    /// <summary>The payload with another time.</summary>
    /// <param name="payload">One protobuf message.</param>
    /// <param name="milliseconds">Unix time.</param>
    /// <returns>Null when the bytes are no protobuf message: they are better left alone.</returns>
    public static byte[]? Set(ReadOnlySpan<byte> payload, long milliseconds)
    {
        var result = new byte[payload.Length + 11];
        result[0] = TimestampTag;
        var length = 1 + WriteVarint(result.AsSpan(1), (ulong)milliseconds);
        while (!payload.IsEmpty)
        {
            var field = FieldBytes(payload);
            if (field <= 0)
            {
                return null;
            }

            if (payload[0] != TimestampTag)
            {
                payload[..field].CopyTo(result.AsSpan(length));
                length += field;
            }

            payload = payload[field..];
        }

        return result[..length];
    }

    /// <returns>Bytes of the first field, its tag included; 0 when there is none.</returns>
    private static int FieldBytes(ReadOnlySpan<byte> from)
    {
        var tagBytes = ReadVarint(from, out var tag);
        if (tagBytes == 0)
        {
            return 0;
        }

        var rest = from[tagBytes..];
        var bodyBytes = (tag & 7) switch
        {
            0 => ReadVarint(rest, out _) is > 0 and var bytes ? bytes : -1,
            1 => 8,
            2 => ReadVarint(rest, out var inner) is > 0 and var bytes && inner <= int.MaxValue - 16 ? bytes + (int)inner : -1,
            5 => 4,
            _ => -1,
        };
        return bodyBytes >= 0 && bodyBytes <= rest.Length ? tagBytes + bodyBytes : 0;
    }

    private static int ReadVarint(ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (var i = 0; i < from.Length && i < 10; i++)
        {
            value |= (ulong)(from[i] & 0x7F) << (7 * i);
            if (from[i] < 0x80)
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static int WriteVarint(Span<byte> to, ulong value)
    {
        var count = 0;
        while (value >= 0x80)
        {
            to[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        to[count++] = (byte)value;
        return count;
    }
}
