using System.Buffers.Binary;
using System.Net.Sockets;

namespace Uns.Connectors.S7.Wire;

/// <summary>Carries jobs to a CPU, one at a time, and brings back each one's own answer and no other.</summary>
internal interface IS7Channel
{
    /// <summary>Largest message both sides agreed to, in bytes; only once opened.</summary>
    int PduBytes { get; }

    /// <summary>Opens the connection and agrees on the size of messages.</summary>
    /// <exception cref="ConnectorException">It cannot be opened.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Sends one job and brings its answer, whose header has been checked. Valid until the next job.</summary>
    /// <exception cref="ConnectorException">The connection is gone, or the CPU refused the whole job; the connection has been closed.</exception>
    /// <exception cref="WriteRefusedException">The CPU refused a whole job that writes; nothing was written, and the connection stays.</exception>
    Task<ReadOnlyMemory<byte>> ExchangeAsync(byte[] job, CancellationToken cancellationToken);

    /// <summary>Closes the connection; it can be opened again. Never throws.</summary>
    void Close();
}

/// <summary>ISO-on-TCP over one socket. S7 answers carry little to tell them apart: whatever goes wrong, the connection is closed.</summary>
internal sealed class S7TcpChannel(S7Options options, TimeProvider clock, DeviceTraffic traffic) : IS7Channel, IDisposable
{
    // Above every size a CPU agrees to, and a bound for what a wild peer can make us keep.
    private const int MostMessageBytes = 8192;

    // A CPU has few places; asking again at once only keeps them busy.
    private static readonly TimeSpan FullCpuPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProtectedPause = TimeSpan.FromSeconds(60);

    private readonly byte[] _received = new byte[MostMessageBytes * 2];
    private readonly byte[] _message = new byte[MostMessageBytes];
    private Socket? _socket;
    private int _receivedBytes;
    private ushort _reference;

    public int PduBytes { get; private set; }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        _socket = await DeviceSocket.ConnectAsync(new(options.Host, options.Port), options.ConnectTimeout, clock, cancellationToken);
        await LimitAsync(GreetAsync, cancellationToken);
        var ack = await ExchangeAsync(S7Pdu.Setup(options.PduBytes), cancellationToken);
        var agreed = S7Pdu.AgreedPdu(ack.Span);
        if (agreed is < 112 or > MostMessageBytes)
        {
            Close();
            throw new ConnectorException($"{Name} agreed to messages of {agreed} bytes, 112 to {MostMessageBytes} can be used.");
        }

