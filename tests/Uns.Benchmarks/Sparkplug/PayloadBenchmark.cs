using BenchmarkDotNet.Attributes;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>What a host pays to read a payload, and an edge node to write one.</summary>
/// <remarks>Budget: 5 us for a data message of 20 metrics, so that 50,000 of them a second cost a quarter of a core.</remarks>
[MemoryDiagnoser, ShortRunJob]
public class PayloadBenchmark
{
    private SparkplugPayload _payload = new();
    private byte[] _wire = [];

    [Params(20, 500)]
    public int Metrics { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var at = DateTimeOffset.UnixEpoch.AddYears(56);
        _payload = new SparkplugPayload
        {
            Timestamp = at,
            Seq = 3,
            Metrics = [.. Enumerable.Range(0, Metrics).Select(n => Metric.Of($"line/unit{n}/temperature", TagValue.Of(20.5 + n), at) with { Alias = (ulong)n })],
        };
        _wire = PayloadWriter.Write(_payload);
    }

    [Benchmark]
    public int Read() => PayloadReader.Read(_wire).Metrics.Count;

    [Benchmark]
    public int Write() => PayloadWriter.Write(_payload).Length;
}
