using System.Buffers.Binary;
using Uns.Mqtt.Packets;

namespace Uns.HubTests.Crash;

/// <summary>Publishes numbered messages, a few at a time, and logs which of them the broker acknowledged.</summary>
internal sealed class CrashPublisher(int number, string topic, QualityOfService qos, int window, bool retain, CrashLog log) : CrashClient($"publisher-{number}", log)
{
    /// <summary>Bounds the run of a broker that answers without waiting for its disk.</summary>
    private const int MostInOneLife = 2000;

    private readonly List<Sent> _inFlight = [];
    private readonly HashSet<int> _acknowledged = [];
    private int _next;

    public int Number { get; } = number;

    public string Topic { get; } = topic;

    public QualityOfService Qos { get; } = qos;

    /// <summary>False: nothing new is begun, what was begun is ended.</summary>
    public bool IsOpen { get; set; } = true;

    public int InFlight => _inFlight.Count;

    /// <summary>Messages begun so far.</summary>
    public int Begun => Volatile.Read(ref _next);

    /// <summary>Numbers whose taking over the broker has confirmed: PUBACK, or PUBREC. Read when all is at rest.</summary>
    public IReadOnlySet<int> Acknowledged => _acknowledged;

    /// <summary>The newest number acknowledged; -1: none.</summary>
    public int LastAcknowledged { get; private set; } = -1;

    protected override void Connected(bool isFirst)
    {
        foreach (var sent in _inFlight)
        {
            if (sent.IsReceived)
            {
                new PublishAckPacket(PacketType.PubRel, sent.PacketId).Write(Output, ProtocolVersion.V5); // [MQTT-4.4.0-1]
            }
            else
            {
                Write(sent, duplicate: true);
            }
        }

        Fill();
    }

    protected override void Handle(FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type is not (PacketType.PubAck or PacketType.PubRec or PacketType.PubComp))
        {
            return;
        }

        PublishAckPacket.TryRead(header.Type, body, ProtocolVersion.V5, out var ack, out _);
        var at = _inFlight.FindIndex(s => s.PacketId == ack.PacketId);
        if (at < 0)
        {
            return;
        }

        if (ack.Reason >= ReasonCode.UnspecifiedError && header.Type != PacketType.PubComp)
        {
            Log.Violation($"{ClientId}: message {_inFlight[at].Number} was refused with {ack.Reason}");
        }

        if (header.Type != PacketType.PubComp)
        {
            _acknowledged.Add(_inFlight[at].Number);
            LastAcknowledged = Math.Max(LastAcknowledged, _inFlight[at].Number);
        }

        if (header.Type == PacketType.PubRec)
        {
            _inFlight[at] = _inFlight[at] with { IsReceived = true };
            new PublishAckPacket(PacketType.PubRel, ack.PacketId).Write(Output, ProtocolVersion.V5);
            return;
        }

        _inFlight.RemoveAt(at);
        Fill();
    }

    private void Fill()
    {
        while (IsOpen && _inFlight.Count < window && _next < (Log.Cycle + 1) * MostInOneLife)
        {
            var sent = new Sent(_next, (ushort)((_next % 60_000) + 1), IsReceived: false);
            Volatile.Write(ref _next, _next + 1);
            _inFlight.Add(sent);
            Write(sent, duplicate: false);
        }
    }

    private void Write(Sent sent, bool duplicate)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, Number);
        BinaryPrimitives.WriteInt32BigEndian(payload[4..], sent.Number);
        PublishPacket.Write(Output, ProtocolVersion.V5, Topic, payload, Qos, retain, sent.PacketId, duplicate, Properties.None);
    }

    private readonly record struct Sent(int Number, ushort PacketId, bool IsReceived);
}
