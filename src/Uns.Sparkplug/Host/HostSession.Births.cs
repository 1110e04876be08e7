using System.Text;
using System.Text.Unicode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <content>Births: what they name, and what they end.</content>
public sealed partial class HostSession
{
    private void NodeBirth(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        var bdSeq = BdSeqOf(frame);
        if (node.Watch.Born(bdSeq, now))
        {
            FoundTwo(node, now, node.Watch.Names is { } names ? $"births with {names} alternate" : "births alternate");
            return;
        }

        CheckBirth(node, topic, frame, bdSeq, now);
        var isRebirth = node.IsOnline && bdSeq == node.BdSeq && node.Births > 0;
        node.Journal.Add(isRebirth ? NodeEventKind.Rebirth : NodeEventKind.Birth, now, seq: frame.Seq ?? -1, bdSeq: bdSeq);
        if (!isRebirth)
        {
            node.Sessions.Born(bdSeq, now);
        }

        node.Births++;
        (node.IsOnline, node.AwaitsBirth, node.IsFromCertificate, node.HasGivenUp, node.BdSeq, node.NotAsked) = (true, false, false, false, bdSeq, null);
        node.PendingCertificates = null;
        node.Last = (-1, 0);
        node.Aliases.Clear();
        node.Templates = null;
        _brake.Settle(node.Id);
        Birth(node, node.Own, topic, frame, now, isCertificate: false);
        LogNodeBorn(node.Id, bdSeq, node.Own.Metrics.Count);

        // The devices wait for their own births.
        foreach (var device in node.Devices.Values)
        {
            device.IsOnline = false;
            AgeAll(device.Metrics.All.ToArray(), now, "The device was not born again after its edge node.");
        }

        node.Gate.Open(frame.Seq ?? 0);
        ReleaseEarly(node, frame.Timestamp, now);
    }

    // After a birth: what overtook it goes through the gate, what is older than it is dropped.
    private void ReleaseEarly(NodeState node, ulong? birthTimestamp, DateTimeOffset now)
    {
        if (node.Early.Count == 0)
        {
            return;
        }

        foreach (var held in node.Early.TakeAll())
        {
            if (held.Timestamp is { } said && said >= birthTimestamp && now - held.Arrived <= _options.HeldFor
                && node.Gate.Judge(held.Seq, held.Wire.Length, now) is GateVerdict.Next or GateVerdict.Early)
            {
                if (node.Gate.Expected == (held.Seq + 1) % _version.SequenceCount)
                {
                    ProcessHeld(node, held);
                    Drain(node, now);
                }
                else
                {
                    node.Gate.Keep(held.Seq, held.Wire.Length, held);
                }
            }
            else
            {
                node.Dropped++;
            }
        }
    }

    private void ProcessHeld(NodeState node, HeldMessage held)
    {
        if (_scanner.Scan(held.Wire, _options.Limits, out var frame).Kind == PayloadFaultKind.None)
        {
            frame.Timestamp = held.Timestamp;
            Process(held.Topic, node.Find(held.Topic.Device), node, frame, held.Seq, held.Arrived);
        }
    }

    private void CheckBirth(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, int? bdSeq, DateTimeOffset now)
    {
        if (frame.Seq is null)
        {
            Broken(node, RuleBreach.SeqMissing, topic, now, "The birth has no seq; 0 is taken.");
        }
        else if (frame.Seq != 0)
        {
            Broken(node, RuleBreach.BirthSeqNotZero, topic, now, $"The birth has seq {frame.Seq}.", frame.Seq);
        }

        if (bdSeq is null)
        {
            Broken(node, RuleBreach.BdSeqMissing, topic, now, null, frame.Seq);
        }
        else if (bdSeq > 255)
        {
            Broken(node, RuleBreach.BdSeqOutOfRange, topic, now, $"bdSeq is {bdSeq}: 0 to 255 is wanted.", frame.Seq);
        }
        else if (node.BdSeq is { } last && bdSeq != last && bdSeq != (last + 1) % 256)
        {
            Broken(node, RuleBreach.BdSeqJump, topic, now, $"bdSeq {last} was followed by {bdSeq}.", frame.Seq);
        }
    }

