using System.Text;

namespace Uns.Sparkplug.Payloads;

/// <summary>Finds the quality and its reason in a property set without building the set.</summary>
internal static class QualityScan
{
    /// <summary>Looks through one set.</summary>
    /// <param name="block">The set's bytes, walked before.</param>
    /// <param name="code">The number under <c>Quality</c>; null when there is none.</param>
    /// <param name="isInteger">True when that number came as an integer.</param>
    /// <param name="type">The number of the type that it names; null when it names none.</param>
    /// <param name="reason">The text under <c>qualityReason</c>; null when there is none.</param>
    /// <returns>False when keys and values do not match in number. [tck-id-payloads-propertyset-keys-array-size]</returns>
    public static bool TryRead(ReadOnlySpan<byte> block, out long? code, out bool isInteger, out uint? type, out string? reason)
    {
        (code, isInteger, type, reason) = (null, false, null, null);
        var (keys, values, qualityAt, reasonAt) = (0, 0, -1, -1);
        var cursor = new WireCursor(block);
        while (cursor.Next(out var tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    var key = cursor.Block();
                    qualityAt = key.SequenceEqual("Quality"u8) ? keys : qualityAt; // Of a key that stands twice the last one counts.
                    reasonAt = key.SequenceEqual("qualityReason"u8) ? keys : reasonAt;
                    keys++;
                    break;
                case (2 << 3) | 2:
                    cursor.Block();
                    values++;
                    break;
                default:
                    cursor.Skip(tag);
                    break;
            }
        }

        if (keys == values && (qualityAt >= 0 || reasonAt >= 0))
        {
            ReadValues(block, qualityAt, reasonAt, ref code, ref isInteger, ref type, ref reason);
        }

        return keys == values;
    }

    private static void ReadValues(ReadOnlySpan<byte> block, int qualityAt, int reasonAt, ref long? code, ref bool isInteger, ref uint? type, ref string? reason)
    {
        var cursor = new WireCursor(block);
        for (var at = 0; cursor.Next(out var tag);)
        {
            if (tag != ((2 << 3) | 2))
            {
                cursor.Skip(tag);
                continue;
            }

            var value = new WireCursor(cursor.Block());
            while (value.Next(out var inner))
            {
                switch (inner)
                {
                    case 1 << 3 when at == qualityAt:
                        type = (uint)value.Varint();
                        break;
                    case 3 << 3 or 4 << 3 when at == qualityAt:
                        (code, isInteger) = ((long)value.Varint(), true);
                        break;
                    case (8 << 3) | 2 when at == reasonAt:
                        reason = Encoding.UTF8.GetString(value.Block());
                        break;
                    default:
                        code = at == qualityAt && inner >> 3 > 4 ? -1 : code; // A quality that is no integer.
                        value.Skip(inner);
                        break;
                }
            }

            at++;
        }
    }
}
