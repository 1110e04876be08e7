using System.Diagnostics;
using System.Net;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>Lets many generated clients in: some at a time, so that a listener's queue is not what is measured.</summary>
internal sealed class BenchClients(BenchPeerPool pool, EndPoint broker, TimeSpan silence) : IPacketSink
{
    private const int AtATime = 64;
    private const int FiltersPerPacket = 100;

    private readonly long _ended = pool.Ended;
    private int _answered;

    /// <summary>Connects clients and waits until all are let in.</summary>
    /// <param name="role">Part of the client identifier.</param>
    /// <param name="count">Number of clients.</param>
    /// <param name="isPersistent">True: their sessions outlive the connections.</param>
    public BenchPeer[] Connect(string role, int count, bool isPersistent = false)
    {
        var peers = new BenchPeer[count];
        _answered = 0;
        for (var i = 0; i < count; i++)
        {
            peers[i] = BenchPeer.Connect(pool, broker, i, new ConnectPacket
            {
                Version = ProtocolVersion.V311,
                ClientId = $"bench-{role}-{Environment.ProcessId}-{i}",
                CleanStart = !isPersistent,
            });
            Await(i + 1 - AtATime);
        }

        Await(count);
        return peers;
    }

    /// <summary>Subscribes one client to filters and waits until the broker granted them.</summary>
    public void Subscribe(BenchPeer peer, IReadOnlyList<string> filters, int qos)
    {
        BeginSubscribe(peer, filters, qos);
        Await(_answered + ((filters.Count + FiltersPerPacket - 1) / FiltersPerPacket));
    }

    /// <summary>Subscribes each client to one filter of its own.</summary>
    public void SubscribeEach(IReadOnlyList<BenchPeer> peers, Func<int, string> filter)
    {
        var before = _answered;
        for (var i = 0; i < peers.Count; i++)
        {
            BeginSubscribe(peers[i], [filter(i)], qos: 0);
            Await(before + i + 1 - AtATime);
        }

        Await(before + peers.Count);
    }

    /// <inheritdoc/>
    public void BeginRead()
    {
        // Nothing is timed here.
    }

    /// <inheritdoc/>
    public void Take(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type == PacketType.ConnAck)
        {
            if (!ConnAckPacket.TryRead(body, ProtocolVersion.V311, out var answer, out _) || answer.Reason != ReasonCode.Success)
            {
                throw new BenchException($"{broker} let client {peer.Index} not in: CONNACK return code {(body.Length > 1 ? body[1] : -1)}.");
            }

            _answered++;
        }
        else if (header.Type == PacketType.SubAck)
        {
            if (body.Length < 3 || body[2..].ContainsAnyInRange<byte>(0x80, 0xFF))
            {
                throw new BenchException($"{broker} refused a subscription of client {peer.Index}.");
            }

            _answered++;
        }
    }

    private static void BeginSubscribe(BenchPeer peer, IReadOnlyList<string> filters, int qos)
    {
        foreach (var some in filters.Chunk(FiltersPerPacket))
        {
            new SubscribePacket { PacketId = 1, Requests = [.. some.Select(f => new SubscriptionRequest(f, (QualityOfService)qos))] }.Write(peer, ProtocolVersion.V311);
        }
    }

    private void Await(int answers)
    {
        var start = Stopwatch.GetTimestamp();
        pool.Flush();
        while (_answered < answers)
        {
            pool.Turn(100, this);
            pool.Flush();
            if (pool.Ended != _ended)
            {
                throw new BenchException($"{broker} closed a connection before it was let in: is a broker listening there, and is its limit of connections high enough?");
            }

            if (Stopwatch.GetElapsedTime(start) > silence)
            {
                throw new BenchException($"{broker} left {answers - _answered} of {answers} requests without an answer for {silence.TotalSeconds:0} s.");
            }
        }
    }
}
