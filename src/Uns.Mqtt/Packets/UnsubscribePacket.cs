using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>UNSUBSCRIBE: a client ends subscriptions. MQTT 5.0, 3.10.</summary>
public sealed record UnsubscribePacket
{
    /// <summary>Packet identifier, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The filters in wire order, at least one.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>User properties; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads an UNSUBSCRIBE.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, ProtocolVersion version, out UnsubscribePacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var packetId = reader.PacketId();
        var properties = version == ProtocolVersion.V5 && !reader.Failed ? Properties.Read(ref reader, PacketType.Unsubscribe) : Properties.None;
        var filters = new List<string>();
        if (!reader.Failed && reader.AtEnd)
        {
            reader.Fail(DecodeFault.Protocol("UNSUBSCRIBE names no topic filter.")); // [MQTT-3.10.3-2]
        }

        while (!reader.AtEnd)
        {
            filters.Add(reader.Text("topic filter")); // [MQTT-3.10.3-1]
        }

        packet = new UnsubscribePacket { PacketId = packetId, Filters = filters, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var bytes = 2 + (v5 ? Properties.WireBytes() : 0);
        foreach (var filter in Filters)
        {
            bytes += FieldWriter.TextBytes(filter);
        }

        var writer = FieldWriter.Begin(output, ((byte)PacketType.Unsubscribe << 4) | 2, bytes);
        writer.UInt16(PacketId);
        if (v5)
        {
            Properties.Write(ref writer);
        }

        foreach (var filter in Filters)
        {
            writer.Text(filter);
        }

        writer.Finish(output);
    }
}
