using System.Buffers.Binary;
using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>The memory of a simulated device and its answers to requests. Pure: the time is passed in.</summary>
internal sealed class ModbusMemory
{
    private readonly byte[] _holding = new byte[65536 * 2];
    private readonly byte[] _input = new byte[65536 * 2];
    private readonly bool[] _coils = new bool[65536];
    private readonly bool[] _discrete = new bool[65536];
    private readonly List<Moving> _moving = [];
    private readonly ByteOrder _order;

    public ModbusMemory(IEnumerable<SimulatedRegister> registers, ByteOrder order)
    {
        _order = order;
        foreach (var register in registers)
        {
            if (ModbusAddressReader.Read(register.Address, oneBased: true, out var address) is { } fault)
            {
                throw new ArgumentException($"The address {fault}", nameof(registers));
            }

            if (register.Signal is { } signal && address is not null)
            {
                _moving.Add(new(address, address.RawType(register.Type), signal));
            }
        }
    }

    public static byte[] Refuse(byte function, byte exception) => [(byte)(function | 0x80), exception];

    /// <summary>Brings every moving value to its place at this time.</summary>
    public void Move(TimeSpan elapsed)
    {
        foreach (var (address, type, signal) in _moving)
        {
            var number = signal.At(elapsed);
            if (address.Table.IsBits())
            {
                Bits(address.Table)[address.Offset] = number >= (signal.Low + signal.High) / 2 && number != 0;
                continue;
            }

            var value = type == DataType.String ? TagValue.Of(Math.Round(number).ToString(System.Globalization.CultureInfo.InvariantCulture))
                : TagNumber.TryMake(type, number, out var made) ? made : TagValue.Null(type);
            if (address.Bit is { } bit)
            {
                var register = Register(address.Table, address.Offset);
                SetRegister(address.Table, address.Offset, (ushort)(number >= (signal.Low + signal.High) / 2 && number != 0 ? register | (1 << bit) : register & ~(1 << bit)));
            }
            else if (!value.IsNull && RegisterValue.Write(value, address, type, _order, out var bytes) is null)
            {
                bytes.CopyTo(Registers(address.Table), address.Offset * 2);
            }
        }
    }

    public ushort Register(ModbusTable table, int offset) => BinaryPrimitives.ReadUInt16BigEndian(Registers(table).AsSpan(offset * 2));

