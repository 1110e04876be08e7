using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Structures;

/// <summary>What a server says a data type is made of.</summary>
internal abstract record UaShape;

/// <summary>One of the built-in types, or a type that is encoded as one.</summary>
internal sealed record BuiltInShape(UaType Type) : UaShape;

/// <summary>Numbers with names.</summary>
/// <remarks>OPC 10000-3, 8.50.</remarks>
internal sealed record EnumerationShape(IReadOnlyDictionary<long, string> Names) : UaShape
{
    /// <summary>The name of a number, or the number where it has none.</summary>
    public string Name(long number) => Names.TryGetValue(number, out var name) ? name : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Fields one behind the other.</summary>
/// <remarks>OPC 10000-3, 8.48; OPC 10000-6, 5.2.6 to 5.2.8.</remarks>
internal sealed record StructureShape(StructureKind Kind) : UaShape
{
    /// <summary>The fields in order. Filled when the shape is known: a structure may hold itself.</summary>
    public List<UaField> Fields { get; } = [];
}

/// <summary>How a structure lies on the wire. The numbers are the wire's own.</summary>
internal enum StructureKind
{
    Plain = 0,
    WithOptionalFields = 1,
    Union = 2,
    WithSubtypes = 3,
    UnionWithSubtypes = 4,
}

/// <summary>One field of a structure.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">What it is; null where the server does not say.</param>
/// <param name="Rank">-1 for one value, 1 for an array, more for a matrix.</param>
/// <param name="IsOptional">True when a bit says whether it is there.</param>
internal sealed record UaField(string Name, UaShape? Shape, int Rank, bool IsOptional);
