using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>Makes a metric's definition from its birth's properties. Units repeat over thousands of metrics and are kept once.</summary>
internal sealed class DefinitionReader
{
    private const int UnitsBound = 1024;

    private readonly Dictionary<string, string> _units = new(StringComparer.Ordinal);

    /// <summary>The definition. Nothing may be written that its birth does not offer: a command to a plant is never sent on a guess.</summary>
    /// <param name="name">The metric's name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="properties">The bytes of its property set; empty when there is none.</param>
    public TagDefinition Read(string name, DataType type, ReadOnlySpan<byte> properties)
    {
        if (properties.IsEmpty || !PropertyReader.TryReadSet(properties, out var set))
        {
            return new() { Name = name, DataType = type };
        }

        string unit = "", description = "";
        double? low = null, high = null;
        var isWritable = false;
        foreach (var property in set.Properties)
        {
            switch (property.Key)
            {
                case MetricPropertyKeys.Unit when property.Value.Object is string text:
                    unit = Once(text);
                    break;
                case MetricPropertyKeys.Description when property.Value.Object is string text:
                    description = text;
                    break;
                case MetricPropertyKeys.Low:
                    low = NumberOf(property);
                    break;
                case MetricPropertyKeys.High:
                    high = NumberOf(property);
                    break;
                case MetricPropertyKeys.ReadOnly when property.Value.Kind == WireKind.Boolean:
                    isWritable = property.Value.Bits == 0;
                    break;
                default:
                    break;
            }
        }

        return new() { Name = name, DataType = type, Unit = unit, Description = description, Low = low, High = high, Writable = isWritable };
    }

    /// <summary>True when the set's bytes may hold a quality or a reason for it.</summary>
    public static bool HasQuality(ReadOnlySpan<byte> properties) =>
        !properties.IsEmpty && (!QualityScan.TryRead(properties, out var code, out _, out var reason) || code is not null || reason is not null);

    private string Once(string unit)
    {
        if (_units.TryGetValue(unit, out var known))
        {
            return known;
        }

        if (_units.Count < UnitsBound)
        {
            _units.Add(unit, unit);
        }

        return unit;
    }

    private static double? NumberOf(in MetricProperty property) =>
        property.Type is { } type && !property.IsNull && WireConversion.TryRead(type, property.Value, out var value, out _) && double.IsFinite(value.Number)
            ? value.Number
            : null;
}
