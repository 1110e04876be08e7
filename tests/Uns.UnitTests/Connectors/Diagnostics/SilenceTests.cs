using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors.Diagnostics;

/// <summary>The silent stop: a connection that looks healthy and brings nothing. By a clock that is turned by hand.</summary>
public sealed class SilenceTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    [Fact]
    public void Eight_times_the_learned_cadence_asks_for_a_probe_and_a_quiet_one_makes_the_next_later()
    {
        var watch = new SilenceWatch(Second * 10);
        watch.Open(TimeSpan.Zero);
        Assert.Equal(Second * 60, watch.Due);
        for (var at = 1; at <= 100; at++)
        {
            watch.Heard(Second * 3 * at);
        }

        Assert.Equal(3, watch.Learned!.Value.TotalSeconds, 2);
        Assert.Equal(324, watch.Due.TotalSeconds, 1);
        Assert.Equal(SilenceVerdict.Fine, watch.Check(Second * 323));
        Assert.Equal(SilenceVerdict.Probe, watch.Check(Second * 325));
        watch.Probed(hadNews: false, Second * 325);
        Assert.Equal(348, watch.Due.TotalSeconds, 1);
        watch.Probed(hadNews: false, Second * 348);
        Assert.Equal(396, watch.Due.TotalSeconds, 1);
        watch.Heard(Second * 400);
        Assert.InRange(watch.Due - (Second * 400), Second * 24, Second * 140);
    }

    [Fact]
    public void News_that_do_not_come_by_themselves_make_the_connection_anew_and_then_raise_the_alarm()
    {
        var watch = new SilenceWatch(Second * 10);
        var verdicts = new List<SilenceVerdict>();
        var now = TimeSpan.Zero;
        for (var connection = 0; connection < 4; connection++)
        {
            watch.Open(now);
            now = watch.Due;
            Assert.Equal(SilenceVerdict.Probe, watch.Check(now));
            watch.Probed(hadNews: true, now);
            Assert.Equal(SilenceVerdict.Fine, watch.Check(now + (Second * 9)));
            now += Second * 10;
            verdicts.Add(watch.Check(now));
        }

        Assert.Equal([SilenceVerdict.Recreate, SilenceVerdict.Recreate, SilenceVerdict.Alarm, SilenceVerdict.Alarm], verdicts);
    }

    [Fact]
    public void News_that_come_by_themselves_after_the_probe_clear_the_suspicion()
    {
        var watch = new SilenceWatch(Second * 10);
        watch.Open(TimeSpan.Zero);
        Assert.Equal(SilenceVerdict.Probe, watch.Check(Second * 60));
        watch.Probed(hadNews: true, Second * 60);
        watch.Heard(Second * 61);
        Assert.Equal(SilenceVerdict.Fine, watch.Check(Second * 71));
    }

    [Fact]
    public async Task A_subscription_that_stops_telling_is_probed_and_made_anew()
    {
        ITagSink? listening = null;
        var value = 0L;
        var connector = new FakeConnector { Pushes = true };
        connector.OnListen = async (sink, token) =>
        {
            listening = sink;
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        connector.OnRead = (_, sink, _) =>
        {
            sink.Add(Raw(Interlocked.Read(ref value)));
            return Task.CompletedTask;
        };
        var worker = Start(connector, [new(0, Second * 15)]);
        await Waiting.ReachAsync(() => listening is not null);
        for (; value < 20; Interlocked.Increment(ref value))
        {
            listening!.Add(Raw(value));
            _clock.Advance(Second);
        }

        // From here on the server changes the value and tells nobody.
        var before = connector.Connects;
        Interlocked.Add(ref value, 100);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Diagnostics().Silences.Count == 2), Second);
        Assert.StartsWith("Probe: 1 values had changed", worker.Diagnostics().Silences[0].Action, StringComparison.Ordinal);
        Assert.Equal("The subscription is made anew.", worker.Diagnostics().Silences[1].Action);
        Assert.Equal(1, worker.Diagnostics().Silences[0].Learned!.Value.TotalSeconds, 1);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => connector.Connects > before && worker.Status.State == ConnectorState.Running), Second);
        Assert.Contains("told no change for", worker.Status.LastError, StringComparison.Ordinal);
        Assert.Contains(_sink.Samples, s => s.Value.Type == DataType.Int16 && !s.Value.IsNull && s.Value.Number == 120);
        Assert.Contains(_sink.Samples, s => s.Quality == TagQuality.Bad && s.Reason!.Contains("told no change", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plant_that_stands_still_is_only_probed()
    {
        var connector = new FakeConnector { Pushes = true };
        connector.OnListen = async (sink, token) =>
        {
            sink.Add(Raw(7));
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        connector.OnRead = (_, sink, _) =>
        {
            sink.Add(Raw(7));
            return Task.CompletedTask;
        };
        var worker = Start(connector, [new(0, Second * 15)]);
        await _sink.WaitForAsync(s => s.Tag == "a");

        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Diagnostics().Silences.Count == 4), Second * 10);

        Assert.Equal(1, connector.Connects);
        Assert.All(worker.Diagnostics().Silences, s => Assert.Equal("Probe: nothing had changed.", s.Action));
        Assert.Equal(ConnectorState.Running, worker.Status.State);
        Assert.Single(_sink.Samples);
    }

    [Fact]
    public async Task A_poll_group_whose_reads_bring_nothing_is_made_anew()
    {
        var connector = new FakeConnector();
        var worker = Start(connector, [new(0, Second)]);
        connector.OnRead = (_, sink, _) =>
        {
            // A connector that has lost its tags after some time: it answers, and tells nothing.
            if (worker.Status.Reads < 20)
            {
                sink.Add(Raw(worker.Status.Reads));
            }

            return Task.CompletedTask;
        };

        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Diagnostics().Silences.Count >= 2 && connector.Connects >= 2), Second);

        Assert.Equal("1 s group", worker.Diagnostics().Silences[0].What);
        Assert.Equal("The connection is made anew.", worker.Diagnostics().Silences[1].Action);
        await _sink.WaitForAsync(s => s.Quality == TagQuality.Bad && s.Reason!.Contains("brought no value", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static TagSample Raw(long number) => new("a", TagValue.OfInteger(DataType.Int16, number), TagQuality.Good, DateTimeOffset.UnixEpoch);

    private ConnectorWorker Start(FakeConnector connector, IReadOnlyList<PollGroup> groups)
    {
        TagOptions[] tags = [new() { Name = "a", DataType = DataType.Int16 }];
        var plan = new ConnectorPlan(connector, groups, [.. tags.Select(t => DeviceChecks.Define(t, t.DataType))], [.. tags.Select(t => t.DataType)]);
        var worker = new ConnectorWorker("press", plan, tags, _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        _running = Task.Run(() => worker.RunAsync(_stop.Token));
        return worker;
    }
}
