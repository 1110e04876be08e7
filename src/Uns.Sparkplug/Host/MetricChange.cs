using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>Where a metric lives: its node, its device (null for the node's own metrics) and its name.</summary>
public readonly record struct MetricKey(EdgeNodeId Node, string? Device, string Name)
{
    /// <summary>As people write it: <c>group/node/device:name</c>.</summary>
    public override string ToString() => Device is null ? $"{Node}:{Name}" : $"{Node}/{Device}:{Name}";
}

/// <summary>One metric as long as the host knows it: the same object in every change, so that a sink finds its own place at once.</summary>
public abstract class MetricSource
{
    /// <summary>Which metric.</summary>
    public abstract MetricKey Key { get; }

    /// <summary>What is to be known about the metric beside its quality, one sentence without its full stop; null: nothing. May be read from any thread.</summary>
    public virtual string? Note => null;

    /// <summary>Whatever the sink wants to find again with the next change. Only the sink touches it, within its calls.</summary>
    public object? Place { get; set; }
}

/// <summary>One metric as the host knows it from now on.</summary>
/// <param name="Key">Which metric.</param>
/// <param name="Value">The value, typed by the birth; null with its type when there is none.</param>
/// <param name="Quality">Good, bad, or stale after a death.</param>
/// <param name="Timestamp">Source time: the metric's own, else the payload's, else the arrival. For staleness the moment of the death. UTC.</param>
/// <param name="Reason">Why the quality is not good; null when it is.</param>
/// <param name="Definition">What the birth told about it (unit, range, rights); set in births, null in data and deaths.</param>
public readonly record struct MetricChange(
    MetricKey Key, TagValue Value, TagQuality Quality, DateTimeOffset Timestamp, string? Reason, TagDefinition? Definition)
{
    /// <summary>The metric's lasting object; null when the change does not come from a host session.</summary>
    public MetricSource? Source { get; init; }

    /// <summary>True when the edge node asks that no history be kept of this value.</summary>
    public bool IsTransient { get; init; }
}

/// <summary>Where the host application puts what it learned. Called by the host's pump, in order, one call at a time.</summary>
public interface IMetricSink
{
    /// <summary>A metric was born, changed, or became stale.</summary>
    void Changed(in MetricChange change);

    /// <summary>A new birth no longer names this metric.</summary>
    void Removed(MetricKey key);

    /// <summary>A metric's <see cref="MetricSource.Note"/> is another now; value, quality and time are as they were.</summary>
    void Noted(MetricSource metric)
    {
        // Sinks that show no notes have nothing to do.
    }

    /// <summary>A value of the past came, sent late by its edge node. It is never the current value, whatever its time.</summary>
    /// <param name="change">The value with its own time; the definition is null.</param>
    void Historical(in MetricChange change)
    {
        // Sinks that keep no history have nothing to do.
    }
}

/// <summary>The way up: how a write leaves for the edge node.</summary>
public interface ICommandSink
{
    /// <summary>Sends one NCMD or DCMD. Returns once it was handed to the broker; the effect is seen only as data coming back.</summary>
    /// <exception cref="CommandRefusedException">The node or device is offline, or the metric is unknown: nothing was sent.</exception>
    Task SendAsync(MetricKey key, TagValue value, CancellationToken cancellationToken);
}

/// <summary>A command was not sent. The message says why in one sentence.</summary>
public sealed class CommandRefusedException(string message) : Exception(message);
