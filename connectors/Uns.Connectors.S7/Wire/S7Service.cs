using System.Buffers.Binary;

namespace Uns.Connectors.S7.Wire;

/// <summary>The services a CPU offers beside reading and writing ("user data" messages): blocks, lists about itself, password, clock. Pure.</summary>
internal static class S7Service
{
    public const byte Blocks = 3;
    public const byte Lists = 4;
    public const byte Security = 5;
    public const byte Clock = 7;

    /// <summary>In the kind and group byte of a request.</summary>
    public const byte RequestMark = 0x40;

    /// <summary>In the kind and group byte of an answer.</summary>
    public const byte AnswerMark = 0x80;

    /// <summary>Bytes of the parameters of a first request.</summary>
    public const int ParameterBytes = 8;

    /// <summary>Bytes of the parameters of an answer, and of a request for its next part.</summary>
    public const int LongParameterBytes = 12;

    /// <summary>Bytes before the content of a request or an answer.</summary>
    public const int DataHeaderBytes = 4;

    /// <summary>How the content's length is counted: in bytes.</summary>
    public const byte Octets = 9;

    /// <summary>The first request of a service.</summary>
    /// <param name="group">Which group of services.</param>
    /// <param name="function">Which service of the group.</param>
    /// <param name="content">What it is about; empty when it goes without saying.</param>
    public static byte[] Ask(byte group, byte function, ReadOnlySpan<byte> content) =>
        Message([0, 1, 0x12, 4, 0x11, (byte)(RequestMark | group), function, 0], content);

    /// <summary>The request for what comes behind a part of an answer.</summary>
    public static byte[] AskNext(byte group, byte function, in S7ServicePart before) =>
        Message([0, 1, 0x12, 8, 0x12, (byte)(RequestMark | group), function, before.Sequence, before.Unit, 0, 0, 0], []);

    /// <summary>Checks an answer's header against its request.</summary>
    /// <param name="answer">The message received.</param>
    /// <param name="request">The message sent; its reference has been put in.</param>
    /// <returns>Null when it is the answer; else what is wrong.</returns>
    public static string? Check(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> request)
    {
        if (answer.Length < S7Pdu.JobHeaderBytes || answer[1] != S7Pdu.UserData || !answer[4..6].SequenceEqual(request[4..6]))
        {
            return $"the answer to service {BinaryPrimitives.ReadUInt16BigEndian(request[4..])} was awaited.";
        }

        var parameter = BinaryPrimitives.ReadUInt16BigEndian(answer[6..]);
        var data = BinaryPrimitives.ReadUInt16BigEndian(answer[8..]);
        if (S7Pdu.JobHeaderBytes + parameter + data != answer.Length)
        {
            return $"the header says {parameter} and {data} bytes, {answer.Length - S7Pdu.JobHeaderBytes} came.";
        }

        var asked = request[S7Pdu.JobHeaderBytes..];
        var told = answer[S7Pdu.JobHeaderBytes..];
        return parameter < LongParameterBytes || told[5] != (byte)(asked[5] ^ RequestMark ^ AnswerMark) || told[6] != asked[6] ? "the answer is to another service." : null;
    }

    /// <summary>One answer, or one part of a long one. Its header has been checked.</summary>
    public static S7ServicePart Read(ReadOnlyMemory<byte> answer)
    {
        var parameter = answer.Span[S7Pdu.JobHeaderBytes..];
        var data = answer[(S7Pdu.JobHeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(answer.Span[6..]))..];
        var error = BinaryPrimitives.ReadUInt16BigEndian(parameter[10..]);
        if (data.Length < DataHeaderBytes)
        {
            return new(parameter[7], parameter[8], IsLast: true, error, 0, default);
        }

        var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(data.Span[2..]), data.Length - DataHeaderBytes);
        return new(parameter[7], parameter[8], parameter[9] == 0, error, data.Span[0], data.Slice(DataHeaderBytes, length));
    }

    private static byte[] Message(ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> content) =>
    [
        0x32, S7Pdu.UserData, 0, 0, 0, 0, // the reference comes later
        0, (byte)parameter.Length, (byte)((DataHeaderBytes + content.Length) >> 8), (byte)(DataHeaderBytes + content.Length),
        .. parameter,
        content.IsEmpty ? S7ReturnCode.NoSuchObject : S7ReturnCode.Good, content.IsEmpty ? (byte)0 : Octets, (byte)(content.Length >> 8), (byte)content.Length,
        .. content,
    ];
}

/// <summary>What a service answered, or a part of it.</summary>
/// <param name="Sequence">Belongs to the whole answer.</param>
/// <param name="Unit">Belongs to this part.</param>
/// <param name="IsLast">False when more can be asked for.</param>
/// <param name="Error">Zero when the service was done.</param>
/// <param name="Code">How the data came; 0xFF is good.</param>
/// <param name="Content">The data; valid until the next job.</param>
internal readonly record struct S7ServicePart(byte Sequence, byte Unit, bool IsLast, ushort Error, byte Code, ReadOnlyMemory<byte> Content);
