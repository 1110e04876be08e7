using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>CONNACK: the server's answer to CONNECT. MQTT 5.0, 3.2.</summary>
public sealed record ConnAckPacket
{
    /// <summary>True: the server carries on from a stored session.</summary>
    public bool SessionPresent { get; init; }

    /// <summary>Success or the reason of the refusal. On 3.1.1 the nearest of its five return codes is on the wire.</summary>
    public ReasonCode Reason { get; init; }

    /// <summary>Limits and offers of the server; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads a CONNACK.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, ProtocolVersion version, out ConnAckPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var flags = reader.Byte("acknowledge flags");
        var code = reader.Byte("reason code");
        var properties = version == ProtocolVersion.V5 && !reader.Failed ? Properties.Read(ref reader, PacketType.ConnAck) : Properties.None;
        reader.End();
        if (!reader.Failed && (flags & 0xFE) != 0)
        {
            reader.Fail(DecodeFault.Malformed("Reserved acknowledge flags are set.")); // [MQTT-3.2.2-1]
        }

        var reason = version == ProtocolVersion.V5 ? (ReasonCode)code : FromReturnCode(code);
        if (!reader.Failed && !IsReason(reason))
        {
            reader.Fail(DecodeFault.Malformed($"The reason code 0x{code:X2} is not one of CONNACK."));
        }

        packet = new ConnAckPacket { SessionPresent = (flags & 1) != 0, Reason = reason, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var writer = FieldWriter.Begin(output, (byte)PacketType.ConnAck << 4, 2 + (v5 ? Properties.WireBytes() : 0));
        writer.Byte(SessionPresent && Reason == ReasonCode.Success ? (byte)1 : (byte)0); // [MQTT-3.2.2-6]
        writer.Byte(v5 ? (byte)Reason : ToReturnCode(Reason));
        if (v5)
        {
            Properties.Write(ref writer);
        }

        writer.Finish(output);
    }

    /// <summary>The return code of 3.1.1 that says most of a reason, 0 to 5. MQTT 3.1.1, table 3.1.</summary>
    public static byte ToReturnCode(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.BadAuthenticationMethod => 5,
        _ => 3,
    };

    private static ReasonCode FromReturnCode(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdentifierNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => ReasonCode.GrantedQos1, // Not a reason of CONNACK: the caller refuses it.
    };

    private static bool IsReason(ReasonCode reason) => reason is ReasonCode.Success
        or (>= ReasonCode.UnspecifiedError and <= ReasonCode.Banned)
        or ReasonCode.BadAuthenticationMethod or ReasonCode.TopicNameInvalid or ReasonCode.PacketTooLarge
        or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid or ReasonCode.RetainNotSupported
        or ReasonCode.QosNotSupported or ReasonCode.UseAnotherServer or ReasonCode.ServerMoved or ReasonCode.ConnectionRateExceeded; // [MQTT-3.2.2-8]
}
