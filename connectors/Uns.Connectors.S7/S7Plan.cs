using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>One tag of a CPU, ready to be read.</summary>
internal sealed record S7Tag(string Name, S7Address Address);

/// <summary>Neighbouring bytes of one area read as one item, and the tags cut from them.</summary>
internal sealed class S7Range
{
    public S7Range(IReadOnlyList<S7Tag> tags)
    {
        Tags = tags;
        Area = tags[0].Address.Area;
        Block = tags[0].Address.Block;
        Start = tags[0].Address.Byte;
        Bytes = new byte[tags.Max(t => t.Address.Byte + t.Address.Width) - Start];
    }

    /// <summary>In the order of their first bytes.</summary>
    public IReadOnlyList<S7Tag> Tags { get; }

    public S7Area Area { get; }

    public int Block { get; }

    public int Start { get; }

    /// <summary>What was read last.</summary>
    public byte[] Bytes { get; }

    /// <summary>How the last read of it ended.</summary>
    public byte Code { get; set; }

    public (S7Range Lower, S7Range Upper) Split() => (new([.. Tags.Take(Tags.Count / 2)]), new([.. Tags.Skip(Tags.Count / 2)]));
}

/// <summary>A part of a range small enough for one message; the whole range but for long texts.</summary>
internal readonly record struct S7Piece(S7Range Range, int Offset, int Length)
{
    public S7Item Item => new(Range.Area, Range.Block, Range.Start + Offset, Length);
}

/// <summary>Which tags are read together. What depends on the agreed size of messages is worked out by <see cref="RangesOf"/> and <see cref="Pack"/>.</summary>
internal sealed class S7Plan
{
    // A group with more messages is cut into several of one period, so that a faster one may go in between.
    private const int MostMessagesAtOnce = 8;

    private readonly IReadOnlyList<IReadOnlyList<S7Tag>> _byGroup;

    private S7Plan(S7Options options, IReadOnlyList<S7Tag> tags, IReadOnlyList<PollGroup> groups, IReadOnlyList<IReadOnlyList<S7Tag>> byGroup)
    {
        Options = options;
        Tags = tags;
        Groups = groups;
        _byGroup = byGroup;
    }

    public S7Options Options { get; }

    /// <summary>In the order of the options.</summary>
    public IReadOnlyList<S7Tag> Tags { get; }

    public IReadOnlyList<PollGroup> Groups { get; }

    /// <summary>Makes the plan; only for tags without faults.</summary>
    public static S7Plan Make(S7Options options, IReadOnlyList<TagOptions> tags)
    {
        var made = tags.Select(Tag).ToList();
        var groups = new List<PollGroup>();
        var byGroup = new List<IReadOnlyList<S7Tag>>();
        foreach (var period in made.Select((t, i) => (Tag: t, tags[i].Period)).GroupBy(t => t.Period, t => t.Tag).OrderBy(g => g.Key))
        {
            // The CPU may agree to less, then a part takes more messages: the cut is about pace, not about size.
            foreach (var part in Pack(Join(options, period, options.PduBytes), options.PduBytes).Chunk(MostMessagesAtOnce))
            {
                var whole = part.SelectMany(m => m).Where(p => p.Offset == 0).SelectMany(p => p.Range.Tags).ToList();
                if (whole.Count > 0)
                {
                    groups.Add(new(groups.Count, period.Key));
                    byGroup.Add(whole);
                }
            }
        }

        return new(options, made, groups, byGroup);
    }

    /// <summary>Joins the tags of one group into ranges. A range never exceeds one message, so that no number is torn between two.</summary>
    public List<S7Range> RangesOf(int group, int pduBytes) => Join(Options, _byGroup[group], pduBytes);

    private static List<S7Range> Join(S7Options options, IEnumerable<S7Tag> tags, int pduBytes)
    {
        var ranges = new List<S7Range>();
        foreach (var area in tags.GroupBy(t => (t.Address.Area, t.Address.Block)))
        {
            var range = new List<S7Tag>();
            var end = 0;
            foreach (var tag in area.OrderBy(t => t.Address.Byte).ThenBy(t => t.Address.Width))
            {
                var newEnd = Math.Max(end, tag.Address.Byte + tag.Address.Width);
                if (range.Count > 0 && (tag.Address.Byte - end > options.MaximumGap || newEnd - range[0].Address.Byte > MostItemData(pduBytes)))
                {
                    ranges.Add(new([.. range]));
                    range.Clear();
                    newEnd = tag.Address.Byte + tag.Address.Width;
                }

                range.Add(tag);
                end = newEnd;
            }

            ranges.Add(new([.. range]));
        }

        return ranges;
    }

    /// <summary>Most data bytes of one item in an answer.</summary>
    public static int MostItemData(int pduBytes) => pduBytes - S7Pdu.AckHeaderBytes - 2 - S7Pdu.ItemHeaderBytes;

    /// <summary>Fills messages with pieces so that neither request nor answer exceeds the agreed size.</summary>
    public static IEnumerable<IReadOnlyList<S7Piece>> Pack(IEnumerable<S7Range> ranges, int pduBytes)
    {
        var message = new List<S7Piece>();
        var request = S7Pdu.JobHeaderBytes + 2;
        var answer = S7Pdu.AckHeaderBytes + 2;
        foreach (var piece in ranges.SelectMany(r => Cut(r, MostItemData(pduBytes))))
        {
            var answerBytes = S7Pdu.ItemHeaderBytes + piece.Length + (piece.Length & 1);
            if (message.Count > 0
                && (message.Count == S7Pdu.MostItems || request + S7Pdu.ItemBytes > pduBytes || answer + answerBytes > pduBytes))
            {
                yield return message;
                message = [];
                request = S7Pdu.JobHeaderBytes + 2;
                answer = S7Pdu.AckHeaderBytes + 2;
            }

            message.Add(piece);
            request += S7Pdu.ItemBytes;
            answer += answerBytes;
        }

        if (message.Count > 0)
        {
            yield return message;
        }
    }

    /// <summary>What one message costs in each cycle; until measured, a round trip is taken for 20 ms.</summary>
    public static PlannedRead Planned(int group, IReadOnlyList<S7Piece> message)
    {
        const int Around = Cotp.TpktBytes + Cotp.DataHeaderBytes;
        return new(
            group, 0, string.Join(", ", message.Take(3).Select(p => p.Item.Words())) + (message.Count > 3 ? $" and {message.Count - 3} more" : ""),
            message.Where(p => p.Offset == 0).Sum(p => p.Range.Tags.Count),
            Around + S7Pdu.JobHeaderBytes + 2 + (message.Count * S7Pdu.ItemBytes),
            Around + S7Pdu.AckHeaderBytes + 2 + message.Sum(p => S7Pdu.ItemHeaderBytes + p.Length + (p.Length & 1)));
    }

    private static IEnumerable<S7Piece> Cut(S7Range range, int most)
    {
        for (var offset = 0; offset < range.Bytes.Length; offset += most)
        {
            yield return new(range, offset, Math.Min(most, range.Bytes.Length - offset));
        }
    }

    private static S7Tag Tag(TagOptions tag)
    {
        var fault = S7AddressReader.Read(tag.Address, tag.DataType, out var address);
        return address is null ? throw new ArgumentException($"Address {fault}", nameof(tag)) : new(tag.Name, address);
    }
}
