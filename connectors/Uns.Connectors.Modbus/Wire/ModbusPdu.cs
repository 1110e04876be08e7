using System.Buffers.Binary;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>Makes requests and checks that an answer is one to its request. Pure.</summary>
/// <remarks>Modbus Application Protocol V1.1b3, 6.</remarks>
internal static class ModbusPdu
{
    public const byte ReadCoils = 1;
    public const byte ReadDiscreteInputs = 2;
    public const byte ReadHoldingRegisters = 3;
    public const byte ReadInputRegisters = 4;
    public const byte WriteCoil = 5;
    public const byte WriteRegister = 6;
    public const byte WriteCoils = 15;
    public const byte WriteRegisters = 16;
    public const byte MaskRegister = 22;

    /// <summary>Most registers one read may ask for. [V1.1b3, 6.3]</summary>
    public const int MostRegisters = 125;

    /// <summary>Most bits one read may ask for. [V1.1b3, 6.1]</summary>
    public const int MostBits = 2000;

    /// <summary>Most registers one write may carry. [V1.1b3, 6.12]</summary>
    public const int MostWrittenRegisters = 123;

    private const byte RefusedMark = 0x80;

    public static byte[] Read(ModbusTable table, ushort start, int count)
    {
        var function = table switch
        {
            ModbusTable.Coil => ReadCoils,
            ModbusTable.DiscreteInput => ReadDiscreteInputs,
            ModbusTable.InputRegister => ReadInputRegisters,
            _ => ReadHoldingRegisters,
        };
        return Make(function, start, (ushort)count);
    }

    public static byte[] WriteOneCoil(ushort at, bool value) => Make(WriteCoil, at, value ? (ushort)0xFF00 : (ushort)0);

    public static byte[] WriteOneRegister(ushort at, ReadOnlySpan<byte> register) => [WriteRegister, (byte)(at >> 8), (byte)at, .. register];

    public static byte[] WriteManyRegisters(ushort at, ReadOnlySpan<byte> registers) =>
        [.. Make(WriteRegisters, at, (ushort)(registers.Length / 2)), (byte)registers.Length, .. registers];

    public static byte[] WriteManyCoils(ushort at, ReadOnlySpan<bool> values)
    {
        var packed = new byte[(values.Length + 7) / 8];
        for (var index = 0; index < values.Length; index++)
        {
            packed[index / 8] |= (byte)(values[index] ? 1 << (index % 8) : 0);
        }

        return [.. Make(WriteCoils, at, (ushort)values.Length), (byte)packed.Length, .. packed];
    }

    /// <summary>Sets one bit without touching the others: result = (current and mask) or (value and not mask). [V1.1b3, 6.16]</summary>
    public static byte[] MaskOneBit(ushort at, int bit, bool value)
    {
        var and = (ushort)~(1 << bit);
        return [.. Make(MaskRegister, at, and), .. Word(value ? (ushort)(1 << bit) : (ushort)0)];
    }

    /// <summary>Checks that an answer belongs to the request and has the length it must have.</summary>
    /// <param name="request">The PDU sent.</param>
    /// <param name="answer">The PDU received.</param>
    /// <param name="exception">The exception code of a refusal; zero when the device did it.</param>
    /// <returns>Null when it fits; else what is wrong with it.</returns>
    public static string? Check(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer, out byte exception)
    {
        exception = 0;
        if (answer.Length == 0 || (answer[0] & ~RefusedMark) != request[0])
        {
            return $"function {(answer.Length == 0 ? 0 : answer[0] & ~RefusedMark)} came as the answer to function {request[0]}.";
        }

        if ((answer[0] & RefusedMark) != 0)
        {
            exception = answer.Length == 2 ? answer[1] : (byte)0;
            return exception == 0 ? $"a refusal of {answer.Length} bytes came, it has 2 and a code above zero." : null;
        }

        if (request[0] <= ReadInputRegisters)
        {
            var count = BinaryPrimitives.ReadUInt16BigEndian(request[3..]);
            var wanted = request[0] <= ReadDiscreteInputs ? (count + 7) / 8 : count * 2;
            return answer.Length == wanted + 2 && answer[1] == wanted ? null : $"{answer.Length - 2} data bytes came, {wanted} were asked for.";
        }

        // A write is confirmed by its own start: address and value, or address and count.
        var echo = request[0] is WriteRegisters or WriteCoils ? request[..5] : request;
        return answer.SequenceEqual(echo) ? null : $"the confirmation of function {request[0]} names another address or value.";
    }

    private static byte[] Make(byte function, ushort first, ushort second) => [function, .. Word(first), .. Word(second)];

    private static byte[] Word(ushort value) => [(byte)(value >> 8), (byte)value];
}
