using System.Buffers.Binary;

namespace Uns.Connectors.S7.Wire;

/// <summary>The two layers below S7: TPKT frames the stream, COTP opens the connection and marks the end of a message. Pure.</summary>
/// <remarks>RFC 1006, 6 (TPKT); ISO 8073, 13 (COTP class 0).</remarks>
internal static class Cotp
{
    public const int TpktBytes = 4;
    public const int DataHeaderBytes = 3;
    public const byte ConnectionRequest = 0xE0;
    public const byte ConnectionConfirm = 0xD0;
    public const byte DisconnectRequest = 0x80;
    public const byte Data = 0xF0;
    private const byte LastDataUnit = 0x80;

    /// <summary>The request to open a connection between two TSAPs.</summary>
    public static byte[] Connect(ushort localTsap, ushort remoteTsap) =>
    [
        3, 0, 0, 22, // TPKT, 22 bytes
        17, ConnectionRequest, 0, 0, 0, 1, 0,
        0xC0, 1, 0x0A, // TPDU size 1024
        0xC1, 2, (byte)(localTsap >> 8), (byte)localTsap,
        0xC2, 2, (byte)(remoteTsap >> 8), (byte)remoteTsap,
    ];

    /// <summary>Puts one S7 message into one frame.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> message)
    {
        var frame = new byte[TpktBytes + DataHeaderBytes + message.Length];
        frame[0] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)frame.Length);
        frame[4] = 2;
        frame[5] = Data;
        frame[6] = LastDataUnit;
        message.CopyTo(frame.AsSpan(7));
        return frame;
    }

    /// <summary>Looks for one frame at the start of what was received.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="frame">Kind, where its content starts, its whole length, and whether it ends a message.</param>
    /// <param name="fault">What is wrong with the bytes; null when nothing is.</param>
    /// <returns>True when a whole frame stands there.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CotpFrame frame, out string? fault)
    {
        frame = default;
        fault = null;
        if (bytes.Length >= 1 && bytes[0] != 3)
        {
            fault = $"a frame starts with {bytes[0]}, ISO-on-TCP has 3: this is no S7 device.";
            return false;
        }

        if (bytes.Length < TpktBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (length < TpktBytes + 2)
        {
            fault = $"a frame says {length} bytes, the shortest has {TpktBytes + 2}.";
            return false;
        }

        if (bytes.Length < length)
        {
            return false;
        }

        var header = bytes[4] + 1;
        var kind = (byte)(bytes[5] & 0xF0);
        if (TpktBytes + header > length || (kind == Data && header != DataHeaderBytes))
        {
            fault = $"a COTP header of {header} bytes does not fit its frame of {length}.";
            return false;
        }

        frame = new(kind, TpktBytes + header, length, kind != Data || (bytes[6] & LastDataUnit) != 0);
        return true;
    }
}

/// <summary>One frame among the bytes received.</summary>
internal readonly record struct CotpFrame(byte Kind, int Start, int Length, bool IsLast);
