using System.Buffers;
using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>A transport of ordered bytes that is read and written by tasks: a stream or a WebSocket.</summary>
internal interface IByteChannel
{
    /// <summary>Reads some bytes; 0: the peer is done.</summary>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes all bytes.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends the transport in its own words.</summary>
    ValueTask CloseAsync(CancellationToken cancellationToken);
}

/// <summary>Brings a <see cref="IByteChannel"/> to the broker's loop: one task reads, sends run one after the other.</summary>
internal sealed class PumpedLink(BrokerLoop loop, IByteChannel channel, ClientOrigin origin, BrokerCounters counters) : ILink, IDisposable
{
    /// <summary>Longest time in which a peer may take what it is sent last.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _goodbye = new();
    private Task _sending = Task.CompletedTask;
    private bool _isSending;
    private TaskCompletionSource? _held;

    public ClientOrigin Origin => origin;

    public override string ToString() => ((ILink)this).Remote;

    /// <summary>Runs until the peer or the broker ends the connection.</summary>
    public async Task RunAsync(Func<ILink, BrokerConnection> accepted, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        var connection = await OnLoopAsync(() => accepted(this));
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int count;
            while ((count = await channel.ReceiveAsync(buffer, linked.Token)) > 0)
            {
                // The next bytes are read when these are handled: a fast sender waits.
                await OnLoopAsync(() =>
                {
                    connection.Receive(buffer.AsSpan(0, count));
                    return connection;
                });
                if (Volatile.Read(ref _held) is { } held)
                {
                    await held.Task.WaitAsync(linked.Token);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.WebSockets.WebSocketException or ObjectDisposedException)
        {
            // The connection is gone, which is told to the broker below.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await OnLoopAsync(() =>
        {
            connection.Close(discardWill: false);
            return connection;
        });
        await _sending;
        try
        {
            await channel.CloseAsync(_goodbye.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.WebSockets.WebSocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _goodbye.Dispose();
    }

    public void Flush(BrokerConnection connection)
    {
        if (_isSending || connection.Output.Count == 0)
        {
            connection.IsBlocked = connection.Output.Count > 0;
            return;
        }

        var count = connection.Output.Count;
        var bytes = ArrayPool<byte>.Shared.Rent(count);
        connection.Output.Span.CopyTo(bytes);
        connection.Output.Sent(count);
        _isSending = true;
        counters.BytesOut += count;
        _sending = SendAsync(connection, bytes, count);
        connection.Drained();
    }

    public void Hold(bool isHeld)
    {
        _held?.TrySetResult();
        Volatile.Write(ref _held, isHeld ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null);
    }

    public void Close(BrokerConnection connection)
    {
        var rest = connection.Output.Memory.ToArray();
        _goodbye.CancelAfter(LongestGoodbye); // A peer that takes nothing is not waited for, nor is what it was being sent.
        _sending = SendLastAsync(_sending, rest);
    }

    private async Task SendAsync(BrokerConnection connection, byte[] bytes, int count)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var isSent = await TrySendAsync(bytes.AsMemory(0, count));
        ArrayPool<byte>.Shared.Return(bytes);
        loop.Post(() =>
        {
            _isSending = false;
            if (!connection.IsOpen)
            {
                return;
            }

            if (!isSent)
            {
                connection.Close(discardWill: false);
                return;
            }

            Flush(connection);
            connection.Drained();
        });
    }

    private async Task SendLastAsync(Task before, ReadOnlyMemory<byte> rest)
    {
        await before;
        if (!rest.IsEmpty)
        {
            await TrySendAsync(rest);
        }

        await _stop.CancelAsync();
    }

    private async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await channel.SendAsync(bytes, _goodbye.Token);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.WebSockets.WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }

    private Task<T> OnLoopAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            try
            {
                done.TrySetResult(work());
            }
#pragma warning disable CA1031 // Handed to the awaiting task.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.TrySetException(e);
            }
        });
        return Task.WhenAny(done.Task, loop.Ended).ContinueWith(
            t => done.Task.IsCompleted ? done.Task : Task.FromException<T>(new IOException("The broker has stopped.")),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();
    }
}
