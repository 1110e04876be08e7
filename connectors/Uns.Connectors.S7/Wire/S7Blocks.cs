using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Uns.Connectors.S7.Wire;

/// <summary>Reads what a CPU tells about the blocks of its program. Pure.</summary>
internal static class S7Blocks
{
    public const byte CountAll = 1;
    public const byte ListOne = 2;
    public const byte Describe = 3;

    /// <summary>Bytes of one entry, of the counts as of the list.</summary>
    public const int EntryBytes = 4;

    /// <summary>Bytes of a description.</summary>
    public const int DescriptionBytes = 78;

    private const int LeastDescriptionBytes = 70;

    // A kind is sent as two characters: a zero and its own.
    private static readonly (string Word, byte Letter)[] Kinds =
        [("OB", (byte)'8'), ("DB", (byte)'A'), ("SDB", (byte)'B'), ("FC", (byte)'C'), ("SFC", (byte)'D'), ("FB", (byte)'E'), ("SFB", (byte)'F')];

    private static readonly string[] Languages = ["", "STL", "LAD", "FBD", "SCL", "DB", "GRAPH", "SDB", "CPU-DB"];

    private static readonly DateTimeOffset FirstDay = new(1984, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The letter of a kind such as <c>DB</c>; null for none.</summary>
    public static byte? LetterOf(string word) =>
        Kinds.Where(k => k.Word.Equals(word, StringComparison.OrdinalIgnoreCase)).Select(k => (byte?)k.Letter).FirstOrDefault();

    /// <summary>What to ask <see cref="ListOne"/> for.</summary>
    public static byte[] KindAsked(byte letter) => [(byte)'0', letter];

    /// <summary>What to ask <see cref="Describe"/> for.</summary>
    /// <param name="letter">Of the kind.</param>
    /// <param name="number">0 to 65535.</param>
    public static byte[] BlockAsked(byte letter, int number) =>
        [(byte)'0', letter, .. Encoding.ASCII.GetBytes(number.ToString("00000", CultureInfo.InvariantCulture)), (byte)'A'];

    /// <summary>The letters of the kinds of which there are any, from the answer to <see cref="CountAll"/>.</summary>
    public static IReadOnlyList<byte> KindsThere(ReadOnlySpan<byte> content)
    {
        var kinds = new List<byte>();
        for (; content.Length >= EntryBytes; content = content[EntryBytes..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(content[2..]) > 0 && WordOf(content[1]) is not null)
            {
                kinds.Add(content[1]);
            }
        }

        return kinds;
    }

    /// <summary>The blocks of one kind, from all parts of the answer to <see cref="ListOne"/>.</summary>
    public static IEnumerable<DeviceBlock> Listed(byte letter, ReadOnlyMemory<byte> content)
    {
        for (; content.Length >= EntryBytes; content = content[EntryBytes..])
        {
            yield return new(WordOf(letter) ?? "", BinaryPrimitives.ReadUInt16BigEndian(content.Span), LanguageOf(content.Span[3]));
        }
    }

    /// <summary>One block in detail; null when the bytes are too few.</summary>
    public static DeviceBlockFacts? Description(byte letter, ReadOnlySpan<byte> content) => content.Length < LeastDescriptionBytes ? null : new(
        new(WordOf(letter) ?? "", BinaryPrimitives.ReadUInt16BigEndian(content[12..]), LanguageOf(content[10])),
        BinaryPrimitives.ReadUInt16BigEndian(content[40..]),
        BinaryPrimitives.ReadUInt32BigEndian(content[14..]),
        $"{content[66] >> 4}.{content[66] & 15}",
        Text(content.Slice(42, 8)),
        Text(content.Slice(50, 8)),
        Text(content.Slice(58, 8)),
        Moment(content[22..]),
        Moment(content[28..]),
        BinaryPrimitives.ReadUInt16BigEndian(content[68..]));

    /// <summary>Milliseconds of the day, then days since 1984.</summary>
    public static byte[] MomentBytes(DateTimeOffset moment)
    {
        var bytes = new byte[6];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)moment.TimeOfDay.TotalMilliseconds);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)(moment - FirstDay).Days);
        return bytes;
    }

    private static DateTime Moment(ReadOnlySpan<byte> bytes) =>
        FirstDay.DateTime.AddDays(BinaryPrimitives.ReadUInt16BigEndian(bytes[4..])).AddMilliseconds(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    private static string? WordOf(byte letter) => Kinds.Where(k => k.Letter == letter).Select(k => k.Word).FirstOrDefault();

    private static string LanguageOf(byte number) =>
        number > 0 && number < Languages.Length ? Languages[number] : $"0x{number:X2}";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes).Trim('\0', ' ');
}
