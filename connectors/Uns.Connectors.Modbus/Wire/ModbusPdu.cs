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
    public const byte ReadWriteRegisters = 23;
    public const byte Identify = 43;
    public const byte IdentifyDevice = 14;

    /// <summary>Most registers one read may ask for. [V1.1b3, 6.3]</summary>
    public const int MostRegisters = 125;

    /// <summary>Most bits one read may ask for. [V1.1b3, 6.1]</summary>
    public const int MostBits = 2000;

    /// <summary>Most registers one write may carry. [V1.1b3, 6.12]</summary>
    public const int MostWrittenRegisters = 123;

    /// <summary>Most registers one request may carry that also reads. [V1.1b3, 6.17]</summary>
    public const int MostWrittenAndRead = 121;

    /// <summary>Most coils one write may carry. [V1.1b3, 6.11]</summary>
    public const int MostWrittenBits = 1968;

    /// <summary>Set in the function code of a refusal. [V1.1b3, 7]</summary>
    public const byte RefusedMark = 0x80;

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

    /// <summary>Writes registers and reads others in one request; the write comes first. [V1.1b3, 6.17]</summary>
    public static byte[] WriteThenRead(ushort readAt, int count, ushort writeAt, ReadOnlySpan<byte> registers) =>
        [.. Make(ReadWriteRegisters, readAt, (ushort)count), .. Word(writeAt), .. Word((ushort)(registers.Length / 2)), (byte)registers.Length, .. registers];

    /// <summary>Asks for vendor, product and revision, from one object on. [V1.1b3, 6.21]</summary>
    public static byte[] IdentifyFrom(byte first) => [Identify, IdentifyDevice, 1, first];

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

        if (request[0] == Identify)
        {
            return LengthOf(request, answer) == answer.Length ? null : "the identification is cut off or of another kind.";
        }

        if (DataBytes(request) is var wanted and > 0)
        {
            return answer.Length == wanted + 2 && answer[1] == wanted ? null : $"{answer.Length - 2} data bytes came, {wanted} were asked for.";
        }

        // A write is confirmed by its own start: address and value, or address and count.
        var echo = request[0] is WriteRegisters or WriteCoils ? request[..5] : request;
        return answer.SequenceEqual(echo) ? null : $"the confirmation of function {request[0]} names another address or value.";
    }

    /// <summary>How long the answer to a request is, as far as its first bytes tell.</summary>
    /// <returns>Bytes of the PDU; 0 when it cannot be the answer; null when more bytes are needed to tell.</returns>
    public static int? LengthOf(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer)
    {
        if (answer.Length == 0)
        {
            return null;
        }

        if (answer[0] == (request[0] | RefusedMark))
        {
            return 2;
        }

        if (answer[0] != request[0])
        {
            return 0;
        }

        if (DataBytes(request) is var wanted and > 0)
        {
            return answer.Length < 2 ? null : answer[1] == wanted ? wanted + 2 : 0;
        }

        return request[0] switch
        {
            Identify => IdentificationLength(answer),
            MaskRegister => 7,
            _ => 5,
        };
    }

    // Bytes of data in the answer to a read; zero for a write.
    private static int DataBytes(ReadOnlySpan<byte> request) => request[0] switch
    {
        ReadCoils or ReadDiscreteInputs => (BinaryPrimitives.ReadUInt16BigEndian(request[3..]) + 7) / 8,
        ReadHoldingRegisters or ReadInputRegisters or ReadWriteRegisters => BinaryPrimitives.ReadUInt16BigEndian(request[3..]) * 2,
        _ => 0,
    };

    // [V1.1b3, 6.21] Function, kind, code, conformity, more follows, next object, count; then number, length and text of each.
    private static int? IdentificationLength(ReadOnlySpan<byte> answer)
    {
        const int Head = 7;
        if (answer.Length < Head)
        {
            return null;
        }

        var at = Head;
        for (var count = answer[Head - 1]; count > 0; count--)
        {
            if (at + 2 > answer.Length)
            {
                return null;
            }

            at += 2 + answer[at + 1];
            if (at > ModbusFrame.MaximumPdu)
            {
                return 0;
            }
        }

        return answer[1] == IdentifyDevice ? at : 0;
    }

    private static byte[] Make(byte function, ushort first, ushort second) => [function, .. Word(first), .. Word(second)];

    private static byte[] Word(ushort value) => [(byte)(value >> 8), (byte)value];
}
