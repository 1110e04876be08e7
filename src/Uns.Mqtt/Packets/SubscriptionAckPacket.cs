using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>SUBACK and UNSUBACK: one reason for each filter, in the order of the filters. MQTT 5.0, 3.9 and 3.11.</summary>
public sealed record SubscriptionAckPacket
{
    /// <summary><see cref="PacketType.SubAck"/> or <see cref="PacketType.UnsubAck"/>.</summary>
    public PacketType Type { get; init; } = PacketType.SubAck;

    /// <summary>Identifier of the request. [MQTT-2.2.1-6]</summary>
    public ushort PacketId { get; init; }

    /// <summary>Granted QoS or refusal for each filter; empty in an UNSUBACK of 3.1.1.</summary>
    public IReadOnlyList<ReasonCode> Reasons { get; init; } = [];

    /// <summary>Reason string and user properties; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads a SUBACK or UNSUBACK.</summary>
    /// <param name="type">Type from the fixed header.</param>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(PacketType type, ReadOnlySpan<byte> body, ProtocolVersion version, out SubscriptionAckPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var packetId = reader.PacketId();
        var properties = version == ProtocolVersion.V5 && !reader.Failed ? Properties.Read(ref reader, type) : Properties.None;
        var reasons = new List<ReasonCode>();
        var expectsReasons = version == ProtocolVersion.V5 || type == PacketType.SubAck;
        if (!reader.Failed && expectsReasons && reader.AtEnd)
        {
            reader.Fail(DecodeFault.Malformed("The acknowledgement names no reason."));
        }

        while (expectsReasons && !reader.AtEnd)
        {
            var reason = (ReasonCode)reader.Byte("reason code");
            if (!IsReason(type, version, reason))
            {
                reader.Fail(DecodeFault.Malformed($"The reason code 0x{(byte)reason:X2} is not one of {type}."));
            }

            reasons.Add(reason);
        }

        reader.End();
        packet = new SubscriptionAckPacket { Type = type, PacketId = packetId, Reasons = reasons, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet; on 3.1.1 each refusal becomes 0x80.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var withReasons = v5 || Type == PacketType.SubAck;
        var bytes = 2 + (v5 ? Properties.WireBytes() : 0) + (withReasons ? Reasons.Count : 0);
        var writer = FieldWriter.Begin(output, (byte)((int)Type << 4), bytes);
        writer.UInt16(PacketId);
        if (v5)
        {
            Properties.Write(ref writer);
        }

        for (var i = 0; withReasons && i < Reasons.Count; i++)
        {
            var reason = Reasons[i];
            writer.Byte((byte)(!v5 && reason > ReasonCode.UnspecifiedError ? ReasonCode.UnspecifiedError : reason));
        }

        writer.Finish(output);
    }

    /// <summary>[MQTT-3.9.3-2] [MQTT-3.11.3-2]</summary>
    private static bool IsReason(PacketType type, ProtocolVersion version, ReasonCode reason)
    {
        if (type == PacketType.UnsubAck)
        {
            return reason is ReasonCode.Success or ReasonCode.NoSubscriptionExisted or ReasonCode.UnspecifiedError
                or ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized or ReasonCode.TopicFilterInvalid or ReasonCode.PacketIdentifierInUse;
        }

        if (reason <= ReasonCode.GrantedQos2 || reason == ReasonCode.UnspecifiedError)
        {
            return true;
        }

        return version == ProtocolVersion.V5 && reason is (ReasonCode.ImplementationSpecificError or ReasonCode.NotAuthorized
            or ReasonCode.TopicFilterInvalid or ReasonCode.PacketIdentifierInUse or ReasonCode.QuotaExceeded
            or ReasonCode.SharedSubscriptionsNotSupported or ReasonCode.SubscriptionIdentifiersNotSupported or ReasonCode.WildcardSubscriptionsNotSupported);
    }
}
