namespace Uns.Connectors;

/// <summary>What a worker has counted and when its state changed; read from any thread.</summary>
internal sealed class WorkerRecord(string device, ConnectorPlan plan, TimeProvider clock)
{
    private const int MostSilences = 32;

    private readonly Lock _gate = new();
    private readonly Pace[] _paces = new Pace[plan.Groups.Count];
    private readonly Queue<SilenceEvent> _silences = new();
    private ConnectorState _state = ConnectorState.Stopped;
    private DateTimeOffset _since = clock.GetUtcNow();
    private string? _lastError;
    private long _reads;
    private long _failures;
    private long _missedCycles;
    private DateTimeOffset? _lastRead;
    private TimeSpan? _roundTrip;

    /// <summary>When the worker was made, on the clock's monotonic time.</summary>
    public long Start { get; } = clock.GetTimestamp();

    public ConnectorStatus Snapshot()
    {
        lock (_gate)
        {
            return new(device, _state, _since, _lastError, _reads, _failures, _missedCycles, _lastRead, _roundTrip);
        }
    }

    /// <summary>All there is to say, put together from here, the traffic and the plan.</summary>
    public DeviceDiagnostics Diagnostics()
    {
        IReadOnlyList<GroupFigures> groups;
        SilenceEvent[] silences;
        lock (_gate)
        {
            groups = plan.Connector.Pushes ? [] : [.. plan.Groups.GroupBy(g => (g.Period, g.Lane)).OrderBy(g => g.Key).Select(g => Figures(g.Key.Period, g.Key.Lane, [.. g.Select(p => p.Index)]))];
            silences = [.. _silences];
        }

        return new(Snapshot(), plan.Traffic.Read(), groups, silences, PollBudget.Of(plan, plan.Traffic.RoundTripOf));
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
            if (state == ConnectorState.Running)
            {
                // The way from the last read of the old connection to the first of the new is no cycle.
                for (var index = 0; index < _paces.Length; index++)
                {
                    _paces[index].Begun = null;
                }
            }

            return isNew;
        }
    }

    /// <summary>One read of a poll group ended well.</summary>
    /// <param name="group">The group's index.</param>
    /// <param name="begun">When it began, as a timestamp of the clock.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="missed">Cycles that were left out because of it.</param>
    public void CountRead(int group, long begun, TimeSpan took, long missed)
    {
        lock (_gate)
        {
            _reads++;
            _missedCycles += missed;
            _lastRead = clock.GetUtcNow();
            _roundTrip = took;
            _paces[group].Count(clock.GetElapsedTime(Start, begun), took, missed);
        }
    }

    public void CountFailure()
    {
        lock (_gate)
        {
            _failures++;
        }
    }

    /// <summary>Keeps what the watchdog saw or did; the oldest makes room.</summary>
    public void NoteSilence(SilenceEvent seen)
    {
        lock (_gate)
        {
            _silences.Enqueue(seen);
            if (_silences.Count > MostSilences)
            {
                _silences.Dequeue();
            }
        }
    }

    private GroupFigures Figures(TimeSpan period, int lane, int[] parts)
    {
        var paces = parts.Select(p => _paces[p]).ToList();
        return new(
            period, lane, plan.Reads.Count(r => parts.Contains(r.Group)), paces.Max(p => p.Reads), paces.Max(p => p.Missed),
            paces.Max(p => p.Cycle), paces.Aggregate((TimeSpan?)TimeSpan.Zero, (sum, p) => sum + p.Took));
    }

    // The means of the last eight cycles or so.
    private record struct Pace(long Reads, long Missed, TimeSpan? Begun, TimeSpan? Cycle, TimeSpan? Took)
    {
        public void Count(TimeSpan begun, TimeSpan took, long missed)
        {
            Reads++;
            Missed += missed;
            if (Begun is { } before)
            {
                Cycle = Mean(Cycle, begun - before);
            }

            Begun = begun;
            Took = Mean(Took, took);
        }

        private static TimeSpan Mean(TimeSpan? mean, TimeSpan next) => mean is { } known ? known + ((next - known) / 8) : next;
    }
}
