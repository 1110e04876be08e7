using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.TestKit;

namespace Uns.UnitTests.Modbus;

/// <summary>
/// A device at the end of a bad line, without a socket: register n holds n. By chance it answers late, twice, in pieces, garbled, as
/// another unit, or not at all, or it cuts the line. Time passes only when the hub waits for bytes that do not come.
/// </summary>
internal sealed class FaultyLine(IModbusFraming framing, Random random, ManualClock clock, TimeSpan answerTimeout, bool isCheapToRenew) : IModbusLine
{
    private readonly Queue<byte> _ready = new();
    private readonly Queue<byte[]> _late = new();
    private readonly List<byte> _request = [];

    public string Name => "line";

    public bool IsCheapToRenew => isCheapToRenew;

    public int Opened { get; private set; }

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Opened++;
        return Task.CompletedTask;
    }

    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _request.Clear();
        _request.AddRange(bytes.Span);
        Answer();
        return ValueTask.FromResult(bytes.Length);
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_ready.Count == 0)
        {
            // Nobody speaks: the hub's patience ends, and what is late arrives after that.
            clock.Advance(answerTimeout);
            while (_late.TryDequeue(out var late))
            {
                Put(late);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        if (random.Next(500) == 0)
        {
            throw new ConnectorException("The line was cut.");
        }

        var count = Math.Min(Math.Min(_ready.Count, buffer.Length), random.Next(4) == 0 ? 1 : 300);
        for (var index = 0; index < count; index++)
        {
            buffer.Span[index] = _ready.Dequeue();
        }

        return ValueTask.FromResult(count);
    }

    public int Drop()
    {
        var count = _ready.Count;
        _ready.Clear();
        return count;
    }

    public void Close()
    {
        _ready.Clear();
        _late.Clear();
    }

    public void Dispose() => Close();

    private void Answer()
    {
        var (transaction, unit, start, count) = Parse();
        var pdu = new byte[2 + (count * 2)];
        pdu[0] = ModbusPdu.ReadHoldingRegisters;
        pdu[1] = (byte)(count * 2);
        for (var index = 0; index < count; index++)
        {
            pdu[2 + (index * 2)] = (byte)((start + index) >> 8);
            pdu[3 + (index * 2)] = (byte)(start + index);
        }

        var chance = random.Next(100);
        var whole = Frame(transaction, chance == 0 ? (byte)(unit + 1) : unit, pdu);
        switch (chance)
        {
            case 1 or 2 or 3:
                _late.Enqueue(whole);
                break;
            case 4:
                break;
            case 5 or 6:
                Put(whole);
                Put(whole);
                break;
            case 7 or 8 when !framing.NamesTransactions:
                whole[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
                Put(whole);
                break;
            case 9 when !framing.NamesTransactions:
                Put([0xFF, 0]);
                Put(whole);
                break;
            default:
                Put(whole);
                break;
        }
    }

    private (ushort Transaction, byte Unit, int Start, int Count) Parse()
    {
        // The hub's own frame, taken apart by hand.
        var bytes = _request.ToArray();
        var (transaction, at) = ((ushort)0, 0);
        if (framing is MbapFraming)
        {
            (transaction, at) = ((ushort)((bytes[0] << 8) | bytes[1]), 6);
        }
        else if (framing is AsciiFraming)
        {
            bytes = Convert.FromHexString(System.Text.Encoding.ASCII.GetString(bytes, 1, bytes.Length - 3));
        }

        return (transaction, bytes[at], (bytes[at + 2] << 8) | bytes[at + 3], (bytes[at + 4] << 8) | bytes[at + 5]);
    }

    private byte[] Frame(ushort transaction, byte unit, byte[] pdu)
    {
        var bytes = new byte[framing.MaximumBytes];
        return bytes[..framing.Write(bytes, transaction, unit, pdu)];
    }

    private void Put(byte[] bytes)
    {
        foreach (var value in bytes)
        {
            _ready.Enqueue(value);
        }
    }
}
