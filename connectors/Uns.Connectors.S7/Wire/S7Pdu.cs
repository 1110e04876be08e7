using System.Buffers.Binary;

namespace Uns.Connectors.S7.Wire;

/// <summary>One place asked for or written: bytes of an area, or a single bit.</summary>
/// <param name="Area">Which memory.</param>
/// <param name="Block">Number of the data block; zero for other areas.</param>
/// <param name="Byte">First byte.</param>
/// <param name="Length">Bytes; 1 for a bit.</param>
/// <param name="Bit">The bit, 0 to 7; negative for bytes.</param>
internal readonly record struct S7Item(S7Area Area, int Block, int Byte, int Length, int Bit = -1)
{
    /// <summary>True for timers and counters, which are asked for by number; each is two bytes.</summary>
    public bool IsNumbered => Area is S7Area.Timer or S7Area.Counter;

    /// <summary>The place for people, e.g. <c>DB1 bytes 4 to 7</c>.</summary>
    public string Words() => Bit >= 0
        ? $"{Memory} bit {Byte}.{Bit}"
        : IsNumbered ? $"{Memory} {Byte / 2}" : Length == 1 ? $"{Memory} byte {Byte}" : $"{Memory} bytes {Byte} to {Byte + Length - 1}";

    private string Memory => Area == S7Area.DataBlock ? $"DB{Block}" : Area.ToString();
}

/// <summary>The S7 messages used here. Pure. A job's reference is put in by the channel.</summary>
internal static class S7Pdu
{
    public const byte Job = 1;
    public const byte AckData = 3;
    public const byte UserData = 7;
    public const byte SetupFunction = 0xF0;
    public const byte ReadFunction = 4;
    public const byte WriteFunction = 5;
    public const int JobHeaderBytes = 10;
    public const int AckHeaderBytes = 12;

    /// <summary>Bytes of one item in a request.</summary>
    public const int ItemBytes = 12;

    /// <summary>Bytes before the data of one item in an answer.</summary>
    public const int ItemHeaderBytes = 4;

    /// <summary>Most items of one request; CPUs take no more.</summary>
    public const int MostItems = 20;

    private const byte ProtocolId = 0x32;
    private const byte AsBit = 3;
    private const byte AsBytesCountedInBits = 4;
    private const byte AsBytes = 9;

    public static byte[] Setup(int pduBytes) => Message([SetupFunction, 0, 0, 1, 0, 1, (byte)(pduBytes >> 8), (byte)pduBytes], []);

    public static byte[] Read(IReadOnlyList<S7Item> items)
    {
        var parameter = new byte[2 + (items.Count * ItemBytes)];
        parameter[0] = ReadFunction;
        parameter[1] = (byte)items.Count;
        for (var index = 0; index < items.Count; index++)
        {
            WriteItem(parameter.AsSpan(2 + (index * ItemBytes)), items[index]);
        }

        return Message(parameter, []);
    }

    /// <summary>Writes several items in one job.</summary>
    /// <param name="items">At least one, at most <see cref="MostItems"/>; with their bytes.</param>
    public static byte[] Write(IReadOnlyList<(S7Item Item, ReadOnlyMemory<byte> Bytes)> items)
    {
        var parameter = new byte[2 + (items.Count * ItemBytes)];
        parameter[0] = WriteFunction;
        parameter[1] = (byte)items.Count;
        var data = new byte[items.Sum(i => WrittenBytes(i.Bytes.Length)) - (items[^1].Bytes.Length & 1)];
        for (var (index, at) = (0, 0); index < items.Count; index++)
        {
            var (item, bytes) = items[index];
            WriteItem(parameter.AsSpan(2 + (index * ItemBytes)), item);
            data[at + 1] = item.Bit >= 0 ? AsBit : item.IsNumbered ? AsBytes : AsBytesCountedInBits;
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(at + 2), (ushort)(item.Bit >= 0 ? 1 : item.IsNumbered ? bytes.Length : bytes.Length * 8));
            bytes.Span.CopyTo(data.AsSpan(at + ItemHeaderBytes));
            at += WrittenBytes(bytes.Length);
        }

