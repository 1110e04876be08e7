namespace Uns.Connectors.OpcUa.Wire;

/// <summary>The built-in types by their numbers.</summary>
/// <remarks>OPC 10000-6, 5.1.2.</remarks>
internal enum UaType
{
    Null = 0,
    Boolean = 1,
    SByte = 2,
    Byte = 3,
    Int16 = 4,
    UInt16 = 5,
    Int32 = 6,
    UInt32 = 7,
    Int64 = 8,
    UInt64 = 9,
    Float = 10,
    Double = 11,
    String = 12,
    DateTime = 13,
    Guid = 14,
    ByteString = 15,
    XmlElement = 16,
    NodeId = 17,
    ExpandedNodeId = 18,
    StatusCode = 19,
    QualifiedName = 20,
    LocalizedText = 21,
    ExtensionObject = 22,
    DataValue = 23,
    Variant = 24,
    DiagnosticInfo = 25,
}

/// <summary>One value with its type. An array is an <c>object?[]</c> of elements of that type.</summary>
internal readonly record struct UaVariant(UaType Type, object? Value);

/// <summary>A structure as it came: the id of its binary encoding, and its bytes; none where it has no body.</summary>
internal readonly record struct UaExtension(NodeId Encoding, ReadOnlyMemory<byte> Body);

/// <summary>A name within a namespace.</summary>
internal readonly record struct UaName(ushort Namespace, string? Name);

/// <summary>A value with status and times.</summary>
/// <param name="Value">The value; of type Null when the status says that there is none.</param>
/// <param name="Status">0 is Good; the two highest bits tell good, uncertain and bad.</param>
/// <param name="SourceTime">When the source knew it, UTC; null when the server does not tell.</param>
/// <param name="ServerTime">When the server knew it, UTC; null when it does not tell.</param>
internal readonly record struct UaDataValue(UaVariant Value, uint Status, DateTimeOffset? SourceTime, DateTimeOffset? ServerTime);
