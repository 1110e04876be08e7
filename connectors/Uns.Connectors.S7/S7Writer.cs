using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>Packs writes into as few messages as the agreed size allows, and tells each how it ended.</summary>
/// <remarks>
/// What lies in the same bytes goes in messages one after the other: within one message a CPU promises no order. Texts, and what is
/// longer than a message, are left to the caller, who sends them when <see cref="SendAsync"/> has returned.
/// </remarks>
internal sealed class S7Writer(IS7Channel channel)
{
    private readonly List<(TagWrite Write, S7Address Address, S7Item Item, ReadOnlyMemory<byte> Bytes)> _waiting = [];
    private int _bytes;

    /// <summary>Most bytes of one item in a message of its own; even, so that no two-byte number is torn.</summary>
    public static int MostItemBytes(int pduBytes) => (pduBytes - S7Pdu.JobHeaderBytes - 2 - S7Pdu.ItemBytes - S7Pdu.ItemHeaderBytes) & ~1;

    /// <summary>Adds one write to the message; sends what waits when it does not fit beside it.</summary>
    public async Task AddAsync(TagWrite write, S7Address address, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var isBit = address.Type == S7Type.Bool && address.Count == 0;
        var item = new S7Item(address.Area, address.Block, address.Byte, bytes.Length, isBit ? address.Bit : -1);
        var takes = S7Pdu.ItemBytes + S7Pdu.WrittenBytes(bytes.Length);
        if (_waiting.Count == S7Pdu.MostItems || S7Pdu.JobHeaderBytes + 2 + _bytes + takes > channel.PduBytes || _waiting.Any(w => Overlap(w.Item, item)))
        {
            await SendAsync(cancellationToken);
        }

        _waiting.Add((write, address, item, bytes));
        _bytes += takes;
    }

    /// <summary>Sends what waits.</summary>
    /// <exception cref="ConnectorException">The CPU is gone, or broke the protocol; what was not told its end may have been taken.</exception>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var sent = _waiting.ToList();
        _waiting.Clear();
        _bytes = 0;
        ReadOnlyMemory<byte> ack;
        try
        {
            ack = await channel.ExchangeAsync(S7Pdu.Write([.. sent.Select(w => (w.Item, w.Bytes))]), cancellationToken);
        }
        catch (WriteRefusedException whole)
        {
            sent.ForEach(w => w.Write.Refuse(Refusal(w.Write.Tag, w.Address, whole.Message)));
            return;
        }

        if (ack.Length != S7Pdu.AckHeaderBytes + 2 + sent.Count)
        {
            channel.Close();
            throw new ConnectorException($"The CPU broke the protocol: {ack.Length - S7Pdu.AckHeaderBytes - 2} confirmations came for {sent.Count} writes.");
        }

        for (var index = 0; index < sent.Count; index++)
        {
            var (write, address, item, _) = sent[index];
            var code = ack.Span[S7Pdu.AckHeaderBytes + 2 + index];
            if (code == S7ReturnCode.Good)
            {
                write.Confirm();
            }
            else
            {
                write.Refuse(Refusal(write.Tag, address, S7ReturnCode.Explain(code, item.Area)));
            }
        }
    }

    /// <summary>What the one who wrote is told.</summary>
    public static WriteRefusedException Refusal(string tag, S7Address address, string why) => new($"'{tag}' ({address}) was not written: {why}");

    private static bool Overlap(in S7Item one, in S7Item other) =>
        !(one.Bit >= 0 && other.Bit >= 0 && one.Bit != other.Bit) && one.Area == other.Area && one.Block == other.Block && one.Byte < other.Byte + other.Length && other.Byte < one.Byte + one.Length;
}
