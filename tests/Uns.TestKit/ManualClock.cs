namespace Uns.TestKit;

/// <summary>
/// A clock that a test turns by hand. Timers fire inside <see cref="Advance"/>, in the order in which they are due.
/// <see cref="SetWall"/> moves the time of day alone, as an operator or a time server does: no timer fires, and timestamps go on as before.
/// </summary>
public sealed class ManualClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = start ?? new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan _wallAhead;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now + _wallAhead;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now.UtcTicks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the time of day forward, or back with a negative span.</summary>
    public void SetWall(TimeSpan by)
    {
        lock (_gate)
        {
            _wallAhead += by;
        }
    }

    /// <summary>Moves the time on and fires every timer that falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        var until = new DateTimeOffset(GetTimestamp(), TimeSpan.Zero) + by;
        while (TakeDue(until) is { } timer)
        {
            timer.Fire();
        }

        lock (_gate)
        {
            _now = until;
        }
    }

    private ManualTimer? TakeDue(DateTimeOffset until)
    {
        lock (_gate)
        {
            var next = _timers.Where(t => t.Due <= until).MinBy(t => t.Due);
            if (next is not null)
            {
                _now = next.Due > _now ? next.Due : _now;
                next.Reschedule();
            }

            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Reschedule()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                clock._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