        return Message(parameter, data);
    }

    /// <summary>What the bytes of one item take in a job that writes: every item but the last is filled up to an even length.</summary>
    public static int WrittenBytes(int length) => ItemHeaderBytes + length + (length & 1);

    /// <summary>Checks an answer's header against its job.</summary>
    /// <returns>Null when it is the answer; else what is wrong.</returns>
    public static string? CheckAck(ReadOnlySpan<byte> ack, ushort reference, byte function, out ushort error)
    {
        error = 0;
        if (ack.Length < AckHeaderBytes || ack[0] != ProtocolId)
        {
            return $"a message of {ack.Length} bytes is no S7 answer.";
        }

        if (ack[1] is not (AckData or 2) || BinaryPrimitives.ReadUInt16BigEndian(ack[4..]) != reference)
        {
            return $"message kind {ack[1]} with reference {BinaryPrimitives.ReadUInt16BigEndian(ack[4..])} came, the answer to {reference} was awaited.";
        }

        var parameterBytes = BinaryPrimitives.ReadUInt16BigEndian(ack[6..]);
        var dataBytes = BinaryPrimitives.ReadUInt16BigEndian(ack[8..]);
        error = BinaryPrimitives.ReadUInt16BigEndian(ack[10..]);
        if (AckHeaderBytes + parameterBytes + dataBytes != ack.Length)
        {
            return $"the header says {parameterBytes} and {dataBytes} bytes, {ack.Length - AckHeaderBytes} came.";
        }

        return error == 0 && (parameterBytes < 2 || ack[AckHeaderBytes] != function) ? "the answer is to another function." : null;
    }

    /// <summary>The error in an answer's header, where the whole job was refused; zero for none. Services beside reading and writing have theirs elsewhere.</summary>
    /// <param name="answer">Its header has been checked.</param>
    public static ushort ErrorOf(ReadOnlySpan<byte> answer) =>
        answer.Length >= AckHeaderBytes && answer[1] is AckData or 2 ? BinaryPrimitives.ReadUInt16BigEndian(answer[10..]) : (ushort)0;

    /// <summary>True for a job that writes.</summary>
    public static bool IsWrite(ReadOnlySpan<byte> job) => job[1] == Job && job[JobHeaderBytes] == WriteFunction;

    /// <summary>The largest message the CPU agreed to, from the answer to <see cref="Setup"/>; zero when it does not say.</summary>
    public static int AgreedPdu(ReadOnlySpan<byte> ack) =>
        ack.Length >= AckHeaderBytes + 8 ? BinaryPrimitives.ReadUInt16BigEndian(ack[(AckHeaderBytes + 6)..]) : 0;

    /// <summary>Cuts the next item out of the data of an answer to <see cref="Read"/>.</summary>
    /// <param name="data">The data not cut yet; moves on.</param>
    /// <param name="code">The item's return code; 0xFF is good.</param>
    /// <param name="bytes">The item's bytes; empty when it was refused.</param>
    /// <returns>False when the data ends too soon.</returns>
    public static bool TryTakeItem(ref ReadOnlySpan<byte> data, out byte code, out ReadOnlySpan<byte> bytes)
    {
        code = 0;
        bytes = default;
        if (data.Length < ItemHeaderBytes)
        {
            return false;
        }

        code = data[0];
        var size = BinaryPrimitives.ReadUInt16BigEndian(data[2..]);
        // Kinds 3 (bit), 7 (real) and 9 (octets) count bytes, the others bits.
        var length = code != S7ReturnCode.Good ? 0 : data[1] is AsBit or 7 or AsBytes ? size : (size + 7) / 8;
        if (data.Length < ItemHeaderBytes + length)
        {
            return false;
        }

        bytes = data.Slice(ItemHeaderBytes, length);
        // Every item but the last is filled up to an even length.
        data = data[Math.Min(data.Length, ItemHeaderBytes + length + (length & 1))..];
        return true;
    }

    /// <summary>Reads one item of a request back; the counterpart of what <see cref="Read"/> writes.</summary>
    /// <param name="from">The item's 12 bytes.</param>
    public static S7Item ReadItem(ReadOnlySpan<byte> from)
    {
        var area = (S7Area)from[8];
        var bits = (from[9] << 16) | (from[10] << 8) | from[11];
        var count = BinaryPrimitives.ReadUInt16BigEndian(from[4..]);
        var isBit = from[3] == 1;
        return area is S7Area.Timer or S7Area.Counter
            ? new(area, 0, bits * 2, count * 2)
            : new(area, area == S7Area.DataBlock ? BinaryPrimitives.ReadUInt16BigEndian(from[6..]) : 0, bits / 8, isBit ? 1 : count, isBit ? bits % 8 : -1);
    }

    private static void WriteItem(Span<byte> to, in S7Item item)
    {
        to[0] = 0x12;
        to[1] = 0x0A;
        to[2] = 0x10;
        to[3] = item.IsNumbered ? (byte)item.Area : item.Bit >= 0 ? (byte)1 : (byte)2;
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], (ushort)(item.IsNumbered ? item.Length / 2 : item.Length));
        BinaryPrimitives.WriteUInt16BigEndian(to[6..], (ushort)item.Block);
        to[8] = (byte)item.Area;
        var bits = item.IsNumbered ? item.Byte / 2 : (item.Byte * 8) + Math.Max(item.Bit, 0);
        (to[9], to[10], to[11]) = ((byte)(bits >> 16), (byte)(bits >> 8), (byte)bits);
    }

    private static byte[] Message(ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> data) =>
    [
        ProtocolId, Job, 0, 0, 0, 0, // the reference comes later
        (byte)(parameter.Length >> 8), (byte)parameter.Length, (byte)(data.Length >> 8), (byte)data.Length,
        .. parameter, .. data,
    ];
}

