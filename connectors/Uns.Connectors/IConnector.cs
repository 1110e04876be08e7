using Uns.Tags;

namespace Uns.Connectors;

/// <summary>
/// One device of one protocol. The whole door: connect, identify, read, write, listen, browse, dispose.
/// A connector owns no thread, timer or retry loop; <see cref="ConnectorWorker"/> makes the calls, one at a time in each lane,
/// and owns pace, time limits, back-off and state. Only <see cref="WriteAsync"/>, <see cref="ReadAsync"/>, <see cref="ReadBackAsync"/> and <see cref="BrowseAsync"/> may come
/// while <see cref="ListenAsync"/> runs.
/// </summary>
/// <remarks>
/// Every call throws <see cref="ConnectorException"/> when the device is gone or answers nonsense: the worker then disposes
/// the connection by <see cref="DisconnectAsync"/> and begins anew. What is about single tags is no exception but a sample with bad quality.
/// </remarks>
public interface IConnector : IAsyncDisposable
{
    /// <summary>True when the device tells changes by itself (OPC UA): the worker then listens instead of polling.</summary>
    bool Pushes { get; }

    /// <summary>Opens the connection and makes the protocol's own greeting. After it returned, reads may follow.</summary>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Reads every tag of one poll group once and adds one sample for each, raw: scaling and filters come later.</summary>
    Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken);

    /// <summary>Listens until the token ends or the connection breaks, adding a sample for each change. Only where <see cref="Pushes"/>.</summary>
    Task ListenAsync(ITagSink sink, CancellationToken cancellationToken);

    /// <summary>Writes one raw value (scaling already undone) and returns once the device has confirmed it.</summary>
    /// <exception cref="WriteRefusedException">The device, or the tag's address, does not take this value.</exception>
    /// <exception cref="WriteUnconfirmedException">It was sent and not answered, and the connection serves others: a silent unit behind a gateway.</exception>
    /// <remarks>A write whose confirmation does not come is never sent again: whether it was taken is not known.</remarks>
    Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken);

    /// <summary>Reads one tag once, after a write to it was confirmed. Only where <see cref="Pushes"/>: what is polled is read again anyway.</summary>
    Task ReadBackAsync(string tag, ITagSink sink, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Most writes that <see cref="WriteManyAsync"/> takes; 1 where each goes alone, by <see cref="WriteAsync"/>.</summary>
    int MostWritesAtOnce => 1;

    /// <summary>Writes several values in as few messages as the protocol allows, in their order, and tells each how it ended.</summary>
    /// <param name="writes">At least one and at most <see cref="MostWritesAtOnce"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <remarks>Where the device is lost on the way, what was not told its end may have been taken or not, and is never sent again.</remarks>
    Task WriteManyAsync(IReadOnlyList<TagWrite> writes, CancellationToken cancellationToken) => throw new NotSupportedException("Each write goes alone.");

    /// <summary>What the device offers below a place, or at its root when <paramref name="below"/> is null.</summary>
    /// <returns>Empty where the protocol knows no browsing.</returns>
    Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken);

    /// <summary>Asks the device who it is. Only while connected and nothing else runs, or from the worker's own turn.</summary>
    /// <returns>Null where the protocol knows no such question.</returns>
    Task<DeviceIdentity?> IdentifyAsync(CancellationToken cancellationToken) => Task.FromResult<DeviceIdentity?>(null);

    /// <summary>Closes the connection so that <see cref="ConnectAsync"/> can be called again. Never throws.</summary>
    Task DisconnectAsync();
}

/// <summary>Where a connector puts what it read.</summary>
public interface ITagSink
{
    /// <summary>Takes one sample. Never blocks and never throws.</summary>
    void Add(in TagSample sample);
}

/// <summary>Tags read together at one period. Made by the connector's plan; the worker only keeps its pace.</summary>
/// <param name="Index">Place in the connector's own list of groups.</param>
/// <param name="Period">Time from one read to the next, 10 ms to 1 h.</param>
public readonly record struct PollGroup(int Index, TimeSpan Period)
{
    /// <summary>Which lane reads it, from 0. Lanes are read at the same time and share nothing that one could hold up for the other.</summary>
    public int Lane { get; init; }
}

/// <summary>One thing a device offers when browsed.</summary>
/// <param name="Id">What to give to browse below it, and the address to read it by.</param>
/// <param name="Name">The name for people.</param>
/// <param name="HasChildren">True when browsing below it may find more.</param>
/// <param name="DataType">Type of its value; null when it has none or one that no tag can carry.</param>
/// <param name="Writable">True when the device says that it can be written.</param>
public readonly record struct BrowseEntry(string Id, string Name, bool HasChildren, DataType? DataType, bool Writable)
{
    /// <summary>One step of <see cref="TagOptions.BrowsePath"/>, from the entry above to this one; empty where the protocol knows no such paths.</summary>
    public string Step { get; init; } = "";

    /// <summary>What it takes and gives, where it is a method; null where it is none.</summary>
    public MethodShape? Method { get; init; }
}
