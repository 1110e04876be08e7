using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <content>Commands: what leaves for the edge nodes.</content>
public sealed partial class HostSession
{
    /// <summary>The message that sets one metric: NCMD or DCMD, by alias when the birth gave one and the node's settings do not want the name.</summary>
    /// <exception cref="CommandRefusedException">The target is offline, stale or unknown, read-only, or the value is of another type.</exception>
    /// <remarks>[tck-id-operational-behavior-data-commands-dcmd-verb], [tck-id-operational-behavior-data-commands-ncmd-verb]</remarks>
    public OutgoingMessage Command(MetricKey key, TagValue value, DateTimeOffset now)
    {
        if (!_nodes.TryGetValue(key.Node, out var node) || !node.IsOnline)
        {
            throw new CommandRefusedException($"The edge node {key.Node} is offline.");
        }

        if (node.AwaitsBirth)
        {
            throw new CommandRefusedException($"The edge node {key.Node} has lost messages and is not born again yet.");
        }

        var metrics = node.Own.Metrics;
        if (key.Device is { } id)
        {
            if (!node.Devices.TryGetValue(id, out var device) || !device.IsOnline)
            {
                throw new CommandRefusedException($"The device {key.Node}/{id} is offline.");
            }

            metrics = device.Metrics;
        }

        if (metrics.Find(key.Name) is not { } metric)
        {
            throw new CommandRefusedException($"The metric {key} is not known: no birth named it.");
        }

        if (!metric.Definition.Writable)
        {
            throw new CommandRefusedException($"The metric {key} cannot be written: its birth says so.");
        }

        if (value.IsNull || value.Type != metric.Type)
        {
            throw new CommandRefusedException($"The metric {key} is of type {metric.Type}: {(value.IsNull ? "null" : value.Type.ToString())} was given.");
        }

        // Alias alone when there is one that stands for this metric and no other; the type is given too, so that the receiver can check.
        // [tck-id-payloads-alias-data-cmd-requirement]
        var byAlias = metric.HasAlias && !node.CommandsByName && node.Aliases.Find(metric.Alias) == metric;
        var written = Metric.Of(key.Name, value, now) with { Alias = byAlias ? metric.Alias : null, Name = byAlias ? null : key.Name };
        var topic = key.Device is { } to ? SparkplugTopic.OfDevice(MessageVerb.DCmd, key.Node, to) : SparkplugTopic.OfNode(MessageVerb.NCmd, key.Node);
        return new(topic, new SparkplugPayload { Timestamp = now, Metrics = [written] }); // [tck-id-payloads-dcmd-seq]: none.
    }

    /// <summary>The message that asks a node to be born again: by name, whether or not the node uses aliases.</summary>
    /// <remarks>[tck-id-operational-behavior-data-commands-ncmd-rebirth-name], [tck-id-operational-behavior-data-commands-ncmd-rebirth-value]</remarks>
    public static OutgoingMessage Rebirth(EdgeNodeId node, DateTimeOffset now) => new(
        SparkplugTopic.OfNode(MessageVerb.NCmd, node),
        new SparkplugPayload { Timestamp = now, Metrics = [Metric.Of(EdgeNodeSession.RebirthName, TagValue.Of(true), now)] });
}
