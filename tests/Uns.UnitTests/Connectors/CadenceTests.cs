using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>A slow or dead station holds up no other. All by counted cycles of a clock that is turned by hand.</summary>
public sealed class CadenceTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    [Fact]
    public async Task Of_32_stations_one_dead_the_others_keep_every_cycle()
    {
        var workers = Enumerable.Range(0, 32)
            .Select(i => Start(i == 7 ? new FakeConnector { OnRead = Never } : new FakeConnector(), [new(0, Second)]))
            .ToList();
        var others = workers.Where((_, i) => i != 7).ToList();

        for (var cycle = 1; cycle <= 20; cycle++)
        {
            await Waiting.ReachAsync(() => others.TrueForAll(w => w.Status.Reads == cycle));
            _clock.Advance(Second);
        }

        Assert.All(others, w => Assert.Equal(0, w.Status.MissedCycles));
        Assert.Equal(0, workers[7].Status.Reads);
    }

    [Fact]
    public async Task A_lane_that_hangs_leaves_the_other_its_reads_and_writes()
    {
        var written = 0;
        var connector = new FakeConnector
        {
            OnRead = (group, sink, token) => group.Lane == 1 ? Never(group, sink, token) : Task.CompletedTask,
            OnWrite = (_, _, _) =>
            {
                written++;
                return Task.CompletedTask;
            },
        };
        var worker = Start(connector, [new(0, Second), new(1, Second) { Lane = 1 }]);

        for (var cycle = 1; cycle <= 20; cycle++)
        {
            await Waiting.ReachAsync(() => worker.Status.Reads == cycle);
            _clock.Advance(Second);
        }

        await worker.WriteAsync("a", TagValue.Of(1.0), _stop.Token).WaitAsync(Deadline);
        Assert.Equal(1, written);
        Assert.Equal(0, worker.Status.MissedCycles);
    }

    [Fact]
    public async Task A_lane_that_breaks_ends_the_connection_of_all()
    {
        var connector = new FakeConnector
        {
            OnRead = (group, sink, token) => group.Lane == 1 ? throw new ConnectorException("the cable is cut.") : Task.CompletedTask,
        };
        var worker = Start(connector, [new(0, Second), new(1, Second) { Lane = 1 }]);

        await Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Reconnecting);

        Assert.Equal("the cable is cut.", worker.Status.LastError);
    }

    [Fact]
    public void A_long_group_in_parts_lets_a_fast_one_keep_every_cycle()
    {
        // A group of 10 s whose sixteen parts take 400 ms each, beside one of 1 s that takes 50 ms.
        PollGroup[] groups = [new(0, Second), .. Enumerable.Range(1, 16).Select(i => new PollGroup(i, Second * 10))];

        var cycles = Run(groups, group => group.Index == 0 ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromMilliseconds(400), TimeSpan.FromMinutes(10));

        Assert.Equal(600, cycles[0]);
        Assert.All(cycles.Skip(1), c => Assert.Equal(60, c));
    }

    [Fact]
    public void When_there_is_time_for_half_each_group_gets_its_turn()
    {
        PollGroup[] groups = [new(0, Second), new(1, Second * 10), new(2, Second * 10)];

        var cycles = Run(groups, _ => Second * 1.9, TimeSpan.FromMinutes(10));

        Assert.All(cycles, c => Assert.True(c > 20, $"only {c} cycles"));
        Assert.InRange(cycles.Sum(), 280, 316);
    }

    [Theory]
    [InlineData(7, 30, "0.5 1 2 4 8 16 30 30")]
    [InlineData(3, 30, "0.5 1 30 30")]
    [InlineData(1, 60, "60 60")]
    [InlineData(100, 5, "0.5 1 2 4 5 5")]
    public void After_enough_failures_only_the_recovery_period_is_waited(int failures, int recoverySeconds, string waits)
    {
        var backOff = new BackOff(new Random(1), failures, TimeSpan.FromSeconds(recoverySeconds));

        foreach (var whole in waits.Split(' ').Select(w => TimeSpan.FromSeconds(double.Parse(w, System.Globalization.CultureInfo.InvariantCulture))))
        {
            Assert.InRange(backOff.Next(), whole / 2, whole);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    // What a lane does, without its threads: the time of a read is what the test says.
    private static long[] Run(PollGroup[] groups, Func<PollGroup, TimeSpan> takes, TimeSpan until)
    {
        var paces = groups.Select(g => new PollClock(g.Period, TimeSpan.Zero)).ToArray();
        var cycles = new long[groups.Length];
        for (var now = TimeSpan.Zero; now < until;)
        {
            var next = PollLane.Next(paces, now);
            if (paces[next].Due > now)
            {
                now = paces[next].Due;
                continue;
            }

            now += takes(groups[next]);
            paces[next].Advance(now);
            cycles[next]++;
        }

        return cycles;
    }

    private static Task Never(PollGroup group, ITagSink sink, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    private ConnectorWorker Start(FakeConnector connector, IReadOnlyList<PollGroup> groups)
    {
        TagOptions[] tags = [new() { Name = "a", DataType = DataType.Double, Writable = true }];
        var plan = new ConnectorPlan(connector, groups, [.. tags.Select(t => DeviceChecks.Define(t, t.DataType))], [.. tags.Select(t => t.DataType)])
        {
            CallLimit = TimeSpan.FromHours(1),
        };
        var worker = new ConnectorWorker("press", plan, tags, _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        _running.Add(Task.Run(() => worker.RunAsync(_stop.Token)));
        return worker;
    }
}
