using Uns.Connectors;
using Uns.Sparkplug.EdgeNode;
using Uns.Tags;

namespace Uns.Hub.Wiring;

/// <summary>One device at work: its worker's samples go to the edge node, the edge node's commands come back to it.</summary>
internal sealed class DeviceRun : ITagSink, IAsyncDisposable
{
    private readonly string _name;
    private readonly EdgeNodePublisher _edge;
    private readonly ConnectorWorker _worker;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public DeviceRun(DeviceOptions device, IConnectorKind kind, EdgeNodePublisher edge, TimeProvider clock, ILogger<ConnectorWorker> logger)
    {
        _name = device.Name;
        _edge = edge;
        var plan = kind.Plan(device, clock);
        edge.SetDevice(_name, plan.Tags);
        _worker = new ConnectorWorker(_name, plan, device.Tags, this, clock, logger);
        _worker.StatusChanged += OnStatus;
    }

    public ConnectorStatus Status => _worker.Status;

    public DeviceDiagnostics Diagnostics() => _worker.Diagnostics();

    public IReadOnlyList<TrafficFrame> Frames() => _worker.Frames();

    public void Follow(string tag, Action<ReadSighting>? follower) => _worker.Follow(tag, follower);

    public IReadOnlyList<TrafficFrame> FramesSince(long stamp) => _worker.FramesSince(stamp);

    public Task LookAsync(Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken) => _worker.LookAsync(look, cancellationToken);

    public Task ActAsync(string what, Func<IConnector, CancellationToken, Task> act, CancellationToken cancellationToken) => _worker.ActAsync(what, act, cancellationToken);

    public void Start() => _running = _worker.RunAsync(_stop.Token);

    public void Add(in TagSample sample) => _edge.Offer(_name, sample);

    public Task WriteAsync(string tag, TagValue value, CancellationToken cancellationToken) => _worker.WriteAsync(tag, value, cancellationToken);

    /// <summary>Stops the worker and says the device's death.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // The way a worker ends.
        }

        _worker.StatusChanged -= OnStatus;
        _edge.DeviceOffline(_name);
        _stop.Dispose();
    }

    private void OnStatus(ConnectorStatus status)
    {
        if (status.State == ConnectorState.Running)
        {
            _edge.DeviceOnline(_name);
        }
        else
        {
            _edge.DeviceOffline(_name);
        }
    }
}
