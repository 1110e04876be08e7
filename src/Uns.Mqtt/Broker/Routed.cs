using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker;

/// <summary>One message on its way through the broker. Becomes an object only when somebody must keep it.</summary>
internal ref struct Routed
{
    /// <summary>The topic's entry in the cache; null only where the message is kept already and goes to one client without aliases.</summary>
    public TopicEntry? Known { get; init; }

    public readonly TopicEntry Topic => Known ?? throw new InvalidOperationException("The message is routed without its topic's entry.");

    public required Frame Frame { get; init; }

    public QualityOfService Qos { get; init; }

    public bool Retain { get; init; }

    public long ArrivedAt { get; init; }

    /// <summary>The packet as it came, when subscribers of the same version may get it byte for byte; else empty.</summary>
    public ReadOnlySpan<byte> Verbatim { get; init; }

    public ProtocolVersion VerbatimVersion { get; init; }

    public int VerbatimIdOffset { get; init; }

    public Message? Message { get; set; }

    public static Routed From(Message message, TopicEntry? topic, long now) => new()
    {
        Known = topic,
        Frame = Frame.Of(message, now),
        Qos = message.Qos,
        Retain = message.Retain,
        ArrivedAt = message.ArrivedAt,
        Message = message,
    };

    /// <summary>The message as an object, made once however many keep it.</summary>
    public Message Keep() => Message?.Share() ?? (Message = new Message
    {
        TopicText = Topic.Text,
        Topic = Topic.Topic,
        Payload = Frame.Payload.ToArray(),
        Properties = Frame.Properties.ToArray(),
        Qos = Qos,
        Retain = Retain,
        Expiry = Frame.Expiry,
        ArrivedAt = ArrivedAt,
    });

    /// <summary>The packet for one kind of subscriber.</summary>
    public readonly ReadOnlySpan<byte> Encode(FrameCache cache, ProtocolVersion version, QualityOfService qos, bool retain, out int idOffset)
    {
        if (!Verbatim.IsEmpty && version == VerbatimVersion && qos == Qos && retain == Retain)
        {
            idOffset = VerbatimIdOffset;
            return Verbatim;
        }

        return cache.Get(Frame, version, qos, retain, out idOffset);
    }
}
