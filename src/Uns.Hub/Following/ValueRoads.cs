using System.Globalization;
using Uns.Connectors;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.Ui.Following;

namespace Uns.Hub.Following;

/// <summary>
/// The last roads of one value, put together from what the rooms tell: each step finds its road by the metric's time, which it carries
/// from the device to the tree. Pure: times come in with each call. One caller at a time.
/// </summary>
/// <param name="clock">Turns timestamps into times between; nothing else is asked of it.</param>
internal sealed class ValueRoads(TimeProvider clock)
{
    private readonly List<Road> _roads = [];
    private QuietRead? _quiet;

    /// <summary>The tag was read, or the device told it.</summary>
    /// <param name="seen">What became of the sample.</param>
    /// <param name="tag">The tag's settings.</param>
    /// <param name="frames">The raw frames since the read began, each with its words.</param>
    /// <param name="stamp">The moment, as a timestamp of the clock.</param>
    /// <param name="now">The same, UTC.</param>
    public void Read(in ReadSighting seen, TagOptions tag, IReadOnlyList<(TrafficFrame Frame, string? Words)> frames, long stamp, DateTimeOffset now)
    {
        if (!seen.Passed)
        {
            _quiet = new(now, seen.Sample.Value.ToString(), (_quiet?.Count ?? 0) + 1, WhyQuiet(seen));
            return;
        }

        _quiet = null;
        var road = Begin(seen.Sample.SourceTime, seen.Sample.Value, seen.Sample.Quality, stamp, now);
        var (sent, received) = (frames.LastOrDefault(f => f.Frame.Kind == FrameKind.Sent), frames.LastOrDefault(f => f.Frame.Kind == FrameKind.Received));
        if (seen.Group is { } group)
        {
            var requests = frames.Count(f => f.Frame.Kind == FrameKind.Sent);
            var due = $"the {Seconds(group.Period)} poll group was due";
            Step(road, RoadStation.Asked, sent.Frame?.Stamp ?? seen.ReadBegun, sent.Frame is null ? $"{due}: it was read" : $"{due}; {(requests == 1 ? "one request" : $"the last of {requests} requests")}{Said(sent.Words)}");
        }

        if (received.Frame is { } answer && (seen.Group is not null || answer.Stamp > 0))
        {
            Step(road, RoadStation.Answered, answer.Stamp, (seen.Group is null ? "told by the device itself" : $"answered with {answer.Length} bytes") + Said(received.Words));
        }

        Step(road, RoadStation.Decoded, stamp, Decoded(seen, tag), seen.Sample.Quality);
        Step(road, RoadStation.Passed, stamp, WhyNews(seen), seen.Sample.Quality);
        road.Begun = road.Steps.Min(s => s.Stamp);
    }

    /// <summary>The edge node is about to send a message.</summary>
    public void Sent(string topic, SparkplugPayload payload, ulong? alias, string name, long stamp, DateTimeOffset now)
    {
        foreach (var metric in Of(payload, alias, name))
        {
            var time = TimeOf(metric, payload) ?? now.ToUnixTimeMilliseconds();
            var road = _roads.Find(r => !r.IsSent && r.Time == time) ?? Begin(DateTimeOffset.FromUnixTimeMilliseconds(time), null, null, stamp, now);
            (road.IsSent, road.Topic, road.Seq) = (true, topic, payload.Seq);
            var how = metric.IsHistorical ? ", as history: it was kept while nobody could be told" : "";
            Step(road, RoadStation.Sent, stamp, $"metric {(metric.Alias is { } known ? $"with alias {known}" : $"'{name}'")}, one of {payload.Metrics.Count} in {topic}, seq {payload.Seq}{how}");
        }
    }

    /// <summary>The broker handed a Sparkplug message to its subscribers.</summary>
    public void Routed(string topic, SparkplugPayload payload, ulong? alias, string name, long arrived, IReadOnlyList<RoadReceiver> receivers, DateTimeOffset now)
    {
        foreach (var metric in Of(payload, alias, name))
        {
            var time = TimeOf(metric, payload) ?? now.ToUnixTimeMilliseconds();
            var road = _roads.Find(r => !r.IsRouted && r.IsSent && r.Topic == topic && r.Seq == payload.Seq && r.Time == time)
                ?? Begin(DateTimeOffset.FromUnixTimeMilliseconds(time), null, null, arrived, now);
            (road.IsRouted, road.Topic, road.Seq) = (true, topic, payload.Seq);
            Step(road, RoadStation.Broker, arrived, $"{topic}, seq {payload.Seq}, for {Subscribers(receivers)}", receivers: receivers);
        }
    }

