using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>DISCONNECT: the end of a connection, with its reason. MQTT 5.0, 3.14.</summary>
public sealed record DisconnectPacket
{
    /// <summary>Why; always <see cref="ReasonCode.Success"/> on 3.1.1.</summary>
    public ReasonCode Reason { get; init; }

    /// <summary>Session expiry (from clients only), reason string, server reference, user properties; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads a DISCONNECT.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, ProtocolVersion version, out DisconnectPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var reason = ReasonCode.Success;
        var properties = Properties.None;
        if (version == ProtocolVersion.V5 && !reader.AtEnd)
        {
            reason = (ReasonCode)reader.Byte("reason code");
            properties = reader.AtEnd ? Properties.None : Properties.Read(ref reader, PacketType.Disconnect);
            if (!reader.Failed && !IsReason(reason))
            {
                reader.Fail(DecodeFault.Malformed($"The reason code 0x{(byte)reason:X2} is not one of DISCONNECT."));
            }
        }

        reader.End();
        packet = new DisconnectPacket { Reason = reason, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet in its shortest form.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var withProperties = version == ProtocolVersion.V5 && Properties.SectionBytes() > 0;
        var withReason = version == ProtocolVersion.V5 && (Reason != ReasonCode.Success || withProperties);
        var writer = FieldWriter.Begin(output, (byte)PacketType.Disconnect << 4, (withReason ? 1 : 0) + (withProperties ? Properties.WireBytes() : 0));
        if (withReason)
        {
            writer.Byte((byte)Reason);
        }

        if (withProperties)
        {
            Properties.Write(ref writer);
        }

        writer.Finish(output);
    }

    /// <summary>[MQTT-3.14.2-1]</summary>
    private static bool IsReason(ReasonCode reason) => reason is ReasonCode.Success or ReasonCode.DisconnectWithWill
        or (>= ReasonCode.UnspecifiedError and <= ReasonCode.ImplementationSpecificError) or ReasonCode.NotAuthorized
        or ReasonCode.ServerBusy or ReasonCode.ServerShuttingDown or ReasonCode.BadAuthenticationMethod
        or ReasonCode.KeepAliveTimeout or ReasonCode.SessionTakenOver or ReasonCode.TopicFilterInvalid or ReasonCode.TopicNameInvalid
        or (>= ReasonCode.ReceiveMaximumExceeded and <= ReasonCode.WildcardSubscriptionsNotSupported);
}
