using System.Text;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <content>Data and deaths: what they do to what the host knows.</content>
public sealed partial class HostSession
{
    // Metrics of the message at hand without a time, with one that is none, and with one before the latest so far.
    private int _untimed;
    private int _mistimed;
    private int _overtaken;
    private ulong _latest;

    private void Data(NodeState node, DeviceState? device, in SparkplugTopic topic, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        if (device is null || (device.Id is not null && !device.IsOnline))
        {
            node.Dropped++;
            Broken(node, RuleBreach.DeviceDataBeforeBirth, topic, now, null, seq);
            Ask(node, RebirthReason.DataBeforeBirth, now);
            return;
        }

        var fallbackTicks = LiveTicksOf(node, topic, frame, now);
        node.Journal.Data(now.UtcTicks, seq);
        var (place, named) = (0, 0);
        foreach (ref readonly var entry in frame.Metrics)
        {
            HostMetric? metric;
            if (entry.HasAlias)
            {
                metric = node.Aliases.Find(entry.Alias);
                if (metric is null || metric.Owner != device || (entry.HasName && !metric.IsNamed(frame.NameOf(entry))))
                {
                    Unknown(node, metric?.Owner == device ? RuleBreach.AliasAndNameDisagree : RuleBreach.AliasUnknown, topic, entry, frame, now);
                    continue;
                }

                named += entry.HasName ? 1 : 0;
            }
            else
            {
                metric = entry.Name.Length == 0 ? null : device.Metrics.Find(frame.NameOf(entry), ref place);
                if (metric is null)
                {
                    Unknown(node, entry.Name.Length == 0 ? RuleBreach.NameMissing : RuleBreach.NameUnknown, topic, entry, frame, now);
                    continue;
                }

                named += metric.HasAlias ? 1 : 0;
            }

            var ticks = TicksOf(entry, frame, fallbackTicks);
            if (entry.IsHistorical)
            {
                Past(node, metric, entry, frame, ticks);
            }
            else if (entry.Kind != WireKind.Template || !IsDefinition(node, topic, entry, frame, now))
            {
                if (metric.Take(entry, frame.Wire, ticks) is { } broken)
                {
                    Broken(node, broken, topic, now, Told(metric), seq);
                }

                _sink.Changed(metric.Change(asBirth: false, ref _lastTime));
            }
        }

        if (named > 0)
        {
            Broken(node, RuleBreach.NameBesideAlias, topic, now, $"{named} of {frame.Metrics.Length} metrics are named that have an alias.", seq, named);
        }

        TellTimes(node, topic, frame, now);
    }

    // Told once for a message: a node that leaves out one time mostly leaves out all.
    private void TellTimes(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        if (_untimed > 0)
        {
            Broken(node, RuleBreach.MetricTimestampMissing, topic, now, $"{_untimed} of {frame.Metrics.Length} metrics have no timestamp.", frame.Seq, _untimed);
        }

        if (_mistimed > 0)
        {
            Broken(node, RuleBreach.MetricTimestampUnusable, topic, now, $"{_mistimed} of {frame.Metrics.Length} metrics have a timestamp beyond the year 9999.", frame.Seq, _mistimed);
        }

        if (_overtaken > 0)
        {
            Broken(node, RuleBreach.MetricsOutOfOrder, topic, now, $"{_overtaken} of {frame.Metrics.Length} metrics have an earlier timestamp than one before them.", frame.Seq, _overtaken);
        }

        (_untimed, _mistimed, _overtaken, _latest) = (0, 0, 0, 0);
    }

    // Never a tag invented from a number.
    private void Unknown(NodeState node, RuleBreach breach, in SparkplugTopic topic, in MetricEntry entry, in PayloadFrame frame, DateTimeOffset now)
    {
        node.Dropped++;
        Broken(node, breach, topic, now, entry.HasAlias ? $"Alias {entry.Alias}." : Encoding.UTF8.GetString(frame.NameOf(entry)), frame.Seq);
        if (breach != RuleBreach.NameMissing && !Ask(node, RebirthReason.UnknownMetric, now) && breach == RuleBreach.AliasAndNameDisagree)
        {
            Disown(node, entry, now);
        }
    }

    // Kept from long ago: it never moves the current value.
    private void Past(NodeState node, HostMetric metric, in MetricEntry entry, in PayloadFrame frame, long ticks)
    {
        node.Historical++;
        if (metric.TryPast(entry, frame.Wire, ticks, out var past))
        {
            _sink.Historical(past);
        }

        node.Finding = null;
    }

    // What was found, where the metric is good all the same; else why it is not.
    private static string Told(HostMetric metric)
    {
        var node = metric.Owner.Node;
        var found = node.Finding ?? metric.Reason;
        node.Finding = null;
        return $"{metric.Name}: {found}";
    }

