namespace Uns.Mqtt.Packets;

/// <summary>The control packets, by the number in the upper half of the first byte. MQTT 5.0, 2.1.2.</summary>
public enum PacketType : byte
{
    /// <summary>Not a packet.</summary>
    None = 0,

    /// <summary>A client asks to begin or resume a session.</summary>
    Connect = 1,

    /// <summary>The server's answer to CONNECT.</summary>
    ConnAck = 2,

    /// <summary>A message.</summary>
    Publish = 3,

    /// <summary>QoS 1: taken over.</summary>
    PubAck = 4,

    /// <summary>QoS 2, part 1: taken over.</summary>
    PubRec = 5,

    /// <summary>QoS 2, part 2: release.</summary>
    PubRel = 6,

    /// <summary>QoS 2, part 3: complete.</summary>
    PubComp = 7,

    /// <summary>A client asks for subscriptions.</summary>
    Subscribe = 8,

    /// <summary>The server's answer to SUBSCRIBE.</summary>
    SubAck = 9,

    /// <summary>A client ends subscriptions.</summary>
    Unsubscribe = 10,

    /// <summary>The server's answer to UNSUBSCRIBE.</summary>
    UnsubAck = 11,

    /// <summary>A sign of life.</summary>
    PingReq = 12,

    /// <summary>The server's answer to PINGREQ.</summary>
    PingResp = 13,

    /// <summary>The end of a connection, with its reason.</summary>
    Disconnect = 14,

    /// <summary>A step of an enhanced authentication, MQTT 5.0 only.</summary>
    Auth = 15,
}
