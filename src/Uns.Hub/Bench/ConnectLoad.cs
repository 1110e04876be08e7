using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>Clients that connect, are let in, say DISCONNECT and come again as somebody else, as fast as the broker lets them.</summary>
internal sealed class ConnectLoad(BenchOptions options, BenchTarget target) : IBenchLoad, IPacketSink
{
    private long _admitted;
    private int _name;

    /// <inheritdoc/>
    public void Prepare()
    {
        // Each round opens its own connections.
    }

    /// <inheritdoc/>
    public RoundFigures Round(TimeSpan length)
    {
        using var pool = new BenchPeerPool();
        _admitted = 0;
        var meter = new CostMeter(target.Process);
        long opened = 0;
        while (meter.Elapsed < length)
        {
            // The broker closes after DISCONNECT: so no local port is held back, and the next may begin.
            for (; opened - pool.Ended < options.Publishers; opened++)
            {
                BenchPeer.Connect(pool, target.EndPoint, 0, new ConnectPacket { Version = ProtocolVersion.V311, ClientId = $"bench-storm-{_name++}" });
            }

            pool.Turn(100, this);
            pool.Flush();
        }

        while (pool.Ended < opened && meter.Elapsed < length + options.Silence)
        {
            pool.Turn(100, this);
            pool.Flush();
        }

        return meter.Read(_admitted) with { Lost = opened - _admitted };
    }

    /// <inheritdoc/>
    public void BeginRead()
    {
        // The round is timed, not its connections.
    }

    /// <inheritdoc/>
    public void Take(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type == PacketType.ConnAck && body.Length > 1 && body[1] == 0)
        {
            _admitted++;
            new DisconnectPacket().Write(peer, ProtocolVersion.V311);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each round closed its own connections.
    }
}
