using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Holds the payloads of one edge node, and the commands to it, against the rules for payloads.
/// Pure: messages go in, in order; verdicts stand in the report.
/// </summary>
/// <param name="report">Takes the verdicts.</param>
/// <remarks>Sparkplug 3.0, chapter 6.4.</remarks>
public sealed partial class PayloadRules(CheckReport report)
{
    /// <summary>How far a message's time may lie from the time at which it was seen.</summary>
    private static readonly TimeSpan ClockWindow = TimeSpan.FromSeconds(60);

    private readonly Dictionary<ulong, (string? Device, string Name)> _aliases = [];
    private readonly Dictionary<(string? Device, string Name), Metric> _born = [];
    private readonly Dictionary<string, Template> _definitions = new(StringComparer.Ordinal);

    /// <summary>Takes one message.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="wire">Its payload.</param>
    /// <param name="at">When it was seen, UTC.</param>
    public void Take(SparkplugTopic topic, ReadOnlySpan<byte> wire, DateTimeOffset at)
    {
        if (topic.Verb == MessageVerb.State)
        {
            return;
        }

        if (!PayloadReader.TryRead(wire, out var payload, out var fault))
        {
            report.Must(false, $"{topic} cannot be read: {fault}", "tck-id-payloads-timestamp-in-UTC", "untagged-metric-value-type");
            return;
        }

        if (payload.Timestamp is { } time)
        {
            // The will's time is that of its CONNECT.
            report.Must(
                topic.Verb == MessageVerb.NDeath ? time <= at + ClockWindow : (at - time).Duration() <= ClockWindow, $"{topic} has the time {time:O} and was seen at {at:O}.",
                "tck-id-payloads-timestamp-in-UTC");
        }

        if (topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth)
        {
            Forget(topic);
        }

        if (topic.Verb == MessageVerb.NBirth)
        {
            foreach (var metric in payload.Metrics.Where(m => m is { Name: not null, Value.Object: Template { IsDefinition: true } }))
            {
                _definitions[metric.Name!] = (Template)metric.Value.Object!;
            }
        }

        foreach (var metric in payload.Metrics)
        {
            JudgeMetric(topic, metric, at);
        }
    }

    private void Forget(in SparkplugTopic topic)
    {
        if (topic.Verb == MessageVerb.NBirth)
        {
            _aliases.Clear();
            _born.Clear();
            _definitions.Clear();
            return;
        }

        var device = topic.Device;
        foreach (var alias in _aliases.Where(a => a.Value.Device == device).Select(a => a.Key).ToList())
        {
            _aliases.Remove(alias);
        }
    }

    private void JudgeMetric(in SparkplugTopic topic, Metric metric, DateTimeOffset at)
    {
        var isBirth = topic.Verb is MessageVerb.NBirth or MessageVerb.DBirth;
        var shown = metric.Name ?? $"alias {metric.Alias}";
        JudgeNames(topic, metric, isBirth, shown);
        if (topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd)
        {
            report.Must(true, "", "tck-id-payloads-name-cmd-requirement");
        }
        else if (topic.Verb is not MessageVerb.NDeath)
        {
            report.Must(metric.Timestamp is not null, $"{topic}: '{shown}' has no time.", "tck-id-payloads-name-birth-data-requirement");
        }

        if (metric.Timestamp is { } time)
        {
            report.Must(time <= at + ClockWindow, $"{topic}: '{shown}' has the time {time:O}, which has not come yet.", "tck-id-payloads-metric-timestamp-in-UTC");
        }

        JudgeType(topic, metric, isBirth, shown);
        JudgeValue(topic, metric, shown);
        JudgeProperties(topic, metric, isBirth, shown);
    }

    private void JudgeNames(in SparkplugTopic topic, Metric metric, bool isBirth, string shown)
    {
        report.Must(metric.Name is { Length: > 0 } || (!isBirth && metric.Alias is not null), $"{topic} holds a metric without a name.", "tck-id-payloads-name-requirement");
        if (isBirth)
        {
            if (metric.Alias is { } alias)
            {
                report.Must(metric.Name is { Length: > 0 }, $"{topic} gives {shown} without a name.", "tck-id-payloads-alias-birth-requirement");
                var mine = (topic.Device, metric.Name ?? "");
                report.Must(_aliases.TryAdd(alias, mine) || _aliases[alias] == mine, $"{topic} gives {shown} the alias {alias}, which another metric has.", "tck-id-payloads-alias-uniqueness");
            }

            _born[(topic.Device, metric.Name ?? "")] = metric;
        }
        else if (topic.Verb != MessageVerb.NDeath)
        {
            var hasAlias = metric.Alias is not null || (metric.Name is { } name && _born.TryGetValue((topic.Device, name), out var born) && born.Alias is not null);
            if (hasAlias)
            {
                report.Must(metric is { Alias: not null, Name: null }, $"{topic} names '{shown}', which has an alias.", "tck-id-payloads-alias-data-cmd-requirement");
            }
        }
    }

