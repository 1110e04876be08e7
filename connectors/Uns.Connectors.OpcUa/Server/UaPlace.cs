namespace Uns.Connectors.OpcUa.Server;

/// <summary>One node of a server, whatever it is made of: a node of the standard, of the space, or a property of a variable of the space.</summary>
/// <param name="Standard">A node of the standard; null otherwise.</param>
/// <param name="Node">A node of the space, or the one that the property belongs to.</param>
/// <param name="Property">Name of the property; null for the node itself.</param>
internal readonly record struct UaPlace(StandardNode? Standard, IUaNode? Node, string? Property)
{
    public const string EngineeringUnits = "EngineeringUnits";
    public const string EngineeringRange = "EURange";

    public UaClass Class => Standard?.Class ?? (Property is not null || Node!.Definition is not null ? UaClass.Variable : UaClass.Object);

    public string Name => Standard?.Name ?? Property ?? Node!.Name;

    /// <summary>Type definition; 0 for types.</summary>
    public uint Type => Standard?.Type
        ?? (Property is not null ? StandardNodes.Property
            : Node!.Definition is not { } definition ? StandardNodes.Folder
            : definition is { Low: not null, High: not null } ? StandardNodes.AnalogItem : StandardNodes.BaseDataVariable);

    public static bool Has(IUaNode node, string property) => property switch
    {
        EngineeringUnits => node.Definition is { Unit.Length: > 0 },
        EngineeringRange => node.Definition is { Low: not null, High: not null },
        _ => false,
    };
}

/// <summary>One reference as a browse tells it.</summary>
internal readonly record struct UaLink(uint Type, bool IsForward, UaPlace Target);
