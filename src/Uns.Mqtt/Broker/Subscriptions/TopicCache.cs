using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Subscriptions;

/// <summary>A topic name that was held against the rules once, with who gets its messages.</summary>
internal sealed class TopicEntry(byte[] topic, ITopicWatch? watch = null)
{
    public byte[] Topic { get; } = topic;

    public string Text { get; } = Encoding.UTF8.GetString(topic);

    /// <summary>True for a topic that only the broker writes.</summary>
    public bool IsOwn { get; } = topic.AsSpan().StartsWith("$SYS/broker/"u8) || watch?.Owns(topic) == true;

    /// <summary>True for a topic whose messages a watch wants to see.</summary>
    public bool IsWatched { get; } = watch?.Watches(topic) == true;

    /// <summary>Who gets its messages, while <see cref="SetVersion"/> is the tree's.</summary>
    public SubscriberSet Set { get; set; } = SubscriberSet.Empty;

    public long SetVersion { get; set; }

    /// <summary>Where its retained message stands, while that holds one.</summary>
    public Retained.RetainedNode? Place { get; set; }
}

/// <summary>
/// From a topic's bytes to its entry, so that checking, matching and permission are paid once per topic and not per message.
/// </summary>
internal sealed class TopicCache
{
    /// <summary>Topics of one generation. When the young one is full it becomes the old one, and what nobody asked for since goes.</summary>
    private const int MaximumTopics = 65_536;

    /// <summary>Bytes of the topic names of one generation.</summary>
    private const int MaximumNameBytes = 16 * 1024 * 1024;

    private readonly int _maximumLevels;
    private readonly int _maximumBytes;
    private Dictionary<byte[], TopicEntry> _young;
    private Dictionary<byte[], TopicEntry> _old;
    private Dictionary<byte[], TopicEntry>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    private readonly ITopicWatch? _watch;
    private int _youngBytes;

    /// <param name="maximumLevels">Most levels of a topic.</param>
    /// <param name="maximumBytes">Longest topic.</param>
    /// <param name="watch">Which topics it wants to see, or owns; null: none.</param>
    public TopicCache(int maximumLevels, int maximumBytes, ITopicWatch? watch = null)
    {
        (_maximumLevels, _maximumBytes, _watch) = (maximumLevels, maximumBytes, watch);
        var comparer = new BytesComparer();
        (_young, _old) = (new(comparer), new(comparer));
        _lookup = _young.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Finds or makes the entry of a topic.</summary>
    /// <returns>Null when the bytes are no topic name.</returns>
    public TopicEntry? Get(ReadOnlySpan<byte> topic)
    {
        if (_lookup.TryGetValue(topic, out var entry))
        {
            return entry;
        }

        if (!_old.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out entry))
        {
            if (!TextRules.IsTopicName(topic) || topic.Length > _maximumBytes || topic.Count((byte)'/') >= _maximumLevels)
            {
                return null;
            }

            entry = new TopicEntry(topic.ToArray(), _watch);
        }

        if (_young.Count >= MaximumTopics || _youngBytes >= MaximumNameBytes)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
            _youngBytes = 0;
            _lookup = _young.GetAlternateLookup<ReadOnlySpan<byte>>();
        }

        _young.Add(entry.Topic, entry);
        _youngBytes += entry.Topic.Length;
        return entry;
    }

    /// <summary>Compares and hashes bytes; the seed is drawn at start so that nobody can aim at one bucket.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = _seed ^ (ulong)alternate.Length;
            while (alternate.Length >= 8)
            {
                hash = Mix(hash ^ MemoryMarshal.Read<ulong>(alternate));
                alternate = alternate[8..];
            }

            ulong tail = 0;
            foreach (var b in alternate)
            {
                tail = (tail << 8) | b;
            }

            hash = Mix(hash ^ tail);
            return (int)(hash ^ (hash >> 32));
        }

        private ulong Mix(ulong value)
        {
            var high = Math.BigMul(value, 0x9E37_79B9_7F4A_7C15UL ^ BitOperations.RotateLeft(_seed, 17), out var low);
            return high ^ low;
        }
    }
}
