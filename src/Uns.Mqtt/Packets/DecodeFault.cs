namespace Uns.Mqtt.Packets;

/// <summary>Why bytes were not accepted as a packet.</summary>
/// <param name="Reason">The reason code to close the connection with, 0x80 or above.</param>
/// <param name="What">One sentence for the log: the field, the value found and the value wanted. Never sent text of the peer.</param>
public readonly record struct DecodeFault(ReasonCode Reason, string What)
{
    /// <summary>The bytes break the packet's format: 0x81.</summary>
    public static DecodeFault Malformed(string what) => new(ReasonCode.MalformedPacket, what);

    /// <summary>The packet is well-formed but against the protocol: 0x82.</summary>
    public static DecodeFault Protocol(string what) => new(ReasonCode.ProtocolError, what);
}