    private void NodeDeath(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        // Paired by bdSeq and never by time. [untagged-host-ndeath-bdseq-correlation], [untagged-host-ndeath-timestamp-use]
        var bdSeq = BdSeqOf(frame);
        if (bdSeq is null)
        {
            Broken(node, RuleBreach.BdSeqMissing, topic, now, null);
        }

        if (frame.Seq is not null)
        {
            Broken(node, RuleBreach.DeathHasSeq, topic, now, null, frame.Seq);
        }

        if (frame.Metrics.Length > 1)
        {
            Broken(node, RuleBreach.DeathHasMetrics, topic, now, $"It has {frame.Metrics.Length} metrics.");
        }

        if (bdSeq is not null && node.BdSeq is not null && bdSeq != node.BdSeq)
        {
            node.Dropped++;
            node.Sessions.Ignored(bdSeq, now);
            Broken(node, RuleBreach.DeathOfAnotherSession, topic, now, $"A death with bdSeq {bdSeq} came; the birth in force has {node.BdSeq}.");
            return;
        }

        if (!node.IsOnline)
        {
            node.Dropped++; // Said by the node and then as its will too. [untagged-host-ignore-duplicate-ndeath]
            (node.AwaitsBirth, node.IsFromCertificate, node.NotAsked) = (true, false, null);
            return;
        }

        node.Deaths++;
        node.Sessions.Died(bdSeq, now);
        node.Journal.Add(NodeEventKind.Death, now, bdSeq: bdSeq);
        LogNodeDied(node.Id, node.BdSeq);
        Offline(node);
        _brake.Settle(node.Id);

        // With the host's own time: the will's timestamp is as old as the connection.
        // [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale]
        // [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale]
        AgeAll(node.All, now, "The edge node has died.");
    }

    private void DeviceDeath(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        if (node.Find(topic.Device) is not { } device)
        {
            node.Dropped++;
            Broken(node, RuleBreach.DeviceDataBeforeBirth, topic, now, null, seq);
            Ask(node, RebirthReason.DataBeforeBirth, now);
            return;
        }

        // [tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale]
        device.IsOnline = false;
        node.Journal.Add(NodeEventKind.DeviceDeath, now, device.Id, seq);
        AgeAll(device.Metrics.All.ToArray(), new(LiveTicksOf(node, topic, frame, now), TimeSpan.Zero), "The device has died.");
    }

    // A lost DBIRTH may have moved aliases, so nothing is believed until the node is born again. [tck-id-operational-behavior-host-reordering-rebirth]
    private void Lost(NodeState node, DateTimeOffset now, string detail)
    {
        node.Gaps++;
        node.AwaitsBirth = true;
        Broken(node, RuleBreach.SeqGap, SparkplugTopic.OfNode(MessageVerb.NData, node.Id), now, $"{detail} seq {node.Gate.Expected} was expected.");
        node.Journal.Add(NodeEventKind.Gap, now, seq: node.Gate.Expected);
        LogGap(node.Id);
        AgeAll(node.All, now, Ask(node, RebirthReason.Gap, now)
            ? "Messages were lost: the edge node was asked to be born again."
            : "Messages were lost, and the edge node is not asked to be born again, as its settings say.");
    }

    private long LiveTicksOf(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        if (frame.Timestamp is not { } said)
        {
            Broken(node, RuleBreach.TimestampMissing, topic, now, null, frame.Seq);
        }
        else if (_version.TryTicks(said, out var ticks))
        {
            // What was kept for long may have been put into its message long ago, too: it says nothing about the clock.
            if ((frame.Metrics.Length == 0 || !frame.Metrics[0].IsHistorical) && node.Clock.Take(ticks, now.UtcTicks) is not ClockNews.None and var news)
            {
                TellClock(node, topic, news, now, frame.Seq);
            }

            return ticks;
        }
        else
        {
            Broken(node, RuleBreach.TimestampUnusable, topic, now, $"The timestamp is {said}, which is beyond the year 9999.", frame.Seq);
        }

        return now.UtcTicks;
    }

    private void TellClock(NodeState node, in SparkplugTopic topic, ClockNews news, DateTimeOffset now, int? seq)
    {
        if ((news & ClockNews.Off) != 0)
        {
            Broken(node, RuleBreach.ClockOff, topic, now, $"The node's clock is {node.Clock.Words} the host's.", seq);
        }

        if ((news & ClockNews.Note) == 0)
        {
            return;
        }

        var note = node.Clock.Note;
        node.Journal.Add(note is null ? NodeEventKind.ClockNearAgain : NodeEventKind.ClockFarOff, now, detail: note);
        LogClock(node.Id, node.Clock.Words);
        foreach (var metric in node.All)
        {
            _sink.Noted(metric);
        }
    }

    // The metric's own time, else the payload's, else the arrival. Mostly the first two are the same number.
    private long TicksOf(in MetricEntry entry, in PayloadFrame frame, long fallbackTicks)
    {
        if (!entry.HasTimestamp)
        {
            _untimed++;
            return fallbackTicks;
        }

        if (entry.Timestamp == frame.Timestamp)
        {
            if (entry.Timestamp != _latest)
            {
                Compare(entry);
            }

            return fallbackTicks;
        }

        if (_version.TryTicks(entry.Timestamp, out var ticks))
        {
            Compare(entry);
            return ticks;
        }

        _mistimed++;
        return fallbackTicks;
    }

    // Values of the past have an order of their own.
    private void Compare(in MetricEntry entry)
    {
        if (!entry.IsHistorical)
        {
            _overtaken += entry.Timestamp < _latest ? 1 : 0;
            _latest = Math.Max(_latest, entry.Timestamp);
        }
    }

    private long TicksOf(in PayloadFrame frame, DateTimeOffset now) => frame.Timestamp is { } said && _version.TryTicks(said, out var ticks) ? ticks : now.UtcTicks;
}
