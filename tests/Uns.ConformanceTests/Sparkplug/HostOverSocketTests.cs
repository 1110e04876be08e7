using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

public sealed class HostOverSocketTests : IAsyncLifetime
{
    private const string StateTopic = "spBv1.0/STATE/hub";
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact, Spec("tck-id-host-topic-phid-birth-qos"), Spec("tck-id-host-topic-phid-birth-retain"), Spec("tck-id-host-topic-phid-birth-topic")]
    [Spec("tck-id-operational-behavior-host-application-termination"), Spec("tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean")]
    [Spec("tck-id-host-topic-phid-death-qos"), Spec("tck-id-host-topic-phid-death-retain"), Spec("tck-id-intro-sparkplug-host-state")]
    public async Task The_host_says_its_state_defends_it_and_leaves_in_order()
    {
        var listener = await _plant.ListenAsync(StateTopic);
        var (_, stopAsync) = _plant.RunHost();
        var birth = await listener.NextAsync(_ => true);
        Assert.True(HostState.TryRead(birth.Payload.Span, out var online, out var since));
        Assert.Equal((true, QualityOfService.AtLeastOnce, true), (online, birth.Qos, birth.Retain));

        // A liar with an old timestamp, and one who deletes: the same word again. [tck-id-message-flow-hid-sparkplug-state-message-delivered]
        foreach (var lie in new[] { HostState.Write(isOnline: false, since.AddSeconds(-1)), [] })
        {
            await listener.Client.PublishAsync(StateTopic, lie, QualityOfService.AtLeastOnce, retain: true);
            await listener.NextAsync(m => m.Payload.Span.SequenceEqual(lie));
            await listener.NextAsync(m => m.Payload.Span.SequenceEqual(birth.Payload.Span));
        }

        await stopAsync();
        var death = await listener.NextAsync(m => !m.Payload.Span.SequenceEqual(birth.Payload.Span));
        Assert.True(HostState.TryRead(death.Payload.Span, out online, out var until));
        Assert.Equal((false, QualityOfService.AtLeastOnce, true), (online, death.Qos, death.Retain));
        Assert.True(until >= since);
    }

    [Fact]
    public async Task A_liar_with_a_newer_timestamp_is_outdone_by_a_new_connection()
    {
        var listener = await _plant.ListenAsync(StateTopic);
        _plant.RunHost();
        await listener.NextAsync(_ => true);
        var future = TimeProvider.System.GetUtcNow().AddDays(1);
        await listener.Client.PublishAsync(StateTopic, HostState.Write(isOnline: false, future), QualityOfService.AtLeastOnce, retain: true);
        await listener.NextAsync(m => HostState.TryRead(m.Payload.Span, out var online, out var time) && online && time > future);
    }

    [Fact]
    public async Task Births_and_data_come_through_and_a_death_makes_all_stale()
    {
        var host = await _plant.StartHostAsync();
        var (node, stopAsync) = _plant.RunEdgeNode();
        await _plant.SeeAsync("D", "level", c => c is { Quality: TagQuality.Stale, Value.IsNull: true }); // Nobody has read it yet.
        node.Offer("D", Plant.Level(4.5));
        await _plant.SeeAsync("D", "level", c => c.Value == TagValue.Of(4.5));
        await stopAsync();
        var stale = await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        Assert.Equal(TagValue.Of(4.5), stale.Value);
        Assert.False(Assert.Single(host.Nodes()).IsOnline);
    }

    [Fact]
    public async Task A_connection_that_breaks_makes_all_stale_until_the_next_birth()
    {
        await _plant.StartHostAsync();
        _plant.RunEdgeNode().Node.Offer("D", Plant.Level(1));
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        await using (await _plant.ConnectAsync("edge"))
        {
            await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Stale);
        }

        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
    }

    [Fact]
    public async Task A_host_that_starts_late_asks_a_node_that_speaks_for_its_birth()
    {
        var listener = await _plant.ListenAsync();
        var (node, _) = _plant.RunEdgeNode();
        await listener.NextAsync(MessageVerb.DBirth);
        var (host, _) = _plant.RunHost();
        await listener.NextAsync(m => m.Topic == StateTopic);
        node.Offer("D", Plant.Level(3));
        await _plant.SeeAsync("D", "level", c => c.Value == TagValue.Of(3.0) && c.Quality == TagQuality.Good);
        Assert.Equal(1, Assert.Single(host.Nodes()).RebirthsAsked);
    }

    [Fact, Spec("tck-id-topics-dcmd-mqtt"), Spec("tck-id-payloads-dcmd-qos"), Spec("tck-id-payloads-dcmd-retain")]
    public async Task A_command_goes_round_and_comes_back_as_data()
    {
        var listener = await _plant.ListenAsync("spBv1.0/+/DCMD/#");
        var host = await _plant.StartHostAsync();
        var (node, _) = _plant.RunEdgeNode();
        node.OnCommand = (device, _, value, _) =>
        {
            node.Offer(device, Plant.Level(value.Number));
            return Task.CompletedTask;
        };
        node.Offer("D", Plant.Level(1));
        await _plant.SeeAsync("D", "level", c => c.Quality == TagQuality.Good);
        await host.SendAsync(new MetricKey(Plant.Id, "D", "level"), TagValue.Of(6.5), default);
        await _plant.SeeAsync("D", "level", c => c.Value == TagValue.Of(6.5));
        var (message, _) = await listener.NextAsync(MessageVerb.DCmd);
        Assert.Equal((QualityOfService.AtMostOnce, false), (message.Qos, message.Retain));
    }

    [Fact, Spec("tck-id-operational-behavior-host-reordering-rebirth")]
    public async Task A_gap_asks_for_a_rebirth()
    {
        var listener = await _plant.ListenAsync();
        _plant.RunHost();
        await listener.NextAsync(m => m.Topic == StateTopic);
        var node = await _plant.ConnectAsync("third party");
        var birth = new SparkplugPayload
        {
            Timestamp = TimeProvider.System.GetUtcNow(),
            Seq = 0,
            Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.UInt64, 3)), Metric.Of("Node Control/Rebirth", TagValue.Of(false)), Metric.Of("x", TagValue.Of(1.0))],
        };
        await node.PublishAsync("spBv1.0/Plant/NBIRTH/Line 1", PayloadWriter.Write(birth));
        await _plant.SeeAsync(null, "x", c => c.Quality == TagQuality.Good);
        await node.PublishAsync("spBv1.0/Plant/NDATA/Line 1", PayloadWriter.Write(new SparkplugPayload { Seq = 2, Metrics = [new Metric { Name = "x", Value = WireConversion.ToWire(TagValue.Of(2.0)) }] }));
        var (_, request) = await listener.NextAsync(MessageVerb.NCmd);
        Assert.Equal("Node Control/Rebirth", Assert.Single(request.Metrics).Name);
        await _plant.SeeAsync(null, "x", c => c.Quality == TagQuality.Stale);
        await node.PublishAsync("spBv1.0/Plant/NBIRTH/Line 1", PayloadWriter.Write(birth));
        await _plant.SeeAsync(null, "x", c => c.Quality == TagQuality.Good);
    }
}
