using System.Buffers;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Mqtt.Packets;

/// <summary>Bytes in and out of the packets, by hexadecimal text.</summary>
internal static class Wire
{
    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));

    /// <summary>Reads whole bytes as whatever packet they are and writes it again; the fault's reason when they are none.</summary>
    public static (byte[]? Written, ReasonCode Fault) RoundTrip(byte[] wire, ProtocolVersion version)
    {
        if (FixedHeader.Read(wire, out var header, out var fault) != HeaderStatus.Complete)
        {
            return (null, fault.Reason);
        }

        if (header.PacketBytes != wire.Length)
        {
            return (null, ReasonCode.Success);
        }

        var body = wire.AsSpan(header.HeaderBytes);
        var output = new ArrayBufferWriter<byte>();
        switch (header.Type)
        {
            case PacketType.Connect when ConnectPacket.TryRead(body, out var connect, out fault):
                connect.Write(output);
                break;
            case PacketType.ConnAck when ConnAckPacket.TryRead(body, version, out var connAck, out fault):
                connAck.Write(output, version);
                break;
            case PacketType.Publish when PublishPacket.TryRead(header, body, version, out var publish, out fault):
                publish.Write(output, version);
                break;
            case >= PacketType.PubAck and <= PacketType.PubComp when PublishAckPacket.TryRead(header.Type, body, version, out var ack, out fault):
                ack.Write(output, version);
                break;
            case PacketType.Subscribe when SubscribePacket.TryRead(body, version, out var subscribe, out fault):
                subscribe.Write(output, version);
                break;
            case PacketType.Unsubscribe when UnsubscribePacket.TryRead(body, version, out var unsubscribe, out fault):
                unsubscribe.Write(output, version);
                break;
            case PacketType.SubAck or PacketType.UnsubAck when SubscriptionAckPacket.TryRead(header.Type, body, version, out var subAck, out fault):
                subAck.Write(output, version);
                break;
            case PacketType.PingReq when PingPacket.TryRead(body, out fault):
                PingPacket.WriteRequest(output);
                break;
            case PacketType.PingResp when PingPacket.TryRead(body, out fault):
                PingPacket.WriteResponse(output);
                break;
            case PacketType.Disconnect when DisconnectPacket.TryRead(body, version, out var disconnect, out fault):
                disconnect.Write(output, version);
                break;
            case PacketType.Auth when AuthPacket.TryRead(body, out var auth, out fault):
                auth.Write(output);
                break;
            default:
                return (null, fault.Reason);
        }

        return (output.WrittenSpan.ToArray(), ReasonCode.Success);
    }
}
