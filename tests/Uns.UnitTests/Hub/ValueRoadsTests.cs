using Uns.Connectors;
using Uns.Hub.Following;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Ui.Following;

namespace Uns.UnitTests.Hub;

/// <summary>The road of a change, put together from what each room tells.</summary>
public sealed class ValueRoadsTests
{
    private const string Data = "spBv1.0/G/DDATA/E/d";
    private static readonly MetricKey Key = new(new EdgeNodeId("G", "E"), "d", "Speed");
    private static readonly TagOptions Tag = new() { Name = "Speed", Address = "40001", Factor = 0.1 };

    private readonly ManualClock _clock = new();
    private readonly ValueRoads _roads;

    public ValueRoadsTests() => _roads = new ValueRoads(_clock);

    [Fact]
    public void A_change_goes_from_the_request_to_the_subscribers_and_each_step_has_its_time()
    {
        var begun = Now;
        Step();
        var sent = Frame(FrameKind.Sent);
        Step();
        var received = Frame(FrameKind.Received);
        Step();
        var time = _clock.GetUtcNow();
        _roads.Read(Seen(215, 21.5, 20, passed: true, begun), Tag, [(sent, "reads 40001"), (received, "1 register")], Now, _clock.GetUtcNow());
        Step();
        Send(7, time);
        Step();
        Route(7, time, new RoadReceiver("scada", false, "Sent"), new RoadReceiver("host-hub", true, "Sent"));
        Step();
        var taken = Now;
        Step();
        Place(21.5, time, taken);
        Step();
        _roads.Telling("uns/G/E/d/Speed", Now);
        Step();
        _roads.Delivered(Now, [new RoadReceiver("mes", false, "Dropped")]);

        var road = Assert.Single(Roads());
        Assert.Equal(
            [RoadStation.Asked, RoadStation.Answered, RoadStation.Decoded, RoadStation.Passed, RoadStation.Sent, RoadStation.Broker, RoadStation.Host, RoadStation.Tree, RoadStation.Topic, RoadStation.Delivered],
            road.Steps.Select(s => s.Station));
        Assert.Equal([0, 0.001, 0.002, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008], road.Steps.Select(s => s.AfterMs));
        Assert.Equal(("21.5", "Good", null), (road.Value, road.Quality, road.Missing));
        Assert.Contains("one request: reads 40001", road.Steps[0].Words, StringComparison.Ordinal);
        Assert.Contains("× 0.1 + 0 is 21.5", road.Steps[2].Words, StringComparison.Ordinal);
        Assert.Contains("deadband of 1", road.Steps[3].Words, StringComparison.Ordinal);
        Assert.Contains($"alias 3, one of 1 in {Data}, seq 7", road.Steps[4].Words, StringComparison.Ordinal);
        Assert.Equal(["scada", "host-hub"], road.Steps[5].Receivers.Select(r => r.ClientId));
        Assert.Equal("Dropped", Assert.Single(road.Steps[9].Receivers).Outcome);
    }

    [Theory]
    [InlineData(21.5, 21.5, "report by exception")]
    [InlineData(21.5, 21.0, "less than the deadband of 1")]
    public void A_read_that_is_no_news_says_why(double read, double told, string why)
    {
        _roads.Read(Seen(0, read, told, passed: false, Now), Tag, [], Now, _clock.GetUtcNow());
        _roads.Read(Seen(0, read, told, passed: false, Now), Tag, [], Now, _clock.GetUtcNow());
        var quiet = _roads.View(Now, _ => null).Quiet!;
        Assert.Equal((2, read.ToString()), (quiet.Count, quiet.Value));
        Assert.Contains(why, quiet.Why, StringComparison.Ordinal);
        Assert.Empty(Roads());
    }

    [Fact]
    public void The_road_of_a_strangers_value_begins_at_the_broker()
    {
        var time = _clock.GetUtcNow();
        Route(9, time);
        Step();
        Place(5, time, Now);
        Assert.Equal([RoadStation.Broker, RoadStation.Host, RoadStation.Tree], Assert.Single(Roads()).Steps.Select(s => s.Station));
    }

