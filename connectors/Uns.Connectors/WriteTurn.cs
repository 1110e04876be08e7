using System.Threading.Channels;

namespace Uns.Connectors;

/// <summary>The writes of one lane, and the looks at its device: waited for, and served between two reads.</summary>
internal sealed class WriteTurn(string device, IConnector connector, ChannelReader<PendingCall> waiting, CallLimit limit, TimeProvider clock)
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
        for (var count = 0; count < AtATime && waiting.TryRead(out var write); count++)
        {
            if (write.Caller.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                await limit.KeepAsync(write.What, token => write.MakeAsync(connector, token), cancellationToken);
                write.Done.TrySetResult();
            }
            catch (WriteRefusedException refused)
            {
                write.Done.TrySetException(refused);
            }
            catch (Exception failure)
            {
                write.Done.TrySetException(new ConnectorException(write.Lost(device, failure.Message, isUnderWay: true), failure));
                throw;
            }
        }
    }
}
