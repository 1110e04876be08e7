using Microsoft.Extensions.Logging;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>
/// Runs one device for as long as it is wanted: connects, polls each group at its own pace or listens, serves writes in
/// between, and after a failure tries again with back-off. Makes one call at a time to its connector.
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
    // Between two reads at most so many writes are served, so that a flood of commands cannot stop the reading.
    private const int WritesAtATime = 8;

    // A pushing connection that lasted so long was a success, whatever ended it.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan DisconnectLimit = TimeSpan.FromSeconds(5);

    private readonly TagStage _stage = new(plan.Tags, tags, sink);
    private readonly WriteQueue _writes = new(device, plan, tags);
    private readonly WorkerRecord _record = new(device, clock);
    private readonly BackOff _backOff = new(new Random());
    private Task<bool>? _writeArrives;

    /// <summary>How the worker stands now. Safe to read from any thread.</summary>
    public ConnectorStatus Status => _record.Snapshot();

    /// <summary>The state changed, or the reason for it. Raised on the worker's own thread: return soon.</summary>
    public event Action<ConnectorStatus>? StatusChanged;

    /// <summary>Writes one value in engineering units and returns once the device has confirmed it.</summary>
    /// <exception cref="WriteRefusedException">Unknown tag, not writable, out of range, does not fit, too many wait, or the device refused.</exception>
    /// <exception cref="ConnectorException">Not connected, or lost on the way; when the message says so, whether the device took it is not known. Never sent twice.</exception>
    public async Task WriteAsync(string tag, TagValue engineeringValue, CancellationToken cancellationToken) =>
        await _writes.WriteAsync(tag, engineeringValue, cancellationToken);

    /// <summary>What the device offers below a place. Only for a device that can be browsed while it is read or listened to.</summary>
    /// <exception cref="ConnectorException">Not connected, or it was lost.</exception>
    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Status.State == ConnectorState.Running
            ? plan.Connector.BrowseAsync(below, cancellationToken)
            : throw new ConnectorException($"{device} is not connected: it cannot be browsed.");

    /// <summary>Runs until cancelled; then disconnects, disposes of the connector and throws nothing else. To be called once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
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
            await LimitAsync("Connecting", plan.Connector.ConnectAsync, cancellationToken);
            var passage = _stage.Open();
            _writes.Open();
            SetState(ConnectorState.Running, null);
            opened = clock.GetTimestamp();
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

    private async Task PollAsync(ITagSink passage, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var paces = plan.Groups.Select(g => new PollClock(g.Period, TimeSpan.Zero)).ToArray();
        while (true)
        {
            await ServeWritesAsync(cancellationToken);
            var next = Earliest(paces);
            var wait = next < 0 ? Timeout.InfiniteTimeSpan : paces[next].Due - clock.GetElapsedTime(start);
            if (wait > TimeSpan.Zero || next < 0)
            {
                await WaitForWriteAsync(wait, null, cancellationToken);
                continue;
            }

            var begun = clock.GetTimestamp();
            await LimitAsync("A read", token => plan.Connector.ReadAsync(plan.Groups[next], passage, token), cancellationToken);
            _backOff.Reset();
            var missed = paces[next].Missed;
            paces[next].Advance(clock.GetElapsedTime(start));
            _record.CountRead(clock.GetElapsedTime(begun), paces[next].Missed - missed);
        }
    }

    // The one that has waited longest goes first: a slow group cannot starve the others.
    private static int Earliest(PollClock[] paces)
    {
        var earliest = -1;
        for (var index = 0; index < paces.Length; index++)
        {
            if (earliest < 0 || paces[index].Due < paces[earliest].Due)
            {
                earliest = index;
            }
        }

        return earliest;
    }

    private async Task ListenAsync(ITagSink passage, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = plan.Connector.ListenAsync(passage, ending.Token);
        try
        {
            while (!listening.IsCompleted)
            {
                await WaitForWriteAsync(Timeout.InfiniteTimeSpan, listening, cancellationToken);
                await ServeWritesAsync(cancellationToken);
            }
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }

        await listening;
    }

    private async Task WaitForWriteAsync(TimeSpan longest, Task? other, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // One waiter is kept until a write comes: a new one each time would pile up in the queue.
        _writeArrives ??= _writes.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        var pause = Task.Delay(longest, clock, done.Token);
        await (other is null ? Task.WhenAny(_writeArrives, pause) : Task.WhenAny(_writeArrives, pause, other));
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (_writeArrives.IsCompleted)
        {
            _writeArrives = null;
        }
    }

    private async Task ServeWritesAsync(CancellationToken cancellationToken)
    {
        for (var count = 0; count < WritesAtATime && _writes.Reader.TryRead(out var write); count++)
        {
            if (write.Caller.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                await LimitAsync($"Writing '{write.Tag}'", token => plan.Connector.WriteAsync(write.Tag, write.Raw, token), cancellationToken);
                write.Done.TrySetResult();
            }
            catch (WriteRefusedException refused)
            {
                write.Done.TrySetException(refused);
            }
            catch (Exception failure)
            {
                write.Done.TrySetException(new ConnectorException(
                    $"{device} was lost while '{write.Tag}' was written, whether it took the value is not known: {failure.Message}", failure));
                throw;
            }
        }
    }

    // A connector keeps its own limits; this one is for the connector that forgets.
    private async Task LimitAsync(string what, Func<CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(plan.CallLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await call(linked.Token).WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ConnectorException($"{what} took longer than {plan.CallLimit.TotalSeconds:0.###} s.");
        }
    }

    private async Task LoseAsync(ConnectorState state, string reason, Exception? fault)
    {
        var before = Status;
        _record.CountFailure();
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

    [LoggerMessage(3002, LogLevel.Error, "{Device}: {Reason}")]
    private partial void LogFault(string device, string reason, Exception fault);
}
