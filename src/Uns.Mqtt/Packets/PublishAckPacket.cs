using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>PUBACK, PUBREC, PUBREL and PUBCOMP, which differ in nothing but their type. MQTT 5.0, 3.4 to 3.7.</summary>
/// <param name="Type">One of the four.</param>
/// <param name="PacketId">The identifier of the PUBLISH they belong to. [MQTT-2.2.1-5]</param>
/// <param name="Reason">Outcome; always success on 3.1.1.</param>
/// <param name="Properties">Reason string and user properties; null: none.</param>
public readonly record struct PublishAckPacket(PacketType Type, ushort PacketId, ReasonCode Reason = ReasonCode.Success, Properties? Properties = null)
{
    /// <summary>Reads one of the four packets.</summary>
    /// <param name="type">Type from the fixed header.</param>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(PacketType type, ReadOnlySpan<byte> body, ProtocolVersion version, out PublishAckPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var packetId = reader.PacketId();
        var reason = ReasonCode.Success;
        Properties? properties = null;
        if (version == ProtocolVersion.V5 && !reader.AtEnd)
        {
            reason = (ReasonCode)reader.Byte("reason code");
            properties = reader.AtEnd ? null : Properties.Read(ref reader, type);
            if (!reader.Failed && !IsReason(type, reason))
            {
                reader.Fail(DecodeFault.Malformed($"The reason code 0x{(byte)reason:X2} is not one of {type}."));
            }
        }

        reader.End();
        packet = new(type, packetId, reason, properties);
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet in its shortest form.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var first = (byte)(((int)Type << 4) | (Type == PacketType.PubRel ? 2 : 0)); // [MQTT-3.6.1-1]
        var withReason = version == ProtocolVersion.V5 && (Reason != ReasonCode.Success || Properties is not null);
        var bytes = 2 + (withReason ? 1 : 0) + (withReason && Properties is not null ? Properties.WireBytes() : 0);
        var writer = FieldWriter.Begin(output, first, bytes);
        writer.UInt16(PacketId);
        if (withReason)
        {
            writer.Byte((byte)Reason);
            Properties?.Write(ref writer);
        }

        writer.Finish(output);
    }

    /// <summary>[MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]</summary>
    private static bool IsReason(PacketType type, ReasonCode reason) => type is PacketType.PubRel or PacketType.PubComp
        ? reason is ReasonCode.Success or ReasonCode.PacketIdentifierNotFound
        : reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers or ReasonCode.UnspecifiedError
            or ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid
            or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid;
}
