using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>
/// A connection to a client of the broker's own process: bytes go through memory from thread to thread, without a task between.
/// Up to 64 KiB wait each way; then who writes waits.
/// </summary>
internal sealed class InProcessLink(BrokerLoop loop, ClientOrigin origin, BrokerCounters counters) : ILink
{
    private const int MostWaitingBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly WaitingBytes _up = new();
    private readonly WaitingBytes _down = new();
    private byte[] _taken = []; // The loop's own: what it handles while the client goes on writing.
    private BrokerConnection? _connection;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _news;
    private bool _isTakeDue;
    private bool _isFlushDue;
    private bool _isHeld;
    private bool _isClientGone;
    private bool _isEnded;

    public ClientOrigin Origin => origin;

    public override string ToString() => ((ILink)this).Remote;

    /// <summary>Brings the link to the broker.</summary>
    /// <param name="accept">Makes its connection, on the loop's thread; null: none is made any more.</param>
    public void Open(Func<ILink, BrokerConnection?> accept) => loop.Post(() =>
    {
        _connection = accept(this);
        if (_connection is null)
        {
            lock (_gate)
            {
                End();
            }
        }
    });

    /// <summary>The client's bytes, all of them; waits while the broker is behind.</summary>
    /// <exception cref="IOException">The link has ended.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!TryWrite(ref bytes, out var room))
        {
            await room.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Bytes for the client, as many as there are and fit; waits for the first.</summary>
    /// <returns>How many; 0: the broker has ended the connection.</returns>
    /// <exception cref="IOException">The client has left already.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count;
        while (!TryRead(buffer.Span, out count, out var news))
        {
            await news.WaitAsync(cancellationToken);
        }

        return count;
    }

    /// <summary>The client leaves. What it wrote before is still handled.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (_isClientGone)
            {
                return;
            }

            _isClientGone = true;
            _down.Clear();
            Signal(ref _room);
            Signal(ref _news);
            TakeSoon();
        }
    }

    public void Flush(BrokerConnection connection)
    {
        lock (_gate)
        {
            var count = _isClientGone ? connection.Output.Count : Math.Min(connection.Output.Count, MostWaitingBytes - _down.Count);
            if (count > 0)
            {
                if (!_isClientGone)
                {
                    _down.Append(connection.Output.Span[..count]);
                    Signal(ref _news);
                }

                connection.Output.Sent(count);
                counters.BytesOut += count;
            }

            _isFlushDue = connection.Output.Count > 0;
        }

        connection.Drained();
    }

    public void Hold(bool isHeld)
    {
        lock (_gate)
        {
            _isHeld = isHeld;
            if (!isHeld)
            {
                TakeSoon();
            }
        }
    }

    public void Close(BrokerConnection connection)
    {
        lock (_gate)
        {
            if (!_isClientGone)
            {
                _down.Append(connection.Output.Span);
            }

            End();
        }
    }

    private bool TryWrite(ref ReadOnlyMemory<byte> bytes, out Task room)
    {
        lock (_gate)
        {
            if (_isEnded || _isClientGone)
            {
                throw new IOException("The link was closed.");
            }

            var count = Math.Min(bytes.Length, MostWaitingBytes - _up.Count);
            if (count > 0)
            {
                _up.Append(bytes.Span[..count]);
                bytes = bytes[count..];
                TakeSoon();
            }

            room = bytes.IsEmpty ? Task.CompletedTask : Await(ref _room);
            return bytes.IsEmpty;
        }
    }

    private bool TryRead(Span<byte> buffer, out int count, out Task news)
    {
        lock (_gate)
        {
            if (_isClientGone)
            {
                throw new IOException("The link was closed.");
            }

            count = _down.MoveTo(buffer);
            if (_isFlushDue && _down.Count <= MostWaitingBytes / 2)
            {
                _isFlushDue = false;
                loop.Post(FlushRest);
            }

            news = count > 0 || _isEnded ? Task.CompletedTask : Await(ref _news);
            return news.IsCompleted;
        }
    }

    private void FlushRest()
    {
        if (_connection is { IsOpen: true, IsHeld: false } connection)
        {
            Flush(connection);
        }
    }

    // On the loop's thread.
    private void Take()
    {
        int count;
        bool isLast;
        lock (_gate)
        {
            _isTakeDue = false;
            if (_isHeld && !_isClientGone)
            {
                return;
            }

            count = _up.Swap(ref _taken);
            isLast = _isClientGone;
            Signal(ref _room);
        }

        _connection?.Receive(_taken.AsSpan(0, count));
        if (isLast)
        {
            _connection?.Close(discardWill: false);
        }
    }

    private void TakeSoon()
    {
        if (!_isTakeDue)
        {
            _isTakeDue = true;
            loop.Post(Take);
        }
    }

    private void End()
    {
        _isEnded = true;
        Signal(ref _room);
        Signal(ref _news);
    }

    private static Task Await(ref TaskCompletionSource? signal) => (signal ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private static void Signal(ref TaskCompletionSource? signal)
    {
        signal?.TrySetResult();
        signal = null;
    }

    /// <summary>Bytes in their order; room is made as it is needed and kept.</summary>
    private sealed class WaitingBytes
    {
        private byte[] _bytes = [];
        private int _start;
        private int _end;

        public int Count => _end - _start;

        public void Append(ReadOnlySpan<byte> more)
        {
            if (_bytes.Length - _end < more.Length)
            {
                var roomier = _bytes.Length - Count >= more.Length ? _bytes : new byte[Math.Max(Math.Max(4096, _bytes.Length * 2), Count + more.Length)];
                Buffer.BlockCopy(_bytes, _start, roomier, 0, Count);
                (_bytes, _start, _end) = (roomier, 0, Count);
            }

            more.CopyTo(_bytes.AsSpan(_end));
            _end += more.Length;
        }

        public int MoveTo(Span<byte> buffer)
        {
            var count = Math.Min(Count, buffer.Length);
            _bytes.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            if (_start == _end)
            {
                _start = _end = 0;
            }

            return count;
        }

        /// <summary>Gives all bytes, which begin at 0, for an array to go on with.</summary>
        public int Swap(ref byte[] other)
        {
            var count = _end; // Nothing is ever moved out of a part that is swapped.
            (_bytes, other) = (other, _bytes);
            _start = _end = 0;
            return count;
        }

        public void Clear() => _start = _end = 0;
    }
}
