using System.Buffers.Binary;
using Uns.Connectors.S7.Wire;
using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>The memory of a simulated CPU and its answers to jobs. Pure: the time is passed in.</summary>
internal sealed class S7Memory
{
    private const int AreaBytes = 8192;

    private readonly Dictionary<(S7Area Area, int Block), byte[]> _areas = new()
    {
        [(S7Area.Input, 0)] = new byte[AreaBytes],
        [(S7Area.Output, 0)] = new byte[AreaBytes],
        [(S7Area.Merker, 0)] = new byte[AreaBytes],
        [(S7Area.Periphery, 0)] = new byte[AreaBytes],
        [(S7Area.Timer, 0)] = new byte[AreaBytes],
        [(S7Area.Counter, 0)] = new byte[AreaBytes],
    };

    private readonly List<(S7Address Address, Signal Signal)> _moving = [];

    public S7Memory(IEnumerable<SimulatedPoint> points)
    {
        foreach (var point in points)
        {
            if (S7AddressReader.Read(point.Address, point.Type, out var address) is { } fault || address is null)
            {
                throw new ArgumentException($"The address {S7AddressReader.Read(point.Address, point.Type, out _)}", nameof(points));
            }

            Grow(address);
            if (point.Signal is { } signal)
            {
                _moving.Add((address, signal));
            }
        }
    }

    public void SetBlock(int number, byte[] bytes) => _areas[(S7Area.DataBlock, number)] = bytes;

    public void RemoveBlock(int number) => _areas.Remove((S7Area.DataBlock, number));

    public byte[]? Area(S7Area area, int block) => _areas.GetValueOrDefault((area, block));

    /// <summary>The data blocks there are, with their lengths, in order.</summary>
    public IReadOnlyList<(int Number, int Bytes)> Blocks() =>
        [.. _areas.Where(a => a.Key.Area == S7Area.DataBlock).Select(a => (a.Key.Block, a.Value.Length)).OrderBy(b => b.Block)];

    /// <summary>Brings every moving value to its place at this time.</summary>
    public void Move(TimeSpan elapsed)
    {
        foreach (var (address, signal) in _moving)
        {
            if (Area(address.Area, address.Block) is not { } memory || address.Byte + address.Width > memory.Length)
            {
                continue;
            }

            var number = signal.At(elapsed);
            if (address.Type == S7Type.Bool)
            {
                var isOn = number >= (signal.Low + signal.High) / 2 && number != 0;
                SetBit(memory, address.Byte, address.Bit, isOn);
                continue;
            }

            var type = address.Type.TagType();
            var value = type == DataType.String ? TagValue.Of(Math.Round(number).ToString(System.Globalization.CultureInfo.InvariantCulture))
                : TagNumber.TryMake(type, number, out var made) ? made : TagValue.Null(type);
            if (!value.IsNull && S7Value.Write(value, address, out var bytes) is null)
            {
                bytes.CopyTo(memory, address.Byte);
            }
        }
    }

    /// <summary>The answer to a job.</summary>
    public byte[] Answer(ReadOnlySpan<byte> job, int pduBytes, Func<S7Area, int, int, byte>? codeFor)
    {
        var parameter = job.Length > S7Pdu.JobHeaderBytes + 1 ? job[S7Pdu.JobHeaderBytes..] : [0, 0];
        switch (parameter[0])
        {
            case S7Pdu.SetupFunction when parameter.Length >= 8:
                var agreed = Math.Min(pduBytes, BinaryPrimitives.ReadUInt16BigEndian(parameter[6..]));
                return Ack(job, [S7Pdu.SetupFunction, 0, 0, 1, 0, 1, (byte)(agreed >> 8), (byte)agreed], []);
            case S7Pdu.ReadFunction when parameter.Length >= 2 + (parameter[1] * S7Pdu.ItemBytes):
                return Read(job, parameter, pduBytes, codeFor);
            case S7Pdu.WriteFunction when parameter.Length >= 2 + (parameter[1] * S7Pdu.ItemBytes):
                return Write(job, parameter, codeFor);
            default:
                return Ack(job, [], [], error: 0x8104);
        }
    }

