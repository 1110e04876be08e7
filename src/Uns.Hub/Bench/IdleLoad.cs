using System.Diagnostics;

namespace Uns.Hub.Bench;

/// <summary>Connections with one subscription each that do nothing: what one of them costs in memory.</summary>
internal sealed class IdleLoad(BenchOptions options, BenchTarget target) : IBenchLoad
{
    private readonly BenchPeerPool _pool = new();

    /// <inheritdoc/>
    public void Prepare()
    {
        if (target.Process is null)
        {
            throw new BenchException("The load 'idle' measures the broker's memory: run it on the broker's machine, or give --pid.");
        }
    }

    /// <inheritdoc/>
    public RoundFigures Round(TimeSpan length)
    {
        var clients = new BenchClients(_pool, target.EndPoint, options.Silence);
        var before = target.Process!.MemoryBytes;
        var meter = new CostMeter(target.Process);
        var peers = clients.Connect("idle", options.Publishers);
        clients.SubscribeEach(peers, i => $"bench/idle/{i}/value");
        var settled = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(settled) < length)
        {
            _pool.Turn(100, clients); // The connections stay; what the broker gives back meanwhile does not count.
        }

        var figures = meter.Read(peers.Length);
        return figures with { BytesPerConnection = (double)(figures.MemoryBytes!.Value - before) / peers.Length, Lost = _pool.Ended };
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();
}
