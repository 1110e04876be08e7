using System.Diagnostics;

namespace Uns.Hub.Bench;

/// <summary>Time, and processor time of broker and generator, from its making on.</summary>
internal sealed class CostMeter(ProcessFigures? broker)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _brokerStart = broker?.CpuNanoseconds() ?? 0;
    private readonly TimeSpan _ownStart = Environment.CpuUsage.TotalTime;

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>The figures up to now.</summary>
    /// <param name="count">What was done meanwhile.</param>
    public RoundFigures Read(long count)
    {
        var elapsed = Elapsed;
        var cpu = broker?.CpuNanoseconds() - _brokerStart;
        return new RoundFigures
        {
            Count = count,
            Seconds = elapsed.TotalSeconds,
            CpuMicroseconds = count > 0 ? cpu / count / 1000 : null,
            GeneratorLoad = (Environment.CpuUsage.TotalTime - _ownStart) / elapsed,
            MemoryBytes = broker?.MemoryBytes,
        };
    }
}
