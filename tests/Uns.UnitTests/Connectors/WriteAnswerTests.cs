using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>After a write that the device confirmed its value is told, changed or not: who wrote waits for it.</summary>
public sealed class WriteAnswerTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private double _held = 42;
    private Task _running = Task.CompletedTask;

    [Theory]
    [InlineData(42.0)] // the same
    [InlineData(42.3)] // within the deadband
    public async Task The_first_sample_after_a_confirmed_write_passes_and_the_next_ones_do_not(double written)
    {
        var reads = 0;
        var worker = Start(new FakeConnector
        {
            OnRead = (_, sink, _) =>
            {
                Interlocked.Increment(ref reads);
                sink.Add(Held());
                return Task.CompletedTask;
            },
            OnWrite = (_, value, _) => Keep(value),
        });
        Assert.False((await _sink.WaitForAsync(s => s.Tag == "a")).IsAnswer);

        _sink.Clear();
        await worker.WriteAsync("a", TagValue.Of(written), _stop.Token).WaitAsync(Deadline);
        var before = Volatile.Read(ref reads);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => Volatile.Read(ref reads) >= before + 3), TimeSpan.FromSeconds(1));

        var answer = Assert.Single(_sink.Samples);
        Assert.Equal((written, true), (answer.Value.Number, answer.IsAnswer));
    }

    [Fact]
    public async Task A_write_that_was_refused_is_answered_by_nothing()
    {
        var reads = 0;
        var worker = Start(new FakeConnector
        {
            OnRead = (_, sink, _) =>
            {
                Interlocked.Increment(ref reads);
                sink.Add(Held());
                return Task.CompletedTask;
            },
            OnWrite = (_, _, _) => throw new WriteRefusedException("no."),
        });
        await _sink.WaitForAsync(s => s.Tag == "a");

        _sink.Clear();
        await Assert.ThrowsAsync<WriteRefusedException>(() => worker.WriteAsync("a", TagValue.Of(42.0), _stop.Token).WaitAsync(Deadline));
        var before = Volatile.Read(ref reads);
        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => Volatile.Read(ref reads) >= before + 3), TimeSpan.FromSeconds(1));

        Assert.Empty(_sink.Samples);
    }

    [Fact]
    public async Task What_a_pushing_device_confirmed_is_read_back_because_it_tells_only_changes()
    {
        var worker = Start(new FakeConnector
        {
            Pushes = true,
            OnListen = (sink, token) =>
            {
                sink.Add(Held());
                return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            },
            OnReadBack = (tag, sink, _) =>
            {
                Assert.Equal("a", tag);
                sink.Add(Held());
                return Task.CompletedTask;
            },
        });
        await _sink.WaitForAsync(s => s.Tag == "a");

        _sink.Clear();
        await worker.WriteAsync("a", TagValue.Of(42.0), _stop.Token).WaitAsync(Deadline);

        Assert.True((await _sink.WaitForAsync(s => s.Tag == "a")).IsAnswer);
    }

    [Fact]
    public void What_the_device_told_by_itself_meanwhile_is_the_answer_and_what_was_read_back_is_older()
    {
        var stage = Stage();
        var passage = stage.Open();
        passage.Add(Held());
        stage.AwaitAnswer("a");
        Assert.Equal(["a"], stage.AnswersDue());

        _held = 43;
        passage.Add(Held());
        _held = 42;
        passage.Answer(Held());

        Assert.Equal([(42.0, false), (43.0, true)], _sink.Samples.Select(s => (s.Value.Number, s.IsAnswer)));
        Assert.Empty(stage.AnswersDue());
    }

    [Fact]
    public void An_answer_that_an_old_connection_owes_is_not_awaited_on_the_next()
    {
        var stage = Stage();
        stage.AwaitAnswer("a");
        stage.Open().Add(Held());
        stage.AwaitAnswer("a");
        stage.AwaitAnswer("nobody");
        stage.MarkAllBad("gone.", DateTimeOffset.UnixEpoch);
        stage.AwaitAnswer("a");
        stage.Open();

        Assert.Empty(stage.AnswersDue());
        Assert.All(_sink.Samples, s => Assert.False(s.IsAnswer));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private TagSample Held() => new("a", TagValue.Of(Volatile.Read(ref _held)), TagQuality.Good, DateTimeOffset.UnixEpoch);

    private Task Keep(TagValue value)
    {
        Volatile.Write(ref _held, value.Number);
        return Task.CompletedTask;
    }

    private static TagOptions Tag() => new() { Name = "a", DataType = DataType.Double, Writable = true, Deadband = 0.5 };

    private static ConnectorPlan Plan(IConnector connector) =>
        new(connector, [new(0, TimeSpan.FromSeconds(1))], [DeviceChecks.Define(Tag(), DataType.Double)], [DataType.Double]);

    private TagStage Stage() => new(Plan(new FakeConnector()), [Tag()], _sink);

    private ConnectorWorker Start(FakeConnector connector)
    {
        var worker = new ConnectorWorker("press", Plan(connector), [Tag()], _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        _running = Task.Run(() => worker.RunAsync(_stop.Token));
        return worker;
    }
}
