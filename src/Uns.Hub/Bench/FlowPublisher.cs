using System.Buffers;
using System.Buffers.Binary;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>One publishing client of a load: its packets stand ready, only number, time and packet identifier are put in.</summary>
internal sealed class FlowPublisher
{
    private readonly BenchPeer _peer;
    private readonly int[] _streams;
    private readonly byte[][] _packets;
    private readonly int _payloadBytes;
    private readonly int _qos;
    private readonly int _window;
    private readonly int _copies;
    private int _next;
    private ushort _packetId;

    /// <summary>A publisher whose place among the publishers is its peer's index.</summary>
    public FlowPublisher(BenchPeer peer, BenchOptions options, BenchShape shape)
    {
        (_peer, _payloadBytes, _qos, _window, _copies) = (peer, options.PayloadBytes, options.Qos, options.Window, shape.Copies);
        _streams = [.. Enumerable.Range(0, shape.Streams.Count).Where(s => shape.Streams[s].Publisher == peer.Index)];
        _packets = [.. _streams.Select(s => Packet(shape.Streams[s].Topic))];
    }

    /// <summary>Messages sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Messages of QoS 1 and 2 that the broker acknowledged to the end.</summary>
    public long Finished { get; set; }

    /// <summary>Copies that arrived at subscribers.</summary>
    public long CopiesArrived { get; set; }

    /// <summary>True while it stands in the row of those that may send.</summary>
    public bool IsReady { get; set; }

    /// <summary>True when the broker owes it no acknowledgement.</summary>
    public bool IsDone => _qos == 0 || Finished == Sent;

    /// <summary>Messages that it may send now.</summary>
    public int Room
    {
        get
        {
            var underWay = ((Sent * _copies) - CopiesArrived + _copies - 1) / _copies;
            var unanswered = _qos == 0 ? 0 : Sent - Finished;
            return (int)(_window - Math.Max(underWay, unanswered));
        }
    }

    /// <summary>True when half of the window is free, as with a client that has some messages to send at a time.</summary>
    public bool HasRoom => Room >= Math.Max(1, _window / 2);

    /// <summary>The stream of its next message, by place in <see cref="BenchShape.Streams"/>.</summary>
    public int NextStream()
    {
        _next = _next + 1 < _streams.Length ? _next + 1 : 0;
        return _streams[_next];
    }

    /// <summary>Puts the message of <see cref="NextStream"/> into the output.</summary>
    public void Write(int stream, long number, long due)
    {
        var packet = _packets[_next];
        var wire = _peer.Append(packet.Length);
        packet.CopyTo(wire);
        var payload = packet.Length - _payloadBytes;
        MessageStamp.Write(wire[payload..], stream, number, due);
        if (_qos != 0)
        {
            _packetId = (ushort)(_packetId == ushort.MaxValue ? 1 : _packetId + 1);
            BinaryPrimitives.WriteUInt16BigEndian(wire[(payload - 2)..], _packetId);
        }

        Sent++;
    }

    private byte[] Packet(string topic)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var payload = new byte[_payloadBytes];
        new Random(1).NextBytes(payload);
        PublishPacket.Write(bytes, ProtocolVersion.V311, topic, payload, (QualityOfService)_qos, packetId: (ushort)(_qos == 0 ? 0 : 1));
        return bytes.WrittenSpan.ToArray();
    }
}
