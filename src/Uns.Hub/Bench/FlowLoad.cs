using System.Buffers.Binary;
using System.Diagnostics;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>
/// Messages from publishers to subscribers. Closed loop: each publisher keeps its window full. Open loop: messages leave
/// at a rate, and their time counts from the moment they were due, whether or not the broker was ready for them.
/// </summary>
internal sealed class FlowLoad(BenchOptions options, BenchShape shape, BenchTarget target) : IBenchLoad, IPacketSink
{
    /// <summary>Open loop: a broker with more messages under way does not keep up, and the figures would mean nothing.</summary>
    private const long MostUnderWay = 2_000_000;

    private readonly BenchPeerPool _pool = new();
    private readonly DeliveryLedger _ledger = new(shape.Filters.Count, shape.Streams.Count);
    private readonly LatencyHistogram _latency = new();
    private readonly List<FlowPublisher> _ready = [];
    private FlowPublisher[] _publishers = [];
    private BenchPeer[] _subscribers = [];
    private long[] _sent = [];
    private long _arrived;
    private long _expected;
    private long _now;

    /// <inheritdoc/>
    public void Prepare()
    {
        var clients = new BenchClients(_pool, target.EndPoint, options.Silence);
        _subscribers = clients.Connect("sub", shape.Filters.Count, shape.IsPersistent);
        for (var i = 0; i < _subscribers.Length; i++)
        {
            clients.Subscribe(_subscribers[i], shape.Filters[i], options.Qos);
        }

        var peers = clients.Connect("pub", shape.Streams.Max(s => s.Publisher) + 1);
        _sent = new long[shape.Streams.Count];
        _publishers = [.. peers.Select(p => new FlowPublisher(p, options, shape))];
    }

    /// <inheritdoc/>
    public RoundFigures Round(TimeSpan length)
    {
        _latency.Clear();
        var (before, doubled, reordered) = (_arrived, _ledger.Doubled, _ledger.Reordered);
        var meter = new CostMeter(target.Process);
        if (options.Rate > 0)
        {
            RunAtRate(meter, length);
        }
        else
        {
            RunWithWindow(meter, length);
        }

        Drain();
        return meter.Read(_arrived - before) with
        {
            P50Microseconds = _latency.Microseconds(50),
            P99Microseconds = _latency.Microseconds(99),
            P999Microseconds = _latency.Microseconds(99.9),
            Lost = Missing(),
            Doubled = _ledger.Doubled - doubled,
            Reordered = _ledger.Reordered - reordered,
        };
    }

    /// <inheritdoc/>
    public void BeginRead() => _now = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void Take(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                OnMessage(peer, header, body);
                break;
            case PacketType.PubAck or PacketType.PubComp:
                var publisher = _publishers[peer.Index];
                publisher.Finished++;
                Ready(publisher);
                break;
            case PacketType.PubRec:
                Answer(peer, 0x62, body);
                break;
            case PacketType.PubRel:
                Answer(peer, 0x70, body);
                break;
            default:
                throw new BenchException($"{target.EndPoint} sent {header.Type} in the middle of the load.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        if (shape.IsPersistent && _subscribers.Length > 0)
        {
            using var last = new BenchPeerPool();
            new BenchClients(last, target.EndPoint, options.Silence).Connect("sub", shape.Filters.Count); // Leaves no session behind.
        }
    }

    private void OnMessage(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body)
    {
        var qos = (header.Flags >> 1) & 3;
        var at = 2 + BinaryPrimitives.ReadUInt16BigEndian(body);
        if (qos != 0)
        {
            Answer(peer, qos == 1 ? (byte)0x40 : (byte)0x50, body[at..]);
            at += 2;
        }

        var payload = body[at..];
        var (stream, number, due) = MessageStamp.Read(payload);
        _ledger.Arrived(peer.Index, stream, number);
        if (payload.Length != options.PayloadBytes)
        {
            throw new BenchException($"{target.EndPoint} changed a payload: {payload.Length} bytes came, {options.PayloadBytes} were sent.");
        }

        _latency.Add((_now - due) * (1_000_000_000 / Stopwatch.Frequency));
        _arrived++;
        var publisher = _publishers[shape.Streams[stream].Publisher];
        publisher.CopiesArrived++;
        Ready(publisher);
    }

    private static void Answer(BenchPeer peer, byte firstByte, ReadOnlySpan<byte> id)
    {
        var answer = peer.Append(4);
        answer[0] = firstByte;
        answer[1] = 2;
        id[..2].CopyTo(answer[2..]);
    }

    private void Ready(FlowPublisher publisher)
    {
        if (!publisher.IsReady && publisher.HasRoom)
        {
            publisher.IsReady = true;
            _ready.Add(publisher);
        }
    }

    private void RunWithWindow(CostMeter meter, TimeSpan length)
    {
        _ready.Clear();
        foreach (var publisher in _publishers)
        {
            publisher.IsReady = false;
            Ready(publisher);
        }

        while (meter.Elapsed < length)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var publisher in _ready)
            {
                publisher.IsReady = false;
                for (var room = publisher.Room; room > 0; room--)
                {
                    Send(publisher, now);
                }
            }

            _ready.Clear();
            Turn(100);
        }
    }

    private void RunAtRate(CostMeter meter, TimeSpan length)
    {
        var begin = Stopwatch.GetTimestamp();
        var ticksPerMessage = (double)Stopwatch.Frequency / options.Rate;
        var (sent, next) = (0L, 0);
        while (meter.Elapsed < length)
        {
            var due = (long)((Stopwatch.GetTimestamp() - begin) / ticksPerMessage);
            for (; sent < due; sent++)
            {
                Send(_publishers[next], begin + (long)((sent + 1) * ticksPerMessage));
                next = next + 1 < _publishers.Length ? next + 1 : 0;
            }

            if (_expected - _arrived > MostUnderWay)
            {
                throw new BenchException($"{target.EndPoint} does not keep up with {options.Rate} messages a second: {_expected - _arrived} are under way.");
            }

            Turn(0);
        }
    }

    private void Send(FlowPublisher publisher, long due)
    {
        var stream = publisher.NextStream();
        publisher.Write(stream, _sent[stream]++, due);
        _expected += shape.Copies;
    }

    private void Turn(int timeoutMilliseconds)
    {
        _pool.Flush();
        _pool.Turn(timeoutMilliseconds, this);
        if (_pool.Ended > 0)
        {
            throw new BenchException($"{target.EndPoint} closed a connection in the middle of the load.");
        }
    }

    /// <summary>Waits for what is under way, as long as something still comes.</summary>
    private void Drain()
    {
        var (last, at) = (_arrived, Stopwatch.GetTimestamp());
        // A message that came twice does not stand for one that is still to come.
        while ((_arrived - _ledger.Doubled < _expected || _publishers.Any(p => !p.IsDone)) && Stopwatch.GetElapsedTime(at) < options.Silence)
        {
            Turn(100);
            if (_arrived != last)
            {
                (last, at) = (_arrived, Stopwatch.GetTimestamp());
            }
        }

        _pool.Flush();
        _ready.Clear();
    }

    private long Missing()
    {
        if (_arrived == _expected && _ledger.Skipped == 0 && _ledger.Doubled == 0)
        {
            return 0;
        }

        var missing = 0L;
        for (var stream = 0; stream < _sent.Length; stream++)
        {
            foreach (var receiver in shape.ReceiversOf(stream))
            {
                missing += _ledger.Missing(receiver, stream, _sent[stream]);
            }
        }

        return missing;
    }
}