    private void DeviceBirth(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, int seq, DateTimeOffset now)
    {
        if (DeviceOf(node, topic, now) is not { } device)
        {
            return;
        }

        node.Journal.Add(NodeEventKind.DeviceBirth, now, device.Id, seq);
        device.IsOnline = true;
        ForgetAliases(node, device);
        Birth(node, device, topic, frame, now, isCertificate: false);
    }

    private DeviceState? DeviceOf(NodeState node, in SparkplugTopic topic, DateTimeOffset now)
    {
        if (node.Find(topic.Device) is { } known)
        {
            return known;
        }

        if (node.Devices.Count >= _options.DevicesBound)
        {
            Broken(node, RuleBreach.DeviceBeyondBound, topic, now, $"At most {_options.DevicesBound} devices are kept.");
            return null;
        }

        return node.Add(topic.Device!);
    }

    private static void ForgetAliases(NodeState node, DeviceState device)
    {
        foreach (var metric in device.Metrics.All)
        {
            if (metric.HasAlias)
            {
                node.Aliases.Remove(metric.Alias, metric);
            }
        }
    }

    private void Birth(NodeState node, DeviceState device, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now, bool isCertificate)
    {
        var fallbackTicks = isCertificate ? TicksOf(frame, now) : LiveTicksOf(node, topic, frame, now);
        var epoch = ++device.Epoch;
        var isNode = device.Id is null;
        var (place, named, isRebirthOffered) = (0, 0, false);
        device.Metrics.Expect(frame.Metrics.Length);
        if (ExpectAliases(node, frame) && isNode)
        {
            Define(node, topic, frame, now);
        }

        foreach (ref readonly var entry in frame.Metrics)
        {
            var name = frame.NameOf(entry);
            if (name.IsEmpty)
            {
                Broken(node, entry.HasAlias ? RuleBreach.AliasWithoutName : RuleBreach.NameMissing, topic, now, entry.HasAlias ? $"Alias {entry.Alias}." : null, frame.Seq);
                continue;
            }

            // bdSeq belongs to the protocol; a template's definition is no value.
            if ((isNode && name.SequenceEqual("bdSeq"u8)) || IsDefinition(node, topic, entry, frame, now))
            {
                TicksOf(entry, frame, fallbackTicks); // Its time is looked at all the same.
                continue;
            }

            var metric = device.Metrics.At(name, ref place) ?? FoundOrAdded(device, name, entry, frame, ref place);
            var isRepeat = metric.Epoch == epoch;
            metric.Epoch = epoch;
            named += isRepeat ? 0 : 1;
            if (isNode && name.SequenceEqual("Node Control/Rebirth"u8))
            {
                isRebirthOffered = true;
                CheckRebirthMetric(node, topic, entry, frame, now);
            }

            var ticks = TicksOf(entry, frame, fallbackTicks);
            if (entry.IsHistorical)
            {
                Past(node, metric, entry, frame, ticks);
                continue;
            }

            var broken = isCertificate ? metric.BornFromCertificate(entry, frame.Wire, ticks, _definitions) : metric.Born(entry, frame.Wire, ticks, _definitions);
            if (broken is { } breach)
            {
                Broken(node, breach, topic, now, Told(metric), frame.Seq);
            }

            if (!isRepeat && entry.HasAlias && !node.Aliases.Add(entry.Alias, metric))
            {
                Broken(node, RuleBreach.AliasTwice, topic, now, $"{metric.Name} has the alias {entry.Alias}, which another metric has too.", frame.Seq);
            }

            _sink.Changed(metric.Change(asBirth: true, ref _lastTime));
        }

        if (frame.Metrics.IsEmpty)
        {
            Broken(node, RuleBreach.BirthWithoutMetrics, topic, now, null, frame.Seq);
        }

        if (isNode && !isRebirthOffered)
        {
            Broken(node, RuleBreach.RebirthMetricMissing, topic, now, null, frame.Seq);
        }

        TellTimes(node, topic, frame, now);
        if (named < device.Metrics.Count && device.Metrics.Sweep(epoch) is { } gone) // Mostly all are named again.
        {
            gone.ForEach(metric => _sink.Removed(metric.Key));
        }
    }

