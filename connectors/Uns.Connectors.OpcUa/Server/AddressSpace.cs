using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>All nodes of a server as one: the standard's own, and those of the space below Objects. Reads nothing ahead and keeps nothing.</summary>
/// <remarks>OPC 10000-3, 5 (node classes and attributes).</remarks>
internal sealed class AddressSpace(IUaSpace space, StandardNodes standard, ushort index, TimeProvider clock)
{
    private const string Separator = "//";

    /// <summary>The node of an id; null when there is none now.</summary>
    public UaPlace? Find(NodeId id)
    {
        if (standard.Find(id) is { } known)
        {
            return new UaPlace(known, null, null);
        }

        var name = id.Kind == IdKind.String ? id.Identifier : space.HasTypedIds ? (id with { Namespace = 0 }).ToString() : null;
        if (id.Namespace != index || name is not { Length: > 0 })
        {
            return null;
        }

        if (name.IndexOf(Separator, StringComparison.Ordinal) is >= 0 and var cut)
        {
            var property = name[(cut + Separator.Length)..];
            return space.Find(name[..cut]) is { } owner && UaPlace.Has(owner, property) ? new UaPlace(null, owner, property) : null;
        }

        return space.Find(name) is { } node ? new UaPlace(null, node, null) : null;
    }

    public NodeId IdOf(UaPlace place) => place.Standard?.Id
        ?? (place.Property is null && space.HasTypedIds && place.Node!.Id is ['i' or 'g' or 'b', '=', ..] && NodeId.TryParse(place.Node.Id, out var typed, out _)
            ? typed with { Namespace = index }
            : new NodeId(index, IdKind.String, 0, place.Property is null ? place.Node!.Id : place.Node!.Id + Separator + place.Property));

    /// <summary>Namespace of the browse name; properties carry the standard's names.</summary>
    public ushort NameIndexOf(UaPlace place) => place.Standard is null && place.Property is null ? index : (ushort)0;

    public bool IsReference(uint type, uint wanted) => standard.IsReference(type, wanted);

    /// <summary>The references of a node, one by one as they are asked for.</summary>
    public IEnumerable<UaLink> Links(UaPlace place)
    {
        if (place.Type != 0 && standard.Find(NodeId.Standard(place.Type)) is { } type)
        {
            yield return new(StandardNodes.HasTypeDefinition, true, new(type, null, null));
        }

        foreach (var link in place.Standard is not null ? Links(place.Standard) : place.Property is not null ? [new(StandardNodes.HasProperty, false, new(null, place.Node, null))] : Links(place.Node!))
        {
            yield return link;
        }
    }

    /// <summary>One attribute of a node.</summary>
    public UaDataValue Read(UaPlace place, uint attribute)
    {
        if (attribute == UaAttribute.Value)
        {
            return Value(place);
        }

        var kind = place.Class;
        UaVariant? value = attribute switch
        {
            UaAttribute.NodeId => new(UaType.NodeId, IdOf(place)),
            UaAttribute.NodeClass => new(UaType.Int32, (int)kind),
            UaAttribute.BrowseName => new(UaType.QualifiedName, new UaName(NameIndexOf(place), place.Name)),
            UaAttribute.DisplayName => new(UaType.LocalizedText, place.Name),
            UaAttribute.Description => new(UaType.LocalizedText, place.Property is null ? place.Node?.Definition?.Description ?? "" : ""),
            UaAttribute.WriteMask or UaAttribute.UserWriteMask => new(UaType.UInt32, 0u),
            UaAttribute.IsAbstract when kind is UaClass.ObjectType or UaClass.VariableType or UaClass.ReferenceType or UaClass.DataType => new(UaType.Boolean, place.Standard!.IsAbstract),
            UaAttribute.Symmetric when kind == UaClass.ReferenceType => new(UaType.Boolean, false),
            UaAttribute.EventNotifier when kind == UaClass.Object => new(UaType.Byte, (byte)0),
            UaAttribute.DataType when kind == UaClass.Variable => new(UaType.NodeId, NodeId.Standard(DataTypeOf(place))),
            UaAttribute.ValueRank when kind == UaClass.Variable => new(UaType.Int32, IsArray(place) ? 1 : -1),
            UaAttribute.ArrayDimensions when kind == UaClass.Variable && IsArray(place) => new(UaType.UInt32, new object?[] { 0u }),
            UaAttribute.AccessLevel when kind == UaClass.Variable => new(UaType.Byte, (byte)(IsWritable(place) ? 3 : 1)),
            UaAttribute.UserAccessLevel when kind == UaClass.Variable => new(UaType.Byte, (byte)(IsWritable(place) ? 3 : 1)),
            UaAttribute.MinimumSamplingInterval when kind == UaClass.Variable => new(UaType.Double, 0.0),
            UaAttribute.Historizing when kind == UaClass.Variable => new(UaType.Boolean, false),
            _ => null,
        };
        return value is { } known ? new(known, 0, null, null) : new(default, StatusCode.BadAttributeIdInvalid, null, null);
    }

