using System.Buffers.Binary;
using System.Text;
using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>What a simulated CPU tells about itself: lists, blocks, clock; and its password. Pure: the time is passed in.</summary>
/// <param name="blocks">Its data blocks: number and length in bytes, in order.</param>
/// <param name="password">Empty when it has none.</param>
internal sealed class SimulatedServices(IReadOnlyList<(int Number, int Bytes)> blocks, string password)
{
    private const ushort NoSuchBlock = 0xD209;
    private const ushort NoSuchList = 0xD402;
    private const ushort NoSuchService = 0x8104;
    private static readonly DateTimeOffset Written = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>The answer to a service's request.</summary>
    public byte[] Answer(ReadOnlySpan<byte> request, S7Session session, int pduBytes, DateTimeOffset now)
    {
        var parameter = request.Length >= S7Pdu.JobHeaderBytes + S7Service.ParameterBytes ? request[S7Pdu.JobHeaderBytes..] : new byte[S7Service.ParameterBytes];
        var start = S7Pdu.JobHeaderBytes + parameter[3] + 4 + S7Service.DataHeaderBytes;
        var about = request.Length > start ? request[start..] : [];
        var (group, function) = ((byte)(parameter[5] & 0x0F), parameter[6]);
        return (group, function) switch
        {
            (S7Service.Lists, S7Szl.ReadList) when about.Length >= 2 => Told(request, List(BinaryPrimitives.ReadUInt16BigEndian(about)), NoSuchList),
            (S7Service.Blocks, S7Blocks.CountAll) => Told(request, Counts(), NoSuchBlock),
            (S7Service.Blocks, S7Blocks.ListOne) => ListOne(request, about, session, pduBytes),
            (S7Service.Blocks, S7Blocks.Describe) when about.Length >= 7 => Told(request, Describe(about), NoSuchBlock),
            (S7Service.Security, S7Password.Enter) when about.Length == S7Password.Bytes => Unlock(request, about, session),
            (S7Service.Clock, S7Clock.ReadFunction) => Told(request, S7Clock.Write(now), NoSuchService),
            _ => Told(request, [], NoSuchService),
        };
    }

    private byte[] Unlock(ReadOnlySpan<byte> request, ReadOnlySpan<byte> about, S7Session session)
    {
        session.IsUnlocked |= password.Length > 0 && S7Password.Decode(about) == password;
        return Message(request, [], password.Length == 0 ? S7Password.NoneIsSet : session.IsUnlocked ? (ushort)0 : S7Password.Wrong, isLast: true);
    }

    private static byte[] List(ushort list)
    {
        byte[][] records = list switch
        {
            S7Szl.Module => [[0, 1, .. Padded("6ES7 315-2EH14-0AB0", 20), 0, 0, 0, 1, 0, 1], [0, 7, .. Padded("", 20), 0, 0, (byte)'V', 3, 2, 6]],
            S7Szl.Component => [[0, 1, .. Padded("Simulator", 32)], [0, 5, .. Padded("S C-0000000001", 32)], [0, 7, .. Padded("CPU 315-2 PN/DP", 32)]],
            S7Szl.State => [[0, 0, 0, 8, .. new byte[16]]],
            _ => [],
        };
        var size = records.Length == 0 ? 0 : records[0].Length;
        return records.Length == 0 ? [] : [(byte)(list >> 8), (byte)list, 0, 0, (byte)(size >> 8), (byte)size, 0, (byte)records.Length, .. records.SelectMany(r => r)];
    }

    private byte[] Counts() =>
        [.. "8EACBDF"u8.ToArray().SelectMany(letter => (byte[])[(byte)'0', letter, (byte)(CountOf(letter) >> 8), (byte)CountOf(letter)])];

    private int CountOf(byte letter) => letter == (byte)'8' ? 1 : letter == (byte)'A' ? blocks.Count : 0;