    // [tck-id-operational-behavior-data-commands-rebirth-datatype], [tck-id-operational-behavior-data-commands-rebirth-value]
    private void CheckRebirthMetric(NodeState node, in SparkplugTopic topic, in MetricEntry entry, in PayloadFrame frame, DateTimeOffset now)
    {
        if (entry.Type != DataType.Boolean || entry is not { Kind: WireKind.Boolean, Bits: 0, IsNull: false })
        {
            var said = entry.IsNull ? "null" : entry.Kind == WireKind.Boolean ? entry.Bits != 0 ? "true" : "false" : $"a value in {entry.Kind}";
            Broken(node, RuleBreach.RebirthMetricWrong, topic, now, $"It is of type {entry.Type} and says {said}: Boolean and false are wanted.", frame.Seq);
        }

        if (entry.HasAlias)
        {
            Broken(node, RuleBreach.RebirthMetricHasAlias, topic, now, $"It has the alias {entry.Alias}.", frame.Seq);
        }
    }

    /// <returns>True when there are templates among the metrics.</returns>
    private static bool ExpectAliases(NodeState node, in PayloadFrame frame)
    {
        var (highest, hasTemplates) = (0UL, false);
        foreach (ref readonly var entry in frame.Metrics)
        {
            highest = entry.HasAlias ? Math.Max(highest, entry.Alias) : highest;
            hasTemplates |= entry.Kind == WireKind.Template;
        }

        node.Aliases.Expect(highest, frame.Metrics.Length);
        return hasTemplates;
    }

    // Before all metrics: an instance may stand in front of its definition.
    private void Define(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        foreach (ref readonly var entry in frame.Metrics)
        {
            if (entry.Kind != WireKind.Template || PayloadReader.ReadTemplate(entry.Value.Of(frame.Wire)) is not { IsDefinition: true } definition)
            {
                continue;
            }

            var name = Encoding.UTF8.GetString(frame.NameOf(entry));
            if ((node.Templates ??= new()).Define(name, definition, entry.Value.Length) is var (breach, detail))
            {
                Broken(node, breach, topic, now, $"{name}: {detail}", frame.Seq);
            }
        }
    }

    private HostMetric FoundOrAdded(DeviceState device, ReadOnlySpan<byte> name, in MetricEntry entry, in PayloadFrame frame, ref int place)
    {
        if (!Utf8.IsValid(name))
        {
            name = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(name)); // It is known by what stands for it.
        }

        var hash = Utf8Hash.Of64(name);
        if (device.Metrics.Find(name, Utf8Hash.Fold(hash)) is { } known)
        {
            return known;
        }

