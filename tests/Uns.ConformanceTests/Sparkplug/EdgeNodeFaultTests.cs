using System.Text;
using Uns.Sparkplug.Check;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>Our edge node while its machine fails it: a clock that is set, and a disk that takes nothing. Live data go on.</summary>
public sealed class EdgeNodeFaultTests : IAsyncLifetime
{
    private readonly SteppedClock _clock = new();
    private readonly MemoryForwardStore _store = new();
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync()
    {
        await _plant.StartAsync();
        (_plant.Clock, _plant.Forward) = (_clock, _store);
    }

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact, Spec("tck-id-operational-behavior-data-commands-rebirth-action-1"), Spec("tck-id-operational-behavior-data-commands-rebirth-action-2")]
    public async Task A_clock_that_is_set_back_holds_up_neither_a_rebirth_nor_the_data_behind_it()
    {
        var (node, _) = _plant.RunEdgeNode(change: o => o with { RebirthDistance = TimeSpan.FromMilliseconds(100) });
        var born = await PassedAsync(MessageVerb.DBirth);
        var host = new SimulatedHost("hub", await _plant.ConnectAsync("host"));
        await host.AskRebirthAsync(Plant.Id);
        var again = await PassedAsync(MessageVerb.DBirth, born.Index + 1);
        _clock.Step(TimeSpan.FromHours(-1));
        await host.AskRebirthAsync(Plant.Id);
        var last = await PassedAsync(MessageVerb.DBirth, again.Index + 1);
        node.Offer("D", Plant.Level(3));
        Assert.Equal(3, Metrics(await PassedAsync(MessageVerb.DData, last.Index))[0].Value.Number);
        Assert.Equal(2, node.Status.Rebirths);
    }

    [Fact]
    public async Task A_clock_that_is_set_forward_does_not_empty_what_a_dead_line_may_have_swallowed()
    {
        var (node, _) = _plant.RunEdgeNode();
        await PassedAsync(MessageVerb.DBirth);
        _plant.EdgeLine.Drops = true;
        var sent = node.Status.MessagesSent;
        node.Offer("D", Plant.Level(3));
        await Waiting.ReachAsync(() => node.Status.MessagesSent > sent);
        _clock.Step(TimeSpan.FromDays(1));
        _plant.EdgeLine.Cut();
        _plant.EdgeLine.Drops = false;
        var told = await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && Metrics(p).Any(m => m.IsHistorical && m.Value.Number == 3));
        Assert.Single(Metrics(told));
    }

    [Fact]
    public async Task A_store_that_refuses_to_tell_what_is_kept_ends_no_live_data()
    {
        _store.Refuses = true;
        var (node, _) = _plant.RunEdgeNode();
        await PassedAsync(MessageVerb.DBirth);
        for (var value = 1; value <= 3; value++)
        {
            node.Offer("D", Plant.Level(value));
            var live = await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && Metrics(p)[^1].Value.Number == value);
            Assert.False(Metrics(live)[^1].IsHistorical);
        }

        Assert.Equal((true, 1L), (node.Status.IsConnected, node.Status.Connects));
        Assert.True(node.Status.StoreRefusals > 0);
    }

    [Fact]
    public async Task A_store_that_refuses_to_forget_what_arrived_ends_no_live_data_and_forgets_later()
    {
        var line = _plant.Through(_plant.EdgeLine) with { KeepAlive = TimeSpan.FromSeconds(1) }; // What was told is forgotten after two of them.
        await _store.AppendAsync(Plant.Id, [Batch("D", Encoding.UTF8.GetBytes("no payload")), Batch("D", PayloadWriter.Write(new SparkplugPayload { Metrics = [Metric.Of("level", TagValue.Of(7.0), TimeProvider.System.GetUtcNow())] }))], default);
        _store.RefusesToForget = true;
        var (node, stopAsync) = _plant.RunEdgeNode(brokers: line);
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && Metrics(p)[0] is { IsHistorical: true, Value.Number: 7 });
        await Waiting.ReachAsync(() => node.Status.StoreRefusals > 0);
        node.Offer("D", Plant.Level(8));
        await Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, MessageVerb.DData) && Metrics(p)[0] is { IsHistorical: false, Value.Number: 8 });
        Assert.Equal((1L, 1L, 1L, 2L), (node.Status.Connects, node.Status.SamplesForwarded, node.Status.SamplesLost, _store.Waiting)); // What cannot be read is lost, and counted.
        _store.RefusesToForget = false;
        await stopAsync();
        Assert.Equal(0, _store.Waiting);
    }

    private static ForwardBatch Batch(string device, byte[] payload) => new(0, device, 1, payload);

    private Task<RecordedPacket> PassedAsync(MessageVerb verb, int from = 0) => Plant.PassedAsync(_plant.EdgeLine, p => IsVerb(p, verb), from);

    private static bool IsVerb(RecordedPacket packet, MessageVerb verb) =>
        packet is { FromClient: true, Message: { } message } && SparkplugTopic.TryParse(message.Topic, out var topic) && topic.Verb == verb;

    private static IReadOnlyList<Metric> Metrics(RecordedPacket packet) => PayloadReader.Read(packet.Message!.Payload).Metrics;

    /// <summary>The real time, with a time of day that can be set.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private long _ahead;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

        public void Step(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
    }
}
