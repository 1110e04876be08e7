using Uns.Mqtt.Packets;

namespace Uns.Sparkplug.Check;

/// <summary>One MQTT packet that passed a <see cref="PacketRecorder"/>, or the end of a connection. What its type does not have is null.</summary>
public sealed record RecordedPacket
{
    /// <summary>Place in the trace, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Number of the connection, from 0 in the order of their opening.</summary>
    public int Connection { get; init; }

    /// <summary>When the packet was read, before it went on.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>True from the client to the broker.</summary>
    public bool FromClient { get; init; }

    /// <summary>The packet's type; <see cref="PacketType.None"/> for the end of the connection.</summary>
    public PacketType Type { get; init; }

    /// <summary>The protocol of the connection.</summary>
    public ProtocolVersion Version { get; init; }

    /// <summary>A CONNECT.</summary>
    public ConnectPacket? Connect { get; init; }

    /// <summary>The filters of a SUBSCRIBE.</summary>
    public IReadOnlyList<SubscriptionRequest> Requests { get; init; } = [];

    /// <summary>A PUBLISH.</summary>
    public RecordedMessage? Message { get; init; }

    /// <summary>The reason of a CONNACK or DISCONNECT.</summary>
    public ReasonCode? Reason { get; init; }

    /// <summary>True when this closes the trace of its connection.</summary>
    public bool IsEnd => Type == PacketType.None;
}

/// <summary>One message as a PUBLISH carried it.</summary>
/// <param name="Topic">Topic name; a topic alias is resolved.</param>
/// <param name="Payload">The payload.</param>
/// <param name="Qos">QoS of the delivery.</param>
/// <param name="Retain">The RETAIN flag.</param>
public sealed record RecordedMessage(string Topic, byte[] Payload, QualityOfService Qos, bool Retain);
