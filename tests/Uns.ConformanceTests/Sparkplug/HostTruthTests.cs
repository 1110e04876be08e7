using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>What our host believes and shows of the nodes it hears, over real connections.</summary>
public sealed class HostTruthTests : IAsyncLifetime
{
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-offline")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale")]
    [Spec("untagged-host-ignore-duplicate-ndeath"), Spec("untagged-host-ndeath-timestamp-use"), Spec("untagged-host-ndeath-bdseq-correlation")]
    public async Task A_death_is_paired_by_its_number_and_stamped_with_the_hosts_own_time_once()
    {
        var host = await _plant.StartHostAsync();
        var node = await BornAsync(bdSeq: 7);

        // Another session's death with a time that would fit, then the right one with a time that would not.
        await DieAsync(node, 6, TimeProvider.System.GetUtcNow());
        await node.SendAsync(MessageVerb.DData, "D", Value("level", 2));
        await _plant.SeeAsync("D", "level", c => c is { Quality: TagQuality.Good } && c.Value == TagValue.Of(2.0));
        var before = TimeProvider.System.GetUtcNow();
        await DieAsync(node, 7, DateTimeOffset.UnixEpoch.AddYears(30));
        foreach (var (device, name) in new[] { (null, "speed"), ("D", "level") })
        {
            var stale = await _plant.SeeAsync(device, name, c => c.Quality == TagQuality.Stale);
            Assert.InRange(stale.Timestamp, before.AddMilliseconds(-1), TimeProvider.System.GetUtcNow());
        }

        await DieAsync(node, 7, TimeProvider.System.GetUtcNow()); // The will says it too.
        await node.Client.DisposeAsync();
        await UntilAsync(host, info => info.Dropped >= 2);
        var info = Assert.Single(host.Nodes());
        Assert.Equal((false, 1L), (info.IsOnline, info.Deaths));
        Assert.False(Assert.Single(host.Report(Plant.Id)!.Devices).IsOnline);
    }

    [Fact]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-offline")]
    [Spec("tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale")]
    public async Task A_devices_death_is_stamped_with_its_own_time_and_leaves_the_node_alone()
    {
        var host = await _plant.StartHostAsync();
        var node = await BornAsync(bdSeq: 0);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).AddSeconds(-3);
        await node.SendAsync(SparkplugTopic.OfDevice(MessageVerb.DDeath, Plant.Id, "D"), new SparkplugPayload { Timestamp = at, Seq = node.Next() });
        var stale = await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        Assert.Equal(at, stale.Timestamp);
        Assert.Equal(TagQuality.Good, (await _plant.SeeAsync(null, "speed", _ => true)).Quality);
        Assert.Equal((true, false), (Assert.Single(host.Nodes()).IsOnline, Assert.Single(host.Report(Plant.Id)!.Devices).IsOnline));
    }

    [Fact, Spec("untagged-host-server-loss-stale")]
    public async Task Losing_the_broker_makes_all_stale()
    {
        await _plant.StartHostAsync();
        await BornAsync(bdSeq: 0);
        _plant.HostLine.Refuses = true;
        _plant.HostLine.Cut();
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        await _plant.SeeAsync(null, "speed", c => c.Quality == TagQuality.Stale);
    }

    [Fact, Spec("untagged-host-rebirth-on-malformed")]
    public async Task A_payload_that_cannot_be_read_asks_for_a_rebirth()
    {
        var host = await _plant.StartHostAsync();
        var node = await BornAsync(bdSeq: 0);
        await node.Client.PublishAsync($"spBv1.0/{Plant.Id.GroupId}/DDATA/{Plant.Id.NodeId}/D", new byte[] { 0xFF, 0xFF });
        await Plant.PassedAsync(_plant.HostLine, p => p is { FromClient: true, Message: { } m } && m.Topic.Contains("/NCMD/", StringComparison.Ordinal));
        Assert.Contains(host.Report(Plant.Id)!.Breaches, b => b.Breach == RuleBreach.PayloadUnreadable);
    }

    [Fact, Spec("tck-id-intro-edge-node-id-uniqueness"), Spec("tck-id-topic-structure-namespace-unique-edge-node-descriptor")]
    public async Task Two_publishers_of_one_name_are_found_and_neither_is_believed()
    {
        var host = await _plant.StartHostAsync();
        var first = await BornAsync(bdSeq: 5);
        var second = new SimulatedNode(Plant.Id, await _plant.ConnectAsync("second"));
        for (var round = 0; round < 3 && !host.Nodes()[0].IsTwoPublishers; round++)
        {
            await HeardAsync(() => first.SendAsync(MessageVerb.DData, "D", Value("level", 2)));
            await HeardAsync(() => second.SendAsync(MessageVerb.DData, "D", 100 + round, Value("level", 200)));
        }

        await UntilAsync(host, info => info.IsTwoPublishers);
        var stale = await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        Assert.Contains("Two publishers", stale.Reason!, StringComparison.Ordinal);
        Assert.NotEqual(TagValue.Of(200.0), stale.Value);
    }

    [Fact]
    public async Task History_never_moves_a_live_value()
    {
        await _plant.StartHostAsync();
        var node = await BornAsync(bdSeq: 0);
        await node.SendAsync(MessageVerb.DData, "D", Value("level", 99) with { IsHistorical = true }, Value("level", 5));
        await _plant.SeeAsync("D", "level", c => c.Value == TagValue.Of(5.0));
        Assert.Equal(99.0, Assert.Single(_plant.Past).Value.Number);
    }

    private async Task<SimulatedNode> BornAsync(long bdSeq)
    {
        var node = await SimulatedNode.ConnectAsync(Plant.Id, _plant.Broker, bdSeq);
        await node.BirthAsync(SimulatedNode.Double("speed", 1));
        await node.SendAsync(MessageVerb.DBirth, "D", SimulatedNode.Double("level", 1));
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        return node;
    }

    private static Task DieAsync(SimulatedNode node, long bdSeq, DateTimeOffset at) => node.SendAsync(
        SparkplugTopic.OfNode(MessageVerb.NDeath, Plant.Id), new SparkplugPayload { Timestamp = at, Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, bdSeq))] });

    private static Metric Value(string name, double value) => new() { Name = name, Timestamp = TimeProvider.System.GetUtcNow(), Value = WireConversion.ToWire(TagValue.Of(value)) };

    // Between two connections only this gives an order: the next speaks when the host has heard the one before.
    private async Task HeardAsync(Func<Task> send)
    {
        var from = _plant.HostLine.Trace.Count;
        await send();
        await Plant.PassedAsync(_plant.HostLine, p => p is { FromClient: false, Message: { } m } && m.Topic.Contains("/DDATA/", StringComparison.Ordinal), from);
    }

    private static async Task UntilAsync(HostApplication host, Func<NodeInfo, bool> wanted)
    {
        using var deadline = new CancellationTokenSource(Plant.Deadline);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!wanted(Assert.Single(host.Nodes())))
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }
}
