namespace Uns.Hub.Bench;

/// <summary>The loads that <c>bench</c> knows, with the counts they have unless told otherwise.</summary>
/// <param name="Name">What the user writes.</param>
/// <param name="Description">One line for the help.</param>
/// <param name="Publishers">Publishers, pairs or connections.</param>
/// <param name="Subscribers">Subscribers.</param>
/// <param name="Window">Messages that each publisher may have under way.</param>
/// <param name="Make">Makes the load for one broker.</param>
internal sealed record BenchLoads(string Name, string Description, int Publishers, int Subscribers, int Window, Func<BenchOptions, BenchTarget, IBenchLoad> Make)
{
    /// <summary>QoS unless the user says another.</summary>
    public int Qos { get; private init; }

    /// <summary>Messages a second unless the user says another; 0: as the window allows.</summary>
    public int Rate { get; private init; }

    /// <summary>Payload bytes unless the user says another.</summary>
    public int PayloadBytes { get; private init; } = 200;

    /// <summary>True when a second round would measure the memory that the first one left.</summary>
    public bool IsOnce { get; private init; }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BenchLoads> All { get; } =
    [
        Flow("fan-in", "many publishers, one subscriber", 100, 1, 64, o => BenchShape.FanIn("bench/in", o.Publishers, o.Subscribers)),
        Flow("fan-out", "one publisher, many subscribers", 1, 100, 64, o => BenchShape.FanIn("bench/out", o.Publishers, o.Subscribers)),
        Flow("pairs", "each publisher has one subscriber of its own", 50, 50, 64, o => BenchShape.Pairs(o.Publishers)) with { Qos = 1 },
        Flow("wildcards", "10,000 filters with + and #, five copies of each message", 10, 100, 16, o => BenchShape.Wildcards(o.Publishers)),
        Flow("sparkplug", "nodes that report to one host, one message at a time", 100, 1, 1, o => BenchShape.Sparkplug(o.Publishers)),
        Flow("rate", "a given rate, whether or not the broker is ready: latency", 100, 1, 64, o => BenchShape.Sparkplug(o.Publishers)) with { Rate = 20_000 },
        Flow("payload", "large payloads, pairs", 4, 4, 4, o => BenchShape.Pairs(o.Publishers)) with { PayloadBytes = 65_536 },
        Flow("persistent", "QoS 1 to a session that outlives its connection", 1, 1, 256, o => BenchShape.FanIn("bench/kept", o.Publishers, o.Subscribers) with { IsPersistent = true }) with { Qos = 1 },
        new("retained", "100,000 retained messages to a new subscriber of #", 1, 1, 256, (o, t) => new RetainedLoad(o, t)),
        new("connects", "clients that connect, are let in and leave", 50, 0, 1, (o, t) => new ConnectLoad(o, t)),
        new("idle", "connections with one subscription that do nothing: memory", 5000, 0, 1, (o, t) => new IdleLoad(o, t)) { IsOnce = true },
    ];

    private static BenchLoads Flow(string name, string description, int publishers, int subscribers, int window, Func<BenchOptions, BenchShape> shape) =>
        new(name, description, publishers, subscribers, window, (o, t) => new FlowLoad(o, shape(o), t));
}
