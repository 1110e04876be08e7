using System.Buffers;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Mqtt.Fuzz;

/// <summary>Makes packets of all types and spoils them. The same seed gives the same bytes.</summary>
internal sealed class Mutator(int seed)
{
    private readonly Random _random = new(seed);
    private readonly ArrayBufferWriter<byte> _output = new();

    public Random Random => _random;

    public ProtocolVersion AnyVersion() => _random.Next(3) == 0 ? ProtocolVersion.V311 : ProtocolVersion.V5;

    /// <summary>A packet that a client may send, well-formed.</summary>
    public byte[] Whole(ProtocolVersion version)
    {
        _output.ResetWrittenCount();
        Write(_random.Next(12), version);
        return _output.WrittenSpan.ToArray();
    }

    public byte[] Connect(ProtocolVersion version, string clientId)
    {
        _output.ResetWrittenCount();
        new ConnectPacket
        {
            Version = version,
            ClientId = clientId,
            CleanStart = _random.Next(2) == 0,
            KeepAliveSeconds = (ushort)_random.Next(3),
            Will = _random.Next(3) == 0 ? new Will { Topic = Topic(), Payload = new byte[_random.Next(20)], Qos = Qos(), Retain = _random.Next(4) == 0, Properties = version == ProtocolVersion.V5 ? new Properties { WillDelayInterval = (uint)_random.Next(3) } : Properties.None } : null,
            UserName = _random.Next(3) == 0 ? "user" : null,
            Properties = version != ProtocolVersion.V5 ? Properties.None : new Properties
            {
                SessionExpiryInterval = (uint)_random.Next(4),
                ReceiveMaximum = _random.Next(2) == 0 ? (ushort)_random.Next(1, 4) : null,
                MaximumPacketSize = _random.Next(4) == 0 ? (uint)_random.Next(1, 200) : null,
                TopicAliasMaximum = (ushort)_random.Next(4),
            },
        }.Write(_output);
        return _output.WrittenSpan.ToArray();
    }

    /// <summary>Changes, cuts, doubles or inserts some bytes.</summary>
    public byte[] Spoil(byte[] packet)
    {
        var bytes = packet.ToList();
        for (var changes = _random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = _random.Next(bytes.Count);
            switch (_random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.Insert(at, (byte)_random.Next(256));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, _random.Next(1, 9))));
                    break;
            }

            if (_random.Next(2) == 0 && bytes.Count is > 1 and < 129)
            {
                bytes[1] = (byte)(bytes.Count - 2); // A length that fits lets the fault through to the decoder.
            }
        }

        return [.. bytes];
    }

    private void Write(int kind, ProtocolVersion version)
    {
        var v5 = version == ProtocolVersion.V5;
        var id = (ushort)_random.Next(1, 5);
        switch (kind)
        {
            case 0 or 1 or 2 or 3:
                var qos = Qos();
                PublishPacket.Write(_output, version, Topic(), new byte[_random.Next(40)], qos, _random.Next(3) == 0, qos == QualityOfService.AtMostOnce ? (ushort)0 : id, _random.Next(4) == 0, v5 ? MessageProperties() : null);
                break;
            case 4 or 5:
                var type = (PacketType)_random.Next((int)PacketType.PubAck, (int)PacketType.PubComp + 1);
                new PublishAckPacket(type, id, _random.Next(4) == 0 && v5 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success).Write(_output, version);
                break;
            case 6 or 7:
                new SubscribePacket
                {
                    PacketId = id,
                    Requests = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new SubscriptionRequest(Filter(), Qos(), v5 && _random.Next(4) == 0, v5 && _random.Next(2) == 0, v5 ? (RetainHandling)_random.Next(3) : RetainHandling.Send))],
                    Properties = v5 && _random.Next(3) == 0 ? new Properties { SubscriptionIdentifiers = [_random.Next(1, 1000)] } : Properties.None,
                }.Write(_output, version);
                break;
            case 8:
                new UnsubscribePacket { PacketId = id, Filters = [Filter()] }.Write(_output, version);
                break;
            case 9:
                PingPacket.WriteRequest(_output);
                break;
            case 10:
                new DisconnectPacket { Reason = v5 ? ReasonCode.DisconnectWithWill : ReasonCode.Success, Properties = v5 ? new Properties { SessionExpiryInterval = 1 } : Properties.None }.Write(_output, version);
                break;
            default:
                new AuthPacket { Reason = ReasonCode.ContinueAuthentication, Properties = new Properties { AuthenticationMethod = "M", AuthenticationData = [1] } }.Write(_output);
                break;
        }
    }

    private Properties MessageProperties() => new()
    {
        PayloadFormatIndicator = _random.Next(4) == 0 ? (byte)1 : null,
        MessageExpiryInterval = _random.Next(3) == 0 ? (uint)_random.Next(3) : null,
        TopicAlias = _random.Next(3) == 0 ? (ushort)_random.Next(1, 4) : null,
        ResponseTopic = _random.Next(4) == 0 ? "answer" : null,
        CorrelationData = _random.Next(4) == 0 ? [1, 2] : null,
        UserProperties = [.. Enumerable.Range(0, _random.Next(3)).Select(i => new UserProperty("n", $"{i}"))],
    };

    private QualityOfService Qos() => (QualityOfService)_random.Next(3);

    private string Topic() => _random.Next(6) switch { 0 => "a", 1 => "a/b", 2 => "a//c", 3 => "\u00e9/\u4e2d", 4 => "$SYS/x", _ => "b" };

    private string Filter() => _random.Next(9) switch
    {
        0 => "#",
        1 => "+",
        2 => "a/+",
        3 => "a/#",
        4 => "+/+/c",
        5 => "$share/g/a/#",
        6 => "$share/g/+",
        7 => "a#",
        _ => "b",
    };
}
