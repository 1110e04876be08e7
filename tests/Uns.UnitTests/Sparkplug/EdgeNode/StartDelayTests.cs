using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.EdgeNode;

/// <summary>The first connection of an edge node after its process has started.</summary>
public sealed class StartDelayTests : IBirthSequenceStore, IForwardStore
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ManualClock _clock = new();
    private readonly TaskCompletionSource<DateTimeOffset> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<ForwardBatch> _kept = new();

    long IForwardStore.Waiting => 0;

    long IForwardStore.Lost => 0;

    [Fact]
    public async Task A_node_comes_to_its_broker_at_a_moment_of_its_own()
    {
        var begun = _clock.GetUtcNow();
        await RunAsync(TimeSpan.FromSeconds(10), 0.25, async _ => await TurnUntilAsync(() => _reached.Task.IsCompleted));
        Assert.True(await _reached.Task - begun >= TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task A_node_that_need_not_wait_comes_at_once()
    {
        var begun = _clock.GetUtcNow();
        await RunAsync(TimeSpan.Zero, 1, async _ => await _reached.Task.WaitAsync(Deadline)); // The clock stands still.
        Assert.Equal(begun, await _reached.Task);
    }

    [Fact]
    public async Task What_comes_before_that_moment_is_kept()
    {
        await RunAsync(TimeSpan.FromMinutes(10), 1, async node =>
        {
            node.SetDevice("D", [new() { Name = "level", DataType = DataType.Double }]);
            node.DeviceOnline("D");
            node.Offer("D", new TagSample("level", TagValue.Of(4.5), TagQuality.Good, _clock.GetUtcNow()));
            await TurnUntilAsync(() => !_kept.IsEmpty);
        });
        Assert.Equal(("D", 1), (_kept.First().Device, _kept.First().Samples));
    }

    [Fact]
    public async Task A_node_that_is_stopped_before_that_moment_ends()
    {
        await RunAsync(TimeSpan.FromMinutes(10), 1, _ => Task.CompletedTask);
        Assert.False(_reached.Task.IsCompleted);
        Assert.Single(new EdgeNodeOptions { GroupId = "G", NodeId = "E", StartWithin = TimeSpan.FromHours(1) }.Check());
        Assert.Single(new EdgeNodeOptions { GroupId = "G", NodeId = "E", TagChangeDistance = TimeSpan.FromSeconds(-1) }.Check());
    }

    ValueTask<int> IBirthSequenceStore.NextAsync(EdgeNodeId node, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    Task IForwardStore.AppendAsync(EdgeNodeId node, IReadOnlyList<ForwardBatch> batches, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            _kept.Enqueue(batch);
        }

        return Task.CompletedTask;
    }

    Task<IReadOnlyList<string>> IForwardStore.DevicesAsync(EdgeNodeId node, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    Task<ForwardBatch?> IForwardStore.NextAsync(EdgeNodeId node, string device, long after, CancellationToken cancellationToken) => Task.FromResult<ForwardBatch?>(null);

    Task IForwardStore.RemoveAsync(EdgeNodeId node, string device, long through, CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync(TimeSpan startWithin, double jitter, Func<EdgeNodePublisher, Task> whileItRuns)
    {
        var broker = new MqttClientOptions
        {
            Host = "a broker that is not there",
            Connect = _ =>
            {
                _reached.TrySetResult(_clock.GetUtcNow());
                throw new IOException("Nobody is there.");
            },
        };
        var node = new EdgeNodePublisher(
            new() { GroupId = "G", NodeId = "E", StartWithin = startWithin }, [broker], this, this, _clock, NullLogger<EdgeNodePublisher>.Instance, () => jitter);
        using var stop = new CancellationTokenSource();
        var run = node.RunAsync(stop.Token);
        await whileItRuns(node);
        await stop.CancelAsync();
        await run.WaitAsync(Deadline);
    }

    // Turns the clock on, little by little, until something has happened.
    private async Task TurnUntilAsync(Func<bool> happened)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!happened())
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }
}
