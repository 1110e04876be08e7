namespace Uns.Connectors.Modbus.Wire;

/// <summary>ASCII: a colon, each byte as two hexadecimal digits, an LRC, and the end of the line.</summary>
/// <remarks>Modbus over Serial Line V1.02, 2.5.2. A line of another unit or function, or with a wrong LRC, is stepped over.</remarks>
internal sealed class AsciiFraming : IModbusFraming
{
    public bool NamesTransactions => false;

    public int MaximumBytes => 1 + ((1 + ModbusFrame.MaximumPdu + 1) * 2) + 2;

    public int Write(Span<byte> to, ushort transaction, byte unit, ReadOnlySpan<byte> pdu)
    {
        to[0] = (byte)':';
        var at = Put(to, 1, unit);
        var sum = unit;
        foreach (var value in pdu)
        {
            at = Put(to, at, value);
            sum += value;
        }

        at = Put(to, at, (byte)-sum);
        to[at++] = (byte)'\r';
        to[at++] = (byte)'\n';
        return at;
    }

    public FrameFound Read(ReadOnlySpan<byte> bytes, byte unit, ReadOnlySpan<byte> request, Span<byte> pdu, out ReceivedFrame frame, out string? fault)
    {
        frame = default;
        fault = null;
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is var end and >= 0)
        {
            var line = bytes.Slice(at, end);
            at += end + 1;
            // A colon begins a frame anew, whatever came before it.
            var colon = line.LastIndexOf((byte)':');
            if (colon >= 0 && Decode(line[(colon + 1)..].TrimEnd((byte)'\r'), unit, request, pdu) is var length and > 0)
            {
                frame = new(0, unit, length, at);
                return FrameFound.Whole;
            }
        }

        return FrameFound.Incomplete;
    }

    // The length of the PDU, or zero when it is not the awaited answer.
    private static int Decode(ReadOnlySpan<byte> digits, byte unit, ReadOnlySpan<byte> request, Span<byte> pdu)
    {
        Span<byte> values = stackalloc byte[1 + ModbusFrame.MaximumPdu + 1];
        if (digits.Length % 2 != 0 || digits.Length < 6 || digits.Length / 2 > values.Length)
        {
            return 0;
        }

        byte sum = 0;
        for (var index = 0; index < digits.Length / 2; index++)
        {
            var (high, low) = (Digit(digits[index * 2]), Digit(digits[(index * 2) + 1]));
            if (high < 0 || low < 0)
            {
                return 0;
            }

            values[index] = (byte)((high << 4) | low);
            sum += values[index];
        }

        var found = values[1..((digits.Length / 2) - 1)];
        if (sum != 0 || values[0] != unit || (found[0] & ~ModbusPdu.RefusedMark) != request[0])
        {
            return 0;
        }

        found.CopyTo(pdu);
        return found.Length;
    }

    private static int Put(Span<byte> to, int at, byte value)
    {
        to[at] = "0123456789ABCDEF"u8[value >> 4];
        to[at + 1] = "0123456789ABCDEF"u8[value & 0xF];
        return at + 2;
    }

    private static int Digit(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => character - '0',
        >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
        _ => -1,
    };
}
