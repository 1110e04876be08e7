using System.Text;
using System.Text.Unicode;

namespace Uns.Mqtt.Packets;

/// <summary>What text, topic names and topic filters may be. MQTT 5.0, 1.5.4 and 4.7.</summary>
public static class TextRules
{
    /// <summary>Prefix of a shared subscription's filter. MQTT 5.0, 4.8.2.</summary>
    public const string SharePrefix = "$share/";

    /// <summary>Well-formed UTF-8 without U+0000. Surrogate code points are not well-formed.</summary>
    /// <remarks>[MQTT-1.5.4-1] [MQTT-1.5.4-2]</remarks>
    public static bool IsText(ReadOnlySpan<byte> bytes) => !bytes.Contains((byte)0) && Utf8.IsValid(bytes);

    /// <summary>True when <paramref name="bytes"/> can be the topic of a message: text, not empty, no wildcard.</summary>
    /// <remarks>[MQTT-4.7.3-1] [MQTT-4.7.0-1] [MQTT-3.3.2-2]</remarks>
    public static bool IsTopicName(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && bytes.IndexOfAny((byte)'+', (byte)'#') < 0 && IsText(bytes);

    /// <summary>True when <paramref name="topic"/> can be the topic of a message.</summary>
    /// <remarks>[MQTT-4.7.3-1] [MQTT-4.7.3-3]</remarks>
    public static bool IsTopicName(string topic) =>
        topic.Length > 0 && topic.AsSpan().IndexOfAny('+', '#', '\0') < 0 && Encoding.UTF8.GetByteCount(topic) <= ushort.MaxValue;

    /// <summary>True when <paramref name="filter"/> can be subscribed: wildcards fill whole levels and <c>#</c> comes last.</summary>
    /// <remarks>[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2]</remarks>
    public static bool IsTopicFilter(string filter)
    {
        if (filter.Length == 0 || filter.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        if (filter.StartsWith(SharePrefix, StringComparison.Ordinal))
        {
            return TrySplitShare(filter, out var share, out var inner) && share.IndexOfAny(['+', '#']) < 0 && IsTopicFilter(inner);
        }

        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ('+' or '#'))
            {
                continue;
            }

            var beginsLevel = i == 0 || filter[i - 1] == '/';
            var endsLevel = i == filter.Length - 1 || (filter[i] == '+' && filter[i + 1] == '/');
            if (!beginsLevel || !endsLevel)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when a filter, shared or not, matches a topic name.</summary>
    /// <remarks>[MQTT-4.7.1-1] [MQTT-4.7.2-1]</remarks>
    public static bool IsMatch(string filter, string topic)
    {
        var wanted = TrySplitShare(filter, out _, out var inner) ? inner.AsSpan() : filter.AsSpan();
        var name = topic.AsSpan();
        if (name.StartsWith("$") && wanted is ['+' or '#', ..])
        {
            return false;
        }

        while (true)
        {
            if (wanted is "#")
            {
                return true;
            }

            var (wide, narrow) = (LevelEnd(wanted), LevelEnd(name));
            if (wanted[..wide] is not "+" && !wanted[..wide].SequenceEqual(name[..narrow]))
            {
                return false;
            }

            if (narrow == name.Length)
            {
                return wide == wanted.Length || wanted[wide..] is "/#"; // A level above what # stands for is matched too.
            }

            if (wide == wanted.Length)
            {
                return false;
            }

            wanted = wanted[(wide + 1)..];
            name = name[(narrow + 1)..];
        }
    }

    private static int LevelEnd(ReadOnlySpan<char> levels) => levels.IndexOf('/') is var slash && slash < 0 ? levels.Length : slash;

    /// <summary>Splits <c>$share/{share}/{filter}</c>.</summary>
    /// <returns>False when <paramref name="filter"/> is not shared, or one of its two parts is missing.</returns>
    public static bool TrySplitShare(string filter, out string share, out string inner)
    {
        share = inner = "";
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var slash = filter.IndexOf('/', SharePrefix.Length);
        if (slash <= SharePrefix.Length || slash == filter.Length - 1)
        {
            return false;
        }

        share = filter[SharePrefix.Length..slash];
        inner = filter[(slash + 1)..];
        return true;
    }
}
