using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Access;

/// <summary>A message that a watch is asked about. A view: nothing of it is kept after the answer.</summary>
public readonly ref struct WatchedMessage
{
    /// <summary>Topic name.</summary>
    public required string Topic { get; init; }

    /// <summary>The payload.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>QoS of the publisher.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>True: it is to be kept as the topic's last message.</summary>
    public bool Retain { get; init; }

    /// <summary>True for a will, which the broker publishes in its client's name.</summary>
    public bool IsWill { get; init; }

    /// <summary>Who publishes it.</summary>
    public required string ClientId { get; init; }

    /// <summary>The broker's time, in milliseconds of Unix time.</summary>
    public long Now { get; init; }
}

/// <summary>What a watch makes of a message. The default: it passes as it is.</summary>
public readonly record struct WatchVerdict
{
    /// <summary>Why the message goes nowhere; <see cref="ReasonCode.Success"/>: it goes on. Told with PUBACK or PUBREC on MQTT 5.0.</summary>
    public ReasonCode Refusal { get; init; }

    /// <summary>What goes out in place of the payload; null: the payload itself.</summary>
    public byte[]? Payload { get; init; }

    /// <summary>A topic under which the payload as it came is kept too, retained, and sent to who subscribed that; null: none.</summary>
    public string? KeepAs { get; init; }
}

/// <summary>
/// Looks at the messages of some topics on their way through the broker, and owns others that only the broker writes.
/// Called on the broker's I/O thread: it answers from memory, at once. Topics it does not watch cost nothing.
/// </summary>
public interface ITopicWatch
{
    /// <summary>True for a topic that clients may not write. Asked once per topic.</summary>
    bool Owns(ReadOnlySpan<byte> topic);

    /// <summary>True for a topic whose messages are to be shown to <see cref="Judge"/>. Asked once per topic.</summary>
    bool Watches(ReadOnlySpan<byte> topic);

    /// <summary>Judges one message before it is routed.</summary>
    WatchVerdict Judge(in WatchedMessage message);

    /// <summary>A client was admitted with a will on a topic.</summary>
    void WillKept(string clientId, string topic);

    /// <summary>The will of a client was published or dropped.</summary>
    void WillGone(string clientId);
}
