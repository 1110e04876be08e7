namespace Uns.Hub.Bench;

/// <summary>Who publishes what, and who subscribes to what: a load without its pace.</summary>
internal sealed record BenchShape
{
    /// <summary>Topic of each stream and its publisher.</summary>
    public required IReadOnlyList<(string Topic, int Publisher)> Streams { get; init; }

    /// <summary>Filters of each subscriber.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Filters { get; init; }

    /// <summary>Subscribers that get each stream, by their index.</summary>
    public required Func<int, IEnumerable<int>> ReceiversOf { get; init; }

    /// <summary>Copies of one message, the same for every stream.</summary>
    public required int Copies { get; init; }

    /// <summary>True when the subscribers' sessions outlive their connections, so that a broker with a store must commit each message.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>Many publishers, each on its own topic, to all of a few subscribers.</summary>
    public static BenchShape FanIn(string prefix, int publishers, int subscribers) => new()
    {
        Streams = [.. Enumerable.Range(0, publishers).Select(p => ($"{prefix}/{p}", p))],
        Filters = [.. Enumerable.Range(0, subscribers).Select(_ => new[] { $"{prefix}/#" })],
        ReceiversOf = _ => Enumerable.Range(0, subscribers),
        Copies = subscribers,
    };

    /// <summary>Sparkplug nodes that report to one host application.</summary>
    public static BenchShape Sparkplug(int nodes) => FanIn("spBv1.0/bench/NDATA", nodes, 1) with { Filters = [["spBv1.0/#"]] };

    /// <summary>Each publisher has one subscriber of its own.</summary>
    public static BenchShape Pairs(int pairs) => new()
    {
        Streams = [.. Enumerable.Range(0, pairs).Select(p => ($"bench/pair/{p}", p))],
        Filters = [.. Enumerable.Range(0, pairs).Select(p => new[] { $"bench/pair/{p}" })],
        ReceiversOf = stream => [stream],
        Copies = 1,
    };

    /// <summary>
    /// 1,000 topics of four levels; 100 subscribers with 100 filters each, all with <c>+</c> or <c>#</c>. Each message goes to
    /// five subscribers by five kinds of filter; the other 95 filters of each lie on branches that are walked and lead nowhere.
    /// </summary>
    public static BenchShape Wildcards(int publishers)
    {
        var filters = Enumerable.Range(0, 100).Select(_ => new List<string>()).ToList();
        for (var s = 0; s < 10; s++)
        {
            for (var n = 0; n < 10; n++)
            {
                filters[s].Add($"bench/+/l{s}/d{n}/+");
                filters[10 + s].Add($"bench/a{s}/+/d{n}/#");
                filters[20 + s].Add($"bench/a{n}/l{s}/+/value");
                filters[30 + s].Add($"+/a{n}/+/d{s}/value");
                filters[40 + s].Add($"bench/a{s}/l{n}/#");
            }
        }

        for (var s = 0; s < filters.Count; s++)
        {
            for (var n = filters[s].Count; n < 100; n++)
            {
                filters[s].Add((n % 4) switch
                {
                    0 => $"bench/a{s % 10}/+/d{n / 10}/alarm{s}x{n}/#",
                    1 => $"bench/+/l{s % 10}/+/unit{s}x{n}",
                    2 => $"+/+/l{n / 10}/d{s % 10}/state{s}x{n}",
                    _ => $"bench/a{n / 10}/l{s % 10}/+/mode{s}x{n}/+",
                });
            }
        }

        return new BenchShape
        {
            Streams = [.. Enumerable.Range(0, 1000).Select(n => ($"bench/a{n / 100}/l{n / 10 % 10}/d{n % 10}/value", n % publishers))],
            Filters = filters,
            ReceiversOf = n => [n / 10 % 10, 10 + (n / 100), 20 + (n / 10 % 10), 30 + (n % 10), 40 + (n / 100)],
            Copies = 5,
        };
    }
}
