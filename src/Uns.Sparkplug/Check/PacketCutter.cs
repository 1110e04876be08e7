using Uns.Mqtt.Packets;

namespace Uns.Sparkplug.Check;

/// <summary>Cuts one direction of one connection into packets and reads them.</summary>
/// <param name="connection">Number of the connection.</param>
/// <param name="fromClient">True from the client to the broker.</param>
/// <param name="version">The protocol of the connection; both directions ask for it.</param>
/// <param name="setVersion">Takes the protocol that the CONNECT names.</param>
internal sealed class PacketCutter(int connection, bool fromClient, Func<ProtocolVersion> version, Action<ProtocolVersion> setVersion)
{
    private readonly Dictionary<ushort, string> _aliases = [];
    private byte[] _buffer = new byte[16 * 1024];
    private int _count;
    private bool _isLost;

    /// <summary>Takes bytes and tells each whole packet in them. Bytes that are no MQTT end the reading, not the connection.</summary>
    public void Take(ReadOnlySpan<byte> bytes, DateTimeOffset at, Action<RecordedPacket> tell)
    {
        if (_isLost)
        {
            return;
        }

        if (_buffer.Length < _count + bytes.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _count + bytes.Length));
        }

        bytes.CopyTo(_buffer.AsSpan(_count));
        _count += bytes.Length;
        var start = 0;
        while (true)
        {
            var rest = _buffer.AsSpan(start, _count - start);
            var status = FixedHeader.Read(rest, out var header, out _);
            if (status == HeaderStatus.Malformed)
            {
                _isLost = true;
                return;
            }

            if (status == HeaderStatus.NeedMore || rest.Length < header.PacketBytes)
            {
                break;
            }

            tell(Read(header, rest[header.HeaderBytes..header.PacketBytes], at));
            start += header.PacketBytes;
        }

        _count -= start;
        Buffer.BlockCopy(_buffer, start, _buffer, 0, _count);
    }

    private RecordedPacket Read(FixedHeader header, ReadOnlySpan<byte> body, DateTimeOffset at)
    {
        ConnectPacket? connect = null;
        if (header.Type == PacketType.Connect && ConnectPacket.TryRead(body, out var read, out _))
        {
            connect = read;
            setVersion(read.Version);
        }

        var packet = new RecordedPacket { Connection = connection, At = at, FromClient = fromClient, Type = header.Type, Version = version(), Connect = connect };
        return header.Type switch
        {
            PacketType.ConnAck when ConnAckPacket.TryRead(body, version(), out var answer, out _) => packet with { Reason = answer.Reason },
            PacketType.Disconnect when DisconnectPacket.TryRead(body, version(), out var end, out _) => packet with { Reason = end.Reason },
            PacketType.Subscribe when SubscribePacket.TryRead(body, version(), out var subscribe, out _) => packet with { Requests = subscribe.Requests },
            PacketType.Publish when PublishPacket.TryRead(header, body, version(), out var publish, out _) => packet with { Message = Message(publish) },
            _ => packet,
        };
    }

    private RecordedMessage Message(in PublishPacket publish)
    {
        var topic = publish.ReadTopic();
        if (publish.TopicAlias > 0)
        {
            if (topic.Length == 0)
            {
                topic = _aliases.GetValueOrDefault(publish.TopicAlias, "");
            }
            else
            {
                _aliases[publish.TopicAlias] = topic;
            }
        }

        return new RecordedMessage(topic, publish.Payload.ToArray(), publish.Qos, publish.Retain);
    }
}
