using System.Collections;
using System.Diagnostics;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>Many retained messages, each on its own topic, to one new subscriber of <c>#</c>. A round ends with the last of them.</summary>
internal sealed class RetainedLoad(BenchOptions options, BenchTarget target) : IBenchLoad, IPacketSink
{
    private const int Window = 256;

    private readonly BitArray _seen = new(options.Messages);
    private int _arrived;
    private int _doubled;
    private int _acknowledged;

    /// <inheritdoc/>
    public void Prepare() => Fill(options.PayloadBytes);

    /// <inheritdoc/>
    public RoundFigures Round(TimeSpan length)
    {
        using var pool = new BenchPeerPool();
        var subscriber = new BenchClients(pool, target.EndPoint, options.Silence).Connect("storm", 1)[0];
        _seen.SetAll(false);
        (_arrived, _doubled) = (0, 0);
        var meter = new CostMeter(target.Process);
        new SubscribePacket { PacketId = 1, Requests = [new SubscriptionRequest("#", (QualityOfService)options.Qos)] }.Write(subscriber, ProtocolVersion.V311);
        var (last, at) = (0, Stopwatch.GetTimestamp());
        while (_arrived < options.Messages && Stopwatch.GetElapsedTime(at) < options.Silence && pool.Ended == 0)
        {
            pool.Flush();
            pool.Turn(100, this);
            (last, at) = _arrived == last ? (last, at) : (_arrived, Stopwatch.GetTimestamp());
        }

        return meter.Read(_arrived) with { Lost = options.Messages - _arrived, Doubled = _doubled };
    }

    /// <inheritdoc/>
    public void BeginRead()
    {
        // The whole storm is timed, not its messages.
    }

    /// <inheritdoc/>
    public void Take(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type == PacketType.PubAck)
        {
            _acknowledged++;
        }
        else if (header.Type == PacketType.Publish)
        {
            var (_, number, _) = MessageStamp.Read(body[^options.PayloadBytes..]);
            var isNew = !_seen[(int)number];
            _seen[(int)number] = true;
            _arrived += isNew ? 1 : 0;
            _doubled += isNew ? 0 : 1;
            var qos = (header.Flags >> 1) & 3;
            if (qos != 0)
            {
                var answer = peer.Append(4);
                answer[0] = 0x40;
                answer[1] = 2;
                body.Slice(body.Length - options.PayloadBytes - 2, 2).CopyTo(answer[2..]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Fill(payloadBytes: 0); // An empty payload takes the retained message away.

    private void Fill(int payloadBytes)
    {
        using var pool = new BenchPeerPool();
        var publisher = new BenchClients(pool, target.EndPoint, options.Silence).Connect("fill", 1)[0];
        var payload = new byte[payloadBytes];
        _acknowledged = 0;
        var (sent, last, at) = (0, 0, Stopwatch.GetTimestamp());
        while (_acknowledged < options.Messages)
        {
            for (; sent < options.Messages && sent - _acknowledged < Window; sent++)
            {
                if (payloadBytes > 0)
                {
                    MessageStamp.Write(payload, stream: 0, sent, timestamp: 0);
                }

                PublishPacket.Write(publisher, ProtocolVersion.V311, $"bench/retained/{sent % 100}/{sent}", payload, QualityOfService.AtLeastOnce, retain: true, (ushort)((sent % 60_000) + 1));
            }

            pool.Flush();
            pool.Turn(100, this);
            (last, at) = _acknowledged == last ? (last, at) : (_acknowledged, Stopwatch.GetTimestamp());
            if (pool.Ended > 0 || Stopwatch.GetElapsedTime(at) > options.Silence)
            {
                throw new BenchException($"{target.EndPoint} took {_acknowledged} of {options.Messages} retained messages and then no more.");
            }
        }
    }
}
