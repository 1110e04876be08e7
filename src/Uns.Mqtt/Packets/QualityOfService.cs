namespace Uns.Mqtt.Packets;

/// <summary>How hard a message's delivery is tried. MQTT 5.0, 4.3.</summary>
public enum QualityOfService : byte
{
    /// <summary>QoS 0: may be lost, never comes twice.</summary>
    AtMostOnce = 0,

    /// <summary>QoS 1: is not lost, may come twice.</summary>
    AtLeastOnce = 1,

    /// <summary>QoS 2: is not lost and does not come twice.</summary>
    ExactlyOnce = 2,
}
