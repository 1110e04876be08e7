using Uns.Tags;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>What a server shows below its folder Objects. The server asks for it node by node, when a client does; nothing is copied.</summary>
/// <remarks>Every member may be called from many threads at once.</remarks>
public interface IUaSpace
{
    /// <summary>URI of the namespace that the nodes' ids belong to. It does not change while the server runs.</summary>
    string NamespaceUri { get; }

    /// <summary>True when an id such as <c>i=5</c>, <c>g=</c> or <c>b=</c> stands for an identifier of that kind; false when every id is a text.</summary>
    bool HasTypedIds => false;

    /// <summary>The nodes directly below Objects. A snapshot: it does not change under the reader.</summary>
    IReadOnlyList<IUaNode> Roots { get; }

    /// <summary>Finds a node by its id; null when there is none now.</summary>
    IUaNode? Find(string id);

    /// <summary>Writes one value of the variable's own type. The server has checked that the user may write and that the variable is writable.</summary>
    /// <returns>How it ended; never throws for what the plant does.</returns>
    Task<UaWriteAnswer> WriteAsync(IUaNode node, TagValue value, CancellationToken cancellationToken);
}

/// <summary>One node: a folder, or a variable with a value; a variable may have nodes below it.</summary>
public interface IUaNode
{
    /// <summary>The identifier within the namespace; it stays the same for the same thing, also over restarts. It holds no <c>//</c>.</summary>
    string Id { get; }

    /// <summary>The last level, for people and for browse paths.</summary>
    string Name { get; }

    /// <summary>The node above; null directly below Objects.</summary>
    IUaNode? Parent { get; }

    /// <summary>The nodes below. A snapshot: it does not change under the reader.</summary>
    IReadOnlyList<IUaNode> Children { get; }

    /// <summary>Type, unit, range and rights of a variable; null for a folder.</summary>
    TagDefinition? Definition { get; }

    /// <summary>True once the node was taken out; whoever holds it looks for it anew by its id.</summary>
    bool IsGone { get; }

    /// <summary>The value as it is now; meaningless for a folder. Must be quick: it is asked at every sampling.</summary>
    /// <param name="now">The server's time, UTC.</param>
    UaReading Read(DateTimeOffset now);
}

/// <summary>A value as a server tells it.</summary>
/// <param name="Value">The value; null with its type where there is none.</param>
/// <param name="Quality">Good, uncertain, bad or stale; stale becomes the status that the last usable value is shown.</param>
/// <param name="Time">Source time, UTC.</param>
public readonly record struct UaReading(TagValue Value, TagQuality Quality, DateTimeOffset Time);

/// <summary>How a write ended.</summary>
public enum UaWriteAnswer
{
    /// <summary>The new value is there.</summary>
    Done,

    /// <summary>It was sent on; its effect has not been seen as such.</summary>
    Sent,

    /// <summary>It was sent on, and no answer came.</summary>
    NoAnswer,

    /// <summary>There is no such node any more.</summary>
    NotFound,

    /// <summary>The node is read-only.</summary>
    NotWritable,

    /// <summary>The value is outside the node's range.</summary>
    OutOfRange,

    /// <summary>The device is not there; nothing was sent.</summary>
    Offline,

    /// <summary>Too many writes are under way; nothing was sent.</summary>
    Busy,
}
