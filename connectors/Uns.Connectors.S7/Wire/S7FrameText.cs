using System.Buffers.Binary;
using System.Globalization;

namespace Uns.Connectors.S7.Wire;

/// <summary>Says in words what a raw frame is. Pure; frames may be cut short or broken.</summary>
internal static class S7FrameText
{
    private const int MostItemsNamed = 4;

    /// <summary>What it asks or answers, e.g. <c>job 7: read DB1 bytes 4 to 7, DB2 byte 0</c>.</summary>
    /// <param name="frame">The frame's first bytes.</param>
    /// <param name="length">Its whole length.</param>
    public static string Of(ReadOnlySpan<byte> frame, int length)
    {
        if (!Cotp.TryRead(frame, out var cotp, out var fault))
        {
            return fault ?? (frame.Length < length ? "a frame cut short" : "not a whole frame");
        }

        var message = frame[cotp.Start..cotp.Length];
        return cotp.Kind switch
        {
            Cotp.ConnectionRequest => "connection asked for",
            Cotp.ConnectionConfirm => "connection confirmed",
            Cotp.DisconnectRequest => "connection refused or ended",
            Cotp.Data when message.Length >= S7Pdu.JobHeaderBytes => Message(message),
            _ => "part of a message",
        };
    }

    /// <summary>The frame as it may be kept and shown: a password is blanked out.</summary>
    public static byte[] WithoutPassword(byte[] frame)
    {
        const int Message = Cotp.TpktBytes + Cotp.DataHeaderBytes;
        const int Kind = Message + S7Pdu.JobHeaderBytes + 5;
        if (frame.Length <= Kind || frame[Message + 1] != S7Pdu.UserData || frame[Kind] != (S7Service.RequestMark | S7Service.Security))
        {
            return frame;
        }

        var kept = frame.ToArray();
        kept.AsSpan(kept.Length - S7Password.Bytes).Clear();
        return kept;
    }

    private static string Message(ReadOnlySpan<byte> message)
    {
        var reference = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        if (message[1] == S7Pdu.Job && message.Length > S7Pdu.JobHeaderBytes + 1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"job {reference}: {Name(message[S7Pdu.JobHeaderBytes])}{Items(message[S7Pdu.JobHeaderBytes..])}");
        }

        if (message[1] == S7Pdu.UserData)
        {
            return string.Create(CultureInfo.InvariantCulture, $"service {reference}{Service(message[S7Pdu.JobHeaderBytes..])}");
        }

        var error = message.Length >= S7Pdu.AckHeaderBytes ? BinaryPrimitives.ReadUInt16BigEndian(message[10..]) : 0;
        return error != 0
            ? string.Create(CultureInfo.InvariantCulture, $"answer {reference}: error 0x{error:X4}, {S7ReturnCode.ExplainError((ushort)error)}")
            : string.Create(CultureInfo.InvariantCulture, $"answer {reference}{(message.Length > S7Pdu.AckHeaderBytes ? ": " + Name(message[S7Pdu.AckHeaderBytes]) : "")}, {message.Length} bytes");
    }

    private static string Items(ReadOnlySpan<byte> parameter)
    {
        if (parameter[0] is not (S7Pdu.ReadFunction or S7Pdu.WriteFunction))
        {
            return "";
        }

        var count = Math.Min(parameter[1], (parameter.Length - 2) / S7Pdu.ItemBytes);
        var names = new List<string>();
        for (var index = 0; index < Math.Min(count, MostItemsNamed); index++)
        {
            names.Add(S7Pdu.ReadItem(parameter.Slice(2 + (index * S7Pdu.ItemBytes), S7Pdu.ItemBytes)).Words());
        }

        return $" {string.Join(", ", names)}{(count > MostItemsNamed ? $" and {count - MostItemsNamed} more" : "")}";
    }

    private static string Service(ReadOnlySpan<byte> parameter) => parameter.Length < S7Service.ParameterBytes ? "" : (parameter[5] & 0x0F, parameter[6]) switch
    {
        (S7Service.Blocks, S7Blocks.CountAll) => ": count the blocks",
        (S7Service.Blocks, S7Blocks.ListOne) => ": list blocks",
        (S7Service.Blocks, S7Blocks.Describe) => ": describe a block",
        (S7Service.Lists, S7Szl.ReadList) => ": read a list about itself",
        (S7Service.Security, S7Password.Enter) => ": enter the password (not kept here)",
        (S7Service.Clock, S7Clock.ReadFunction) => ": read the clock",
        _ => "",
    };

    private static string Name(byte function) => function switch
    {
        S7Pdu.ReadFunction => "read",
        S7Pdu.WriteFunction => "write",
        S7Pdu.SetupFunction => "agree on the size of messages",
        _ => $"function 0x{function:X2}",
    };
}