    /// <summary>The tree shows a change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="taken">When the host took its message, as a timestamp of the clock; 0: it came with none.</param>
    /// <param name="stamp">The moment.</param>
    /// <param name="now">The same, UTC.</param>
    public void Placed(in MetricChange change, long taken, long stamp, DateTimeOffset now)
    {
        var time = change.Timestamp.ToUnixTimeMilliseconds();
        var isDeath = change.Quality == TagQuality.Stale;
        var road = isDeath ? null : _roads.Find(r => !r.IsPlaced && (r.IsRouted || r.IsSent) && r.Time == time);
        road ??= Begin(change.Timestamp, change.Value, change.Quality, isDeath || taken == 0 ? stamp : taken, now);
        (road.IsPlaced, road.Value, road.Quality) = (true, change.Value.ToString(), change.Quality);
        if (taken > 0 && !isDeath)
        {
            Step(road, RoadStation.Host, taken, change.Definition is null ? "took it in order" : "took it with a birth certificate");
        }

        Step(road, RoadStation.Tree, stamp, isDeath ? $"became stale: {change.Reason}" : $"shows {change.Value}{(change.Reason is { } reason ? $": {reason}" : "")}; history and alarms were told", change.Quality);
    }

    /// <summary>The value is about to be written on its own topic.</summary>
    public void Telling(string topic, long stamp)
    {
        var waiting = _roads.FindAll(r => r.IsPlaced && !r.IsTold);
        if (waiting.Count == 0)
        {
            return;
        }

        var last = waiting[^1];
        foreach (var road in waiting)
        {
            road.IsTold = true;
            road.Missing = road == last ? null : "A newer value came before the topic was written: topics carry the newest state, history every change.";
        }

        Step(last, RoadStation.Topic, stamp, $"written on {topic}, retained");
    }

    /// <summary>The broker handed the value's own topic to its subscribers.</summary>
    public void Delivered(long arrived, IReadOnlyList<RoadReceiver> receivers)
    {
        if (_roads.FindLast(r => r.IsTold && r.Missing is null && !r.IsDelivered) is { } road)
        {
            road.IsDelivered = true;
            Step(road, RoadStation.Delivered, arrived, receivers.Count == 0 ? "nobody subscribes to it: it is kept for whoever comes" : $"for {Subscribers(receivers)}", receivers: receivers);
        }
    }

    /// <summary>All that was seen.</summary>
    /// <param name="stamp">The moment, as a timestamp of the clock: what has not come on for a while is stuck.</param>
    /// <param name="state">Says why an edge node sends nothing, or the topics are not written; null: nothing is known to be wrong.</param>
    public (IReadOnlyList<ValueRoad> Roads, QuietRead? Quiet) View(long stamp, Func<RoadStation, string?> state)
    {
        var roads = new List<ValueRoad>(_roads.Count);
        for (var at = _roads.Count - 1; at >= 0; at--)
        {
            var road = _roads[at];
            var isLate = clock.GetElapsedTime(road.Steps[^1].Stamp, stamp) > OnItsWay;
            roads.Add(new(
                road.At, road.Value, road.Quality?.ToString() ?? "",
                [.. road.Steps.OrderBy(s => s.Stamp).ThenBy(s => s.Station).Select(s => new RoadStep(
                    s.Station, Math.Round(clock.GetElapsedTime(road.Begun, s.Stamp).TotalMilliseconds, 3), s.Words, s.Quality?.ToString(), s.Receivers))],
                road.Missing ?? (isLate ? Missing(road, state) : null)));
        }

        return (roads, _quiet);
    }

    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(3);