/// <summary>What a CPU answers for a single item, and what it means to the one who set it up.</summary>
internal static class S7ReturnCode
{
    public const byte Good = 0xFF;
    public const byte AccessDenied = 0x03;
    public const byte OutOfRange = 0x05;
    public const byte NoSuchObject = 0x0A;

    /// <summary>In a message's header: access by PUT and GET is not permitted.</summary>
    public const ushort NoPutGet = 0x8104;

    private const string TwoSettings =
        "in TIA Portal untick 'Optimized block access' in the block's attributes, and tick 'Permit access with PUT/GET' under Protection & Security of the CPU";

    /// <summary>Code and meaning, as the end of a sentence.</summary>
    public static string Explain(byte code, S7Area area) => code switch
    {
        0x01 => "code 0x01, hardware fault in the CPU.",
        AccessDenied => $"code 0x03, access denied: {TwoSettings}.",
        OutOfRange => "code 0x05, address out of range: the block or area is shorter, or the block is optimised.",
        0x06 => "code 0x06, data type not supported by the CPU.",
        0x07 => "code 0x07, data type and length do not fit.",
        NoSuchObject when area == S7Area.DataBlock => $"code 0x0A, object does not exist: there is no such block, or it is optimised; then {TwoSettings}.",
        NoSuchObject => "code 0x0A, object does not exist.",
        _ => $"code 0x{code:X2}.",
    };

    /// <summary>True for an error that stays until somebody changes a setting or gives a password.</summary>
    public static bool IsProtection(ushort error) => error is NoPutGet or S7Password.Missing or S7Password.Wrong or 0xD401 or 0xD402;

    /// <summary>The meaning of an error in a message's header, where the whole job was refused.</summary>
    public static string ExplainError(ushort error) => error switch
    {
        NoPutGet => "the CPU does not allow it: tick 'Permit access with PUT/GET' under Protection & Security of the CPU",
        0x8500 => "the message was longer than agreed",
        S7Password.Wrong => "the password is wrong",
        S7Password.Missing or 0xD401 or 0xD402 => "the CPU is protected by a password for this access: give it as Password",
        _ => "the CPU refused the job",
    };
}
