using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>Holds the properties of a birth against the rules for types and values.</summary>
/// <remarks>Sparkplug 3.0, chapter 6, PropertySet and PropertyValue. What is wrong is told; the metric is taken all the same.</remarks>
internal static class PropertyRules
{
    /// <summary>Looks through one set and the sets within it.</summary>
    /// <param name="set">As it was read; what does not pair has no properties to look at.</param>
    /// <returns>The first rule that is broken, with what was found; null when all is well.</returns>
    public static (RuleBreach Breach, string Detail)? FaultIn(PropertySet set)
    {
        foreach (var property in set.Properties)
        {
            if (FaultIn(property) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static (RuleBreach Breach, string Detail)? FaultIn(in MetricProperty property)
    {
        if (property.Type is not { } type)
        {
            return (RuleBreach.PropertyTypeMissing, $"The property '{property.Key}' has no type."); // [tck-id-payloads-metric-propertyvalue-type-req]
        }

        if (type is not ((>= DataType.Int8 and <= DataType.Text) or DataType.PropertySet or DataType.PropertySetList))
        {
            return (RuleBreach.PropertyTypeUnknown, $"The property '{property.Key}' has the type {(int)type}."); // [tck-id-payloads-metric-propertyvalue-type-value]
        }

        if (!property.IsNull && property.Value.Kind is WireKind.None or WireKind.Extension)
        {
            return (RuleBreach.PropertyValueMissing, $"The property '{property.Key}' has no value and does not say null.");
        }

        return property.Value.Object switch
        {
            PropertySet inner => FaultIn(inner),
            IReadOnlyList<PropertySet> sets => sets.Select(FaultIn).FirstOrDefault(fault => fault is not null),
            _ => null,
        };
    }
}
