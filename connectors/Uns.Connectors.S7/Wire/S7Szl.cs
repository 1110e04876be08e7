using System.Buffers.Binary;
using System.Text;

namespace Uns.Connectors.S7.Wire;

/// <summary>Reads a CPU's lists about itself (SZL): order number, firmware, names, serial number, operating state. Pure.</summary>
/// <remarks>The lists are described in Siemens' System Software for S7-300/400, System and Standard Functions, chapter on system status lists.</remarks>
internal static class S7Szl
{
    /// <summary>Order number and firmware of the module.</summary>
    public const ushort Module = 0x0011;

    /// <summary>Names and serial number of the station.</summary>
    public const ushort Component = 0x001C;

    /// <summary>Operating state.</summary>
    public const ushort State = 0x0424;

    private const int ParameterBytes = 8;
    private const int AnswerParameterBytes = 12;
    private const int DataHeaderBytes = 4;
    private const int ListHeaderBytes = 8;
    private const byte Octets = 9;

    /// <summary>The request for one list.</summary>
    public static byte[] Ask(ushort list) =>
    [
        0x32, S7Pdu.UserData, 0, 0, 0, 0, 0, ParameterBytes, 0, 8, // the reference comes later
        0, 1, 0x12, 4, 0x11, 0x44, 1, 0, // request of function group 4, read a list
        S7ReturnCode.Good, Octets, 0, 4, (byte)(list >> 8), (byte)list, 0, 0,
    ];

    /// <summary>Checks the header of an answer against its request.</summary>
    /// <returns>Null when it is the answer; else what is wrong.</returns>
    public static string? Check(ReadOnlySpan<byte> answer, ushort reference)
    {
        if (answer.Length < S7Pdu.JobHeaderBytes || answer[1] != S7Pdu.UserData || BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) != reference)
        {
            return $"the answer to service {reference} was awaited.";
        }

        var parameter = BinaryPrimitives.ReadUInt16BigEndian(answer[6..]);
        var data = BinaryPrimitives.ReadUInt16BigEndian(answer[8..]);
        return S7Pdu.JobHeaderBytes + parameter + data == answer.Length
            ? null : $"the header says {parameter} and {data} bytes, {answer.Length - S7Pdu.JobHeaderBytes} came.";
    }

    /// <summary>The records of a list.</summary>
    /// <param name="answer">Its header has been checked.</param>
    /// <returns>Empty when the CPU has no such list. A list in several parts is read as far as the first goes.</returns>
    public static IReadOnlyList<byte[]> Records(ReadOnlySpan<byte> answer)
    {
        var parameter = BinaryPrimitives.ReadUInt16BigEndian(answer[6..]);
        var data = answer[(S7Pdu.JobHeaderBytes + parameter)..];
        if (parameter < AnswerParameterBytes || BinaryPrimitives.ReadUInt16BigEndian(answer[(S7Pdu.JobHeaderBytes + 10)..]) != 0
            || data.Length < DataHeaderBytes + ListHeaderBytes || data[0] != S7ReturnCode.Good)
        {
            return [];
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(data[8..]);
        var rest = data[(DataHeaderBytes + ListHeaderBytes)..];
        var records = new List<byte[]>();
        for (var count = BinaryPrimitives.ReadUInt16BigEndian(data[10..]); count > 0 && size > 0 && rest.Length >= size; count--)
        {
            records.Add(rest[..size].ToArray());
            rest = rest[size..];
        }

        return records;
    }

    /// <summary>What one list says, in words.</summary>
    public static IEnumerable<IdentityFact> Facts(ushort list, IReadOnlyList<byte[]> records) => list switch
    {
        Module => ModuleFacts(records),
        Component => records.Where(r => r.Length >= 4).Select(r => (Name: r[1] switch { 1 => "Station", 2 => "Module", 5 => "Serial number", 7 => "Type", _ => "" }, Value: Text(r.AsSpan(2))))
            .Where(f => f.Name.Length > 0 && f.Value.Length > 0).Select(f => new IdentityFact(f.Name, f.Value)),
        _ => records.Take(1).Where(r => r.Length >= 4).Select(r => new IdentityFact("State", r[3] switch { 0x08 => "RUN", 0x03 or 0x04 => "STOP", var other => $"code 0x{other:X2}" })),
    };

    private static IEnumerable<IdentityFact> ModuleFacts(IReadOnlyList<byte[]> records)
    {
        // Record: number, 20 characters of order number, type, two words of version.
        const int Whole = 28;
        foreach (var record in records.Where(r => r.Length >= Whole))
        {
            switch (BinaryPrimitives.ReadUInt16BigEndian(record))
            {
                case 1 when Text(record.AsSpan(2, 20)) is { Length: > 0 } order:
                    yield return new("Order number", order);
                    break;
                case 7:
                    yield return new("Firmware", $"V{record[25]}.{record[26]}.{record[27]}");
                    break;
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]).Trim();
    }
}
