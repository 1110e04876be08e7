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

    public const byte ReadList = 1;

    private const int ListHeaderBytes = 8;

    /// <summary>What to ask <see cref="ReadList"/> for.</summary>
    public static byte[] Asked(ushort list) => [(byte)(list >> 8), (byte)list, 0, 0];

    /// <summary>The records of a list, from all parts of the answer.</summary>
    public static IReadOnlyList<byte[]> Records(ReadOnlySpan<byte> content)
    {
        var records = new List<byte[]>();
        if (content.Length < ListHeaderBytes)
        {
            return records;
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(content[4..]);
        var rest = content[ListHeaderBytes..];
        for (var count = BinaryPrimitives.ReadUInt16BigEndian(content[6..]); count > 0 && size > 0 && rest.Length >= size; count--)
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
