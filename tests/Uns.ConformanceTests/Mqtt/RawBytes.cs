using System.Text;
using Uns.Mqtt.Packets;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Packets put together by hand, so that each byte of them can be wrong.</summary>
internal static class RawBytes
{
    /// <summary>One packet: its first byte, its length, its parts.</summary>
    public static byte[] Packet(int first, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(p => p)];
        var packet = new List<byte> { (byte)first };
        var rest = body.Length;
        do
        {
            packet.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
            rest >>= 7;
        }
        while (rest > 0);
        return [.. packet, .. body];
    }

    public static byte[] Text(string text) => Field(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes with their length before them.</summary>
    public static byte[] Field(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    /// <summary>A property section of less than 128 bytes; nothing at all on 3.1.1.</summary>
    public static byte[] Section(ProtocolVersion version, params byte[] properties) =>
        version == ProtocolVersion.V5 ? [(byte)properties.Length, .. properties] : [];

    /// <summary>A CONNECT with these flags and payload fields.</summary>
    public static byte[] Connect(ProtocolVersion version, int flags, params byte[][] payload) =>
        Packet(0x10, [Text("MQTT"), [(byte)version, (byte)flags, 0, 0], Section(version), .. payload]);
}
