namespace Uns.Connectors;

/// <summary>
/// When one poll group is due. Due times lie on a fixed grid, so the pace does not drift with the length of a read;
/// a cycle that could not be kept is counted and left out, never queued up. Pure: the time is passed in.
/// </summary>
/// <param name="period">Time from one read to the next, above zero.</param>
/// <param name="start">When the first read is due, on the caller's monotonic time.</param>
public sealed class PollClock(TimeSpan period, TimeSpan start)
{
    /// <summary>When the next read is due.</summary>
    public TimeSpan Due { get; private set; } = start;

    /// <summary>When the cycle after the next read begins: until then the read must have ended.</summary>
    public TimeSpan Deadline => Due + period;

    /// <summary>Cycles left out because a read was still running, since the clock was made.</summary>
    public long Missed { get; private set; }

    /// <summary>Moves to the first due time after <paramref name="now"/>; called when a read has ended.</summary>
    public void Advance(TimeSpan now)
    {
        var behind = now - Due;
        var steps = behind < TimeSpan.Zero ? 1 : (behind.Ticks / period.Ticks) + 1;
        Due += period * steps;
        Missed += steps - 1;
    }
}
