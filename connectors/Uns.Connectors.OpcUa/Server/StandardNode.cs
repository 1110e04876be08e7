using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>What a node is. The numbers are the wire's own.</summary>
/// <remarks>OPC 10000-3, 8.29.</remarks>
internal enum UaClass
{
    Object = 1,
    Variable = 2,
    Method = 4,
    ObjectType = 8,
    VariableType = 16,
    ReferenceType = 32,
    DataType = 64,
    View = 128,
}

/// <summary>One node of the standard's own namespace.</summary>
internal sealed class StandardNode(uint id, UaClass kind, string name, uint type)
{
    public NodeId Id { get; } = NodeId.Standard(id);

    public UaClass Class { get; } = kind;

    public string Name { get; } = name;

    /// <summary>Type definition of objects and variables; 0 for the rest.</summary>
    public uint Type { get; } = type;

    public uint DataType { get; init; }

    public bool IsArray { get; init; }

    public bool IsAbstract { get; init; }

    /// <summary>The value of a variable at this moment.</summary>
    public Func<object?>? Value { get; init; }

    public StandardNode? Parent { get; init; }

    /// <summary>By which reference the parent holds it.</summary>
    public uint Reference { get; init; }

    public List<StandardNode> Children { get; } = [];
}
