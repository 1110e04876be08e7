using System.Buffers;
using System.Text;

namespace Uns.Mqtt.Packets;

/// <summary>
/// PUBLISH: a message. A view of the bytes it was read from, so that reading one allocates nothing. MQTT 5.0, 3.3.
/// </summary>
public readonly ref struct PublishPacket
{
    /// <summary>Topic name as UTF-8; empty when a topic alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The property section without its length, already held against the rules; empty on 3.1.1.</summary>
    public ReadOnlySpan<byte> PropertySection { get; init; }

    /// <summary>Packet identifier, 1 to 65,535; 0 on QoS 0.</summary>
    public ushort PacketId { get; init; }

    /// <summary>QoS of this delivery.</summary>
    public QualityOfService Qos { get; init; }

    /// <summary>True: this may be a repeat.</summary>
    public bool Duplicate { get; init; }

    /// <summary>Towards the server: keep this as the topic's last message. From it: this was kept.</summary>
    public bool Retain { get; init; }

    /// <summary>Topic alias, 1 to 65,535; 0: none.</summary>
    public ushort TopicAlias { get; init; }

    /// <summary>Life of the message, in seconds; null: for ever.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Number of subscription identifiers in the section.</summary>
    public int SubscriptionIdentifierCount { get; init; }

    /// <summary>Number of user properties in the section.</summary>
    public int UserPropertyCount { get; init; }

    /// <summary>True: the payload is declared as UTF-8 text.</summary>
    public bool IsText { get; init; }

    /// <summary>Reads a PUBLISH.</summary>
    /// <param name="header">The fixed header that was read before it.</param>
    /// <param name="body">The bytes behind the fixed header; the packet is a view of them.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="packet">The packet, when true is returned.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryRead(FixedHeader header, ReadOnlySpan<byte> body, ProtocolVersion version, out PublishPacket packet, out DecodeFault fault)
    {
        if (!TryReadUnchecked(header, body, version, out packet, out fault))
        {
            return false;
        }

        if (packet.Topic.IsEmpty ? packet.TopicAlias == 0 : !TextRules.IsTopicName(packet.Topic))
        {
            fault = TopicFault(packet.Topic);
            return false;
        }

        return true;
    }

    /// <summary>As <see cref="TryRead"/> without a look at the topic's letters: for who knows the topic already.</summary>
    internal static bool TryReadUnchecked(FixedHeader header, ReadOnlySpan<byte> body, ProtocolVersion version, out PublishPacket packet, out DecodeFault fault)
    {
        var reader = new FieldReader(body);
        var qos = (QualityOfService)((header.Flags >> 1) & 3);
        var topic = reader.Binary("topic name"); // [MQTT-3.3.2-1]
        var packetId = qos == QualityOfService.AtMostOnce ? (ushort)0 : reader.PacketId(); // [MQTT-2.2.1-2]
        ReadOnlySpan<byte> section = default;
        ushort alias = 0;
        uint? expiry = null;
        var subscriptions = 0;
        var userProperties = 0;
        var isText = false;
        if (version == ProtocolVersion.V5 && !reader.Failed)
        {
            section = reader.Take(reader.VariableInteger("property length"), "properties");
            if (!section.IsEmpty)
            {
                var properties = new PropertyReader(section, PacketType.Publish);
                while (properties.Next())
                {
                    switch (properties.Id)
                    {
                        case PropertyId.TopicAlias:
                            alias = (ushort)properties.Number;
                            break;
                        case PropertyId.MessageExpiryInterval:
                            expiry = properties.Number;
                            break;
                        case PropertyId.SubscriptionIdentifier:
                            subscriptions++;
                            break;
                        case PropertyId.UserProperty:
                            userProperties++;
                            break;
                        case PropertyId.PayloadFormatIndicator:
                            isText = properties.Number == 1;
                            break;
                        default:
                            break;
                    }
                }

                if (properties.Fault.What is not null)
                {
                    reader.Fail(properties.Fault);
                }
            }
        }

        packet = new PublishPacket
        {
            Topic = topic,
            Payload = reader.Rest,
            PropertySection = section,
            PacketId = packetId,
            Qos = qos,
            Duplicate = (header.Flags & 0x08) != 0,
            Retain = (header.Flags & 0x01) != 0,
            TopicAlias = alias,
            MessageExpiryInterval = expiry,
            SubscriptionIdentifierCount = subscriptions,
            UserPropertyCount = userProperties,
            IsText = isText,
        };
        fault = reader.Fault;
        return !reader.Failed;
    }

    /// <summary>What is wrong with a topic name that is none.</summary>
    internal static DecodeFault TopicFault(ReadOnlySpan<byte> topic) => topic.IsEmpty
        ? DecodeFault.Protocol("The topic name is empty and no topic alias stands for it.") // [MQTT-4.7.3-1]
        : TextRules.IsText(topic)
            ? new(ReasonCode.TopicNameInvalid, "The topic name holds a wildcard.") // [MQTT-3.3.2-2]
            : DecodeFault.Malformed("The topic name is not well-formed UTF-8 or holds U+0000.");

    /// <summary>The properties as an object of their own.</summary>
    public Properties ReadProperties() => Properties.TryRead(PropertySection, PacketType.Publish, out var properties, out _) ? properties : Properties.None;

    /// <summary>The topic as a string.</summary>
    public string ReadTopic() => Encoding.UTF8.GetString(Topic);

    /// <summary>Writes this packet; <see cref="TopicAlias"/> and <see cref="MessageExpiryInterval"/> are taken from the section.</summary>
    public void Write(IBufferWriter<byte> output, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var bytes = 2 + Topic.Length + (Qos == QualityOfService.AtMostOnce ? 0 : 2) + Payload.Length;
        bytes += v5 ? FieldWriter.VariableIntegerBytes(PropertySection.Length) + PropertySection.Length : 0;
        var writer = FieldWriter.Begin(output, FirstByte(Qos, Duplicate, Retain), bytes);
        writer.Binary(Topic);
        if (Qos != QualityOfService.AtMostOnce)
        {
            writer.UInt16(PacketId);
        }

        if (v5)
        {
            writer.VariableInteger(PropertySection.Length); // [MQTT-2.2.2-1]
            writer.Raw(PropertySection);
        }

        writer.Raw(Payload);
        writer.Finish(output);
    }

    /// <summary>Writes one message.</summary>
    /// <param name="output">Where the packet goes.</param>
    /// <param name="version">The protocol spoken on this connection.</param>
    /// <param name="topic">Topic name; empty only with a topic alias among the properties.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="qos">QoS of this delivery.</param>
    /// <param name="retain">True: the server keeps this as the topic's last message.</param>
    /// <param name="packetId">1 to 65,535, or 0 on QoS 0.</param>
    /// <param name="duplicate">True only on a repeat of QoS 1 or 2. [MQTT-3.3.1-1] [MQTT-3.3.1-2]</param>
    /// <param name="properties">Properties; null: none. Left out on 3.1.1.</param>
    public static void Write(
        IBufferWriter<byte> output,
        ProtocolVersion version,
        string topic,
        ReadOnlySpan<byte> payload,
        QualityOfService qos = QualityOfService.AtMostOnce,
        bool retain = false,
        ushort packetId = 0,
        bool duplicate = false,
        Properties? properties = null)
    {
        var v5 = version == ProtocolVersion.V5;
        var bytes = FieldWriter.TextBytes(topic) + (qos == QualityOfService.AtMostOnce ? 0 : 2) + (v5 ? properties?.WireBytes() ?? 1 : 0) + payload.Length;
        var writer = FieldWriter.Begin(output, FirstByte(qos, duplicate, retain), bytes);
        writer.Text(topic);
        if (qos != QualityOfService.AtMostOnce)
        {
            writer.UInt16(packetId);
        }

        if (v5 && properties is not null)
        {
            properties.Write(ref writer);
        }
        else if (v5)
        {
            writer.VariableInteger(0); // [MQTT-2.2.2-1]
        }

        writer.Raw(payload);
        writer.Finish(output);
    }

    internal static byte FirstByte(QualityOfService qos, bool duplicate, bool retain) =>
        (byte)(((int)PacketType.Publish << 4) | (duplicate ? 8 : 0) | ((int)qos << 1) | (retain ? 1 : 0));
}
