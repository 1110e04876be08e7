using System.Text;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>What a birth tells about a metric.</summary>
/// <param name="Definition">Name, type, unit, range and rights.</param>
/// <param name="HasQuality">True when the properties may hold a quality or a reason for it.</param>
/// <param name="HasFault">True when the properties break a rule of <see cref="PropertyRules"/>.</param>
internal readonly record struct BirthDescription(TagDefinition Definition, bool HasQuality, bool HasFault = false);

/// <summary>Makes a metric's definition from its birth's properties. Machines of one kind are born alike: equal definitions are one object, and so are units and ranges.</summary>
internal sealed class DefinitionReader
{
    private const int UnitsBound = 1024;

    private const int DefinitionsBound = 4096;
    private const int LongestShared = 200;

    private readonly Dictionary<string, string> _units = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, BirthDescription> _whole = []; // By a hash over name, type and properties.
    private readonly Dictionary<ulong, BirthDescription> _nameless = []; // By a hash over type and properties.

    /// <summary>What is told about a metric that was not known.</summary>
    /// <param name="name">Its name in valid UTF-8.</param>
    /// <param name="nameHash">The name's <see cref="Utf8Hash.Of64"/>.</param>
    /// <param name="type">Its type.</param>
    /// <param name="properties">The bytes of its property set; empty when there is none.</param>
    /// <param name="propertiesHash">Their hash; 0 when there is none.</param>
    public BirthDescription Read(ReadOnlySpan<byte> name, ulong nameHash, DataType type, ReadOnlySpan<byte> properties, ulong propertiesHash)
    {
        var shape = Utf8Hash.With(propertiesHash, (ulong)type);
        var key = Utf8Hash.With(nameHash, shape);
        if (_whole.TryGetValue(key, out var known) && known.Definition.DataType == type && HostMetric.IsName(known.Definition.Name, name))
        {
            return known;
        }

        var named = Named(Encoding.UTF8.GetString(name), shape, type, properties);
        if (name.Length <= LongestShared)
        {
            Keep(_whole, key, named);
        }

        return named;
    }

    /// <summary>What is told anew about a metric that is known.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, ulong, DataType, ReadOnlySpan{byte}, ulong)"/>
    public BirthDescription Read(string name, DataType type, ReadOnlySpan<byte> properties, ulong propertiesHash)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        return Read(utf8, Utf8Hash.Of64(utf8), type, properties, propertiesHash);
    }

    private BirthDescription Named(string name, ulong shape, DataType type, ReadOnlySpan<byte> properties)
    {
        if (!_nameless.TryGetValue(shape, out var known) || known.Definition.DataType != type)
        {
            known = Read(type, properties);
            Keep(_nameless, shape, known);
        }

        return known with { Definition = known.Definition with { Name = name } };
    }

    private static void Keep(Dictionary<ulong, BirthDescription> kept, ulong key, BirthDescription value)
    {
        if (kept.Count >= DefinitionsBound)
        {
            kept.Clear(); // Those in use live on with their metrics.
        }

        kept[key] = value;
    }

    // Nothing may be written that its birth does not offer: a command to a plant is never sent on a guess.
    private BirthDescription Read(DataType type, ReadOnlySpan<byte> properties)
    {
        if (properties.IsEmpty || !PropertyReader.TryReadSet(properties, out var set))
        {
            return new(new() { DataType = type }, HasQualityIn(properties));
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

        return new(
            new() { DataType = type, Unit = unit, Description = description, Low = low, High = high, Writable = isWritable },
            HasQualityIn(properties),
            PropertyRules.FaultIn(set) is not null);
    }

    private static bool HasQualityIn(ReadOnlySpan<byte> properties) =>
        !properties.IsEmpty && (!QualityScan.TryRead(properties, out var code, out _, out _, out var reason) || code is not null || reason is not null);

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
