using System.Runtime.InteropServices;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>
/// A message that outlives the packet it came in: retained, waiting in a session, or a will. Whoever keeps it shares it, and
/// from then on it never changes; one that only the retained tree holds takes the topic's next value into itself.
/// </summary>
internal sealed class Message
{
    private const int PayloadStep = 32;

    private bool _isOwn;
    private ReadOnlyMemory<byte> _payload;
    private QualityOfService _qos;
    private uint? _expiry;
    private long _arrivedAt;

    public required string TopicText { get; init; }

    /// <summary>Topic name as UTF-8.</summary>
    public required byte[] Topic { get; init; }

    public required ReadOnlyMemory<byte> Payload { get => _payload; init => _payload = value; }

    /// <summary>Property section to pass on, without topic alias, expiry and subscription identifiers.</summary>
    public byte[] Properties { get; init; } = [];

    public QualityOfService Qos { get => _qos; init => _qos = value; }

    public bool Retain { get; init; }

    /// <summary>Life in seconds, counted from <see cref="ArrivedAt"/>; null: for ever.</summary>
    public uint? Expiry { get => _expiry; init => _expiry = value; }

    /// <summary>When the server took it over, in milliseconds of Unix time.</summary>
    public long ArrivedAt { get => _arrivedAt; init => _arrivedAt = value; }

    /// <summary>Row in the store; 0 while it has none.</summary>
    public long StoreId { get; set; }

    /// <summary>Sessions that still need the row.</summary>
    public int StoreReferences { get; set; }

    public int Bytes => Topic.Length + Payload.Length + Properties.Length;

    /// <summary>A retained message that the tree alone holds.</summary>
    public static Message OwnedBy(in Routed routed)
    {
        var buffer = GC.AllocateUninitializedArray<byte>((routed.Frame.Payload.Length + PayloadStep - 1) / PayloadStep * PayloadStep);
        routed.Frame.Payload.CopyTo(buffer);
        return new()
        {
            TopicText = routed.Topic.Text,
            Topic = routed.Topic.Topic,
            Payload = buffer.AsMemory(0, routed.Frame.Payload.Length),
            Properties = routed.Frame.Properties.ToArray(),
            Qos = routed.Qos,
            Retain = true,
            Expiry = routed.Frame.Expiry,
            ArrivedAt = routed.ArrivedAt,
            _isOwn = true,
        };
    }

    /// <summary>Takes the topic's next value into itself, when nobody shares it and there is room without waste.</summary>
    /// <returns>False: it is as it was.</returns>
    public bool TryTake(in Routed routed)
    {
        var next = routed.Frame.Payload;
        if (!_isOwn || !MemoryMarshal.TryGetArray(_payload, out var buffer) || next.Length > buffer.Array!.Length
            || next.Length < (buffer.Array.Length / 2) - PayloadStep || !routed.Frame.Properties.SequenceEqual(Properties))
        {
            return false;
        }

        next.CopyTo(buffer.Array);
        _payload = buffer.Array.AsMemory(0, next.Length);
        (_qos, _expiry, _arrivedAt) = (routed.Qos, routed.Frame.Expiry, routed.ArrivedAt);
        return true;
    }

    /// <summary>Somebody else keeps it too: it does not change any more.</summary>
    public Message Share()
    {
        _isOwn = false;
        return this;
    }

    public bool IsExpired(long now) => Expiry is { } seconds && now - ArrivedAt >= seconds * 1000L; // [MQTT-3.3.2-5]

    /// <summary>What is left of the life, in whole seconds. [MQTT-3.3.2-6]</summary>
    public uint? ExpiryLeft(long now) => Expiry is { } seconds ? (uint)Math.Clamp(seconds - ((now - ArrivedAt) / 1000), 0, uint.MaxValue) : null;
}