    public void SetRegister(ModbusTable table, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(Registers(table).AsSpan(offset * 2), value);

    public bool Bit(ModbusTable table, int offset) => Bits(table)[offset];

    public void SetBit(ModbusTable table, int offset, bool value) => Bits(table)[offset] = value;

    /// <summary>The PDU that answers a request.</summary>
    public byte[] Answer(ReadOnlySpan<byte> request, Func<ModbusTable, int, bool>? isMissing, Func<byte, bool> knows)
    {
        var function = request[0];
        if (function == ModbusPdu.Identify)
        {
            return Identify(request);
        }

        if (function == ModbusPdu.ReadWriteRegisters && knows(function))
        {
            return WriteThenRead(request, isMissing, knows);
        }

        if (function is not (>= ModbusPdu.ReadCoils and <= ModbusPdu.WriteRegister or ModbusPdu.WriteCoils or ModbusPdu.WriteRegisters or ModbusPdu.MaskRegister)
            || !knows(function))
        {
            return Refuse(function, ModbusException.IllegalFunction);
        }

        if (request.Length < 5)
        {
            return Refuse(function, ModbusException.IllegalValue);
        }

        var start = BinaryPrimitives.ReadUInt16BigEndian(request[1..]);
        var second = BinaryPrimitives.ReadUInt16BigEndian(request[3..]);
        var count = function is ModbusPdu.WriteCoil or ModbusPdu.WriteRegister or ModbusPdu.MaskRegister ? 1 : second;
        var table = function switch
        {
            ModbusPdu.ReadCoils or ModbusPdu.WriteCoil or ModbusPdu.WriteCoils => ModbusTable.Coil,
            ModbusPdu.ReadDiscreteInputs => ModbusTable.DiscreteInput,
            ModbusPdu.ReadInputRegisters => ModbusTable.InputRegister,
            _ => ModbusTable.HoldingRegister,
        };
        if (count < 1 || count > (table.IsBits() ? ModbusPdu.MostBits : ModbusPdu.MostRegisters))
        {
            return Refuse(function, ModbusException.IllegalValue);
        }

        if (start + count > 65536 || (isMissing is not null && Enumerable.Range(start, count).Any(o => isMissing(table, o))))
        {
            return Refuse(function, ModbusException.IllegalAddress);
        }

        return function switch
        {
            ModbusPdu.ReadCoils or ModbusPdu.ReadDiscreteInputs => ReadBits(function, table, start, count),
            ModbusPdu.ReadHoldingRegisters or ModbusPdu.ReadInputRegisters =>
                [function, (byte)(count * 2), .. Registers(table).AsSpan(start * 2, count * 2)],
            _ => Write(request, start, second, count),
        };
    }

    /// <summary>Vendor, product and revision. [V1.1b3, 6.21]</summary>
    private static byte[] Identify(ReadOnlySpan<byte> request)
    {
        if (request.Length != 4 || request[1] != ModbusPdu.IdentifyDevice || request[2] is < 1 or > 4)
        {
            return Refuse(request[0], ModbusException.IllegalValue);
        }

        string[] objects = ["Uns", "Simulator", "1.0"];
        var first = request[3] < objects.Length ? request[3] : 0;
        var answer = new List<byte> { request[0], request[1], request[2], 0x01, 0, 0, (byte)(objects.Length - first) };
        for (var number = first; number < objects.Length; number++)
        {
            answer.AddRange([(byte)number, (byte)objects[number].Length, .. System.Text.Encoding.ASCII.GetBytes(objects[number])]);
        }

        return [.. answer];
    }

    // The write comes first. [V1.1b3, 6.17]
    private byte[] WriteThenRead(ReadOnlySpan<byte> request, Func<ModbusTable, int, bool>? isMissing, Func<byte, bool> knows)
    {
        if (request.Length < 10 || request.Length != 10 + request[9])
        {
            return Refuse(request[0], ModbusException.IllegalValue);
        }

        var written = Answer([ModbusPdu.WriteRegisters, .. request[5..]], isMissing, knows);
        var answer = written[0] == ModbusPdu.WriteRegisters ? Answer([ModbusPdu.ReadHoldingRegisters, .. request[1..5]], isMissing, knows) : written;
        answer[0] = (byte)(request[0] | (answer[0] & ModbusPdu.RefusedMark));
        return answer;
    }

    private byte[] ReadBits(byte function, ModbusTable table, int start, int count)
    {
        var answer = new byte[2 + ((count + 7) / 8)];
        answer[0] = function;
        answer[1] = (byte)(answer.Length - 2);
        for (var index = 0; index < count; index++)
        {
            answer[2 + (index / 8)] |= (byte)(Bits(table)[start + index] ? 1 << (index % 8) : 0);
        }

        return answer;
    }

    private byte[] Write(ReadOnlySpan<byte> request, int start, ushort second, int count)
    {
        switch (request[0])
        {
            case ModbusPdu.WriteCoil when second is 0 or 0xFF00:
                _coils[start] = second != 0;
                return request[..5].ToArray();
            case ModbusPdu.WriteRegister:
                SetRegister(ModbusTable.HoldingRegister, start, second);
                return request[..5].ToArray();
            case ModbusPdu.WriteCoils when request.Length == 6 + ((count + 7) / 8) && request[5] == (count + 7) / 8:
                for (var index = 0; index < count; index++)
                {
                    _coils[start + index] = (request[6 + (index / 8)] >> (index % 8) & 1) != 0;
                }

                return request[..5].ToArray();
            case ModbusPdu.WriteRegisters when count <= ModbusPdu.MostWrittenRegisters && request.Length == 6 + (count * 2) && request[5] == count * 2:
                request[6..].CopyTo(_holding.AsSpan(start * 2));
                return request[..5].ToArray();
            case ModbusPdu.MaskRegister when request.Length == 7:
                var or = BinaryPrimitives.ReadUInt16BigEndian(request[5..]);
                SetRegister(ModbusTable.HoldingRegister, start, (ushort)((Register(ModbusTable.HoldingRegister, start) & second) | (or & ~second)));
                return request.ToArray();
            default:
                return Refuse(request[0], ModbusException.IllegalValue);
        }
    }

    private byte[] Registers(ModbusTable table) => table == ModbusTable.InputRegister ? _input : _holding;

    private bool[] Bits(ModbusTable table) => table == ModbusTable.DiscreteInput ? _discrete : _coils;

    private sealed record Moving(ModbusAddress Address, DataType Type, Signal Signal);
}
