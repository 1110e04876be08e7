namespace Uns.Connectors;

/// <summary>
/// Polls the groups of one lane for as long as a connection lives, one call at a time, with the lane's writes in between.
/// Of the groups that are due, the one goes first whose next cycle begins soonest: a long group, cut into several by its plan, lets a fast one pass.
/// </summary>
internal sealed class PollLane(
    int lane, ConnectorPlan plan, WriteTurn writes, SilenceWatch[] watches, CallLimit limit, WorkerRecord record, BackOff backOff, TimeProvider clock)
{
    private readonly PollGroup[] _groups = [.. plan.Groups.Where(g => g.Lane == lane)];

    /// <summary>Reads until the token ends or the connection breaks.</summary>
    public async Task RunAsync(TagStage.Passage passage, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var sink = new CountingSink(passage);
        var paces = _groups.Select(g => new PollClock(g.Period, TimeSpan.Zero)).ToArray();
        while (true)
        {
            await writes.ServeAsync(cancellationToken);
            var now = clock.GetElapsedTime(start);
            var next = Next(paces, now);
            if (next < 0 || paces[next].Due > now)
            {
                await writes.WaitAsync(next < 0 ? Timeout.InfiniteTimeSpan : paces[next].Due - now, null, cancellationToken);
                continue;
            }

            var group = _groups[next];
            var begun = clock.GetTimestamp();
            sink.Begin(group, begun);
            await limit.KeepAsync("A read", token => plan.Connector.ReadAsync(group, sink, token), cancellationToken);
            backOff.Reset();
            var missed = paces[next].Missed;
            paces[next].Advance(clock.GetElapsedTime(start));
            record.CountRead(group.Index, begun, clock.GetElapsedTime(begun), paces[next].Missed - missed);
            Watch(group, sink.Samples);
        }
    }

    // A read that ends well and tells nothing, not even that a tag is bad, is the silent stop of a device that is polled.
    private void Watch(PollGroup group, int samples)
    {
        var (watch, now) = (watches[group.Index], clock.GetElapsedTime(record.Start));
        if (samples > 0)
        {
            watch.Heard(now);
            return;
        }

        var (verdict, silence) = (watch.Check(now), watch.Silence(now));
        if (verdict == SilenceVerdict.Fine)
        {
            return;
        }

        if (verdict == SilenceVerdict.Probe)
        {
            watch.Probed(hadNews: true, now);
            Note("Reads end well and bring no value; the next ones must.");
            return;
        }

        Note(verdict == SilenceVerdict.Alarm ? "Alarm: silent again after the connection was made anew twice." : "The connection is made anew.");
        throw new ConnectorException($"The {group.Period.TotalSeconds:0.###} s group brought no value for {silence.TotalSeconds:0.#} s although the device answers: the connection is made anew.")
        {
            IsAlarm = verdict == SilenceVerdict.Alarm,
        };

        void Note(string action) => record.NoteSilence(new(clock.GetUtcNow(), $"{group.Period.TotalSeconds:0.###} s group", silence, watch.Learned, action));
    }

    /// <summary>Which group is read next: among those that are due the one with the nearest end of its cycle, else the one that is due first.</summary>
    /// <returns>Its place among the clocks; negative when there are none.</returns>
    /// <remarks>Earliest deadline first: while there is time for all, none misses a cycle; a late group's deadline comes nearer until it is its turn.</remarks>
    internal static int Next(ReadOnlySpan<PollClock> paces, TimeSpan now)
    {
        var next = -1;
        for (var index = 0; index < paces.Length; index++)
        {
            if (next < 0 || IsBefore(paces[index], paces[next], now))
            {
                next = index;
            }
        }

        return next;
    }

    private static bool IsBefore(PollClock one, PollClock other, TimeSpan now)
    {
        var (isDue, otherIsDue) = (one.Due <= now, other.Due <= now);
        return isDue != otherIsDue ? isDue : isDue ? one.Deadline < other.Deadline : one.Due < other.Due;
    }
}
