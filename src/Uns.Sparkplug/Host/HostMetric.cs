using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>One metric as its birth named it and its messages left it.</summary>
internal sealed class HostMetric(MetricKey key)
{
    public MetricKey Key { get; } = key;

    public DataType Type { get; private set; }

    public ulong? Alias { get; private set; }

    public TagDefinition Definition { get; private set; } = new();

    public TagValue Value { get; private set; }

    public TagQuality Quality { get; private set; }

    public DateTimeOffset Time { get; private set; }

    public string? Reason { get; private set; }

    /// <summary>Takes what a birth says.</summary>
    /// <returns>False when the value or a property could not be read: the metric is bad then.</returns>
    public bool Born(Metric metric, DateTimeOffset fallbackTime)
    {
        var type = metric.DataType ?? DataType.Unknown;
        if (type != Type)
        {
            Value = TagValue.Null(type);
        }

        (Type, Alias) = (type, metric.Alias);
        Definition = Define(Key.Name, type, metric.Properties);
        if (metric.IsNull)
        {
            Value = TagValue.Null(type);
        }

        return Take(metric, fallbackTime);
    }

    /// <summary>Takes what a data message says. The type is the birth's.</summary>
    /// <inheritdoc cref="Born"/>
    public bool Take(Metric metric, DateTimeOffset fallbackTime)
    {
        Time = metric.Timestamp ?? fallbackTime;
        (Quality, Reason) = QualityOf(metric);
        if (metric.IsNull)
        {
            Value = TagValue.Null(Type);
        }
        else if (!WireConversion.TryRead(Type, metric.Value, out var value, out var fault))
        {
            // The last value stays, and is said to be bad: a wrong one is never shown.
            (Quality, Reason) = (TagQuality.Bad, "The value " + fault);
            return false;
        }
        else
        {
            Value = value.Object is Template change && Value.Object is Template last && !change.IsDefinition
                ? TagValue.OfObject(Type, last.With(change))
                : value;
        }

        return !metric.HasBrokenProperties;
    }

    /// <summary>Nobody knows any longer whether the value still holds.</summary>
    public void Age(DateTimeOffset since, string reason) => (Quality, Time, Reason) = (TagQuality.Stale, since, reason);

    public MetricChange Change(bool asBirth) => new(Key, Value, Quality, Time, Reason, asBirth ? Definition : null);

    private static (TagQuality Quality, string? Reason) QualityOf(Metric metric)
    {
        if (metric.HasBrokenProperties)
        {
            return (TagQuality.Bad, "The properties have keys and values that do not pair.");
        }

        var quality = TagQuality.Good; // Absent means good.
        string? reason = null;
        foreach (var property in metric.Properties)
        {
            if (property.Key == MetricProperty.QualityKey)
            {
                // [tck-id-payloads-propertyset-quality-value-value]
                (quality, reason) = property.Value.Bits switch
                {
                    192 when property.Value.Kind is WireKind.Int or WireKind.Long => (TagQuality.Good, reason),
                    500 => (TagQuality.Stale, reason ?? "The publisher says it is stale."),
                    0 => (TagQuality.Bad, reason ?? "The publisher says it is bad."),
                    var code => (TagQuality.Bad, $"The publisher gives the quality {code}, which does not exist."),
                };
            }
            else if (property.Key == MetricPropertyKeys.Reason && property.Value.Object is string text)
            {
                reason = text;
            }
        }

        return (quality, quality == TagQuality.Good ? null : reason);
    }

    // Nothing may be written that its birth does not offer: a command to a plant is never sent on a guess.
    private static TagDefinition Define(string name, DataType type, IReadOnlyList<MetricProperty> properties)
    {
        var definition = new TagDefinition { Name = name, DataType = type };
        foreach (var property in properties)
        {
            definition = property.Key switch
            {
                MetricPropertyKeys.Unit when property.Value.Object is string unit => definition with { Unit = unit },
                MetricPropertyKeys.Description when property.Value.Object is string text => definition with { Description = text },
                MetricPropertyKeys.Low => definition with { Low = NumberOf(property) },
                MetricPropertyKeys.High => definition with { High = NumberOf(property) },
                MetricPropertyKeys.ReadOnly when property.Value.Kind == WireKind.Boolean => definition with { Writable = property.Value.Bits == 0 },
                _ => definition,
            };
        }

        return definition;
    }

    private static double? NumberOf(in MetricProperty property) =>
        property.Type is { } type && !property.IsNull && WireConversion.TryRead(type, property.Value, out var value, out _) && double.IsFinite(value.Number)
            ? value.Number
            : null;
}
