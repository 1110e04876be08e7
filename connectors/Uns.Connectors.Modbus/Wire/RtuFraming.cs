using System.Buffers.Binary;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>RTU: unit, PDU and a CRC, told apart on a serial line by silence. Here by the length that the answer must have.</summary>
/// <remarks>
/// Modbus over Serial Line V1.02, 2.5.1. What cannot be the start of the awaited answer, by unit, function and length, or does not
/// carry its own CRC, is noise and is stepped over: a garbled answer is never taken, it is waited for in vain.
/// </remarks>
internal sealed class RtuFraming : IModbusFraming
{
    private const int CrcBytes = 2;

    private static readonly ushort[] Table = MakeTable();

    public bool NamesTransactions => false;

    public int MaximumBytes => 1 + ModbusFrame.MaximumPdu + CrcBytes;

    public int Write(Span<byte> to, ushort transaction, byte unit, ReadOnlySpan<byte> pdu)
    {
        to[0] = unit;
        pdu.CopyTo(to[1..]);
        BinaryPrimitives.WriteUInt16LittleEndian(to[(1 + pdu.Length)..], Crc(to[..(1 + pdu.Length)]));
        return 1 + pdu.Length + CrcBytes;
    }

    public FrameFound Read(ReadOnlySpan<byte> bytes, byte unit, ReadOnlySpan<byte> request, Span<byte> pdu, out ReceivedFrame frame, out string? fault)
    {
        frame = default;
        fault = null;
        for (var at = 0; at < bytes.Length; at++)
        {
            var rest = bytes[at..];
            if (rest[0] != unit || (rest.Length > 1 && (rest[1] & ~ModbusPdu.RefusedMark) != request[0]))
            {
                continue;
            }

            var length = rest.Length > 1 ? ModbusPdu.LengthOf(request, rest[1..]) : null;
            if (length is null || (length > 0 && rest.Length < 1 + length + CrcBytes))
            {
                return FrameFound.Incomplete;
            }

            if (length > 0 && BinaryPrimitives.ReadUInt16LittleEndian(rest[(1 + length.Value)..]) == Crc(rest[..(1 + length.Value)]))
            {
                rest.Slice(1, length.Value).CopyTo(pdu);
                frame = new(0, unit, length.Value, at + 1 + length.Value + CrcBytes);
                return FrameFound.Whole;
            }
        }

        return FrameFound.Incomplete;
    }

    /// <summary>The CRC of some bytes; its low byte is sent first. [V1.02, 6.2.2]</summary>
    internal static ushort Crc(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0xFFFF;
        foreach (var value in bytes)
        {
            crc = (ushort)((crc >> 8) ^ Table[(crc ^ value) & 0xFF]);
        }

        return crc;
    }

    private static ushort[] MakeTable()
    {
        var table = new ushort[256];
        for (var index = 0; index < table.Length; index++)
        {
            var crc = (ushort)index;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (ushort)((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
            }

            table[index] = crc;
        }

        return table;
    }
}
