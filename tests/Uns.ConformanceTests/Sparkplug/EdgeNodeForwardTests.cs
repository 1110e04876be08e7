using Uns.Mqtt.Packets;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>What our edge node does when nobody hears it: it keeps, tells later, and loses nothing without saying so.</summary>
public sealed class EdgeNodeForwardTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).AddMinutes(-1);
    private readonly MemoryForwardStore _store = new();
    private readonly Plant _plant = new(maximumPacketBytes: 4096);
    private readonly Plant _second = new();

    public async ValueTask InitializeAsync()
    {
        await _plant.StartAsync();
        await _second.StartAsync();
        _plant.Forward = _store;
    }

    public async ValueTask DisposeAsync()
    {
        await _plant.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task What_came_while_the_broker_was_away_is_told_behind_the_births_as_history()
    {
        _plant.EdgeLine.Refuses = true;
        var (node, stopAsync) = _plant.RunEdgeNode();
        Offer(node, 1, 5);
        await KeptAsync(5);
        _plant.EdgeLine.Refuses = false;
        Assert.Equal([1, 2, 3, 4, 5], await HistoryAsync(5));
        var trace = _plant.EdgeLine.Trace.Packets();
        var births = trace.Where(p => IsVerb(p, MessageVerb.DBirth)).ToList();
        Assert.Equal(5, Metrics(Assert.Single(births)).Single(m => m.Name == "level").Value.Number); // The newest is in the birth.
        Assert.True(births[0].Index < trace.First(p => IsVerb(p, MessageVerb.DData)).Index);
        Offer(node, 6, 6);
        var live = await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && Metrics(p).Any(m => !m.IsHistorical));
        Assert.Equal(6, Assert.Single(Metrics(live)).Value.Number);
        Assert.Equal(5, node.Status.SamplesForwarded);
        await stopAsync();
        Assert.Equal((0, 0), (_store.Waiting, node.Status.SamplesLost)); // The broker acknowledged what came after: nothing is owed.
        Assert.Equal([], EdgeNodeRules.Judge(_plant.EdgeLine.Trace.Packets(), Plant.Id).Results.Where(r => r.Verdict == CheckVerdict.Fail));
    }

    [Fact]
    public async Task What_comes_while_the_primary_host_is_offline_is_told_when_it_is_back()
    {
        var host = new SimulatedHost("hub", await _plant.ConnectAsync("host"));
        var (node, _) = _plant.RunEdgeNode(change: o => o with { PrimaryHost = "hub" });
        Offer(node, 1, 3);
        await KeptAsync(3);
        Assert.DoesNotContain(_plant.EdgeLine.Trace.Packets(), p => p is { FromClient: true, Message: not null });
        await host.StateAsync(isOnline: true, Start);
        Assert.Equal([1, 2, 3], await HistoryAsync(3));
    }

    [Fact]
    public async Task What_a_dead_line_swallowed_is_told_again_as_history()
    {
        var (node, _) = _plant.RunEdgeNode();
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DBirth));
        Offer(node, 1, 1);
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData));
        _plant.EdgeLine.Drops = true;
        var sent = node.Status.MessagesSent;
        Offer(node, 2, 4);
        await UntilAsync(() => node.Status.MessagesSent > sent); // The node believes that they went out.
        _plant.EdgeLine.Cut();
        _plant.EdgeLine.Drops = false;
        Assert.Equal([1, 2, 3, 4], await HistoryAsync(4)); // The first may have been lost as well, for all the node knows.
    }

    [Fact]
    public async Task A_full_store_gives_up_the_oldest_and_counts_them()
    {
        var small = new MemoryForwardStore(bound: 2);
        _plant.Forward = small;
        _plant.EdgeLine.Refuses = true;
        var (node, _) = _plant.RunEdgeNode();
        for (var i = 1; i <= 4; i++)
        {
            Offer(node, i, i);
            await UntilAsync(() => node.Status.SamplesKept == i); // A batch of its own each.
        }

        _plant.EdgeLine.Refuses = false;
        Assert.Equal([3, 4], await HistoryAsync(2));
        Assert.Equal(2, node.Status.SamplesLost);
    }

    [Fact]
    public async Task History_is_paced_and_live_data_go_first()
    {
        _plant.EdgeLine.Refuses = true;
        var (node, _) = _plant.RunEdgeNode(change: o => o with { MetricsPerMessage = 1, HistoryMessagesPerSecond = 3 });
        Offer(node, 1, 12);
        await KeptAsync(12);
        _plant.EdgeLine.Refuses = false;
        var first = await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData));
        Offer(node, 13, 13);
        await HistoryAsync(12);
        var data = _plant.EdgeLine.Trace.Packets().Where(p => IsVerb(p, MessageVerb.DData)).ToList();
        var live = data.Single(p => !Metrics(p)[0].IsHistorical);
        Assert.True(live.Index < data[^1].Index, "The live value waited behind all history.");
        var last = data.Last(p => Metrics(p)[0].IsHistorical);
        Assert.True(last.At - first.At >= TimeSpan.FromMilliseconds(3500), $"Twelve messages took {last.At - first.At}."); // Eleven gaps of 333 ms, less the clock's own grain.
    }

    [Fact]
    public async Task A_birth_that_the_broker_cannot_take_is_a_fault_of_that_device_and_of_no_other()
    {
        var (node, _) = _plant.RunEdgeNode();
        var tags = Enumerable.Range(0, 500).Select(i => new TagDefinition { Name = $"a/rather/long/name/for/tag/{i}", DataType = DataType.Double }).ToList();
        node.SetDevice("Large", tags);
        node.DeviceOnline("Large");
        await UntilAsync(() => node.Status.DeviceFaults.ContainsKey("Large"));
        Assert.Contains("500 metrics", node.Status.DeviceFaults["Large"], StringComparison.Ordinal);
        Assert.Contains("4096", node.Status.DeviceFaults["Large"], StringComparison.Ordinal);
        Offer(node, 1, 1);
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData));
        Assert.Equal((true, 1L), (node.Status.IsConnected, node.Status.Connects));
        Assert.Equal([], EdgeNodeRules.Judge(_plant.EdgeLine.Trace.Packets(), Plant.Id).Results.Where(r => r.Verdict == CheckVerdict.Fail)); // No seq was spent on it.

        // With fewer tags it is born at once, on the same connection.
        node.SetDevice("Large", [tags[0]]);
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Message?.Topic == "spBv1.0/Plant/DBIRTH/Line 1/Large");
        Assert.Equal(1, node.Status.Connects);
    }

    [Fact]
    public async Task Values_too_long_for_one_packet_go_in_several_and_one_that_fits_in_none_is_counted()
    {
        var (node, _) = _plant.RunEdgeNode();
        node.SetDevice("T", [.. Enumerable.Range(0, 4).Select(i => new TagDefinition { Name = $"t{i}", DataType = DataType.String })]);
        node.DeviceOnline("T");
        await Plant.PassedAsync(_plant.EdgeLine, p => p.Message?.Topic.EndsWith("/T", StringComparison.Ordinal) == true);
        foreach (var (tag, length) in new[] { ("t0", 1500), ("t1", 1500), ("t2", 5000), ("t3", 1500) })
        {
            node.Offer("T", new(tag, TagValue.Of(new string('x', length)), TagQuality.Good, Start));
        }

        var seen = 0;
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && (seen += Metrics(p).Count) == 3);
        Assert.Equal((1L, 1L), (node.Status.SamplesLost, node.Status.Connects));
    }

    [Fact, Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk")]
    [Spec("tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server"), Spec("tck-id-operational-behavior-edge-node-birth-sequence-wait")]
    public async Task A_node_walks_to_the_broker_where_its_primary_host_is_and_does_not_walk_back()
    {
        var first = new SimulatedHost("hub", await _plant.ConnectAsync("host"));
        var second = new SimulatedHost("hub", await _second.ConnectAsync("host"));
        await first.StateAsync(isOnline: true, Start);
        await second.StateAsync(isOnline: true, Start);
        var (node, stopAsync) = _plant.RunEdgeNode(ProtocolVersion.V5, o => o with { PrimaryHost = "hub" }, _plant.Through(_plant.EdgeLine), _second.Through(_second.EdgeLine));
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DBirth));
        await first.StateAsync(isOnline: false, Start);
        var there = await Plant.PassedAsync(_second.EdgeLine, p => IsVerb(p, MessageVerb.DBirth));
        var death = Assert.Single(_plant.EdgeLine.Trace.Packets(), p => IsVerb(p, MessageVerb.NDeath));
        var end = await Plant.PassedAsync(_plant.EdgeLine, p => p.IsEnd);
        Assert.True(death.Index < end.Index);
        Assert.True(_second.EdgeLine.Trace.Packets()[0].At >= death.At, "The node was on two brokers at once.");

        await first.StateAsync(isOnline: true, Start.AddSeconds(1));
        Offer(node, 1, 1);
        await Plant.PassedAsync(_second.EdgeLine, p => IsVerb(p, MessageVerb.DData), there.Index);
        Assert.Equal(end.Index, _plant.EdgeLine.Trace.Count - 1); // Nothing more on the first.

        // A broken line is tried again first; where nothing answers the next one is.
        _second.EdgeLine.Refuses = true;
        _second.EdgeLine.Cut();
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DBirth), end.Index);
        await stopAsync();
        var numbers = new[] { _plant.EdgeLine, _second.EdgeLine }.SelectMany(l => l.Trace.Packets()).Where(p => p.Connect is not null).OrderBy(p => p.At)
            .Select(p => PayloadReader.Read(p.Connect!.Will!.Payload).Metrics[0].Value.Bits).ToList();
        Assert.Equal([0, 1], numbers.Take(2));
        Assert.True(numbers[2] >= 2); // A CONNECT into the closing line has spent its number too.
    }

    [Fact]
    public async Task A_node_that_waits_in_vain_for_its_primary_host_tries_the_next_broker()
    {
        var second = new SimulatedHost("hub", await _second.ConnectAsync("host"));
        await second.StateAsync(isOnline: true, Start);
        _plant.RunEdgeNode(ProtocolVersion.V5, o => o with { PrimaryHost = "hub", HostWait = TimeSpan.FromSeconds(1) }, _plant.Through(_plant.EdgeLine), _second.Through(_second.EdgeLine));
        await Plant.PassedAsync(_second.EdgeLine, p => IsVerb(p, MessageVerb.DBirth));
        Assert.DoesNotContain(_plant.EdgeLine.Trace.Packets(), p => p is { FromClient: true, Message: not null });
    }

    private static void Offer(EdgeNodePublisher node, int from, int to)
    {
        for (var i = from; i <= to; i++)
        {
            node.Offer("D", new("level", TagValue.Of((double)i), TagQuality.Good, Start.AddSeconds(i)));
        }
    }

    private Task KeptAsync(int samples) => UntilAsync(() => _store.Waiting == samples);

    private async Task<IReadOnlyList<double>> HistoryAsync(int count)
    {
        var seen = 0;
        var read = -1;
        await Plant.PassedAsync(_plant.EdgeLine, p =>
        {
            seen += p.Index > read && IsVerb(p, MessageVerb.DData) ? Metrics(p).Count(m => m.IsHistorical) : 0;
            read = Math.Max(read, p.Index);
            return seen >= count;
        });
        var history = _plant.EdgeLine.Trace.Packets().Where(p => IsVerb(p, MessageVerb.DData)).SelectMany(Metrics).Where(m => m.IsHistorical).ToList();
        Assert.All(history, m => Assert.Equal(Start.AddSeconds(m.Value.Number), m.Timestamp));
        return [.. history.Select(m => m.Value.Number)];
    }

    private static bool IsVerb(RecordedPacket packet, MessageVerb verb) =>
        packet is { FromClient: true, Message: { } message } && SparkplugTopic.TryParse(message.Topic, out var topic) && topic.Verb == verb;

    private static IReadOnlyList<Metric> Metrics(RecordedPacket packet) => PayloadReader.Read(packet.Message!.Payload).Metrics;

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(Plant.Deadline);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!isSo())
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }
}
