namespace Uns.Connectors;

/// <summary>What a worker has counted and when its state changed; read from any thread.</summary>
internal sealed class WorkerRecord(string device, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private ConnectorState _state = ConnectorState.Stopped;
    private DateTimeOffset _since = clock.GetUtcNow();
    private string? _lastError;
    private long _reads;
    private long _failures;
    private long _missedCycles;
    private DateTimeOffset? _lastRead;
    private TimeSpan? _roundTrip;

    public ConnectorStatus Snapshot()
    {
        lock (_gate)
        {
            return new(device, _state, _since, _lastError, _reads, _failures, _missedCycles, _lastRead, _roundTrip);
        }
    }

    /// <summary>Takes the new state, and the reason where there is one; true when either is new.</summary>
    public bool Set(ConnectorState state, string? error)
    {
        lock (_gate)
        {
            var isNew = state != _state || (error is not null && error != _lastError);
            _since = state == _state ? _since : clock.GetUtcNow();
            _state = state;
            _lastError = error ?? _lastError;
            return isNew;
        }
    }

    public void CountRead(TimeSpan took, long missed)
    {
        lock (_gate)
        {
            _reads++;
            _missedCycles += missed;
            _lastRead = clock.GetUtcNow();
            _roundTrip = took;
        }
    }

    public void CountFailure()
    {
        lock (_gate)
        {
            _failures++;
        }
    }
}
