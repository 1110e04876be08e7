using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>AUTH: a step of an enhanced authentication. MQTT 5.0, 3.15.</summary>
public sealed record AuthPacket
{
    /// <summary>Success, go on (0x18) or authenticate again (0x19).</summary>
    public ReasonCode Reason { get; init; }

    /// <summary>Method, data, reason string and user properties.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads an AUTH.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, out AuthPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var reason = reader.AtEnd ? ReasonCode.Success : (ReasonCode)reader.Byte("reason code");
        var properties = reader.AtEnd ? Properties.None : Properties.Read(ref reader, PacketType.Auth);
        reader.End();
        if (!reader.Failed && reason is not (ReasonCode.Success or ReasonCode.ContinueAuthentication or ReasonCode.ReAuthenticate))
        {
            reader.Fail(DecodeFault.Malformed($"The reason code 0x{(byte)reason:X2} is not one of AUTH.")); // [MQTT-3.15.2-1]
        }

        packet = new AuthPacket { Reason = reason, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = FieldWriter.Begin(output, (byte)PacketType.Auth << 4, 1 + Properties.WireBytes());
        writer.Byte((byte)Reason);
        Properties.Write(ref writer);
        writer.Finish(output);
    }
}
