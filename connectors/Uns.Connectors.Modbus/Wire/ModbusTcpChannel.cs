using System.Net.Sockets;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>Modbus TCP over one socket, one request outstanding at a time.</summary>
/// <remarks>
/// An answer is taken only with the transaction id of the request that waits. What comes later than its time, or was never
/// asked for, is dropped and counted; its id is not given to another request while its answer may still come.
/// </remarks>
internal sealed class ModbusTcpChannel(DeviceEndPoint endPoint, TimeSpan connectTimeout, TimeSpan answerTimeout, TimeProvider clock) : IModbusChannel, IDisposable
{
    // So many answers may be missing before the connection is renewed: ids are only 16 bits.
    private const int MostUnanswered = 1000;

    private readonly byte[] _sent = new byte[ModbusFrame.MaximumBytes];
    private readonly byte[] _received = new byte[ModbusFrame.MaximumBytes * 4];
    private readonly byte[] _answer = new byte[ModbusFrame.MaximumPdu];
    private readonly HashSet<ushort> _unanswered = [];
    private Socket? _socket;
    private int _receivedBytes;
    private ushort _transaction;

    /// <summary>Answers that nobody waited for any more, or ever.</summary>
    public long DroppedAnswers { get; private set; }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        _socket = await DeviceSocket.ConnectAsync(endPoint, connectTimeout, clock, cancellationToken);
    }

    public async Task<ModbusAnswer> SendAsync(byte unit, ReadOnlyMemory<byte> pdu, CancellationToken cancellationToken)
    {
        var socket = _socket ?? throw new ConnectorException($"{Name} is not connected.");
        var transaction = NextTransaction();
        var length = ModbusFrame.Write(_sent, transaction, unit, pdu.Span);
        using var limit = new CancellationTokenSource(answerTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        _unanswered.Add(transaction);
        var sent = 0;
        try
        {
            while (sent < length)
            {
                sent += await socket.SendAsync(_sent.AsMemory(sent, length - sent), linked.Token);
            }

            return await ReceiveAsync(socket, transaction, unit, pdu, linked.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Half a request on the wire would garble the next one.
            return sent == length
                ? new(ModbusOutcome.Silent, 0, default)
                : throw new ConnectorException($"{Name} took no more bytes within {answerTimeout.TotalMilliseconds:0} ms.");
        }
        catch (SocketException failure)
        {
            throw new ConnectorException($"The connection to {Name} broke ({failure.SocketErrorCode}).", failure);
        }
        catch (ObjectDisposedException failure)
        {
            throw new ConnectorException($"The connection to {Name} was closed.", failure);
        }
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
        _receivedBytes = 0;
        _unanswered.Clear();
    }

    public void Dispose() => Close();

    private string Name => $"{endPoint.Host}:{endPoint.Port}";

    private ushort NextTransaction()
    {
        if (_unanswered.Count >= MostUnanswered)
        {
            throw new ConnectorException($"{Name} left {MostUnanswered} requests unanswered: the connection is renewed.");
        }

        do
        {
            _transaction++;
        }
        while (_unanswered.Contains(_transaction));
        return _transaction;
    }

    private async Task<ModbusAnswer> ReceiveAsync(Socket socket, ushort transaction, byte unit, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TakeAnswer(transaction, unit, request.Span) is { } answer)
            {
                return answer;
            }

            var count = await socket.ReceiveAsync(_received.AsMemory(_receivedBytes), cancellationToken);
            if (count == 0)
            {
                throw new ConnectorException($"{Name} closed the connection.");
            }

            _receivedBytes += count;
        }
    }

    // Looks through the whole frames received; null when the awaited one is not among them.
    private ModbusAnswer? TakeAnswer(ushort transaction, byte unit, ReadOnlySpan<byte> request)
    {
        while (true)
        {
            switch (ModbusFrame.Read(_received.AsSpan(0, _receivedBytes), out var frame, out var fault))
            {
                case FrameFound.Incomplete:
                    return null;
                case FrameFound.Broken:
                    throw new ConnectorException($"{Name} broke the protocol: {fault}");
            }

            var pdu = _answer.AsMemory(0, frame.PduLength);
            _received.AsSpan(frame.PduStart, frame.PduLength).CopyTo(pdu.Span);
            _receivedBytes -= frame.Length;
            _received.AsSpan(frame.Length, _receivedBytes).CopyTo(_received);
            _unanswered.Remove(frame.Transaction);
            if (frame.Transaction != transaction)
            {
                DroppedAnswers++;
                continue;
            }

            if (frame.Unit != unit)
            {
                throw new ConnectorException($"{Name} broke the protocol: unit {frame.Unit} answered, unit {unit} was asked.");
            }

            if (ModbusPdu.Check(request, pdu.Span, out var exception) is { } wrong)
            {
                throw new ConnectorException($"{Name} broke the protocol: {wrong}");
            }

            return exception != 0 ? new(ModbusOutcome.Refused, exception, default) : new(ModbusOutcome.Done, 0, pdu[Math.Min(2, pdu.Length)..]);
        }
    }
}
