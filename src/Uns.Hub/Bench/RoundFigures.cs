namespace Uns.Hub.Bench;

/// <summary>What one round on one broker showed.</summary>
internal sealed record RoundFigures
{
    /// <summary>Messages delivered, or connections made.</summary>
    public required long Count { get; init; }

    /// <summary>Length of the round, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Count per second.</summary>
    public double Rate => Seconds > 0 ? Count / Seconds : 0;

    /// <summary>Processor time of the broker per count, in microseconds; null when its process is not known.</summary>
    public double? CpuMicroseconds { get; init; }

    /// <summary>Share of one processor core that the generator itself used, 0 to 1.</summary>
    public double GeneratorLoad { get; init; }

    /// <summary>Median time from due to received, in microseconds; null where not measured.</summary>
    public double? P50Microseconds { get; init; }

    /// <summary>Time that 99 % did not exceed, in microseconds.</summary>
    public double? P99Microseconds { get; init; }

    /// <summary>Time that 99.9 % did not exceed, in microseconds.</summary>
    public double? P999Microseconds { get; init; }

    /// <summary>Messages that never came.</summary>
    public long Lost { get; init; }

    /// <summary>Messages that came twice.</summary>
    public long Doubled { get; init; }

    /// <summary>Messages that came after a later one.</summary>
    public long Reordered { get; init; }

    /// <summary>Memory of the broker's process (RSS) at the end of the round, in bytes; null when its process is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Memory that one idle connection with one subscription adds, in bytes; null in other loads.</summary>
    public double? BytesPerConnection { get; init; }
}

/// <summary>One load on one broker.</summary>
internal interface IBenchLoad : IDisposable
{
    /// <summary>Connects, subscribes, fills.</summary>
    /// <exception cref="BenchException">The broker does not answer as it must.</exception>
    void Prepare();

    /// <summary>Measures once.</summary>
    /// <param name="length">How long to measure, where the load has no end of its own.</param>
    /// <exception cref="BenchException">The broker does not answer as it must.</exception>
    RoundFigures Round(TimeSpan length);
}
