using Microsoft.Extensions.Logging;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>
/// Runs one device for as long as it is wanted: connects, polls each group at its own pace or listens, serves writes in
/// between, and after a failure tries again with back-off. Makes one call at a time to its connector in each lane of the plan.
/// </summary>
/// <param name="device">The device's name, for logs and messages.</param>
/// <param name="plan">Its connector belongs to the worker, which disposes of it at the end.</param>
/// <param name="tags">In the order of the plan's tags.</param>
/// <param name="sink">Gets engineering values, only what changed, one call at a time; when the device is gone, one bad sample for each tag.</param>
/// <param name="clock">Pace, limits and back-off are measured by its monotonic time.</param>
/// <param name="logger">State changes are logged once.</param>
public sealed partial class ConnectorWorker(
    string device, ConnectorPlan plan, IReadOnlyList<TagOptions> tags, ITagSink sink, TimeProvider clock, ILogger<ConnectorWorker> logger)
{
    // A pushing connection that lasted so long was a success, whatever ended it.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DisconnectLimit = TimeSpan.FromSeconds(5);

    private readonly TagStage _stage = new(plan, tags, sink);
    private readonly WriteQueue _writes = new(device, plan, tags, clock);
    private readonly WorkerRecord _record = new(device, plan, clock);
    private readonly BackOff _backOff = new(new Random(), plan.FailuresBeforeRest, plan.RecoveryPeriod);
    private readonly CallLimit _limit = new(plan.CallLimit, clock);
    // One for each poll group, or for the subscription: what they learn outlives a connection.
    private readonly SilenceWatch[] _watches = plan.Connector.Pushes
        ? [new(SilenceWatch.Shortest)]
        : [.. plan.Groups.Select(g => new SilenceWatch(g.Period * 3 > SilenceWatch.Shortest ? g.Period * 3 : SilenceWatch.Shortest))];

    private WriteTurn[] _turns = [];

    /// <summary>How the worker stands now. Safe to read from any thread.</summary>
    public ConnectorStatus Status => _record.Snapshot();

    /// <summary>Why the device is as it is. Safe to read from any thread.</summary>
    public DeviceDiagnostics Diagnostics() => _record.Diagnostics();

    /// <summary>The last raw frames, the oldest first. Safe to read from any thread.</summary>
    public IReadOnlyList<TrafficFrame> Frames() => plan.Traffic.Frames();

    /// <summary>Tells what becomes of each sample of one tag, on the worker's own thread: return soon. Null ends it. What nobody follows costs nothing.</summary>
    public void Follow(string tag, Action<ReadSighting>? follower) => _stage.Follow(tag, follower);

    /// <summary>The last raw frames from a timestamp of the clock on, the oldest first.</summary>
    public IReadOnlyList<TrafficFrame> FramesSince(long stamp) => plan.Traffic.FramesSince(stamp);

    /// <summary>The state changed, or the reason for it. Raised on the worker's own thread: return soon.</summary>
    public event Action<ConnectorStatus>? StatusChanged;

    /// <summary>Writes one value in engineering units and returns once the device has confirmed it.</summary>
    /// <exception cref="WriteRefusedException">Unknown tag, not writable, out of range, does not fit, too many wait, or the device refused.</exception>
    /// <exception cref="WriteUnconfirmedException">It was sent and not answered: whether the device took it is not known. Never sent twice.</exception>
    /// <exception cref="ConnectorException">Not connected, or lost on the way; when the message says so, whether the device took it is not known. Never sent twice.</exception>
    public async Task WriteAsync(string tag, TagValue engineeringValue, CancellationToken cancellationToken) =>
        await _writes.WriteAsync(tag, engineeringValue, cancellationToken);

    /// <summary>Makes one look at the connected device, between two reads of the first lane, over the connection there is.</summary>
    /// <param name="look">Reads and changes nothing; its failure is the connection's.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConnectorException">Not connected, or lost meanwhile.</exception>
    public Task LookAsync(Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken) => _writes.LookAsync(look, cancellationToken);

    /// <summary>Makes one call that changes something at the connected device, between two reads of the first lane. It is sent once.</summary>
    /// <param name="what">What it is, as the beginning of a sentence.</param>
    /// <param name="act">Makes the call; a <see cref="WriteRefusedException"/> leaves the connection as it is.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="WriteRefusedException">Too many calls wait, or the device refused.</exception>
    /// <exception cref="ConnectorException">Not connected, or lost meanwhile: the message says whether it may have been carried out.</exception>
    public Task ActAsync(string what, Func<IConnector, CancellationToken, Task> act, CancellationToken cancellationToken) => _writes.ActAsync(what, act, cancellationToken);

    /// <summary>What the device offers below a place. Only for a device that can be browsed while it is read or listened to.</summary>
    /// <exception cref="ConnectorException">Not connected, or it was lost.</exception>
    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Status.State == ConnectorState.Running
            ? plan.Connector.BrowseAsync(below, cancellationToken)
            : throw new ConnectorException($"{device} is not connected: it cannot be browsed.");

    /// <summary>Runs until cancelled; then disconnects, disposes of the connector and throws nothing else. To be called once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _turns = [.. Enumerable.Range(0, plan.Lanes).Select(lane => new WriteTurn(device, plan.Connector, _writes.Reader(lane), _limit, _stage.AwaitAnswer, clock))];
        SetState(ConnectorState.Connecting, null);
        try
        {
            while (true)
            {
                var wait = await RunOnceAsync(cancellationToken);
                await Task.Delay(wait, clock, cancellationToken);
            }
        }
        finally
        {
            _writes.Close("the device was stopped.");
            await DisconnectAsync();
            await DisposeConnectorAsync();
            SetState(ConnectorState.Stopped, null);
        }
    }

    // One connection from its opening to its end. Answers how long to wait before the next.
    private async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var opened = clock.GetTimestamp();
        try
        {
            await _limit.KeepAsync("Connecting", plan.Connector.ConnectAsync, cancellationToken);
            var passage = _stage.Open();
            _writes.Open();
            SetState(ConnectorState.Running, null);
            opened = clock.GetTimestamp();
            Array.ForEach(_watches, w => w.Open(clock.GetElapsedTime(_record.Start)));
            await (plan.Connector.Pushes ? ListenAsync(passage, cancellationToken) : PollAsync(passage, cancellationToken));
            throw new ConnectorException($"{device} stopped listening without a reason.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (ConnectorException lost)
        {
            if (Status.State == ConnectorState.Running && plan.Connector.Pushes && clock.GetElapsedTime(opened) >= LongEnough)
            {
                _backOff.Reset();
            }

            if (lost.IsAlarm)
            {
                LogSilent(device, lost.Message);
            }

            await LoseAsync(ConnectorState.Reconnecting, lost.Message, null);
            var wait = _backOff.Next();
            return wait > lost.RetryNotBefore ? wait : lost.RetryNotBefore;
        }
#pragma warning disable CA1031 // The top of a pump: one faulty connector may not end the others.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            await LoseAsync(ConnectorState.Faulted, $"Fault of the connector: {fault.Message}", fault);
            return BackOff.Longest;
        }
    }

    // Each lane for itself: what one waits for holds up no other. The first that breaks ends them all.
    private async Task PollAsync(TagStage.Passage passage, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lanes = _turns.Select((turn, lane) => new PollLane(lane, plan, turn, _watches, _limit, _record, _backOff, clock).RunAsync(passage, ending.Token)).ToArray();
        var first = await Task.WhenAny(lanes);
        await ending.CancelAsync();
        await Task.WhenAll(lanes).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await first;
    }

    private async Task ListenAsync(TagStage.Passage passage, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = new PushWatch(device, plan, passage, _watches[0], _record, _limit, clock);
        var listening = plan.Connector.ListenAsync(watch, ending.Token);
        try
        {
            while (!listening.IsCompleted)
            {
                await _turns[0].WaitAsync(watch.Wait, listening, cancellationToken);
                await _turns[0].ServeAsync(cancellationToken);
                await ReadBackAsync(passage, cancellationToken);
                await watch.LookAsync(cancellationToken);
            }
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }

        await listening;
    }

    // A device that pushes tells only what changed: what was written is asked for, so that a write of the same value is answered too.
    private async Task ReadBackAsync(TagStage.Passage passage, CancellationToken cancellationToken)
    {
        foreach (var tag in _stage.AnswersDue())
        {
            await _limit.KeepAsync($"Reading '{tag}' back", token => plan.Connector.ReadBackAsync(tag, new AnswerSink(passage), token), cancellationToken);
        }
    }

    private async Task LoseAsync(ConnectorState state, string reason, Exception? fault)
    {
        var before = Status;
        _record.CountFailure();
        plan.Traffic.Failed(reason);
        _writes.Close(reason);
        // Once for each outage: while it lasts, the tags are as bad as they can be.
        if (before.State is ConnectorState.Running || before.Failures == 0)
        {
            _stage.MarkAllBad($"{device} is not connected: {reason}", clock.GetUtcNow());
        }

        if (fault is not null)
        {
            LogFault(device, reason, fault);
        }
        else if (before.State != state || before.LastError != reason)
        {
            LogLost(device, reason);
        }

        SetState(state, reason);
        await DisconnectAsync();
    }

    private async Task DisconnectAsync()
    {
        try
        {
            await plan.Connector.DisconnectAsync().WaitAsync(DisconnectLimit, clock);
        }
#pragma warning disable CA1031 // It promised not to throw; a connector that breaks the promise is started anew all the same.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogFault(device, "The connection could not be closed.", fault);
        }
    }

    private async Task DisposeConnectorAsync()
    {
        try
        {
            await plan.Connector.DisposeAsync();
        }
#pragma warning disable CA1031 // The end of the worker is not the place to fail.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogFault(device, "The connector could not be disposed of.", fault);
        }
    }

    private void SetState(ConnectorState state, string? error)
    {
        if (!_record.Set(state, error))
        {
            return;
        }

        var status = Status;
        if (state == ConnectorState.Running)
        {
            LogRunning(device, plan.Tags.Count);
        }

        try
        {
            StatusChanged?.Invoke(status);
        }
#pragma warning disable CA1031 // Who listens may fail; the device is read on.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogFault(device, "A listener to the state failed.", fault);
        }
    }

    [LoggerMessage(3000, LogLevel.Information, "{Device} is connected, {Tags} tags.")]
    private partial void LogRunning(string device, int tags);

    [LoggerMessage(3001, LogLevel.Warning, "{Device} is not connected: {Reason}")]
    private partial void LogLost(string device, string reason);

    [LoggerMessage(3003, LogLevel.Error, "{Device} stops telling again and again, look at its server: {Reason}")]
    private partial void LogSilent(string device, string reason);

    [LoggerMessage(3002, LogLevel.Error, "{Device}: {Reason}")]
    private partial void LogFault(string device, string reason, Exception fault);
}
