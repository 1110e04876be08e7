using System.Diagnostics;
using System.Globalization;
using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Broker.Subscriptions;
using Uns.Mqtt.Packets;

namespace Uns.Benchmarks.Mqtt;

/// <summary>What a million subscriptions cost: memory of each, and the search for who gets a topic that was never seen before.</summary>
/// <remarks>Budget: 300 bytes per subscription; 20 us for 99 of 100 topics; 200 us for a topic of 12 levels against each filter of 12 levels that has a plus in some of them.</remarks>
internal static class FilterLoad
{
    private const int Sessions = 1000;
    private const int Each = 1000;

    /// <summary>Measures and prints one line per load.</summary>
    public static void Run()
    {
        Console.WriteLine("| filters | bytes per subscription | found per topic | half of the topics | 99 % of them |");
        Console.WriteLine("| --- | --: | --: | --: | --: |");
        Measure("1,000 sessions with 1,000 filters each, one in four with a plus", Fill, [.. Enumerable.Range(0, 20_000).Select(n => $"plant/area{n % 20}/line{n % 977}/device{n % 1000}/value{n}")]);
        Measure("each of the 4,096 of 12 levels with a plus in some", Combine, [.. Enumerable.Repeat("a/b/c/d/e/f/g/h/i/j/k/l", 2000)]);
    }

    private static void Measure(string name, Action<TopicTree> fill, string[] topics)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var tree = new TopicTree();
        fill(tree);
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)tree.Count;
        var (found, groups) = (new List<Subscription>(8192), new List<SharedGroup>());
        var times = new List<double>(topics.Length);
        var total = 0L;
        foreach (var topic in topics.Concat(topics)) // The first time the code is compiled.
        {
            found.Clear();
            var begun = Stopwatch.GetTimestamp();
            tree.Match(topic, found, groups);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            total += found.Count;
        }

        var measured = times.Skip(topics.Length).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {bytes:0} | {total / (double)times.Count:0.#} | {measured[measured.Count / 2]:0.0} us | {measured[measured.Count * 99 / 100]:0.0} us |"));
        GC.KeepAlive(tree);
    }

    private static void Fill(TopicTree tree)
    {
        for (var s = 0; s < Sessions; s++)
        {
            var session = new Session($"client {s}");
            for (var n = 0; n < Each; n++)
            {
                tree.Add(new(session, new SubscriptionRequest(n % 4 == 0 ? $"plant/+/line{s}/device{n}/#" : $"plant/area{s % 20}/line{s}/device{n}/value{n}"), identifier: 0));
            }
        }
    }

    private static void Combine(TopicTree tree)
    {
        var session = new Session("client");
        for (var bits = 0; bits < 4096; bits++)
        {
            tree.Add(new(session, new SubscriptionRequest(string.Join('/', Enumerable.Range(0, 12).Select(i => (bits >> i & 1) == 1 ? "+" : $"{(char)('a' + i)}"))), identifier: 0));
        }
    }
}
