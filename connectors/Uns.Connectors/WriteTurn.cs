using System.Threading.Channels;

namespace Uns.Connectors;

/// <summary>The writes of one lane, and the looks at its device: waited for, and served between two reads.</summary>
/// <param name="device">The device's name, for messages.</param>
/// <param name="connector">Makes the calls.</param>
/// <param name="waiting">What waits in the lane.</param>
/// <param name="limit">Of one call.</param>
/// <param name="confirmed">Is told the tag of each write that the device has confirmed, before its caller is.</param>
/// <param name="clock">Counts the waits.</param>
internal sealed class WriteTurn(
    string device, IConnector connector, ChannelReader<PendingCall> waiting, CallLimit limit, Action<string> confirmed, TimeProvider clock)
{
    // Between two reads at most so many writes are served, so that a flood of commands cannot stop the reading.
    private const int AtATime = 8;

    private Task<bool>? _arrives;

    /// <summary>Returns when a write has come, the time is over or the other task has ended.</summary>
    public async Task WaitAsync(TimeSpan longest, Task? other, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // One waiter is kept until a write comes: a new one each time would pile up in the queue.
        _arrives ??= waiting.WaitToReadAsync(CancellationToken.None).AsTask();
        var pause = Task.Delay(longest, clock, done.Token);
        await (other is null ? Task.WhenAny(_arrives, pause) : Task.WhenAny(_arrives, pause, other));
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (_arrives.IsCompleted)
        {
            _arrives = null;
        }
    }

    /// <summary>Serves what waits, but not so much that reading would stand still.</summary>
    /// <exception cref="ConnectorException">The device was lost during a write; whether it took the value is not known.</exception>
    public async Task ServeAsync(CancellationToken cancellationToken)
    {
        for (var count = 0; count < AtATime && waiting.TryRead(out var call); count++)
        {
            if (call.Caller.IsCancellationRequested)
            {
                continue;
            }

            await (call is PendingWrite write && connector.MostWritesAtOnce > 1 ? ServeAsync(WithThoseBehind(write), cancellationToken) : ServeAsync(call, cancellationToken));
        }
    }

    private async Task ServeAsync(PendingCall call, CancellationToken cancellationToken)
    {
        try
        {
            await limit.KeepAsync(call.What, token => call.MakeAsync(connector, token), cancellationToken);
            if (call is PendingWrite write)
            {
                confirmed(write.Write.Tag);
            }

            call.Done.TrySetResult();
        }
        catch (Exception its) when (its is WriteRefusedException or WriteUnconfirmedException)
        {
            call.Done.TrySetException(its); // This call's own end: the connection is fine.
        }
        catch (Exception failure)
        {
            call.Done.TrySetException(new ConnectorException(call.Lost(device, failure.Message, isUnderWay: true), failure));
            throw;
        }
    }

    // The writes that wait behind it, up to what the connector sends together; a look between them is passed by nobody.
    private List<PendingWrite> WithThoseBehind(PendingWrite first)
    {
        var writes = new List<PendingWrite> { first };
        while (writes.Count < connector.MostWritesAtOnce && waiting.TryPeek(out var next) && next is PendingWrite && waiting.TryRead(out var taken))
        {
            if (taken is PendingWrite { Caller.IsCancellationRequested: false } write)
            {
                writes.Add(write);
            }
        }

        return writes;
    }

    private async Task ServeAsync(List<PendingWrite> calls, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await limit.KeepAsync(calls.Count == 1 ? calls[0].What : $"Writing {calls.Count} tags", token => connector.WriteManyAsync([.. calls.Select(c => c.Write)], token), cancellationToken);
        }
        catch (Exception lost)
        {
            failure = lost;
            throw;
        }
        finally
        {
            foreach (var call in calls)
            {
                if (call.Write.IsConfirmed)
                {
                    confirmed(call.Write.Tag);
                    call.Done.TrySetResult();
                }
                else
                {
                    call.Done.TrySetException(call.Write.Refusal ?? (Exception)new ConnectorException(call.Lost(device, failure?.Message ?? "the connector told nothing of it.", isUnderWay: true), failure));
                }
            }
        }
    }
}
