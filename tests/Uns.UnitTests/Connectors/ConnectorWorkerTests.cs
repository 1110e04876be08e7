using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

public sealed class ConnectorWorkerTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ConnectorState> _states = [];
    private Task _running = Task.CompletedTask;

    [Fact]
    public async Task Groups_are_read_at_their_own_pace_without_drift()
    {
        var times = new List<(int Group, TimeSpan At)>();
        var done = new TaskCompletionSource();
        var start = _clock.GetUtcNow();
        var connector = new FakeConnector
        {
            OnRead = (group, _, _) =>
            {
                times.Add((group.Index, _clock.GetUtcNow() - start));
                if (times.Count(t => t.Group == 0) == 21)
                {
                    done.TrySetResult();
                }

                return Task.CompletedTask;
            },
        };
        Start(connector, [new(0, Second), new(1, Second * 5)]);

        await _clock.TurnUntilAsync(done.Task, TimeSpan.FromMilliseconds(100));

        Assert.All(times.Where(t => t.Group == 0).Select((t, i) => (t.At, i)), t => Assert.InRange(t.At - (Second * t.i), TimeSpan.Zero, Second));
        Assert.InRange(times.Count(t => t.Group == 1), 4, 5);
    }

    [Fact]
    public async Task A_read_that_takes_too_long_costs_cycles_that_are_counted()
    {
        var reads = 0;
        var third = new TaskCompletionSource();
        var connector = new FakeConnector
        {
            OnRead = (_, _, _) =>
            {
                if (++reads == 1)
                {
                    _clock.Advance(Second * 3.5);
                }
                else if (reads == 3)
                {
                    third.TrySetResult();
                }

                return Task.CompletedTask;
            },
        };
        var worker = Start(connector, [new(0, Second)]);

        await _clock.TurnUntilAsync(third.Task, TimeSpan.FromMilliseconds(10));

        Assert.Equal(3, worker.Status.MissedCycles);
        Assert.Equal(TimeSpan.Zero, worker.Status.RoundTrip);
        Assert.NotNull(worker.Status.LastRead);
    }

    [Fact]
    public async Task A_lost_device_turns_every_tag_bad_once_and_good_again_when_it_is_back()
    {
        var isGone = false;
        var connector = new FakeConnector();
        connector.OnConnect = _ => isGone ? throw new ConnectorException("nobody is there.") : Task.CompletedTask;
        connector.OnRead = (_, sink, _) =>
        {
            if (isGone)
            {
                throw new ConnectorException("the cable is cut.");
            }

            sink.Add(Raw("a", 100));
            sink.Add(Raw("b", 7));
            return Task.CompletedTask;
        };
        var worker = Start(connector, [new(0, Second)]);
        Assert.Equal(10, (await _sink.WaitForAsync(s => s.Tag == "a")).Value.Number);
        await _sink.WaitForAsync(s => s.Tag == "b");

        isGone = true;
        _sink.Clear();
        await _sink.WaitForAsync(s => s.Tag == "b" && s.Quality == TagQuality.Bad, _clock);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => connector.Connects > 5), Second);
        Assert.Equal(ConnectorState.Reconnecting, worker.Status.State);
        Assert.Equal("nobody is there.", worker.Status.LastError);
        Assert.Equal(["a", "b"], _sink.Samples.Select(s => s.Tag));
        Assert.All(_sink.Samples, s => Assert.Equal("press is not connected: the cable is cut.", s.Reason));

        isGone = false;
        _sink.Clear();
        Assert.Equal(10, (await _sink.WaitForAsync(s => s is { Tag: "a", Quality: TagQuality.Good }, _clock)).Value.Number);
        Assert.Equal(ConnectorState.Running, worker.Status.State);
    }

    [Fact]
    public async Task A_full_device_is_left_alone_as_long_as_it_needs()
    {
        var attempts = new List<DateTimeOffset>();
        var second = new TaskCompletionSource();
        var connector = new FakeConnector
        {
            OnConnect = _ =>
            {
                attempts.Add(_clock.GetUtcNow());
                if (attempts.Count == 2)
                {
                    second.TrySetResult();
                }

                throw new ConnectorException("no free connection.") { RetryNotBefore = Second * 10 };
            },
        };
        Start(connector, [new(0, Second)]);

        await _clock.TurnUntilAsync(second.Task, Second / 10);

        Assert.True(attempts[1] - attempts[0] >= Second * 10);
    }

    [Fact]
    public async Task A_device_that_is_stopped_while_it_is_down_is_not_tried_again()
    {
        var connector = new FakeConnector { OnConnect = _ => throw new ConnectorException("nobody is there.") };
        var worker = Start(connector, [new(0, Second)]);
        await _sink.WaitForAsync(s => s.Tag == "b");

        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        var attempts = connector.Connects;
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(attempts, connector.Connects);
        Assert.Equal(ConnectorState.Stopped, worker.Status.State);
    }

    [Fact]
    public async Task Too_many_writes_are_refused_instead_of_piling_up()
    {
        var hold = new TaskCompletionSource();
        var worker = Start(new FakeConnector { OnWrite = (_, _, _) => hold.Task }, [new(0, Second)]);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Running), Second);

        var writes = Enumerable.Range(0, 70).Select(_ => worker.WriteAsync("a", TagValue.Of(1.0), CancellationToken.None)).ToList();

        Assert.InRange(writes.Count(w => w.IsFaulted && w.Exception.InnerException is WriteRefusedException), 5, 6);
        hold.SetResult();
        foreach (var write in writes.Where(w => !w.IsFaulted))
        {
            await _clock.TurnUntilAsync(write, Second);
        }
    }

    [Fact]
    public async Task A_device_that_was_never_there_has_bad_tags_too()
    {
        Start(new FakeConnector { OnConnect = _ => throw new ConnectorException("nobody is there.") }, [new(0, Second)]);

        Assert.Equal(TagQuality.Bad, (await _sink.WaitForAsync(s => s.Tag == "b")).Quality);
    }

    [Fact]
    public async Task A_connector_that_hangs_is_cut_off_and_what_it_says_later_is_not_taken()
    {
        ITagSink? old = null;
        var hang = new TaskCompletionSource();
        var connector = new FakeConnector();
        connector.OnRead = (_, sink, _) =>
        {
            if (connector.Connects == 1)
            {
                old = sink;
                return hang.Task;
            }

            sink.Add(Raw("a", 100));
            return Task.CompletedTask;
        };
        var worker = Start(connector, [new(0, Second)]);

        await _sink.WaitForAsync(s => s is { Tag: "a", Quality: TagQuality.Good }, _clock);
        old!.Add(Raw("a", 666));

        Assert.DoesNotContain(_sink.Samples, s => s.Value.Number == 66.6);
        Assert.Contains("30 s", worker.Status.LastError, StringComparison.Ordinal);
        hang.SetResult();
    }

    [Fact]
    public async Task A_fault_of_the_connector_itself_stays_inside_and_is_tried_again()
    {
        var connector = new FakeConnector();
        connector.OnRead = (_, sink, _) =>
        {
            if (connector.Connects == 1)
            {
                throw new InvalidOperationException("our own mistake");
            }

            sink.Add(Raw("a", 100));
            return Task.CompletedTask;
        };
        Start(connector, [new(0, Second)]);

        await _sink.WaitForAsync(s => s is { Tag: "a", Quality: TagQuality.Good }, _clock);

        Assert.Contains(ConnectorState.Faulted, _states);
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task Values_that_are_no_numbers_or_do_not_fit_turn_bad_with_a_reason()
    {
        var connector = new FakeConnector
        {
            OnRead = (_, sink, _) =>
            {
                sink.Add(new("a", TagValue.Of(float.NaN), TagQuality.Good, _clock.GetUtcNow()));
                return Task.CompletedTask;
            },
        };
        Start(connector, [new(0, Second)]);

        var sample = await _sink.WaitForAsync(s => s.Tag == "a");

        Assert.Equal(TagQuality.Bad, sample.Quality);
        Assert.True(sample.Value.IsNull);
        Assert.Contains("no number", sample.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_is_descaled_and_returns_once_the_device_has_confirmed()
    {
        var written = new TaskCompletionSource<(string, TagValue)>();
        var confirm = new TaskCompletionSource();
        var connector = new FakeConnector
        {
            OnWrite = (tag, value, _) =>
            {
                written.TrySetResult((tag, value));
                return confirm.Task;
            },
        };
        var worker = Start(connector, [new(0, Second)]);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Running), Second);

        var write = worker.WriteAsync("a", TagValue.Of(12.5), CancellationToken.None);
        await _clock.TurnUntilAsync(written.Task, TimeSpan.FromMilliseconds(1));

        Assert.Equal(("a", TagValue.OfInteger(DataType.Int16, 125)), await written.Task);
        Assert.False(write.IsCompleted);
        confirm.SetResult();
        await write.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("x", 1, "press has no tag 'x'.")]
    [InlineData("b", 1, "'b' of press is not writable: set Writable to allow it.")]
    [InlineData("a", -1, "'a' of press is -1: give at least 0 °C.")]
    [InlineData("a", 101, "'a' of press is 101: give at most 100 °C.")]
    public async Task What_may_not_be_written_is_refused_before_the_device_sees_it(string tag, double value, string sentence)
    {
        var connector = new FakeConnector { OnWrite = (_, _, _) => throw new InvalidOperationException("It reached the device.") };
        var worker = Start(connector, [new(0, Second)]);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Running), Second);

        var refusal = await Assert.ThrowsAsync<WriteRefusedException>(() => worker.WriteAsync(tag, TagValue.Of(value), CancellationToken.None));

        Assert.Equal(sentence, refusal.Message);
    }

    [Fact]
    public async Task A_write_that_breaks_the_connection_is_not_sent_again()
    {
        var writes = 0;
        var connector = new FakeConnector
        {
            OnWrite = (_, _, _) =>
            {
                writes++;
                throw new ConnectorException("no answer.");
            },
        };
        var worker = Start(connector, [new(0, Second)]);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Running), Second);

        var lost = await Assert.ThrowsAsync<ConnectorException>(() => worker.WriteAsync("a", TagValue.Of(1.0), CancellationToken.None));
        Assert.Contains("not known", lost.Message, StringComparison.Ordinal);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => connector.Connects == 2 && worker.Status.State == ConnectorState.Running), Second);
        Assert.Equal(1, writes);
    }

    [Fact]
    public async Task Writes_to_a_device_that_is_gone_fail_at_once()
    {
        var worker = Start(new FakeConnector { OnConnect = _ => throw new ConnectorException("nobody is there.") }, [new(0, Second)]);
        await _sink.WaitForAsync(s => s.Tag == "b");

        await Assert.ThrowsAsync<ConnectorException>(() => worker.WriteAsync("a", TagValue.Of(1.0), CancellationToken.None));
    }

    [Fact]
    public async Task A_device_that_pushes_is_listened_to_and_written_to_meanwhile()
    {
        var connector = new FakeConnector { Pushes = true };
        connector.OnListen = async (sink, token) =>
        {
            sink.Add(Raw("a", 100));
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        connector.OnWrite = (tag, value, _) =>
        {
            return Task.CompletedTask;
        };
        var worker = Start(connector, [new(0, Second)]);
        await _sink.WaitForAsync(s => s.Tag == "a");

        await worker.WriteAsync("a", TagValue.Of(5.0), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Stopping_disconnects_and_disposes()
    {
        var connector = new FakeConnector();
        var worker = Start(connector, [new(0, Second)]);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => worker.Status.State == ConnectorState.Running), Second);

        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);

        Assert.Equal(ConnectorState.Stopped, worker.Status.State);
        Assert.True(connector.IsDisposed);
        Assert.Equal([ConnectorState.Connecting, ConnectorState.Running, ConnectorState.Stopped], _states);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static TagSample Raw(string tag, long number) =>
        new(tag, TagValue.OfInteger(DataType.Int16, number), TagQuality.Good, DateTimeOffset.UnixEpoch);

    private ConnectorWorker Start(FakeConnector connector, IReadOnlyList<PollGroup> groups)
    {
        TagOptions[] tags =
        [
            new() { Name = "a", DataType = DataType.Int16, Factor = 0.1, Writable = true, Low = 0, High = 100, Unit = "°C" },
            new() { Name = "b", DataType = DataType.Int16 },
        ];
        var plan = new ConnectorPlan(connector, groups, [.. tags.Select(t => DeviceChecks.Define(t, t.DataType))], [.. tags.Select(t => t.DataType)]);
        var worker = new ConnectorWorker("press", plan, tags, _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        worker.StatusChanged += s => _states.Add(s.State);
        _running = Task.Run(() => worker.RunAsync(_stop.Token));
        return worker;
    }
}