    public static bool IsWritable(UaPlace place) => place is { Property: null, Node.Definition.Writable: true };

    private UaDataValue Value(UaPlace place)
    {
        var now = clock.GetUtcNow();
        if (place.Standard is { } known)
        {
            return known.Value is null ? new(default, StatusCode.BadAttributeIdInvalid, null, null) : new(Of(known), 0, now, now);
        }

        if (place.Node!.Definition is not { } definition)
        {
            return new(default, StatusCode.BadAttributeIdInvalid, null, null);
        }

        return place.Property switch
        {
            null => ServerValue.Of(place.Node.Read(now), now),
            UaPlace.EngineeringUnits => new(new(UaType.ExtensionObject, ServerValue.Units(definition.Unit)), 0, now, now),
            _ => new(new(UaType.ExtensionObject, ServerValue.Range(definition.Low ?? 0, definition.High ?? 0)), 0, now, now),
        };
    }

    // The standard's nodes hold built-in types, enumerations as Int32, and structures.
    private static UaVariant Of(StandardNode node) => new(
        node.DataType switch
        {
            <= 21 => (UaType)node.DataType,
            290 => UaType.Double,
            294 => UaType.DateTime,
            295 => UaType.String,
            851 or 852 => UaType.Int32,
            _ => UaType.ExtensionObject,
        },
        node.Value!());

    private static uint DataTypeOf(UaPlace place) => place switch
    {
        { Standard: { } known } => known.DataType,
        { Property: UaPlace.EngineeringUnits } => 887,
        { Property: not null } => 884,
        _ => (uint)ServerValue.TypeOf(place.Node!.Definition!.DataType),
    };

    private static bool IsArray(UaPlace place) =>
        place.Standard?.IsArray ?? (place.Property is null && Tags.TagArray.IsArray(place.Node!.Definition!.DataType));

    private IEnumerable<UaLink> Links(StandardNode node)
    {
        if (node.Parent is { } parent)
        {
            yield return new(node.Reference, false, new(parent, null, null));
        }

        foreach (var child in node.Children)
        {
            yield return new(child.Reference, true, new(child, null, null));
        }

        if (node.Id.Number == StandardNodes.Objects)
        {
            foreach (var root in space.Roots)
            {
                yield return new(StandardNodes.Organizes, true, new(null, root, null));
            }
        }
    }

    private IEnumerable<UaLink> Links(IUaNode node)
    {
        var above = node.Parent is { } parent ? new UaPlace(null, parent, null) : new UaPlace(standard.Find(NodeId.Standard(StandardNodes.Objects)), null, null);
        yield return new(Down(above), false, above);
        foreach (var property in (string[])[UaPlace.EngineeringUnits, UaPlace.EngineeringRange])
        {
            if (UaPlace.Has(node, property))
            {
                yield return new(StandardNodes.HasProperty, true, new(null, node, property));
            }
        }

        var down = Down(new UaPlace(null, node, null));
        foreach (var child in node.Children)
        {
            yield return new(down, true, new(null, child, null));
        }
    }

    // A folder organizes what is below it; a variable has components. [OPC 10000-3, 7.7 and 7.11]
    private static uint Down(UaPlace from) => from.Class == UaClass.Variable ? StandardNodes.HasComponent : StandardNodes.Organizes;
}
