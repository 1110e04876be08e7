using System.Buffers.Binary;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>What a look into received bytes found.</summary>
internal enum FrameFound
{
    /// <summary>Not a whole frame yet.</summary>
    Incomplete,

    /// <summary>One whole frame stands at the start.</summary>
    Whole,

    /// <summary>The bytes are no Modbus TCP.</summary>
    Broken,
}

/// <summary>The MBAP header around a PDU. Pure.</summary>
/// <remarks>Modbus Messaging on TCP/IP V1.0b, 3.1.3.</remarks>
internal readonly record struct ModbusFrame(ushort Transaction, byte Unit, int PduStart, int PduLength)
{
    /// <summary>Bytes of the header: transaction, protocol, length, unit.</summary>
    public const int HeaderBytes = 7;

    /// <summary>Most bytes of a PDU.</summary>
    public const int MaximumPdu = 253;

    /// <summary>Most bytes of a frame.</summary>
    public const int MaximumBytes = HeaderBytes + MaximumPdu;

    /// <summary>Bytes of the whole frame.</summary>
    public int Length => HeaderBytes + PduLength;

    /// <summary>Writes one frame.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> to, ushort transaction, byte unit, ReadOnlySpan<byte> pdu)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to, transaction);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], (ushort)(pdu.Length + 1));
        to[6] = unit;
        pdu.CopyTo(to[HeaderBytes..]);
        return HeaderBytes + pdu.Length;
    }

    /// <summary>Looks for one frame at the start of what was received.</summary>
    public static FrameFound Read(ReadOnlySpan<byte> bytes, out ModbusFrame frame, out string? fault)
    {
        frame = default;
        fault = null;
        if (bytes.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) is var protocol and not 0)
        {
            fault = $"the protocol id is {protocol}, Modbus has 0: this is no Modbus TCP device.";
            return FrameFound.Broken;
        }

        if (bytes.Length < 6)
        {
            return FrameFound.Incomplete;
        }

        // The length counts the unit and at least a function code.
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (length is < 2 or > MaximumPdu + 1)
        {
            fault = $"the header says {length} bytes, a frame has 2 to {MaximumPdu + 1}.";
            return FrameFound.Broken;
        }

        if (bytes.Length < 6 + length)
        {
            return FrameFound.Incomplete;
        }

        frame = new(BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[6], HeaderBytes, length - 1);
        return FrameFound.Whole;
    }
}