    [Fact]
    public void Changes_that_overtake_one_another_each_keep_their_own_road()
    {
        var (first, second) = (_clock.GetUtcNow(), _clock.GetUtcNow().AddMilliseconds(5));
        Send(1, first);
        Send(2, second);
        Route(1, first);
        Route(2, second);
        Place(1, first, Now);
        Place(2, second, Now);
        _roads.Telling("uns/x", Now);
        var roads = Roads();
        Assert.Equal(["2", "1"], roads.Select(r => r.Value));
        Assert.All(roads, r => Assert.Equal([RoadStation.Sent, RoadStation.Broker, RoadStation.Host, RoadStation.Tree], r.Steps.Take(4).Select(s => s.Station)));
        Assert.Equal(RoadStation.Topic, roads[0].Steps[^1].Station);
        Assert.Contains("A newer value came before", roads[1].Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stops_on_its_way_says_where_after_a_while()
    {
        _roads.Read(Seen(1, 1, null, passed: true, Now), Tag, [], Now, _clock.GetUtcNow());
        Assert.Null(Assert.Single(Roads()).Missing);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("not connected", Assert.Single(_roads.View(Now, s => s == RoadStation.Sent ? "not connected" : null).Roads).Missing);
        Assert.Contains("nothing new", Assert.Single(Roads()).Missing, StringComparison.Ordinal);

        Route(3, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Contains("The host has not shown it", Roads()[0].Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_death_is_a_road_of_its_own()
    {
        _roads.Placed(new MetricChange(Key, TagValue.Of(1.0), TagQuality.Stale, _clock.GetUtcNow(), "The device has died.", null), 0, Now, _clock.GetUtcNow());
        var step = Assert.Single(Assert.Single(Roads()).Steps);
        Assert.Equal((RoadStation.Tree, "became stale: The device has died.", "Stale"), (step.Station, step.Words, step.Quality));
    }

    [Fact]
    public void Only_the_last_changes_are_kept()
    {
        for (var i = 0; i < 100; i++)
        {
            Route(i, _clock.GetUtcNow().AddMilliseconds(i));
        }

        Assert.Equal(FollowedValue.MostRoads, Roads().Count);
    }

    private long Now => _clock.GetTimestamp();

    private void Step() => _clock.Advance(TimeSpan.FromMicroseconds(1));

    private IReadOnlyList<ValueRoad> Roads() => _roads.View(Now, _ => null).Roads;

    private TrafficFrame Frame(FrameKind kind) => new(_clock.GetUtcNow(), kind, 12, new byte[12]) { Stamp = Now };

    private ReadSighting Seen(double raw, double value, double? told, bool passed, long begun) => new(
        new TagSample("Speed", TagValue.Of(raw), TagQuality.Good, _clock.GetUtcNow()), new TagSample("Speed", TagValue.Of(value), TagQuality.Good, _clock.GetUtcNow()),
        told is { } last ? TagValue.Of(last) : null, passed, new Deadband(1), new PollGroup(0, TimeSpan.FromSeconds(1)), begun);

    private static SparkplugPayload Payload(int seq, DateTimeOffset time) =>
        new() { Timestamp = time, Seq = seq, Metrics = [new Metric { Alias = 3, Timestamp = time }] };

    private void Send(int seq, DateTimeOffset time) => _roads.Sent(Data, Payload(seq, time), 3, "Speed", Now, _clock.GetUtcNow());

    private void Route(int seq, DateTimeOffset time, params RoadReceiver[] receivers) => _roads.Routed(Data, Payload(seq, time), 3, "Speed", Now, receivers, _clock.GetUtcNow());

    private void Place(double value, DateTimeOffset time, long taken) =>
        _roads.Placed(new MetricChange(Key, TagValue.Of(value), TagQuality.Good, time, null, null), taken, Now, _clock.GetUtcNow());
}