    private static string? Missing(Road road, Func<RoadStation, string?> state) => road switch
    {
        { IsPlaced: true, IsTold: true } => road.IsDelivered ? null : "The broker has not handed the topic on yet.",
        { IsPlaced: true } => state(RoadStation.Topic) ?? "The topic was not written: it held the same already, or another change was faster.",
        { IsRouted: true } => state(RoadStation.Host) ?? "The host has not shown it: the message came out of order or before a birth, or its value is of the past. The page of the edge node says more.",
        { IsSent: true } => "The broker has not got the message: the edge node may speak to another broker.",
        _ => state(RoadStation.Sent) ?? "The edge node has not sent it: it says nothing new to what was sent last.",
    };

    private Road Begin(DateTimeOffset time, TagValue? value, TagQuality? quality, long stamp, DateTimeOffset now)
    {
        var road = new Road { Time = time.ToUnixTimeMilliseconds(), At = now, Value = value?.ToString() ?? "", Quality = quality, Begun = stamp };
        _roads.Add(road);
        if (_roads.Count > FollowedValue.MostRoads)
        {
            _roads.RemoveAt(0);
        }

        return road;
    }

    private static void Step(Road road, RoadStation station, long stamp, string words, TagQuality? quality = null, IReadOnlyList<RoadReceiver>? receivers = null) =>
        road.Steps.Add((station, stamp, words, quality, receivers ?? []));

    private static IEnumerable<Metric> Of(SparkplugPayload payload, ulong? alias, string name) =>
        payload.Metrics.Where(m => m.Name == name || (m.Name is null && m.Alias is not null && m.Alias == alias));

    private static long? TimeOf(Metric metric, SparkplugPayload payload) => (metric.Timestamp ?? payload.Timestamp)?.ToUnixTimeMilliseconds();

    private static string Said(string? words) => words is null ? "" : ": " + words;

    private static string Subscribers(IReadOnlyList<RoadReceiver> receivers) => receivers.Count == 1 ? "one subscriber" : $"{receivers.Count} subscribers";

    private static string Decoded(in ReadSighting seen, TagOptions tag) =>
        seen.Sample.Quality == TagQuality.Bad ? $"bad: {seen.Sample.Reason}"
        : tag is { Factor: 1, Offset: 0 } ? $"{seen.Sample.Value} at {tag.Address}{Said(seen.Sample.Reason)}"
        : string.Create(CultureInfo.InvariantCulture, $"{seen.Raw.Value} at {tag.Address}, × {tag.Factor} + {tag.Offset} is {seen.Sample.Value}{Said(seen.Sample.Reason)}");

    private static string WhyNews(in ReadSighting seen) =>
        seen.LastTold is not { } last ? "the first value since the device was started"
        : seen.Sample.IsAnswer ? "the answer to a write, which is told also when nothing has changed"
        : last == seen.Sample.Value ? "the same value with another quality or reason"
        : seen.Deadband.Absolute > 0 && last.IsNumber && !last.IsNull ? string.Create(CultureInfo.InvariantCulture, $"{last} was told last: it moved at least by the deadband of {seen.Deadband.Absolute}")
        : $"{last} was told last";

    private static string WhyQuiet(in ReadSighting seen) => seen.LastTold is not { } last || last == seen.Sample.Value
        ? "It is the value that was told last: only changes are sent (report by exception)."
        : string.Create(CultureInfo.InvariantCulture, $"It differs from {last}, which was told last, by less than the deadband of {seen.Deadband.Absolute}: it is not sent.");

    private static string Seconds(TimeSpan time) => Uns.Ui.Live.TimeText.Of(time);

    private sealed class Road
    {
        public long Time { get; init; }

        public DateTimeOffset At { get; init; }

        public long Begun { get; set; }

        public string Value { get; set; } = "";

        public TagQuality? Quality { get; set; }

        public string? Topic { get; set; }

        public int? Seq { get; set; }

        public bool IsSent { get; set; }

        public bool IsRouted { get; set; }

        public bool IsPlaced { get; set; }

        public bool IsTold { get; set; }

        public bool IsDelivered { get; set; }

        public string? Missing { get; set; }

        public List<(RoadStation Station, long Stamp, string Words, TagQuality? Quality, IReadOnlyList<RoadReceiver> Receivers)> Steps { get; } = [];
    }
}
