namespace Uns.Connectors.Modbus.Wire;

/// <summary>Modbus TCP: a header with transaction id and length before the PDU.</summary>
internal sealed class MbapFraming : IModbusFraming
{
    public bool NamesTransactions => true;

    public int MaximumBytes => ModbusFrame.MaximumBytes;

    public int Write(Span<byte> to, ushort transaction, byte unit, ReadOnlySpan<byte> pdu) => ModbusFrame.Write(to, transaction, unit, pdu);

    public FrameFound Read(ReadOnlySpan<byte> bytes, byte unit, ReadOnlySpan<byte> request, Span<byte> pdu, out ReceivedFrame frame, out string? fault)
    {
        frame = default;
        var found = ModbusFrame.Read(bytes, out var whole, out fault);
        if (found == FrameFound.Whole)
        {
            bytes.Slice(whole.PduStart, whole.PduLength).CopyTo(pdu);
            frame = new(whole.Transaction, whole.Unit, whole.PduLength, whole.Length);
        }

        return found;
    }
}
