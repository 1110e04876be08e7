using System.Buffers.Binary;
using System.Globalization;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>Says in words what a raw frame is. Pure; frames may be cut short or broken.</summary>
internal static class ModbusFrameText
{
    /// <summary>Who, what and where, e.g. <c>unit 1, transaction 7: read holding registers HR1 to HR10 (function 3)</c>.</summary>
    /// <param name="frame">The frame's first bytes.</param>
    /// <param name="isRequest">True for what was sent.</param>
    /// <param name="framing">How it is wrapped.</param>
    public static string Of(ReadOnlySpan<byte> frame, bool isRequest, ModbusFramingKind framing)
    {
        if (framing == ModbusFramingKind.Tcp)
        {
            return frame.Length <= ModbusFrame.HeaderBytes
                ? "not a whole frame"
                : string.Create(CultureInfo.InvariantCulture, $"unit {frame[6]}, transaction {BinaryPrimitives.ReadUInt16BigEndian(frame)}: {Pdu(frame[ModbusFrame.HeaderBytes..], isRequest)}");
        }

        var bytes = framing == ModbusFramingKind.Ascii ? Digits(frame) : frame[..Math.Max(0, frame.Length - 2)];
        return bytes.Length < 2 ? "not a whole frame" : string.Create(CultureInfo.InvariantCulture, $"unit {bytes[0]}: {Pdu(bytes[1..], isRequest)}");
    }

    private static string Pdu(ReadOnlySpan<byte> pdu, bool isRequest)
    {
        var function = pdu[0] & ~ModbusPdu.RefusedMark;
        if (!isRequest && (pdu[0] & ModbusPdu.RefusedMark) != 0)
        {
            return $"{Name(function)} refused with {ModbusException.Explain(pdu.Length > 1 ? pdu[1] : (byte)0)}";
        }

        var place = isRequest && pdu.Length >= 5 ? Place(pdu) : "";
        var size = isRequest ? "" : string.Create(CultureInfo.InvariantCulture, $", {pdu.Length - 1} bytes");
        return string.Create(CultureInfo.InvariantCulture, $"{Name(function)}{place} (function {function}{size})");
    }

    private static string Place(ReadOnlySpan<byte> pdu)
    {
        var table = pdu[0] switch
        {
            ModbusPdu.ReadCoils or ModbusPdu.WriteCoil or ModbusPdu.WriteCoils => ModbusTable.Coil,
            ModbusPdu.ReadDiscreteInputs => ModbusTable.DiscreteInput,
            ModbusPdu.ReadInputRegisters => ModbusTable.InputRegister,
            _ => ModbusTable.HoldingRegister,
        };
        if (pdu[0] == ModbusPdu.Identify)
        {
            return "";
        }

        var start = BinaryPrimitives.ReadUInt16BigEndian(pdu[1..]);
        var count = pdu[0] is ModbusPdu.WriteCoil or ModbusPdu.WriteRegister or ModbusPdu.MaskRegister ? 1 : BinaryPrimitives.ReadUInt16BigEndian(pdu[3..]);
        var letters = table.Letters();
        return count > 1 ? $" {letters}{start + 1} to {letters}{start + count}" : $" {letters}{start + 1}";
    }

    private static string Name(int function) => function switch
    {
        ModbusPdu.ReadCoils => "read coils",
        ModbusPdu.ReadDiscreteInputs => "read discrete inputs",
        ModbusPdu.ReadHoldingRegisters => "read holding registers",
        ModbusPdu.ReadInputRegisters => "read input registers",
        ModbusPdu.WriteCoil => "write coil",
        ModbusPdu.WriteRegister => "write register",
        ModbusPdu.WriteCoils => "write coils",
        ModbusPdu.WriteRegisters => "write registers",
        ModbusPdu.MaskRegister => "mask register",
        ModbusPdu.ReadWriteRegisters => "write and read registers",
        ModbusPdu.Identify => "identify",
        _ => "unknown",
    };

    // Unit and PDU between the colon and the LRC; what is no digit ends it.
    private static byte[] Digits(ReadOnlySpan<byte> frame)
    {
        var text = System.Text.Encoding.Latin1.GetString(frame).Trim().TrimStart(':');
        var bytes = new List<byte>();
        for (var at = 0; at + 1 < text.Length && byte.TryParse(text.AsSpan(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value); at += 2)
        {
            bytes.Add(value);
        }

        return [.. bytes.Take(bytes.Count - 1)];
    }
}
