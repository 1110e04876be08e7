using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>PINGREQ and PINGRESP: two bytes each. MQTT 5.0, 3.12 and 3.13.</summary>
public static class PingPacket
{
    /// <summary>A PINGREQ.</summary>
    public static ReadOnlySpan<byte> Request => [(byte)PacketType.PingReq << 4, 0];

    /// <summary>A PINGRESP.</summary>
    public static ReadOnlySpan<byte> Response => [(byte)PacketType.PingResp << 4, 0];

    /// <summary>Holds the empty body against the rules.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out DecodeFault fault)
    {
        fault = body.IsEmpty ? default : DecodeFault.Malformed($"A ping carries {body.Length} bytes: it has none.");
        return body.IsEmpty;
    }

    /// <summary>Writes a PINGREQ.</summary>
    public static void WriteRequest(IBufferWriter<byte> output) => output.Write(Request);

    /// <summary>Writes a PINGRESP.</summary>
    public static void WriteResponse(IBufferWriter<byte> output) => output.Write(Response);
}
