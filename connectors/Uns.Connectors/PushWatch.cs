using Uns.Tags;

namespace Uns.Connectors;

/// <summary>Watches over one connection of a device that pushes: hears what comes, and probes when nothing does.</summary>
/// <param name="device">The device's name.</param>
/// <param name="plan">Its connector is probed.</param>
/// <param name="passage">Where the connection's samples go.</param>
/// <param name="watch">Outlives the connection; its time begins with the worker.</param>
/// <param name="record">Keeps the evidence.</param>
/// <param name="limit">Of one probe.</param>
/// <param name="clock">What silence is measured by.</param>
internal sealed class PushWatch(
    string device, ConnectorPlan plan, TagStage.Passage passage, SilenceWatch watch, WorkerRecord record, CallLimit limit, TimeProvider clock) : ITagSink
{
    /// <summary>When to call <see cref="LookAsync"/> next, from now.</summary>
    public TimeSpan Wait => watch.Due is var due && due > Now ? due - Now : TimeSpan.Zero;

    private TimeSpan Now => clock.GetElapsedTime(record.Start);

    /// <inheritdoc/>
    public void Add(in TagSample sample)
    {
        watch.Heard(Now);
        passage.Add(sample);
    }

    /// <summary>Does what the watch asks for.</summary>
    /// <exception cref="ConnectorException">The connection brings nothing although there are news: it is to be made anew.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var (verdict, silence) = (watch.Check(Now), watch.Silence(Now));
        switch (verdict)
        {
            case SilenceVerdict.Probe:
                var sink = new CountingSink(passage);
                foreach (var group in plan.Groups)
                {
                    await limit.KeepAsync("A probe", token => plan.Connector.ReadAsync(group, sink, token), cancellationToken);
                }

                watch.Probed(sink.News > 0, Now);
                Note(silence, sink.News > 0
                    ? $"Probe: {sink.News} values had changed and were not told. They must come within {SilenceWatch.Shortest.TotalSeconds:0} s."
                    : "Probe: nothing had changed.");
                break;
            case SilenceVerdict.Recreate or SilenceVerdict.Alarm:
                Note(silence, verdict == SilenceVerdict.Alarm ? "Alarm: silent again after it was made anew twice." : "The subscription is made anew.");
                throw new ConnectorException($"{device} is connected, but told no change for {silence.TotalSeconds:0.#} s although values had changed: the subscription is made anew.")
                {
                    IsAlarm = verdict == SilenceVerdict.Alarm,
                };
        }
    }

    private void Note(TimeSpan silence, string action) =>
        record.NoteSilence(new(clock.GetUtcNow(), "subscription", silence, watch.Learned, action));
}
