namespace Uns.Connectors.Modbus.Wire;

/// <summary>One frame found in received bytes.</summary>
/// <param name="Transaction">Its transaction id; zero where the framing has none.</param>
/// <param name="Unit">Who answers.</param>
/// <param name="PduLength">Bytes of the PDU.</param>
/// <param name="Length">Bytes to drop from the start of the received ones: the frame, and what stood before it.</param>
internal readonly record struct ReceivedFrame(ushort Transaction, byte Unit, int PduLength, int Length);

/// <summary>How a PDU is wrapped on a line: MBAP header, RTU with a CRC, or ASCII with an LRC. Pure.</summary>
internal interface IModbusFraming
{
    /// <summary>True when an answer names its request: then a late one is known as such.</summary>
    bool NamesTransactions { get; }

    /// <summary>Most bytes of one frame.</summary>
    int MaximumBytes { get; }

    /// <summary>Writes one frame.</summary>
    /// <returns>Bytes written.</returns>
    int Write(Span<byte> to, ushort transaction, byte unit, ReadOnlySpan<byte> pdu);

    /// <summary>Looks for one whole frame in what was received.</summary>
    /// <param name="bytes">All that was received and not taken yet.</param>
    /// <param name="unit">The unit asked.</param>
    /// <param name="request">The PDU of the request that waits.</param>
    /// <param name="pdu">Gets the PDU of a whole frame; at least 253 bytes.</param>
    /// <param name="frame">The frame found.</param>
    /// <param name="fault">Why the bytes are broken.</param>
    FrameFound Read(ReadOnlySpan<byte> bytes, byte unit, ReadOnlySpan<byte> request, Span<byte> pdu, out ReceivedFrame frame, out string? fault);
}
