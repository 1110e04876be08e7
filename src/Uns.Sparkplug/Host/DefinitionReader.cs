using System.Text;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.Host;

/// <summary>Makes a metric's definition from its birth's properties. Units repeat over thousands of metrics and are kept once.</summary>
internal sealed class DefinitionReader
{
    private const int UnitsBound = 1024;

    private const int DefinitionsBound = 4096;
    private const int LongestShared = 200;

    private readonly Dictionary<string, string> _units = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _names = [];
    private readonly Dictionary<(string Name, DataType Type, ulong Properties), TagDefinition> _definitions = [];

    /// <summary>A metric's name; one name is kept once for all nodes that use it.</summary>
    /// <param name="utf8">Its bytes.</param>
    public string Name(ReadOnlySpan<byte> utf8)
    {
        var hash = Utf8Hash.Of64(utf8);
        if (_names.TryGetValue(hash, out var known) && utf8.SequenceEqual(Encoding.UTF8.GetBytes(known)))
        {
            return known;
        }

        var name = Encoding.UTF8.GetString(utf8);
        if (name.Length <= LongestShared)
        {
            Keep(_names, hash, name);
        }

        return name;
    }

    /// <summary>The definition. Machines of one kind are born alike: equal definitions are one object.</summary>
    /// <param name="before">The definition until now; its name stays.</param>
    /// <param name="type">The metric's type.</param>
    /// <param name="properties">The bytes of its property set; empty when there is none.</param>
    /// <param name="propertiesHash">Their hash.</param>
    public TagDefinition Read(TagDefinition before, DataType type, ReadOnlySpan<byte> properties, ulong propertiesHash)
    {
        var key = (before.Name, type, propertiesHash);
        if (_definitions.TryGetValue(key, out var known))
        {
            return known;
        }

        var read = Read(before.Name, type, properties);
        if (before.Name.Length <= LongestShared)
        {
            Keep(_definitions, key, read);
        }

        return read;
    }

    private static void Keep<TKey, TKept>(Dictionary<TKey, TKept> kept, TKey key, TKept value)
        where TKey : notnull
    {
        if (kept.Count >= DefinitionsBound)
        {
            kept.Clear(); // Those in use live on with their metrics.
        }

        kept[key] = value;
    }

    // Nothing may be written that its birth does not offer: a command to a plant is never sent on a guess.
    private TagDefinition Read(string name, DataType type, ReadOnlySpan<byte> properties)
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
