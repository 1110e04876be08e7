using BenchmarkDotNet.Attributes;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Retained;

namespace Uns.Benchmarks.Mqtt;

/// <summary>What a new subscriber costs in a plant of 100,000 retained values.</summary>
/// <remarks>Budget: 1 us for a filter that names its place; 10 ms for all of them.</remarks>
[MemoryDiagnoser, ShortRunJob]
public class RetainedTreeBenchmark
{
    private readonly RetainedTree _tree = new();
    private int _turn;

    [Params("plant/a7/l3/value99", "plant/+/l3/value99", "plant/a7/#", "#")]
    public string Filter { get; set; } = "";

    [GlobalSetup]
    public void Fill()
    {
        for (var n = 0; n < 100_000; n++)
        {
            _tree.Set(At($"plant/a{n / 10_000}/l{n / 1000 % 10}/value{n % 1000}"));
        }
    }

    [Benchmark]
    public int Match()
    {
        // A topic that comes and goes between: else the answer would be the remembered one.
        var topic = $"other/{_turn++ & 1}";
        _tree.Set(At(topic));
        var found = _tree.Match(Filter).Length;
        _tree.Remove(topic);
        return found;
    }

    private static Message At(string topic) => new() { TopicText = topic, Topic = System.Text.Encoding.UTF8.GetBytes(topic), Payload = new byte[] { 1 } };
}
