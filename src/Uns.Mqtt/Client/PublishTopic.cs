using System.Buffers;
using System.Text;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>
/// A topic that one client publishes to again and again: its bytes are made once, and where the broker takes topic aliases a
/// number stands for it from the second message on. MQTT 5.0, 3.3.2.3.4.
/// </summary>
public sealed class PublishTopic
{
    private readonly byte[] _section;
    private byte[] _text;

    internal PublishTopic(string name, ushort alias)
    {
        (Name, _text) = (name, Encoding.UTF8.GetBytes(name));
        _section = alias == 0 ? [] : [(byte)PropertyId.TopicAlias, (byte)(alias >> 8), (byte)alias];
        TextBytes = _text.Length;
    }

    /// <summary>The topic name.</summary>
    public string Name { get; }

    internal int TextBytes { get; }

    /// <summary>Writes one message of QoS 0. Its bytes must leave in the order of these calls.</summary>
    internal void Write(IBufferWriter<byte> output, ProtocolVersion version, ReadOnlySpan<byte> payload, bool retain)
    {
        new PublishPacket { Topic = _text, PropertySection = _section, Payload = payload, Retain = retain }.Write(output, version);
        if (_section.Length > 0)
        {
            _text = []; // From now on the alias says it. [MQTT-3.3.2-12]
        }
    }
}
