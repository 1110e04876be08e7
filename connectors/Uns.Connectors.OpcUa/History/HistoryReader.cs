using Uns.Connectors.OpcUa.Structures;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa.History;

/// <summary>Reads the history of one value part by part, until all of it, enough of it, or the time for it is over.</summary>
internal sealed class HistoryReader(OpcUaOptions options, OpcUaLine line, TimeProvider clock)
{
    private const uint PerAnswer = 1000;

    // Below the limit of one call of the worker.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Reads.</summary>
    public async Task<HistoryPage> ReadAsync(HistoryAsk ask, CancellationToken cancellationToken)
    {
        if (!NodeId.TryParse(ask.Address, out var node, out _) || !node.TryResolve(line.Session.Namespaces, out node))
        {
            return new([], true, $"'{ask.Address}' is no node of this server.");
        }

        uint function = 0;
        if (ask.Aggregate is { } name && !UaHistory.Aggregates.TryGetValue(name, out function))
        {
            return new([], true, $"'{name}' is no function known here: give one of {string.Join(", ", UaHistory.Aggregates.Keys)}.");
        }

        var limit = options.AnswerTimeout > Patience ? options.AnswerTimeout : Patience;
        var begun = clock.GetTimestamp();
        var found = new List<HistoryEntry>();
        byte[]? next = null;
        do
        {
            var details = ask.Aggregate is null
                ? UaHistory.Raw(ask.Modified, ask.From, ask.To, Math.Min(PerAnswer, (uint)(ask.Most - found.Count)))
                : UaHistory.Processed(function, ask.From, ask.To, ask.Interval);
            var part = await line.Session.HistoryAsync(details, node, next, release: false, limit, cancellationToken);
            if (!StatusCode.IsGood(part.Status) && !StatusCode.IsUncertain(part.Status))
            {
                return new(found, false, $"The server answered {StatusCode.Name(part.Status)} for the history of {ask.Address}.");
            }

            next = part.Next;
            await line.Structures.LearnAsync(part.Values.Select(v => v.Value), cancellationToken);
            found.AddRange(part.Values.Select((v, i) => Entry(v, i < part.Changes.Count ? part.Changes[i] : null)));
        }
        while (next is not null && found.Count < ask.Most && clock.GetElapsedTime(begun) < Patience);

        if (next is not null)
        {
            // The server need not remember where this ended.
            await line.Session.HistoryAsync(UaHistory.Raw(ask.Modified, ask.From, ask.To, 0), node, next, release: true, limit, cancellationToken);
        }

        var isCut = found.Count > ask.Most; // Intervals come as many as the server likes.
        return new(isCut ? found[..ask.Most] : found, next is null && !isCut);
    }

    private HistoryEntry Entry(UaDataValue value, UaChange? change) => new(
        value.SourceTime ?? value.ServerTime,
        new StructureJson(line.Structures.OfEncoding).Element(value.Value),
        StatusCode.IsGood(value.Status) ? TagQuality.Good : StatusCode.IsUncertain(value.Status) ? TagQuality.Uncertain : TagQuality.Bad,
        value.Status == 0 ? "Good" : StatusCode.Name(value.Status))
    {
        ModifiedAt = change?.At,
        Modification = change?.Kind switch { null => null, 1 => "Insert", 2 => "Replace", 3 => "Update", 4 => "Delete", _ => "Unknown" },
        ModifiedBy = change?.User,
    };
}
