using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.History;

/// <summary>One part of a history as the server gave it.</summary>
/// <param name="Status">How the read ended.</param>
/// <param name="Next">Where it goes on; null at its end.</param>
/// <param name="Values">The values.</param>
/// <param name="Changes">What was done to each value; empty unless changed values were asked for.</param>
internal sealed record UaHistoryPart(uint Status, byte[]? Next, IReadOnlyList<UaDataValue> Values, IReadOnlyList<UaChange> Changes);

/// <summary>What was done to a value. [OPC 10000-11, 6.6.4]</summary>
internal readonly record struct UaChange(DateTimeOffset? At, uint Kind, string? User);

/// <summary>Reads the history of nodes.</summary>
/// <remarks>OPC 10000-4, 5.10.3; OPC 10000-11, 6.</remarks>
internal static class UaHistory
{
    private const uint HistoryData = 658;
    private const uint HistoryModifiedData = 11227;

    /// <summary>The functions that the standard names, by their nodes. [OPC 10000-13, 4.2]</summary>
    public static readonly IReadOnlyDictionary<string, uint> Aggregates = new Dictionary<string, uint>(StringComparer.OrdinalIgnoreCase)
    {
        ["Interpolative"] = 2341,
        ["Average"] = 2342,
        ["TimeAverage"] = 2343,
        ["Total"] = 2344,
        ["Minimum"] = 2346,
        ["Maximum"] = 2347,
        ["Count"] = 2352,
        ["Start"] = 2357,
        ["End"] = 2358,
        ["Delta"] = 2359,
    };

    /// <summary>What is asked for: the values themselves, or those that were changed afterwards.</summary>
    public static UaWriter Raw(bool modified, DateTimeOffset from, DateTimeOffset to, uint most) =>
        new UaWriter().ExtensionObject(649, new UaWriter().Boolean(modified).DateTime(from).DateTime(to).UInt32(most).Boolean(false));

    /// <summary>What is asked for: a value worked out of each interval, by the server's own rules.</summary>
    public static UaWriter Processed(uint aggregate, DateTimeOffset from, DateTimeOffset to, TimeSpan interval) =>
        new UaWriter().ExtensionObject(652, new UaWriter().DateTime(from).DateTime(to).Double(interval.TotalMilliseconds)
            .Int32(1).NodeId(NodeId.Standard(aggregate)).Boolean(true).Boolean(false).Byte(0).Byte(0).Boolean(false));

    /// <summary>Reads one part.</summary>
    /// <param name="session">Where.</param>
    /// <param name="details">What is asked for.</param>
    /// <param name="node">Of which node.</param>
    /// <param name="next">Where the part before ended; null for the first.</param>
    /// <param name="release">True to read nothing and let the server forget where it ended.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<UaHistoryPart> HistoryAsync(
        this UaSession session, UaWriter details, NodeId node, byte[]? next, bool release, TimeSpan limit, CancellationToken cancellationToken)
    {
        var fields = new UaWriter().Raw(details.Written.Span).UInt32(0).Boolean(release) // Source times.
            .Int32(1).NodeId(node).String(null).QualifiedName(0, null).ByteString(next);
        var answer = await session.AskAsync(664, 667, fields, limit, cancellationToken);
        var reader = new UaReader(answer.Span);
        if (reader.Count(9) != 1)
        {
            throw new UaFormatException("a history of one node did not give one result");
        }

        var status = reader.UInt32();
        var further = reader.ByteString();
        var (encoding, body) = reader.ExtensionObject();
        var (values, changes) = encoding == NodeId.Standard(HistoryData) || encoding == NodeId.Standard(HistoryModifiedData)
            ? Read(body, encoding == NodeId.Standard(HistoryModifiedData)) : ([], []);
        return new(status, further is { Length: > 0 } ? further : null, values, changes);
    }

    private static (UaDataValue[] Values, UaChange[] Changes) Read(ReadOnlyMemory<byte> body, bool isModified)
    {
        var reader = new UaReader(body.Span);
        var values = new UaDataValue[reader.Count(1)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reader.DataValue();
        }

        var changes = isModified ? new UaChange[reader.Count(16)] : [];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = new(reader.DateTime(), reader.UInt32(), reader.String());
        }

        return (values, changes);
    }
}
