using System.Buffers;

namespace Uns.Mqtt.Packets;

/// <summary>Which retained messages a SUBSCRIBE brings. MQTT 5.0, 3.8.3.1.</summary>
public enum RetainHandling : byte
{
    /// <summary>All that match, on each SUBSCRIBE. [MQTT-3.3.1-9]</summary>
    Send = 0,

    /// <summary>All that match, when the subscription is new. [MQTT-3.3.1-10]</summary>
    SendIfNew = 1,

    /// <summary>None. [MQTT-3.3.1-11]</summary>
    DoNotSend = 2,
}

/// <summary>One filter of a SUBSCRIBE with its options.</summary>
/// <param name="Filter">Topic filter; may begin with <c>$share/{name}/</c>.</param>
/// <param name="MaximumQos">Highest QoS wanted.</param>
/// <param name="NoLocal">True: not the client's own messages.</param>
/// <param name="RetainAsPublished">True: messages keep the publisher's RETAIN flag.</param>
/// <param name="RetainHandling">Which retained messages to send now.</param>
public readonly record struct SubscriptionRequest(
    string Filter,
    QualityOfService MaximumQos = QualityOfService.AtMostOnce,
    bool NoLocal = false,
    bool RetainAsPublished = false,
    RetainHandling RetainHandling = RetainHandling.Send)
{
    /// <summary>The options as the byte on the wire.</summary>
    internal byte Options => (byte)((int)MaximumQos | (NoLocal ? 4 : 0) | (RetainAsPublished ? 8 : 0) | ((int)RetainHandling << 4));

    /// <summary>The request that the byte on the wire stands for.</summary>
    internal static SubscriptionRequest From(string filter, byte options) =>
        new(filter, (QualityOfService)(options & 3), (options & 4) != 0, (options & 8) != 0, (RetainHandling)((options >> 4) & 3));
}

/// <summary>SUBSCRIBE: a client asks for subscriptions. MQTT 5.0, 3.8.</summary>
/// <remarks>Whether a filter's wildcards are well placed is the reader's question: ask <see cref="TextRules.IsTopicFilter"/>.</remarks>
public sealed record SubscribePacket
{
    /// <summary>Packet identifier, 1 to 65,535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>The filters in wire order, at least one.</summary>
    public IReadOnlyList<SubscriptionRequest> Requests { get; init; } = [];

    /// <summary>Subscription identifier and user properties; empty on 3.1.1.</summary>
    public Properties Properties { get; init; } = Properties.None;

    /// <summary>Reads a SUBSCRIBE.</summary>
    /// <param name="body">The bytes behind the fixed header. Not kept.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, ProtocolVersion version, out SubscribePacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var packetId = reader.PacketId();
        var properties = version == ProtocolVersion.V5 && !reader.Failed ? Properties.Read(ref reader, PacketType.Subscribe) : Properties.None;
        var requests = new List<SubscriptionRequest>(1);
        if (!reader.Failed && reader.AtEnd)
        {
            reader.Fail(DecodeFault.Protocol("SUBSCRIBE names no topic filter.")); // [MQTT-3.8.3-2]
        }

        var reserved = version == ProtocolVersion.V5 ? 0xC0 : 0xFC; // [MQTT-3.8.3-5]
        while (!reader.AtEnd)
        {
            var filter = reader.Text("topic filter"); // [MQTT-3.8.3-1]
            var options = reader.Byte("subscription options");
            if (reader.Failed)
            {
                break;
            }

            if ((options & reserved) != 0 || (options & 3) == 3 || (options & 0x30) == 0x30)
            {
                reader.Fail(DecodeFault.Malformed($"The subscription options are 0x{options:X2}: reserved bits or values are set."));
                break;
            }

            requests.Add(SubscriptionRequest.From(filter, options));
        }

        packet = new SubscribePacket { PacketId = packetId, Requests = requests, Properties = properties };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>Writes the packet.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var bytes = 2 + (v5 ? Properties.WireBytes() : 0);
        foreach (var request in Requests)
        {
            bytes += FieldWriter.TextBytes(request.Filter) + 1;
        }

        var writer = FieldWriter.Begin(output, ((byte)PacketType.Subscribe << 4) | 2, bytes);
        writer.UInt16(PacketId);
        if (v5)
        {
            Properties.Write(ref writer);
        }

        foreach (var request in Requests)
        {
            writer.Text(request.Filter);
            writer.Byte(v5 ? request.Options : (byte)request.MaximumQos);
        }

        writer.Finish(output);
    }
}
