using System.Net;
using System.Net.Sockets;
using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>One simulated value.</summary>
/// <param name="Address">In any notation of this room, counted from one.</param>
/// <param name="Type">Unknown takes the type that the address implies.</param>
/// <param name="Signal">Its course; null for a value that stays as it was written, starting at zero.</param>
public sealed record SimulatedRegister(string Address, DataType Type, Signal? Signal);

/// <summary>What a simulator does wrong with one request, on demand of a test.</summary>
/// <param name="Delay">Time before the answer.</param>
/// <param name="Exception">Answers with this exception code instead; zero for none.</param>
/// <param name="IsSilent">Does not answer at all.</param>
/// <param name="Disconnects">Closes the connection instead of answering.</param>
/// <param name="TransactionShift">Added to the transaction id of the answer.</param>
/// <param name="UnitShift">Added to the unit of the answer.</param>
public sealed record SimulatedFault(TimeSpan Delay = default, byte Exception = 0, bool IsSilent = false, bool Disconnects = false, int TransactionShift = 0, int UnitShift = 0);

/// <summary>
/// A real Modbus TCP server on the loopback interface with memory and moving values: for the demonstration, for trying out,
/// and for tests. All units share one memory. Functions 1 to 6, 15, 16, 22, 23 and 43/14.
/// </summary>
public sealed class ModbusSimulator : IAsyncDisposable
{
    private readonly ModbusMemory _memory;
    private readonly TimeProvider _clock;
    private readonly SimulatorListener _listener;
    private readonly long _start;
    private readonly Lock _gate = new();
    private long _requests;

    /// <summary>Makes a simulator; it listens once started.</summary>
    /// <param name="registers">What moves, and what can be written with its type.</param>
    /// <param name="clock">What the signals run by.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="byteOrder">How values over several registers are laid down where the address names no order.</param>
    /// <exception cref="ArgumentException">An address was not understood.</exception>
    public ModbusSimulator(IEnumerable<SimulatedRegister> registers, TimeProvider clock, int port = 0, ByteOrder byteOrder = ByteOrder.ABCD)
    {
        _memory = new ModbusMemory(registers, byteOrder);
        _clock = clock;
        _listener = new SimulatorListener(ServeAsync, port);
        _start = clock.GetTimestamp();
    }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Asked before each answer, with unit and PDU of the request; null answers as it should be.</summary>
    public Func<byte, ReadOnlyMemory<byte>, SimulatedFault?>? FaultFor { get; set; }

    /// <summary>True when a register is refused with exception 2; asked with table and offset.</summary>
    public Func<ModbusTable, int, bool>? IsMissing { get; set; }

    /// <summary>False refuses function 22 with exception 1.</summary>
    public bool KnowsMaskWrite { get; set; } = true;

    /// <summary>False refuses function 23 with exception 1.</summary>
    public bool KnowsReadWrite { get; set; } = true;

    /// <summary>Requests received since the start.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Starts to listen on 127.0.0.1.</summary>
    public Task StartAsync()
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    /// <summary>A register as the device holds it now.</summary>
    public ushort Register(ModbusTable table, int offset)
    {
        lock (_gate)
        {
            _memory.Move(_clock.GetElapsedTime(_start));
            return _memory.Register(table, offset);
        }
    }

    /// <summary>Sets a register.</summary>
    public void SetRegister(ModbusTable table, int offset, ushort value)
    {
        lock (_gate)
        {
            _memory.SetRegister(table, offset, value);
        }
    }

    /// <summary>A coil or discrete input as the device holds it now.</summary>
    public bool Bit(ModbusTable table, int offset)
    {
        lock (_gate)
        {
            _memory.Move(_clock.GetElapsedTime(_start));
            return _memory.Bit(table, offset);
        }
    }

    /// <summary>Sets a coil or discrete input.</summary>
    public void SetBit(ModbusTable table, int offset, bool value)
    {
        lock (_gate)
        {
            _memory.SetBit(table, offset, value);
        }
    }

    /// <summary>Closes all connections; the simulator listens on.</summary>
    public void DropConnections() => _listener.DropConnections();

    /// <summary>Stops listening and closes all connections.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private bool Knows(byte function) =>
        function == ModbusPdu.MaskRegister ? KnowsMaskWrite : function != ModbusPdu.ReadWriteRegisters || KnowsReadWrite;

    private async Task ServeAsync(Socket socket, int before, CancellationToken cancellationToken)
    {
        var received = new byte[ModbusFrame.MaximumBytes];
        var count = 0;
        while (true)
        {
            var found = ModbusFrame.Read(received.AsSpan(0, count), out var frame, out _);
            if (found == FrameFound.Broken)
            {
                return;
            }

            if (found == FrameFound.Whole)
            {
                if (!await AnswerAsync(socket, frame, received.AsMemory(frame.PduStart, frame.PduLength), cancellationToken))
                {
                    return;
                }

                count -= frame.Length;
                received.AsSpan(frame.Length, count).CopyTo(received);
                continue;
            }

            var more = await socket.ReceiveAsync(received.AsMemory(count), cancellationToken);
            if (more == 0)
            {
                return;
            }

            count += more;
        }
    }

    private async Task<bool> AnswerAsync(Socket socket, ModbusFrame frame, ReadOnlyMemory<byte> pdu, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        var fault = FaultFor?.Invoke(frame.Unit, pdu) ?? new SimulatedFault();
        if (fault.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, _clock, cancellationToken);
        }

        if (fault.Disconnects || fault.IsSilent)
        {
            return !fault.Disconnects;
        }

        byte[] answer;
        lock (_gate)
        {
            _memory.Move(_clock.GetElapsedTime(_start));
            answer = fault.Exception != 0 ? ModbusMemory.Refuse(pdu.Span[0], fault.Exception) : _memory.Answer(pdu.Span, IsMissing, Knows);
        }

        var bytes = new byte[ModbusFrame.HeaderBytes + answer.Length];
        ModbusFrame.Write(bytes, (ushort)(frame.Transaction + fault.TransactionShift), (byte)(frame.Unit + fault.UnitShift), answer);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), cancellationToken);
        }

        return true;
    }
}
