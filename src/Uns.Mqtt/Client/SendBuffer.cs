using System.Buffers;
using System.Threading.Channels;

namespace Uns.Mqtt.Client;

/// <summary>
/// The way out of one connection: packets are put one behind the other into memory, and one loop carries
/// all that waits to the socket at once. Full means: try later, or await room.
/// </summary>
internal sealed class SendBuffer(int boundBytes)
{
    /// <summary>What is gathered leaves when there is so much of it.</summary>
    private const int EnoughBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ArrayBufferWriter<byte> _filling = new(4096);
    private ArrayBufferWriter<byte> _leaving = new(4096);
    private TaskCompletionSource? _room;
    private Exception? _closed;
    private int _gathering;

    public delegate void Writer<TState>(IBufferWriter<byte> output, in TState state)
        where TState : allows ref struct;

    /// <summary>Appends what <paramref name="write"/> writes.</summary>
    /// <param name="state">Handed to <paramref name="write"/>.</param>
    /// <param name="write">Writes one whole packet.</param>
    /// <param name="evenIfFull">True for answers and signs of life, which are small and must not wait.</param>
    /// <returns>False when there is no room now.</returns>
    /// <exception cref="MqttConnectionLostException">The connection has ended.</exception>
    public bool TryAppend<TState>(in TState state, Writer<TState> write, bool evenIfFull)
        where TState : allows ref struct
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw new MqttConnectionLostException(_closed.Message, _closed);
            }

            if (_filling.WrittenCount >= boundBytes && !evenIfFull)
            {
                return false;
            }

            var wasDue = IsDue;
            write(_filling, state);
            if (!wasDue && IsDue)
            {
                _wake.Writer.TryWrite(true);
            }

            return true;
        }
    }

    /// <summary>From now on packets wait for each other, until <see cref="LetGo"/> or until there are enough for a send.</summary>
    public void Gather()
    {
        lock (_gate)
        {
            _gathering++;
        }
    }

    /// <summary>What was gathered leaves.</summary>
    public void LetGo()
    {
        lock (_gate)
        {
            var wasDue = IsDue;
            _gathering = Math.Max(0, _gathering - 1); // The end lets go of all.
            if (!wasDue && IsDue)
            {
                _wake.Writer.TryWrite(true);
            }
        }
    }

    /// <summary>Ends when there may be room again, or the connection has ended.</summary>
    public Task RoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_closed is not null || _filling.WrittenCount < boundBytes)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Carries packets to the stream until the buffer is ended or the stream fails.</summary>
    public async Task RunAsync(Stream stream, Action sent, CancellationToken cancellationToken)
    {
        while (await _wake.Reader.WaitToReadAsync(cancellationToken))
        {
            _wake.Reader.TryRead(out _);
            while (Swap() is { WrittenCount: > 0 } batch)
            {
                await stream.WriteAsync(batch.WrittenMemory, cancellationToken);
                await stream.FlushAsync(cancellationToken);
                sent();
            }
        }
    }

    /// <summary>Takes nothing more; what waits still leaves, then <see cref="RunAsync"/> ends.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _closed ??= reason;
            _gathering = 0;
            _room?.TrySetResult();
            _room = null;
        }

        _wake.Writer.TryWrite(true);
        _wake.Writer.TryComplete();
    }

    private bool IsDue => _filling.WrittenCount >= (_gathering > 0 ? EnoughBytes : 1);

    private ArrayBufferWriter<byte> Swap()
    {
        lock (_gate)
        {
            _leaving.ResetWrittenCount();
            if (!IsDue)
            {
                return _leaving;
            }

            (_filling, _leaving) = (_leaving, _filling);
            _room?.TrySetResult();
            _room = null;
            return _leaving;
        }
    }
}
