namespace Uns.Connectors.Modbus.Wire;

/// <summary>Carries requests over a line, one outstanding at a time, and takes no answer but the one to the request that waits.</summary>
/// <remarks>
/// Where answers name their request, what comes later than its time is dropped and counted, and its id is not given to another
/// request while its answer may still come. Where they do not, a request that was left unanswered ends the connection before the
/// next one is sent, or, on a line that is dear to open, is waited out in silence: a late answer meets no other request.
/// </remarks>
internal sealed class ModbusChannel(IModbusLine line, IModbusFraming framing, TimeSpan answerTimeout, TimeProvider clock, DeviceTraffic traffic)
    : IModbusChannel, IDisposable
{
    // So many answers may be missing before the connection is renewed: ids are only 16 bits.
    private const int MostUnanswered = 1000;

    private readonly byte[] _sent = new byte[framing.MaximumBytes];
    private readonly byte[] _received = new byte[framing.MaximumBytes * 4];
    private readonly byte[] _answer = new byte[ModbusFrame.MaximumPdu];
    private readonly HashSet<ushort> _unanswered = [];
    private int _receivedBytes;
    private ushort _transaction;
    private bool _lateMayCome;

    /// <summary>Answers that nobody waited for any more, or ever.</summary>
    public long DroppedAnswers { get; private set; }

    public bool MayBeLeftEarly => framing.NamesTransactions || line.IsCheapToRenew;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        await line.OpenAsync(cancellationToken);
    }

    public async Task<ModbusAnswer> SendAsync(byte unit, ReadOnlyMemory<byte> pdu, TimeSpan patience, CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);
        var transaction = NextTransaction();
        var length = framing.Write(_sent, transaction, unit, pdu.Span);
        using var limit = new CancellationTokenSource(patience, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        _unanswered.Add(transaction);
        _lateMayCome = true;
        var sent = 0;
        var begun = clock.GetTimestamp();
        try
        {
            while (sent < length)
            {
                sent += await line.SendAsync(_sent.AsMemory(sent, length - sent), linked.Token);
            }

            traffic.Sent(unit, _sent.AsSpan(0, length));
            var answer = await ReceiveAsync(transaction, unit, pdu, linked.Token);
            traffic.Answered(unit, clock.GetElapsedTime(begun), answer.Outcome == ModbusOutcome.Refused);
            _lateMayCome = false;
            return answer;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            traffic.TimedOut(unit);
            // Half a request on the wire would garble the next one.
            return sent == length
                ? new(ModbusOutcome.Silent, 0, default)
                : throw new ConnectorException($"{line.Name} took no more bytes within {patience.TotalMilliseconds:0} ms.");
        }
    }

    public void Close()
    {
        line.Close();
        _receivedBytes = 0;
        _lateMayCome = false;
        _unanswered.Clear();
    }

    public void Dispose()
    {
        Close();
        line.Dispose();
    }

    // Before a request whose answer would not name it: nothing that was meant for another may be on its way.
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (framing.NamesTransactions)
        {
            return;
        }

        _unanswered.Clear();
        if (_lateMayCome && line.IsCheapToRenew)
        {
            await OpenAsync(cancellationToken);
        }
        else if (_lateMayCome)
        {
            await WaitOutAsync(cancellationToken);
        }

        DroppedAnswers += _receivedBytes + line.Drop() > 0 ? 1 : 0;
        _receivedBytes = 0;
    }

    // Once more the time of an answer; whatever comes starts it anew, but not for ever.
    private async Task WaitOutAsync(CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            using var limit = new CancellationTokenSource(answerTimeout, clock);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await ReceiveMoreAsync(linked.Token);
                _receivedBytes = 0;
                DroppedAnswers++;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                _lateMayCome = false;
                return;
            }

            if (clock.GetElapsedTime(begun) > answerTimeout * 10)
            {
                throw new ConnectorException($"{line.Name} brings bytes that nobody asked for: check that this hub is the only master on the line.");
            }
        }
    }

    private ushort NextTransaction()
    {
        if (_unanswered.Count >= MostUnanswered)
        {
            throw new ConnectorException($"{line.Name} left {MostUnanswered} requests unanswered: the connection is renewed.");
        }

        do
        {
            _transaction++;
        }
        while (_unanswered.Contains(_transaction));
        return _transaction;
    }

    private async Task<ModbusAnswer> ReceiveAsync(ushort transaction, byte unit, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TakeAnswer(transaction, unit, request.Span) is { } answer)
            {
                return answer;
            }

            await ReceiveMoreAsync(cancellationToken);
        }
    }

    private async Task ReceiveMoreAsync(CancellationToken cancellationToken)
    {
        if (_receivedBytes == _received.Length)
        {
            throw new ConnectorException($"{line.Name} sends {_receivedBytes} bytes without an answer among them: check speed, parity and framing.");
        }

        var count = await line.ReceiveAsync(_received.AsMemory(_receivedBytes), cancellationToken);
        if (count == 0)
        {
            throw new ConnectorException($"{line.Name} closed the connection.");
        }

        _receivedBytes += count;
    }

    // Looks through the whole frames received; null when the awaited one is not among them.
    private ModbusAnswer? TakeAnswer(ushort transaction, byte unit, ReadOnlySpan<byte> request)
    {
        while (true)
        {
            switch (framing.Read(_received.AsSpan(0, _receivedBytes), unit, request, _answer, out var frame, out var fault))
            {
                case FrameFound.Incomplete:
                    return null;
                case FrameFound.Broken:
                    traffic.Received(FrameKind.Dropped, _received.AsSpan(0, _receivedBytes));
                    throw new ConnectorException($"{line.Name} broke the protocol: {fault}");
            }

            var isForeign = framing.NamesTransactions && frame.Transaction != transaction;
            traffic.Received(isForeign ? FrameKind.Dropped : FrameKind.Received, _received.AsSpan(0, frame.Length));
            var pdu = _answer.AsMemory(0, frame.PduLength);
            _receivedBytes -= frame.Length;
            _received.AsSpan(frame.Length, _receivedBytes).CopyTo(_received);
            _unanswered.Remove(framing.NamesTransactions ? frame.Transaction : transaction);
            if (isForeign)
            {
                DroppedAnswers++;
                continue;
            }

            if (frame.Unit != unit)
            {
                throw new ConnectorException($"{line.Name} broke the protocol: unit {frame.Unit} answered, unit {unit} was asked.");
            }

            if (ModbusPdu.Check(request, pdu.Span, out var exception) is { } wrong)
            {
                throw new ConnectorException($"{line.Name} broke the protocol: {wrong}");
            }

            return exception != 0 ? new(ModbusOutcome.Refused, exception, default) : new(ModbusOutcome.Done, 0, pdu[Math.Min(2, pdu.Length)..]);
        }
    }
}
