using Uns.Connectors.S7.Wire;

namespace Uns.Connectors.S7;

/// <summary>Asks a CPU about itself: who it is, which blocks it has, what its clock shows. What it does not tell is left out.</summary>
internal sealed class S7Inquiry(IS7Channel channel)
{
    // A CPU has a few thousand blocks at most; in the smallest messages that is a hundred parts.
    private const int MostParts = 1000;

    /// <summary>Order number, firmware, names, serial number, state and clock.</summary>
    public async Task<DeviceIdentity> IdentifyAsync(CancellationToken cancellationToken)
    {
        var facts = new List<IdentityFact>();
        foreach (var list in new[] { S7Szl.Module, S7Szl.Component, S7Szl.State })
        {
            if (await AskAsync(S7Service.Lists, S7Szl.ReadList, S7Szl.Asked(list), cancellationToken) is { } content)
            {
                facts.AddRange(S7Szl.Facts(list, S7Szl.Records(content)));
            }
        }

        if (facts.Count == 0)
        {
            return new(facts, "The CPU does not tell order number, firmware or state over this connection.");
        }

        if (await ReadClockAsync(cancellationToken) is { } shown)
        {
            facts.Add(new("Clock", shown.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)));
        }

        return new(facts);
    }

    /// <summary>All blocks, kind by kind; empty when the CPU does not tell.</summary>
    public async Task<IReadOnlyList<DeviceBlock>> ListBlocksAsync(CancellationToken cancellationToken)
    {
        var blocks = new List<DeviceBlock>();
        var counts = await AskAsync(S7Service.Blocks, S7Blocks.CountAll, [], cancellationToken);
        foreach (var letter in S7Blocks.KindsThere(counts))
        {
            blocks.AddRange(S7Blocks.Listed(letter, await AskAsync(S7Service.Blocks, S7Blocks.ListOne, S7Blocks.KindAsked(letter), cancellationToken)));
        }

        return blocks;
    }

    /// <summary>One block in detail; null when it is not there.</summary>
    public async Task<DeviceBlockFacts?> DescribeBlockAsync(string kind, int number, CancellationToken cancellationToken) =>
        S7Blocks.LetterOf(kind) is { } letter
            ? S7Blocks.Description(letter, await AskAsync(S7Service.Blocks, S7Blocks.Describe, S7Blocks.BlockAsked(letter, number), cancellationToken))
            : null;

    /// <summary>What the CPU's clock shows; null when it does not tell.</summary>
    public async Task<DateTime?> ReadClockAsync(CancellationToken cancellationToken) =>
        S7Clock.Read(await AskAsync(S7Service.Clock, S7Clock.ReadFunction, [], cancellationToken));

    // All parts of an answer as one; null when the CPU does not do it.
    private async Task<byte[]?> AskAsync(byte group, byte function, byte[] about, CancellationToken cancellationToken)
    {
        var content = new List<byte>();
        var request = S7Service.Ask(group, function, about);
        for (var parts = 0; parts < MostParts; parts++)
        {
            var part = S7Service.Read(await channel.ExchangeAsync(request, cancellationToken));
            if (part.Error != 0 || part.Code != S7ReturnCode.Good)
            {
                return content.Count == 0 ? null : [.. content];
            }

            content.AddRange(part.Content.Span);
            if (part.IsLast)
            {
                break;
            }

            request = S7Service.AskNext(group, function, part);
        }

        return [.. content];
    }
}
