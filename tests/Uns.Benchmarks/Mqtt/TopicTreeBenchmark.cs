using BenchmarkDotNet.Attributes;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Benchmarks.Mqtt;

/// <summary>What it costs to find who gets a message: once per topic in the tree, and for each message in the cache.</summary>
/// <remarks>Budget: 50 ns and 0 B for a topic seen before; 5 us for a new one among 10,000 filters with wildcards.</remarks>
[MemoryDiagnoser, ShortRunJob]
public class TopicTreeBenchmark
{
    private const int Topics = 1000;

    private readonly TopicTree _tree = new();
    private readonly TopicCache _cache = new(maximumLevels: 128, maximumBytes: 4096);
    private readonly List<Subscription> _found = [];
    private readonly List<SharedGroup> _groups = [];
    private readonly string[] _topics = [.. Enumerable.Range(0, Topics).Select(n => $"plant/a{n / 100}/l{n / 10 % 10}/d{n % 10}/value")];
    private byte[][] _bytes = [];

    [GlobalSetup]
    public void Fill()
    {
        _bytes = [.. _topics.Select(System.Text.Encoding.UTF8.GetBytes)];
        for (var n = 0; n < 10_000; n++)
        {
            var filter = (n % 4) switch
            {
                0 => $"plant/a{n % 10}/+/d{n / 10 % 10}/alarm{n}/#",
                1 => $"plant/+/l{n % 10}/+/unit{n}",
                2 => $"+/+/l{n / 10 % 10}/d{n % 10}/state{n}",
                _ => n < 400 ? $"plant/a{n / 40}/+/d{n / 4 % 10}/#" : $"plant/a{n % 10}/l{n / 10 % 10}/+/mode{n}/+",
            };
            _tree.Add(new Subscription(new Session($"c{n % 100}"), new SubscriptionRequest(filter), identifier: 0));
        }
    }

    [Benchmark(OperationsPerInvoke = Topics)]
    public int NewTopic()
    {
        var matches = 0;
        foreach (var topic in _topics)
        {
            _found.Clear();
            _tree.Match(topic, _found, _groups);
            matches += _found.Count;
        }

        return matches;
    }

    [Benchmark(OperationsPerInvoke = Topics)]
    public int KnownTopic()
    {
        var known = 0;
        foreach (var topic in _bytes)
        {
            known += _cache.Get(topic) is null ? 0 : 1;
        }

        return known;
    }
}