        PduBytes = Math.Min(agreed, options.PduBytes);
        if (options.Password.Length > 0)
        {
            await UnlockAsync(cancellationToken);
        }
    }

    public async Task<ReadOnlyMemory<byte>> ExchangeAsync(byte[] job, CancellationToken cancellationToken)
    {
        var answer = await LimitAsync(token => SendJobAsync(job, token), cancellationToken);
        var error = S7Pdu.ErrorOf(answer.Span);
        if (error == 0)
        {
            return answer;
        }

        var refusal = $"{Name}, error 0x{error:X4}: {S7ReturnCode.ExplainError(error)}.";
        if (S7Pdu.IsWrite(job))
        {
            throw new WriteRefusedException(refusal);
        }

        Close();
        throw new ConnectorException(refusal) { RetryNotBefore = S7ReturnCode.IsProtection(error) ? ProtectedPause : TimeSpan.Zero };
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _receivedBytes = 0;
    }

    public void Dispose() => Close();

    private string Name => $"{options.Host}:{options.Port}";

    private async Task<ReadOnlyMemory<byte>> GreetAsync(CancellationToken cancellationToken)
    {
        await SendAsync(Cotp.Connect(options.LocalTsapNumber, options.RemoteTsapNumber), cancellationToken);
        CotpFrame frame;
        try
        {
            frame = await ReceiveFrameAsync(cancellationToken);
        }
        catch (ConnectorException failure) when (failure.RetryNotBefore == TimeSpan.Zero)
        {
            throw new ConnectorException($"{failure.Message} Probably the CPU has no free connection, or rack and slot or TSAP are wrong.", failure) { RetryNotBefore = FullCpuPause };
        }

        var kind = frame.Kind;
        Drop(frame);
        return kind == Cotp.ConnectionConfirm ? default : throw new ConnectorException(
            $"{Name} refused the connection to TSAP {options.RemoteTsapNumber:X4}: the CPU has no free connection, or rack and slot or TSAP are wrong (1200 and 1500: rack 0, slot 1; 300: rack 0, slot 2).")
        { RetryNotBefore = FullCpuPause };
    }

    private async Task UnlockAsync(CancellationToken cancellationToken)
    {
        var request = S7Service.Ask(S7Service.Security, S7Password.Enter, S7Password.Encode(options.Password));
        var answer = S7Service.Read(await ExchangeAsync(request, cancellationToken));
        if (answer.Error is not (0 or S7Password.NoneIsSet))
        {
            Close();
            throw new ConnectorException($"{Name} did not take the password (0x{answer.Error:X4}): {S7ReturnCode.ExplainError(answer.Error)}.") { RetryNotBefore = ProtectedPause };
        }
    }

    private async Task<ReadOnlyMemory<byte>> SendJobAsync(byte[] job, CancellationToken cancellationToken)
    {
        // Zero is left out: it is what some CPUs put into messages of their own.
        _reference = _reference == ushort.MaxValue ? (ushort)1 : (ushort)(_reference + 1);
        BinaryPrimitives.WriteUInt16BigEndian(job.AsSpan(4), _reference);
        var begun = clock.GetTimestamp();
        await SendAsync(Cotp.Wrap(job), cancellationToken);
        var length = 0;
        while (true)
        {
            var frame = await ReceiveFrameAsync(cancellationToken);
            var part = _received.AsSpan(frame.Start, frame.Length - frame.Start);
            if (frame.Kind != Cotp.Data || length + part.Length > MostMessageBytes)
            {
                throw new ConnectorException(frame.Kind == Cotp.DisconnectRequest
                    ? $"{Name} ended the connection."
                    : $"{Name} broke the protocol: a frame of kind {frame.Kind:X2} or a message above {MostMessageBytes} bytes came.");
            }

            part.CopyTo(_message.AsSpan(length));
            length += part.Length;
            Drop(frame);
            if (frame.IsLast)
            {
                break;
            }
        }

        ushort error = 0;
        var wrong = job[1] == S7Pdu.UserData
            ? S7Service.Check(_message.AsSpan(0, length), job)
            : S7Pdu.CheckAck(_message.AsSpan(0, length), _reference, job[S7Pdu.JobHeaderBytes], out error);
        if (wrong is not null)
        {
            throw new ConnectorException($"{Name} broke the protocol: {wrong}");
        }

        traffic.Answered(0, clock.GetElapsedTime(begun), error != 0);
        return _message.AsMemory(0, length);
    }

    private async Task SendAsync(byte[] frame, CancellationToken cancellationToken)
    {
        var socket = _socket ?? throw new ConnectorException($"{Name} is not connected.");
        for (var sent = 0; sent < frame.Length;)
        {
            sent += await socket.SendAsync(frame.AsMemory(sent), cancellationToken);
        }

        traffic.Sent(0, S7FrameText.WithoutPassword(frame));
    }

    // The frame stays at the start of the buffer until it is dropped.
    private async Task<CotpFrame> ReceiveFrameAsync(CancellationToken cancellationToken)
    {
        var socket = _socket ?? throw new ConnectorException($"{Name} is not connected.");
        while (true)
        {
            if (Cotp.TryRead(_received.AsSpan(0, _receivedBytes), out var frame, out var fault))
            {
                traffic.Received(FrameKind.Received, _received.AsSpan(0, frame.Length));
                return frame;
            }

            if (fault is not null || _receivedBytes == _received.Length)
            {
                traffic.Received(FrameKind.Dropped, _received.AsSpan(0, _receivedBytes));
                throw new ConnectorException($"{Name} broke the protocol: {fault ?? "a frame is longer than any message."}");
            }

            var count = await socket.ReceiveAsync(_received.AsMemory(_receivedBytes), cancellationToken);
            if (count == 0)
            {
                throw new ConnectorException($"{Name} closed the connection.");
            }

            _receivedBytes += count;
        }
    }

    private void Drop(in CotpFrame frame)
    {
        _receivedBytes -= frame.Length;
        _received.AsSpan(frame.Length, _receivedBytes).CopyTo(_received);
    }

    private async Task<ReadOnlyMemory<byte>> LimitAsync(Func<CancellationToken, Task<ReadOnlyMemory<byte>>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.AnswerTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var isDone = false;
        try
        {
            var answer = await call(linked.Token);
            isDone = true;
            return answer;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            traffic.TimedOut(0);
            throw new ConnectorException($"{Name} did not answer within {options.AnswerTimeout.TotalMilliseconds:0} ms.");
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new ConnectorException($"The connection to {Name} broke ({(failure as SocketException)?.SocketErrorCode.ToString() ?? "closed"}).", failure);
        }
        finally
        {
            if (!isDone)
            {
                Close();
            }
        }
    }
}
