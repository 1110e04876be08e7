using Uns.Connectors;
using Uns.Tags;

namespace Uns.TestKit.Devices;

/// <summary>A connector that does what a test says, and counts.</summary>
public sealed class FakeConnector : IConnector
{
    public bool Pushes { get; init; }

    public Func<CancellationToken, Task> OnConnect { get; set; } = _ => Task.CompletedTask;

    public Func<PollGroup, ITagSink, CancellationToken, Task> OnRead { get; set; } = (_, _, _) => Task.CompletedTask;

    public Func<ITagSink, CancellationToken, Task> OnListen { get; set; } = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);

    public Func<string, TagValue, CancellationToken, Task> OnWrite { get; set; } = (_, _, _) => Task.CompletedTask;

    public Func<string, ITagSink, CancellationToken, Task> OnReadBack { get; set; } = (_, _, _) => Task.CompletedTask;

    public int Connects { get; private set; }

    public int Disconnects { get; private set; }

    public bool IsDisposed { get; private set; }

    public Task ConnectAsync(CancellationToken cancellationToken)
    {
        Connects++;
        return OnConnect(cancellationToken);
    }

    public Task ReadAsync(PollGroup group, ITagSink sink, CancellationToken cancellationToken) => OnRead(group, sink, cancellationToken);

    public Task ListenAsync(ITagSink sink, CancellationToken cancellationToken) => OnListen(sink, cancellationToken);

    public Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken) => OnWrite(tag, value, cancellationToken);

    public Task ReadBackAsync(string tag, ITagSink sink, CancellationToken cancellationToken) => OnReadBack(tag, sink, cancellationToken);

    public Task<IReadOnlyList<BrowseEntry>> BrowseAsync(string? below, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BrowseEntry>>([]);

    public Task DisconnectAsync()
    {
        Disconnects++;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
