using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>What every copy of one outgoing PUBLISH has in common, and how a copy is written.</summary>
internal readonly ref struct Frame
{
    public ReadOnlySpan<byte> Topic { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Property section without topic alias, expiry and subscription identifiers.</summary>
    public ReadOnlySpan<byte> Properties { get; init; }

    public uint? Expiry { get; init; }

    /// <summary>Topic alias to write; 0: none. With it the topic may be empty.</summary>
    public ushort Alias { get; init; }

    public static Frame Of(Message message, long now) => new()
    {
        Topic = message.Topic,
        Payload = message.Payload.Span,
        Properties = message.Properties,
        Expiry = message.ExpiryLeft(now),
    };

    /// <summary>Bytes of the whole packet.</summary>
    public int Measure(ProtocolVersion version, QualityOfService qos, int[] subscriptionIds)
    {
        var body = BodyBytes(version, qos, subscriptionIds);
        return 1 + FieldWriter.VariableIntegerBytes(body) + body;
    }

    /// <summary>Writes one copy.</summary>
    /// <returns>Bytes written, and where the packet identifier stands.</returns>
    public (int Bytes, int IdOffset) Write(
        Span<byte> wire, ProtocolVersion version, QualityOfService qos, bool retain, bool duplicate, ushort packetId, int[] subscriptionIds)
    {
        var writer = new FieldWriter(wire);
        writer.Byte(PublishPacket.FirstByte(qos, duplicate, retain));
        writer.VariableInteger(BodyBytes(version, qos, subscriptionIds));
        writer.Binary(Topic);
        var idOffset = writer.Written;
        if (qos != QualityOfService.AtMostOnce)
        {
            writer.UInt16(packetId);
        }

        if (version == ProtocolVersion.V5)
        {
            writer.VariableInteger(SectionBytes(subscriptionIds));
            writer.Raw(Properties); // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
            if (Expiry is { } expiry)
            {
                writer.Byte((byte)PropertyId.MessageExpiryInterval);
                writer.UInt32(expiry);
            }

            if (Alias > 0)
            {
                writer.Byte((byte)PropertyId.TopicAlias);
                writer.UInt16(Alias);
            }

            foreach (var id in subscriptionIds)
            {
                writer.Byte((byte)PropertyId.SubscriptionIdentifier); // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
                writer.VariableInteger(id);
            }
        }

        writer.Raw(Payload);
        return (writer.Written, idOffset);
    }

    private int BodyBytes(ProtocolVersion version, QualityOfService qos, int[] subscriptionIds)
    {
        var bytes = 2 + Topic.Length + (qos == QualityOfService.AtMostOnce ? 0 : 2) + Payload.Length;
        if (version == ProtocolVersion.V5)
        {
            var section = SectionBytes(subscriptionIds);
            bytes += FieldWriter.VariableIntegerBytes(section) + section;
        }

        return bytes;
    }

    private int SectionBytes(int[] subscriptionIds)
    {
        var bytes = Properties.Length + (Expiry is null ? 0 : 5) + (Alias == 0 ? 0 : 3);
        foreach (var id in subscriptionIds)
        {
            bytes += 1 + FieldWriter.VariableIntegerBytes(id);
        }

        return bytes;
    }
}