    private void JudgeType(in SparkplugTopic topic, Metric metric, bool isBirth, string shown)
    {
        if (isBirth)
        {
            report.Must(metric.DataType is not null, $"{topic}: '{shown}' has no type.", "tck-id-payloads-metric-datatype-req");
        }
        else if (topic.Verb != MessageVerb.NDeath)
        {
            report.Should(metric.DataType is null, $"{topic}: '{shown}' repeats its type.", "tck-id-payloads-metric-datatype-not-req");
        }

        report.Must(!HasField(metric.Unknown.Span, 4), $"{topic}: the type of '{shown}' is no number.", "tck-id-payloads-metric-datatype-value-type");
        if (metric.DataType is { } type)
        {
            report.Must(
                type is > DataType.Unknown and <= DataType.DateTimeArray and not (DataType.PropertySet or DataType.PropertySetList), $"{topic}: '{shown}' has the type {(int)type}.",
                "tck-id-payloads-metric-datatype-value");
        }
    }

    private void JudgeValue(in SparkplugTopic topic, Metric metric, string shown)
    {
        var type = metric.DataType ?? BornType(topic, metric);
        var fault = "";
        var fits = metric.IsNull || (metric.Value.Kind is not (WireKind.None or WireKind.Extension) && (type is not { } known || WireConversion.TryRead(known, metric.Value, out _, out fault)));
        report.Must(fits, $"{topic}: the value of '{shown}' {(fault.Length > 0 ? fault : "is missing, and it does not say null.")}", "untagged-metric-value-type");
        if (metric.Value.Kind == WireKind.DataSet)
        {
            JudgeDataSet(topic, metric.Value.Object as DataSet, shown);
        }
        else if (metric.Value.Object is Template template)
        {
            JudgeTemplate(topic, template, shown);
        }
    }

    private DataType? BornType(in SparkplugTopic topic, Metric metric)
    {
        var name = metric.Name;
        if (metric.Alias is { } alias && _aliases.TryGetValue(alias, out var named))
        {
            name = named.Name;
        }

        return name is not null && _born.TryGetValue((topic.Device, name), out var born) ? born.DataType : null;
    }

    private void JudgeProperties(in SparkplugTopic topic, Metric metric, bool isBirth, string shown)
    {
        if (metric.HasBrokenProperties || metric.Properties.Count > 0)
        {
            report.Must(
                !metric.HasBrokenProperties, $"{topic}: the properties of '{shown}' have keys and values that do not pair.",
                "tck-id-payloads-propertyset-keys-array-size", "tck-id-payloads-propertyset-values-array-size");
        }

        foreach (var property in metric.Properties)
        {
            JudgeProperty(topic, property, isBirth, $"{shown}.{property.Key}");
        }
    }

    private void JudgeProperty(in SparkplugTopic topic, in MetricProperty property, bool isBirth, string shown)
    {
        if (isBirth)
        {
            report.Must(property.Type is not null, $"{topic}: '{shown}' has no type.", "tck-id-payloads-metric-propertyvalue-type-req");
        }

        report.Must(!HasField(property.Unknown, 1), $"{topic}: the type of '{shown}' is no number.", "tck-id-payloads-metric-propertyvalue-type-type");
        if (property.Type is { } type)
        {
            report.Must(IsBasic(type) || type is DataType.PropertySet or DataType.PropertySetList, $"{topic}: '{shown}' has the type {(int)type}.", "tck-id-payloads-metric-propertyvalue-type-value");
        }

        report.Must(
            property.IsNull || property.Value.Kind is not (WireKind.None or WireKind.Extension), $"{topic}: '{shown}' has no value and does not say null.",
            "untagged-propertyvalue-value-type");
        if (property.Key == MetricProperty.QualityKey)
        {
            report.Must(property.Type is null or DataType.Int32, $"{topic}: '{shown}' has the type {property.Type}.", "tck-id-payloads-propertyset-quality-value-type");
            report.Must(property.Value is { Kind: WireKind.Int, Bits: 0 or 192 or 500 }, $"{topic}: '{shown}' is {property.Value.Bits}.", "tck-id-payloads-propertyset-quality-value-value");
        }

        var inner = property.Value.Object switch
        {
            PropertySet set => set.Properties,
            IReadOnlyList<PropertySet> sets => sets.SelectMany(set => set.Properties),
            _ => [],
        };
        foreach (var within in inner)
        {
            JudgeProperty(topic, within, isBirth, $"{shown}.{within.Key}");
        }
    }

    private static bool IsBasic(DataType type) => type is >= DataType.Int8 and <= DataType.Text;

    // A known field of another wire type is left among the unknown ones.
    private static bool HasField(ReadOnlySpan<byte> unknown, uint field)
    {
        var cursor = new WireCursor(unknown);
        while (cursor.Next(out var tag))
        {
            if (tag >> 3 == field)
            {
                return true;
            }

            cursor.Skip(tag);
        }

        return false;
    }
}