    public static byte[] Ack(ReadOnlySpan<byte> job, ReadOnlySpan<byte> parameter, ReadOnlySpan<byte> data, ushort error = 0) =>
    [
        0x32, S7Pdu.AckData, 0, 0, job[4], job[5],
        (byte)(parameter.Length >> 8), (byte)parameter.Length, (byte)(data.Length >> 8), (byte)data.Length,
        (byte)(error >> 8), (byte)error, .. parameter, .. data,
    ];

    private byte[] Read(ReadOnlySpan<byte> job, ReadOnlySpan<byte> parameter, int pduBytes, Func<S7Area, int, int, byte>? codeFor)
    {
        var data = new List<byte>();
        for (var index = 0; index < parameter[1]; index++)
        {
            var item = S7Pdu.ReadItem(parameter[(2 + (index * S7Pdu.ItemBytes))..]);
            var code = Check(item, codeFor);
            if (data.Count % 2 == 1)
            {
                data.Add(0);
            }

            if (code != S7ReturnCode.Good)
            {
                data.AddRange([code, 0, 0, 0]);
                continue;
            }

            var memory = Area(item.Area, item.Block)!;
            var bits = item.Bit >= 0 ? 1 : item.Length * 8;
            var count = item.IsNumbered ? item.Length : bits;
            data.AddRange([S7ReturnCode.Good, item.IsNumbered ? (byte)9 : item.Bit >= 0 ? (byte)3 : (byte)4, (byte)(count >> 8), (byte)count]);
            data.AddRange(item.Bit >= 0 ? [(byte)(memory[item.Byte] >> item.Bit & 1)] : memory.AsSpan(item.Byte, item.Length).ToArray());
        }

        // A CPU does not send more than was agreed.
        return S7Pdu.AckHeaderBytes + 2 + data.Count > pduBytes
            ? Ack(job, [], [], error: 0x8500)
            : Ack(job, [S7Pdu.ReadFunction, parameter[1]], data.ToArray());
    }

    private byte[] Write(ReadOnlySpan<byte> job, ReadOnlySpan<byte> parameter, Func<S7Area, int, int, byte>? codeFor)
    {
        var data = parameter[(2 + (parameter[1] * S7Pdu.ItemBytes))..];
        var codes = new byte[parameter[1]];
        for (var index = 0; index < codes.Length; index++)
        {
            var item = S7Pdu.ReadItem(parameter[(2 + (index * S7Pdu.ItemBytes))..]);
            codes[index] = data.Length < S7Pdu.ItemHeaderBytes + item.Length ? (byte)0x07 : Check(item, codeFor);
            if (codes[index] == S7ReturnCode.Good)
            {
                Put(item, data[S7Pdu.ItemHeaderBytes..]);
            }

            data = data[Math.Min(data.Length, S7Pdu.ItemHeaderBytes + item.Length + (item.Length & 1))..];
        }

        return Ack(job, [S7Pdu.WriteFunction, parameter[1]], codes);
    }

    private void Put(in S7Item item, ReadOnlySpan<byte> bytes)
    {
        var memory = Area(item.Area, item.Block)!;
        if (item.Bit >= 0)
        {
            SetBit(memory, item.Byte, item.Bit, bytes[0] != 0);
        }
        else
        {
            bytes[..item.Length].CopyTo(memory.AsSpan(item.Byte));
        }
    }

    private byte Check(in S7Item item, Func<S7Area, int, int, byte>? codeFor)
    {
        if (codeFor?.Invoke(item.Area, item.Block, item.Byte) is { } code and not (0 or S7ReturnCode.Good))
        {
            return code;
        }

        return Area(item.Area, item.Block) is not { } memory ? S7ReturnCode.NoSuchObject
            : item.Byte + item.Length > memory.Length ? S7ReturnCode.OutOfRange : S7ReturnCode.Good;
    }

    private static void SetBit(byte[] memory, int at, int bit, bool isOn) =>
        memory[at] = (byte)(isOn ? memory[at] | (1 << bit) : memory[at] & ~(1 << bit));

    private void Grow(S7Address address)
    {
        var key = (address.Area, address.Block);
        var memory = _areas.GetValueOrDefault(key) ?? [];
        var wanted = address.Byte + address.Width;
        if (memory.Length < wanted)
        {
            Array.Resize(ref memory, wanted);
        }

        _areas[key] = memory;
    }
}