        var properties = entry.Properties.Of(frame.Wire);
        var propertiesHash = entry.HasProperties ? Utf8Hash.Of64(properties) : 0;
        var metric = new HostMetric(device, _definitions.Read(name, hash, entry.Type, properties, propertiesHash), propertiesHash);
        device.Metrics.Add(metric, Utf8Hash.Fold(hash));
        place = device.Metrics.Count;
        return metric;
    }

    private bool IsDefinition(NodeState node, in SparkplugTopic topic, in MetricEntry entry, in PayloadFrame frame, DateTimeOffset now)
    {
        if (entry.Kind != WireKind.Template || !PayloadReader.ReadTemplate(entry.Value.Of(frame.Wire)).IsDefinition)
        {
            return false;
        }

        if (topic.Verb != MessageVerb.NBirth)
        {
            Broken(node, RuleBreach.DefinitionOutsideBirth, topic, now, Encoding.UTF8.GetString(frame.NameOf(entry)), frame.Seq);
        }

        return true;
    }

    // Accepted as any integer type: the standard's own examples differ. Looked up by name only.
    private static int? BdSeqOf(in PayloadFrame frame)
    {
        foreach (ref readonly var metric in frame.Metrics)
        {
            if (metric is { Kind: WireKind.Int or WireKind.Long, IsNull: false, Bits: >= 0 and <= int.MaxValue }
                && frame.NameOf(metric).SequenceEqual("bdSeq"u8))
            {
                return (int)metric.Bits;
            }
        }

        return null;
    }

    /// <summary>A birth certificate that an aware broker keeps: it gives names, types and aliases of a node that has not been born to this host.</summary>
    /// <param name="topic">The certificate's topic without what stands before the namespace.</param>
    /// <param name="wire">The payload, byte for byte as the node sent it.</param>
    /// <param name="now">When it arrived, UTC.</param>
    /// <remarks>
    /// Its values are as old as the birth: they are shown stale until the node speaks. Its seq says nothing about what comes next.
    /// The node is asked for a rebirth too, after those whose messages do not fit.
    /// </remarks>
    public void Certificate(SparkplugTopic topic, ReadOnlySpan<byte> wire, DateTimeOffset now)
    {
        if (topic.Verb is not (MessageVerb.NBirth or MessageVerb.DBirth) || NodeOf(topic.Node) is not { AwaitsBirth: var awaits, TwoUntil: null } node)
        {
            return;
        }

        if (topic.Verb == MessageVerb.NBirth)
        {
            Ask(node, RebirthReason.HostStart, now);
        }

        var isDeviceOfCertificate = topic.Verb == MessageVerb.DBirth && node.IsFromCertificate;
        if (!awaits && !isDeviceOfCertificate)
        {
            return; // Live news are newer.
        }

        if (topic.Verb == MessageVerb.DBirth && !isDeviceOfCertificate)
        {
            node.KeepCertificate(new(topic, wire.ToArray(), 0, null, now), _options); // Its node's own has not come yet.
            return;
        }

        if (_scanner.Scan(wire, _options.Limits, out var frame) is { Kind: not PayloadFaultKind.None } fault || (frame.Uuid.Length > 0 && (fault = Expand(ref frame)).Kind != PayloadFaultKind.None))
        {
            Broken(node, RuleBreach.PayloadUnreadable, topic, now, fault.ToString());
            return;
        }

        if (topic.Verb == MessageVerb.DBirth)
        {
            DeviceCertificate(node, topic, frame, now);
            return;
        }

        (node.IsFromCertificate, node.AwaitsBirth, node.BdSeq, node.CertificateTimestamp) = (true, false, BdSeqOf(frame), frame.Timestamp ?? 0);
        node.Aliases.Clear();
        node.Templates = null;
        node.Gate.Open(0);
        node.Journal.Add(NodeEventKind.Certificate, now, bdSeq: node.BdSeq);
        Birth(node, node.Own, topic, frame, now, isCertificate: true);
        var pending = node.PendingCertificates ?? [];
        node.PendingCertificates = null;
        foreach (var held in pending)
        {
            Certificate(held.Topic, held.Wire, now);
        }
    }

    private void DeviceCertificate(NodeState node, in SparkplugTopic topic, in PayloadFrame frame, DateTimeOffset now)
    {
        // A device's certificate that is older than its node's is of an earlier session: its aliases mean nothing now.
        if ((frame.Timestamp ?? 0) < node.CertificateTimestamp || DeviceOf(node, topic, now) is not { } device)
        {
            return;
        }

        device.IsOnline = true;
        node.Journal.Add(NodeEventKind.Certificate, now, device.Id);
        ForgetAliases(node, device);
        Birth(node, device, topic, frame, now, isCertificate: true);
    }
}
