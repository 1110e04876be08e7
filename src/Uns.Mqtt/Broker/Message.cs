using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>A message that outlives the packet it came in: retained, waiting in a session, or a will. Shared, never changed.</summary>
internal sealed class Message
{
    public required string TopicText { get; init; }

    /// <summary>Topic name as UTF-8.</summary>
    public required byte[] Topic { get; init; }

    public required byte[] Payload { get; init; }

    /// <summary>Property section to pass on, without topic alias, expiry and subscription identifiers.</summary>
    public byte[] Properties { get; init; } = [];

    public QualityOfService Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>Life in seconds, counted from <see cref="ArrivedAt"/>; null: for ever.</summary>
    public uint? Expiry { get; init; }

    /// <summary>When the server took it over, in milliseconds of Unix time.</summary>
    public long ArrivedAt { get; init; }

    /// <summary>Row in the store; 0 while it has none.</summary>
    public long StoreId { get; set; }

    /// <summary>Sessions that still need the row.</summary>
    public int StoreReferences { get; set; }

    public int Bytes => Topic.Length + Payload.Length + Properties.Length;

    public bool IsExpired(long now) => Expiry is { } seconds && now - ArrivedAt >= seconds * 1000L; // [MQTT-3.3.2-5]

    /// <summary>What is left of the life, in whole seconds. [MQTT-3.3.2-6]</summary>
    public uint? ExpiryLeft(long now) => Expiry is { } seconds ? (uint)Math.Clamp(seconds - ((now - ArrivedAt) / 1000), 0, uint.MaxValue) : null;
}
