using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;

namespace Uns.Sparkplug.Host;

/// <content>What each kind of message does to what the host knows.</content>
public sealed partial class HostSession
{
    private void NodeBirth(NodeState node, SparkplugMessage message)
    {
        node.Births++;
        node.IsOnline = true;
        node.AwaitsBirth = false;
        node.BdSeq = BdSeqOf(message.Payload);
        node.ForgetAliases();
        _brake.Settle(node.Id);
        Birth(node, null, node.Own, message);
        LogNodeBorn(node.Id, node.BdSeq, node.Own.Count);

        // The devices wait for their own births.
        foreach (var device in node.Devices.Values)
        {
            device.IsOnline = false;
            AgeAll(device.Metrics.Values, message.Arrived, "The device was not born again after its edge node.");
        }

        node.Gate.Open(message.Payload.Seq ?? 0);
        node.ReleaseEarly(message, message.Arrived, _due);
        ProcessDue(node);
    }

    private void NodeDeath(NodeState node, SparkplugMessage message)
    {
        var bdSeq = BdSeqOf(message.Payload);
        if (!node.IsOnline || (bdSeq is not null && node.BdSeq is not null && bdSeq != node.BdSeq))
        {
            node.Dropped++; // The death of an older session, or said twice.
            return;
        }

        node.Deaths++;
        LogNodeDied(node.Id, node.BdSeq);
        Offline(node);
        _brake.Settle(node.Id);

        // With the host's own time: the will's timestamp is as old as the connection.
        // [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale]
        // [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale]
        AgeAll(node.All, message.Arrived, "The edge node has died.");
    }

    private void DeviceBirth(NodeState node, SparkplugMessage message)
    {
        var id = message.Topic.Device!;
        if (!node.Devices.TryGetValue(id, out var device))
        {
            if (node.Devices.Count >= options.DevicesBound)
            {
                CountError(node, $"{message.Topic} names a device beyond the bound of {options.DevicesBound}.");
                return;
            }

            device = new DeviceState();
            node.Devices.Add(id, device);
        }

        device.IsOnline = true;
        node.ForgetAliases(device);
        Birth(node, id, device.Metrics, message);
    }

    private void DeviceDeath(NodeState node, SparkplugMessage message)
    {
        if (!node.Devices.TryGetValue(message.Topic.Device!, out var device))
        {
            node.Dropped++;
            _brake.Ask(node.Id, RebirthReason.DataBeforeBirth);
            return;
        }

        // [tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale]
        device.IsOnline = false;
        AgeAll(device.Metrics.Values, message.Payload.Timestamp ?? message.Arrived, "The device has died.");
    }

    private void Birth(NodeState node, string? device, Dictionary<string, HostMetric> metrics, SparkplugMessage message)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var metric in message.Payload.Metrics)
        {
            if (metric.Name is not { Length: > 0 } name)
            {
                CountError(node, $"{message.Topic} holds a metric without a name."); // [tck-id-payloads-name-birth-data-requirement]
                continue;
            }

            if (metric.IsHistorical)
            {
                node.Historical++;
                continue;
            }

            // bdSeq belongs to the protocol; a template's definition is no value.
            if ((device is null && name == EdgeNodeSession.BdSeqName) || metric.Value.Object is Template { IsDefinition: true })
            {
                continue;
            }

            var isRepeat = !named.Add(name);
            if (!metrics.TryGetValue(name, out var known))
            {
                known = new HostMetric(new MetricKey(node.Id, device, name));
                metrics.Add(name, known);
            }

            if (!known.Born(metric, message.Payload.Timestamp ?? message.Arrived))
            {
                CountError(node, $"{known.Key}: {known.Reason}");
            }

            if (!isRepeat && !node.AddAlias(known))
            {
                CountError(node, $"{known.Key} has the alias {known.Alias}, which another metric has too.");
            }

            sink.Changed(known.Change(asBirth: true));
        }

        foreach (var gone in metrics.Keys.Where(name => !named.Contains(name)).ToArray())
        {
            metrics.Remove(gone, out var metric);
            sink.Removed(metric!.Key);
        }
    }

    private void Data(NodeState node, SparkplugMessage message)
    {
        var id = message.Topic.Device;
        var metrics = node.Own;
        if (id is not null)
        {
            if (!node.Devices.TryGetValue(id, out var device) || !device.IsOnline)
            {
                node.Dropped++;
                _brake.Ask(node.Id, RebirthReason.DataBeforeBirth);
                return;
            }

            metrics = device.Metrics;
        }

        foreach (var metric in message.Payload.Metrics)
        {
            if (node.Find(id, metrics, metric) is not { } known)
            {
                // Never a tag invented from a number.
                node.Dropped++;
                _brake.Ask(node.Id, RebirthReason.UnknownMetric);
            }
            else if (metric.IsHistorical)
            {
                node.Historical++; // Kept from long ago: it never moves the current value.
            }
            else
            {
                if (!known.Take(metric, message.Payload.Timestamp ?? message.Arrived))
                {
                    CountError(node, $"{known.Key}: {known.Reason}");
                }

                sink.Changed(known.Change(asBirth: false));
            }
        }
    }

    // Accepted as any integer type: the standard's own examples differ. Looked up by name only.
    private static int? BdSeqOf(SparkplugPayload payload)
    {
        foreach (var metric in payload.Metrics)
        {
            if (metric is { Name: EdgeNodeSession.BdSeqName, IsNull: false, Value: { Kind: WireKind.Int or WireKind.Long, Bits: >= 0 and <= int.MaxValue } })
            {
                return (int)metric.Value.Bits;
            }
        }

        return null;
    }
}