    // In parts that fit a message; where the next begins, the session knows.
    private byte[] ListOne(ReadOnlySpan<byte> request, ReadOnlySpan<byte> about, S7Session session, int pduBytes)
    {
        if (request[S7Pdu.JobHeaderBytes + 3] == S7Service.ParameterBytes - 4)
        {
            (session.ListedKind, session.ListedBlocks) = (about.Length >= 2 ? about[1] : (byte)0, 0);
        }

        var most = (pduBytes - S7Pdu.JobHeaderBytes - S7Service.LongParameterBytes - S7Service.DataHeaderBytes) / S7Blocks.EntryBytes;
        var all = session.ListedKind == (byte)'8' ? [(1, 0)] : session.ListedKind == (byte)'A' ? blocks : [];
        var part = all.Skip(session.ListedBlocks).Take(most).ToList();
        session.ListedBlocks += part.Count;
        var language = session.ListedKind == (byte)'A' ? (byte)5 : (byte)1;
        byte[] content = [.. part.SelectMany(b => (byte[])[(byte)(b.Item1 >> 8), (byte)b.Item1, 0x22, language])];
        return Message(request, content, content.Length == 0 ? NoSuchBlock : (ushort)0, session.ListedBlocks >= all.Count);
    }

    private byte[] Describe(ReadOnlySpan<byte> about)
    {
        var isNumber = int.TryParse(Encoding.ASCII.GetString(about.Slice(2, 5)), out var number);
        var (isData, isMain) = (about[1] == (byte)'A', about[1] == (byte)'8' && number == 1);
        if (!isNumber || !(isMain || (isData && blocks.Any(b => b.Number == number))))
        {
            return [];
        }

        var bytes = isMain ? 64 : blocks.First(b => b.Number == number).Bytes;
        var content = new byte[S7Blocks.DescriptionBytes];
        content[0] = 1;
        (content[8], content[9], content[10], content[11]) = (1, 1, isMain ? (byte)1 : (byte)5, isMain ? (byte)8 : (byte)10);
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(12), (ushort)number);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(14), (uint)bytes + 92);
        S7Blocks.MomentBytes(Written).CopyTo(content, 22);
        S7Blocks.MomentBytes(Written - Written.TimeOfDay).CopyTo(content, 28);
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(40), (ushort)bytes);
        Padded("Uns", 8).CopyTo(content, 42);
        Padded("Demo", 8).CopyTo(content, 50);
        Padded(isMain ? "Main" : "Data", 8).CopyTo(content, 58);
        content[66] = 0x12;
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(68), 0x1234);
        return content;
    }

    private static byte[] Told(ReadOnlySpan<byte> request, byte[] content, ushort otherwise) =>
        Message(request, content, content.Length == 0 ? otherwise : (ushort)0, isLast: true);

    private static byte[] Message(ReadOnlySpan<byte> request, byte[] content, ushort error, bool isLast)
    {
        var parameter = request[S7Pdu.JobHeaderBytes..];
        return
        [
            0x32, S7Pdu.UserData, 0, 0, request[4], request[5],
            0, S7Service.LongParameterBytes, (byte)((S7Service.DataHeaderBytes + content.Length) >> 8), (byte)(S7Service.DataHeaderBytes + content.Length),
            0, 1, 0x12, 8, 0x12, (byte)(parameter[5] ^ S7Service.RequestMark ^ S7Service.AnswerMark), parameter[6], 1, 0x23, isLast ? (byte)0 : (byte)1,
            (byte)(error >> 8), (byte)error,
            content.Length > 0 ? S7ReturnCode.Good : S7ReturnCode.NoSuchObject, content.Length > 0 ? S7Service.Octets : (byte)0, (byte)(content.Length >> 8), (byte)content.Length,
            .. content,
        ];
    }

    private static byte[] Padded(string text, int bytes) => [.. Encoding.ASCII.GetBytes(text), .. new byte[bytes - text.Length]];
}

/// <summary>What a simulated CPU keeps of one connection.</summary>
internal sealed class S7Session
{
    /// <summary>True once the password was given.</summary>
    public bool IsUnlocked { get; set; }

    /// <summary>Letter of the kind that is being listed.</summary>
    public byte ListedKind { get; set; }

    /// <summary>How many of it were told.</summary>
    public int ListedBlocks { get; set; }
}
