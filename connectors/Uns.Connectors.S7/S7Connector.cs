using Uns.Connectors.S7.Wire;
using Uns.Tags;

namespace Uns.Connectors.S7;

/// <summary>Reads and writes one SIMATIC CPU over one connection.</summary>
internal sealed class S7Connector(S7Plan plan, IS7Channel channel, TimeProvider clock) : IConnector
{
    private readonly TagNumbers _numbers = new(plan.Tags.Count, number => plan.Tags[number].Name);
    private List<S7Range>[] _ranges = [];

    /// <inheritdoc/>
    public bool Pushes => false;

    /// <inheritdoc/>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await channel.OpenAsync(cancellationToken);
        _ranges = [.. plan.Groups.Select(g => plan.RangesOf(g.Index, channel.PduBytes))];
    }

    /// <inheritdoc/>
    public async Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken)
    {
        var ranges = _ranges[group.Index];
        for (var asked = ranges.ToList(); asked.Count > 0;)
        {
            foreach (var message in S7Plan.Pack(asked, channel.PduBytes))
            {
                await ReadMessageAsync(message, cancellationToken);
            }

            asked = SplitRefused(ranges, asked);
        }

        var now = clock.GetUtcNow();
        foreach (var range in ranges)
        {
            foreach (var tag in range.Tags)
            {
                sink.Add(Cut(range, tag, now));
            }
        }
    }

    /// <inheritdoc/>
    public Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) => throw new NotSupportedException("S7 is polled.");

    /// <inheritdoc/>
    public async Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken)
    {
        var write = new TagWrite(tag, value);
        await WriteManyAsync([write], cancellationToken);
        if (write.Refusal is { } refusal)
        {
            throw refusal;
        }
    }

    /// <inheritdoc/>
    public int MostWritesAtOnce => S7Pdu.MostItems;

    /// <inheritdoc/>
    public async Task WriteManyAsync(IReadOnlyList<TagWrite> writes, CancellationToken cancellationToken)
    {
        var writer = new S7Writer(channel);
        foreach (var write in writes)
        {
            var address = AddressOf(write.Tag);
            if (S7Value.Write(write.Value, address, out var bytes) is { } fault)
            {
                write.Refuse(new($"'{write.Tag}' {fault}"));
            }
            else if (address.Type is S7Type.String or S7Type.WString || bytes.Length > S7Writer.MostItemBytes(channel.PduBytes))
            {
                await writer.SendAsync(cancellationToken);
                await WriteAloneAsync(write, address, bytes, cancellationToken);
            }
            else
            {
                await writer.AddAsync(write, address, bytes, cancellationToken);
            }
        }

        await writer.SendAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BrowseEntry>>([]);

    /// <inheritdoc/>
    /// <remarks>What a CPU does not know about itself it leaves out; an S7-1200 tells little over this way.</remarks>
    public async Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken) => await Inquiry.IdentifyAsync(cancellationToken);

    /// <summary>What the CPU tells about itself; only while connected.</summary>
    internal S7Inquiry Inquiry => new(channel);

    /// <inheritdoc/>
    public Task DisconnectAsync()
    {
        channel.Close();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        channel.Close();
        return ValueTask.CompletedTask;
    }

    // Texts, whose room is asked for first, and what takes several messages: its end goes first, so that a text's header counts what is there already.
    private async Task WriteAloneAsync(TagWrite write, S7Address address, byte[] bytes, CancellationToken cancellationToken)
    {
        var written = 0;
        try
        {
            if (address.Type is S7Type.String or S7Type.WString)
            {
                await KeepRoomAsync(write.Tag, address, write.Value.Text ?? "", bytes, cancellationToken);
            }

            var most = S7Writer.MostItemBytes(channel.PduBytes);
            for (var offset = (bytes.Length - 1) / most * most; offset >= 0; offset -= most)
            {
                var part = bytes.AsMemory(offset, Math.Min(most, bytes.Length - offset));
                await WriteItemAsync(write.Tag, new(address.Area, address.Block, address.Byte + offset, part.Length), part, cancellationToken);
                written += part.Length;
            }

            write.Confirm();
        }
        catch (WriteRefusedException refusal)
        {
            write.Refuse(written == 0 ? refusal : new($"The last {written} of {bytes.Length} bytes were written, and no more: {refusal.Message}"));
        }
    }

    // The CPU's own header says how much room the text has: a length set too long here must not overwrite what lies behind it.
    private async Task KeepRoomAsync(string tag, S7Address address, string text, byte[] bytes, CancellationToken cancellationToken)
    {
        var header = new S7Range([new(tag, address with { Type = address.Type == S7Type.WString ? S7Type.Word : S7Type.Byte, TextLength = 0 })]);
        await ReadMessageAsync([new(header, 0, header.Bytes.Length)], cancellationToken);
        if (header.Code != S7ReturnCode.Good)
        {
            throw S7Writer.Refusal(tag, address, S7ReturnCode.Explain(header.Code, address.Area));
        }

        var room = header.Bytes.Aggregate(0, (sum, part) => (sum << 8) | part);
        if (room == 0)
        {
            return; // Never written by the CPU: ours is the first header.
        }

        if (text.Length > room)
        {
            throw new WriteRefusedException($"'{tag}' ({address}) has room for {room} characters in the CPU, the text has {text.Length}: shorten it.");
        }

        header.Bytes.CopyTo(bytes, 0);
    }

    private async Task ReadMessageAsync(IReadOnlyList<S7Piece> pieces, CancellationToken cancellationToken)
    {
        var ack = await channel.ExchangeAsync(S7Pdu.Read([.. pieces.Select(p => p.Item)]), cancellationToken);
        if (Fill(pieces, ack.Span) is { } wrong)
        {
            channel.Close();
            throw new ConnectorException($"{plan.Options.Host}:{plan.Options.Port} broke the protocol: {wrong}");
        }
    }

    private static string? Fill(IReadOnlyList<S7Piece> pieces, ReadOnlySpan<byte> ack)
    {
        if (ack[S7Pdu.AckHeaderBytes + 1] != pieces.Count)
        {
            return $"{ack[S7Pdu.AckHeaderBytes + 1]} items came, {pieces.Count} were asked for.";
        }

        var data = ack[(S7Pdu.AckHeaderBytes + 2)..];
        foreach (var piece in pieces)
        {
            if (!S7Pdu.TryTakeItem(ref data, out var code, out var bytes) || (code == S7ReturnCode.Good && bytes.Length != piece.Length))
            {
                return $"{bytes.Length} bytes came for {piece.Item}, {piece.Length} were asked for.";
            }

            // A later piece of a text does not make good what an earlier one lost.
            piece.Range.Code = piece.Offset > 0 && piece.Range.Code != S7ReturnCode.Good ? piece.Range.Code : code;
            bytes.CopyTo(piece.Range.Bytes.AsSpan(piece.Offset));
        }

        return null;
    }

    // A range that reaches beyond its block is halved, so that only the tags outside stay bad. Answers what to ask next.
    private static List<S7Range> SplitRefused(List<S7Range> ranges, List<S7Range> asked)
    {
        var next = new List<S7Range>();
        foreach (var range in asked.Where(r => r.Code == S7ReturnCode.OutOfRange && r.Tags.Count > 1))
        {
            var (lower, upper) = range.Split();
            var at = ranges.IndexOf(range);
            ranges[at] = lower;
            ranges.Insert(at + 1, upper);
            next.Add(lower);
            next.Add(upper);
        }

        return next;
    }

    private static TagSample Cut(S7Range range, S7Tag tag, DateTimeOffset now)
    {
        if (range.Code != S7ReturnCode.Good)
        {
            return new(tag.Name, TagValue.Null(tag.Address.TagType), TagQuality.Bad, now, $"{tag.Address} was refused with {S7ReturnCode.Explain(range.Code, range.Area)}");
        }

        var bytes = range.Bytes.AsSpan(tag.Address.Byte - range.Start, tag.Address.Width);
        return S7Value.Read(bytes, tag.Address, out var value) is { } fault
            ? new(tag.Name, value, TagQuality.Bad, now, fault)
            : new(tag.Name, value, TagQuality.Good, now);
    }

    private S7Address AddressOf(string tag) => plan.Tags[_numbers.Find(tag)].Address;

    private async Task WriteItemAsync(string tag, S7Item item, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> ack;
        try
        {
            ack = await channel.ExchangeAsync(S7Pdu.Write([(item, bytes)]), cancellationToken);
        }
        catch (WriteRefusedException whole)
        {
            throw S7Writer.Refusal(tag, AddressOf(tag), whole.Message);
        }

        var code = ack.Length > S7Pdu.AckHeaderBytes + 2 ? ack.Span[S7Pdu.AckHeaderBytes + 2] : (byte)0;
        if (code != S7ReturnCode.Good)
        {
            throw S7Writer.Refusal(tag, AddressOf(tag), S7ReturnCode.Explain(code, item.Area));
        }
    }
}
