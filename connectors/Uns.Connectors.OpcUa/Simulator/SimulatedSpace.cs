using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.Connectors.OpcUa;

/// <summary>The address space of a simulated server: folders and variables below Objects, and what little of namespace 0 clients read.</summary>
/// <remarks>OPC 10000-3, 5.6 (variables) and OPC 10000-5, 8 (standard instances). One caller at a time.</remarks>
internal sealed class SimulatedSpace
{
    public const string NamespaceUri = "urn:uns:simulator";
    public const uint BadNodeIdUnknown = 0x80340000;
    private const uint BadAttributeIdInvalid = 0x80350000;
    private const uint BadNotWritable = 0x803B0000;
    private const uint BadTypeMismatch = 0x80740000;
    private static readonly NodeId Objects = NodeId.Standard(85);

    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly Dictionary<NodeId, Node> _nodes = [];

    public SimulatedSpace(IEnumerable<SimulatedVariable> variables, TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        var objects = Add(null, Objects, "Objects", null, null);
        var server = Add(objects, NodeId.Standard(2253), "Server", null, null);
        Add(server, NodeId.Standard(2255), "NamespaceArray", new UaVariant(UaType.String, new object?[] { "http://opcfoundation.org/UA/", "urn:uns:hub:simulator", NamespaceUri }), null);
        Add(server, NodeId.Standard(2259), "State", new UaVariant(UaType.Int32, 0), null);
        foreach (var variable in variables)
        {
            var parent = objects;
            var parts = variable.Path.Split('/');
            for (var depth = 1; depth < parts.Length; depth++)
            {
                parent = Add(parent, Id(string.Join('.', parts[..depth])), parts[depth - 1], null, null);
            }

            Add(parent, Id(string.Join('.', parts)), parts[^1], Default(variable.Type), variable.Signal);
        }
    }

    public UaDataValue Read(NodeId id, uint attribute)
    {
        if (!_nodes.TryGetValue(id, out var node))
        {
            return new UaDataValue(default, BadNodeIdUnknown, null, null);
        }

        var now = _clock.GetUtcNow();
        UaVariant? value = attribute switch
        {
            1 => new UaVariant(UaType.NodeId, id),
            2 => new UaVariant(UaType.Int32, node.Value is null ? 1 : 2),
            3 => new UaVariant(UaType.QualifiedName, node.Name),
            4 => new UaVariant(UaType.LocalizedText, node.Name),
            13 when node.Value is not null => Now(node),
            14 when node.Value is { } typed => new UaVariant(UaType.NodeId, NodeId.Standard((uint)typed.Type)),
            15 when node.Value is { } ranked => new UaVariant(UaType.Int32, ranked.Value is object?[]? 1 : -1),
            17 or 18 when node.Value is not null => new UaVariant(UaType.Byte, node.IsWritable ? (byte)3 : (byte)1),
            _ => null,
        };
        return value is null ? new UaDataValue(default, BadAttributeIdInvalid, null, null)
            : attribute == 13 ? new UaDataValue(value.Value, 0, node.ChangedAt ?? now, now) : new UaDataValue(value.Value, 0, null, null);
    }

    public uint Write(NodeId id, uint attribute, UaVariant value)
    {
        if (!_nodes.TryGetValue(id, out var node))
        {
            return BadNodeIdUnknown;
        }

        if (!node.IsWritable || attribute != 13)
        {
            return BadNotWritable;
        }

        if (value.Type != node.Value!.Value.Type || value.Value is null)
        {
            return BadTypeMismatch;
        }

        node.Value = value;
        node.ChangedAt = _clock.GetUtcNow();
        return 0;
    }

    /// <summary>The children of a node; null when there is no such node.</summary>
    public IReadOnlyList<(NodeId Id, string Name, bool IsVariable)>? Browse(NodeId id) =>
        _nodes.TryGetValue(id, out var node) ? [.. node.Children.Select(c => (c.Id, c.Name, c.Value is not null))] : null;

    private static NodeId Id(string name) => new(2, IdKind.String, 0, name);

    private static UaVariant Default(DataType type) => type switch
    {
        DataType.Boolean => new UaVariant(UaType.Boolean, false),
        DataType.String => new UaVariant(UaType.String, ""),
        _ => Make(type, 0),
    };

    private static UaVariant Make(DataType type, double number) => type switch
    {
        DataType.Boolean => new UaVariant(UaType.Boolean, number >= 0.5),
        DataType.Int8 => new UaVariant(UaType.SByte, (sbyte)number),
        DataType.UInt8 => new UaVariant(UaType.Byte, (byte)number),
        DataType.Int16 => new UaVariant(UaType.Int16, (short)number),
        DataType.UInt16 => new UaVariant(UaType.UInt16, (ushort)number),
        DataType.Int32 => new UaVariant(UaType.Int32, (int)number),
        DataType.UInt32 => new UaVariant(UaType.UInt32, (uint)number),
        DataType.Int64 => new UaVariant(UaType.Int64, (long)number),
        DataType.UInt64 => new UaVariant(UaType.UInt64, (ulong)number),
        DataType.Float => new UaVariant(UaType.Float, (float)number),
        DataType.Double => new UaVariant(UaType.Double, number),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A simulated variable is Boolean, a number or String."),
    };

    private UaVariant Now(Node node) => node.Signal is { } signal
        ? Make(UaConversion.TypeOf(node.Value!.Value.Type, isArray: false)!.Value, signal.At(_clock.GetElapsedTime(_start)))
        : node.Value!.Value;

    private Node Add(Node? parent, NodeId id, string name, UaVariant? value, Signal? signal)
    {
        if (!_nodes.TryGetValue(id, out var node))
        {
            node = new Node(id, name) { Value = value, Signal = signal, IsWritable = value is not null && signal is null && id.Namespace == 2 };
            _nodes.Add(id, node);
            parent?.Children.Add(node);
        }

        return node;
    }

    private sealed class Node(NodeId id, string name)
    {
        public NodeId Id { get; } = id;

        public string Name { get; } = name;

        public List<Node> Children { get; } = [];

        public UaVariant? Value { get; set; }

        public Signal? Signal { get; init; }

        public bool IsWritable { get; init; }

        public DateTimeOffset? ChangedAt { get; set; }
    }
}
