using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>One tag of a Modbus device, ready to be read.</summary>
/// <param name="Name">The tag's name.</param>
/// <param name="Address">Where it lies.</param>
/// <param name="Unit">The unit asked.</param>
/// <param name="Type">Type of the raw value.</param>
internal sealed record ModbusTag(string Name, ModbusAddress Address, byte Unit, DataType Type)
{
    /// <summary>Registers, or bits of the bit tables.</summary>
    public int Width => Address.Table.IsBits() ? Math.Max(1, Address.Length) : RegisterValue.Width(Type, Address);
}

/// <summary>Registers or bits read by one request, and the tags cut from them.</summary>
internal sealed class ReadBlock
{
    public ReadBlock(IReadOnlyList<ModbusTag> tags)
    {
        Tags = tags;
        Table = tags[0].Address.Table;
        Unit = tags[0].Unit;
        Start = tags[0].Address.Offset;
        Count = tags.Max(t => t.Address.Offset + t.Width) - Start;
        Pdu = ModbusPdu.Read(Table, Start, Count);
    }

    /// <summary>In the order of their offsets.</summary>
    public IReadOnlyList<ModbusTag> Tags { get; }

    public ModbusTable Table { get; }

    public byte Unit { get; }

    public ushort Start { get; }

    public int Count { get; }

    public byte[] Pdu { get; }

    /// <summary>What the block costs in each cycle.</summary>
    /// <remarks>Before it is measured, a round trip is taken for 20 ms; on a serial line for its characters of 11 bits and 20 ms to think.</remarks>
    public PlannedRead Planned(int group, ModbusOptions options)
    {
        var data = Table.IsBits() ? (Count + 7) / 8 : Count * 2;
        var (around, perByte) = options.Framing switch
        {
            ModbusFramingKind.Rtu => (3, 1),
            ModbusFramingKind.Ascii => (7, 2),
            _ => (ModbusFrame.HeaderBytes, 1),
        };
        var (request, answer) = ((Pdu.Length * perByte) + around, ((data + 2) * perByte) + around);
        var first = new ModbusAddress { Table = Table, Offset = Start };
        var what = Count == 1 ? $"{first}" : $"{first} to {first with { Offset = (ushort)(Start + Count - 1) }}";
        return new(group, Unit, what, Tags.Count, request, answer)
        {
            Assumed = TimeSpan.FromMilliseconds(20) + (options.Line == ModbusLineKind.Serial ? TimeSpan.FromSeconds((request + answer) * 11.0 / options.BaudRate) : TimeSpan.Zero),
        };
    }

    /// <summary>The two halves of a block that the device refused, so that only the tag at fault stays bad.</summary>
    public (ReadBlock Lower, ReadBlock Upper) Split() =>
        (new([.. Tags.Take(Tags.Count / 2)]), new([.. Tags.Skip(Tags.Count / 2)]));
}

/// <summary>Which reads a device needs: tags of one period, unit and table joined into blocks, shared out among the connections. Worked out once, immutable.</summary>
internal sealed class ModbusPlan
{
    private readonly IReadOnlyList<ReadBlock>[] _blocks;
    private Dictionary<byte, int> _lanes = [];

    // A group with more requests is cut into several of one period, so that a faster one may go in between.
    private const int MostBlocksAtOnce = 8;

    private ModbusPlan(ModbusOptions options, IReadOnlyList<ModbusTag> tags, IReadOnlyList<PollGroup> groups, IReadOnlyList<ReadBlock>[] blocks)
    {
        Options = options;
        Tags = tags;
        Groups = groups;
        _blocks = blocks;
        Units = tags.Select(t => t.Unit).Distinct().Count();
    }

    public ModbusOptions Options { get; }

    /// <summary>In the order of the options.</summary>
    public IReadOnlyList<ModbusTag> Tags { get; }

    public IReadOnlyList<PollGroup> Groups { get; }

    /// <summary>How many units the tags lie in.</summary>
    public int Units { get; }

    public IReadOnlyList<ReadBlock> BlocksOf(int group) => _blocks[group];

    /// <summary>Makes the plan; only for tags without faults.</summary>
    public static ModbusPlan Make(ModbusOptions options, IReadOnlyList<TagOptions> tags)
    {
        var made = tags.Select(t => Tag(options, t)).ToList();
        var lanes = LanesOf(made, options.Connections);
        var groups = new List<PollGroup>();
        var blocks = new List<IReadOnlyList<ReadBlock>>();
        foreach (var shared in made.Select((t, i) => (Tag: t, tags[i].Period, Lane: lanes[t.Unit])).GroupBy(t => (t.Period, t.Lane)).OrderBy(g => g.Key))
        {
            foreach (var part in Join(options, shared.Select(t => t.Tag)).Chunk(MostBlocksAtOnce))
            {
                groups.Add(new(groups.Count, shared.Key.Period) { Lane = shared.Key.Lane });
                blocks.Add(part);
            }
        }

        return new(options, made, groups, [.. blocks]) { _lanes = lanes };
    }

    /// <summary>The connection that serves a unit; the first for one that has no tags.</summary>
    public int LaneOf(byte unit) => _lanes.GetValueOrDefault(unit);

    // The units are dealt out one by one; no lane stays empty.
    private static Dictionary<byte, int> LanesOf(IEnumerable<ModbusTag> tags, int connections)
    {
        var units = tags.Select(t => t.Unit).Distinct().Order().ToList();
        var used = Math.Clamp(units.Count, 1, connections);
        return units.Select((unit, index) => (unit, lane: index % used)).ToDictionary(u => u.unit, u => u.lane);
    }

    private static ModbusTag Tag(ModbusOptions options, TagOptions tag)
    {
        var fault = ModbusAddressReader.Read(tag.Address, options.FirstAddress == FirstAddress.One, out var address);
        return address is null
            ? throw new ArgumentException($"Address {fault}", nameof(tag))
            : new(tag.Name, address, address.Unit ?? (byte)options.Unit, address.RawType(tag.DataType));
    }

    private static List<ReadBlock> Join(ModbusOptions options, IEnumerable<ModbusTag> tags)
    {
        var blocks = new List<ReadBlock>();
        foreach (var table in tags.GroupBy(t => (t.Unit, t.Address.Table)))
        {
            var isBits = table.Key.Table.IsBits();
            var most = isBits ? options.MaximumBits : options.MaximumRegisters;
            var gap = isBits ? options.MaximumGap * 16 : options.MaximumGap;
            var block = new List<ModbusTag>();
            var end = 0;
            foreach (var tag in table.OrderBy(t => t.Address.Offset))
            {
                var newEnd = Math.Max(end, tag.Address.Offset + tag.Width);
                if (block.Count > 0 && (tag.Address.Offset - end > gap || newEnd - block[0].Address.Offset > most))
                {
                    blocks.Add(new([.. block]));
                    block.Clear();
                    newEnd = tag.Address.Offset + tag.Width;
                }

                block.Add(tag);
                end = newEnd;
            }

            blocks.Add(new([.. block]));
        }

        return blocks;
    }
}
