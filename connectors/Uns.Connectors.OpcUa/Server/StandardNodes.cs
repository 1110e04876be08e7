using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>What a server shows of the standard's own namespace: the object Server with its status and limits, and the types that its nodes use.</summary>
/// <remarks>OPC 10000-5, 6 and 8; the numbers are those of the standard's node set.</remarks>
internal sealed class StandardNodes
{
    public const uint HierarchicalReferences = 33;
    public const uint Organizes = 35;
    public const uint HasTypeDefinition = 40;
    public const uint HasSubtype = 45;
    public const uint HasProperty = 46;
    public const uint HasComponent = 47;
    public const uint Folder = 61;
    public const uint BaseDataVariable = 63;
    public const uint Property = 68;
    public const uint AnalogItem = 2368;
    public const uint Objects = 85;

    private readonly Dictionary<uint, StandardNode> _nodes = [];

    public StandardNodes(OpcUaServerOptions options, IReadOnlyList<string> namespaces, TimeProvider clock)
    {
        var started = clock.GetUtcNow();
        var root = Add(84, UaClass.Object, "Root", Folder);
        Add(Objects, UaClass.Object, "Objects", Folder, root, Organizes);
        Add(86, UaClass.Object, "Types", Folder, root, Organizes);
        Add(87, UaClass.Object, "Views", Folder, root, Organizes);
        AddTypes();
        AddServer(options, namespaces, clock, started);
        AddLimits(options.Limits);
    }

    public StandardNode? Find(NodeId id) => id is { Namespace: 0, Kind: IdKind.Numeric } && _nodes.TryGetValue(id.Number, out var node) ? node : null;

    /// <summary>True when a reference type is the wanted one, or below it.</summary>
    public bool IsReference(uint type, uint wanted)
    {
        for (var at = _nodes.GetValueOrDefault(type); at is { Class: UaClass.ReferenceType }; at = at.Parent)
        {
            if (at.Id.Number == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private StandardNode Add(uint id, UaClass kind, string name, uint type = 0, StandardNode? parent = null, uint reference = HasComponent)
    {
        var node = new StandardNode(id, kind, name, type) { Parent = parent, Reference = reference };
        return Keep(node);
    }

    private void Type(uint id, string name, uint parent, UaClass kind, bool isAbstract = false) =>
        Keep(new StandardNode(id, kind, name, 0) { Parent = _nodes[parent], Reference = _nodes[parent].Class == kind ? HasSubtype : Organizes, IsAbstract = isAbstract });

    private StandardNode Variable(uint id, string name, uint parent, uint reference, uint type, uint dataType, Func<object?> value, bool isArray = false) =>
        Keep(new StandardNode(id, UaClass.Variable, name, type) { Parent = _nodes[parent], Reference = reference, DataType = dataType, Value = value, IsArray = isArray });

    private void Holds(uint id, string name, uint parent, uint dataType, Func<object?> value, bool isArray = false) =>
        Variable(id, name, parent, HasProperty, Property, dataType, value, isArray);

    private StandardNode Keep(StandardNode node)
    {
        _nodes.Add(node.Id.Number, node);
        node.Parent?.Children.Add(node);
        return node;
    }

    private void AddServer(OpcUaServerOptions options, IReadOnlyList<string> namespaces, TimeProvider clock, DateTimeOffset started)
    {
        var uris = namespaces.Cast<object?>().ToArray();
        Add(2253, UaClass.Object, "Server", 2004, _nodes[Objects], Organizes);
        Holds(2254, "ServerArray", 2253, 12, () => new object?[] { options.ApplicationUri }, isArray: true);
        Holds(2255, "NamespaceArray", 2253, 12, () => uris, isArray: true);
        Holds(2267, "ServiceLevel", 2253, 3, () => (byte)255);
        Holds(2994, "Auditing", 2253, 1, () => false);
        var version = typeof(StandardNodes).Assembly.GetName().Version?.ToString(3) ?? "";
        var product = new UaWriter().String(options.ApplicationUri).String("Uns").String(options.ApplicationName).String(version).String(version).DateTime(started);
        Variable(2256, "ServerStatus", 2253, HasComponent, 2138, 862, () => Status(product, started, clock.GetUtcNow()));
        Variable(2257, "StartTime", 2256, HasComponent, BaseDataVariable, 294, () => started);
        Variable(2258, "CurrentTime", 2256, HasComponent, BaseDataVariable, 294, () => clock.GetUtcNow());
        Variable(2259, "State", 2256, HasComponent, BaseDataVariable, 852, () => 0);
        Variable(2260, "BuildInfo", 2256, HasComponent, 3051, 338, () => new UaExtension(NodeId.Standard(340), product.Written));
        Variable(2261, "ProductName", 2260, HasComponent, BaseDataVariable, 12, () => options.ApplicationName);
        Variable(2262, "ProductUri", 2260, HasComponent, BaseDataVariable, 12, () => options.ApplicationUri);
        Variable(2263, "ManufacturerName", 2260, HasComponent, BaseDataVariable, 12, () => "Uns");
        Variable(2264, "SoftwareVersion", 2260, HasComponent, BaseDataVariable, 12, () => version);
        Variable(2265, "BuildNumber", 2260, HasComponent, BaseDataVariable, 12, () => version);
        Variable(2266, "BuildDate", 2260, HasComponent, BaseDataVariable, 294, () => started);
        Variable(2992, "SecondsTillShutdown", 2256, HasComponent, BaseDataVariable, 7, () => 0u);
        Variable(2993, "ShutdownReason", 2256, HasComponent, BaseDataVariable, 21, () => "");
        Add(2268, UaClass.Object, "ServerCapabilities", 2013, _nodes[2253]);
        Add(2274, UaClass.Object, "ServerDiagnostics", 2020, _nodes[2253]);
        Holds(2294, "EnabledFlag", 2274, 1, () => false);
        Add(2296, UaClass.Object, "ServerRedundancy", 2034, _nodes[2253]);
        Holds(3709, "RedundancySupport", 2296, 851, () => 0);
    }

    private static UaExtension Status(UaWriter product, DateTimeOffset started, DateTimeOffset now) =>
        new(NodeId.Standard(864), new UaWriter().DateTime(started).DateTime(now).Int32(0).Raw(product.Written.Span).UInt32(0).LocalizedText("").Written);

    private void AddLimits(OpcUaServerLimits limits)
    {
        Holds(2269, "ServerProfileArray", 2268, 12, () => new object?[] { "http://opcfoundation.org/UA-Profile/Server/StandardUA2017" }, isArray: true);
        Holds(2271, "LocaleIdArray", 2268, 295, () => new object?[] { "en" }, isArray: true);
        Holds(2272, "MinSupportedSampleRate", 2268, 290, () => limits.ShortestInterval.TotalMilliseconds);
        Holds(2735, "MaxBrowseContinuationPoints", 2268, 5, () => (ushort)limits.ContinuationPoints);
        Holds(2736, "MaxQueryContinuationPoints", 2268, 5, () => (ushort)0);
        Holds(2737, "MaxHistoryContinuationPoints", 2268, 5, () => (ushort)0);
        Holds(11702, "MaxArrayLength", 2268, 7, () => (uint)ServerConnection.MaximumRequestBytes);
        Holds(11703, "MaxStringLength", 2268, 7, () => (uint)ServerConnection.MaximumRequestBytes);
        Holds(12911, "MaxByteStringLength", 2268, 7, () => (uint)ServerConnection.MaximumRequestBytes);
        Holds(24095, "MaxSessions", 2268, 7, () => (uint)limits.Sessions);
        Holds(24096, "MaxSubscriptions", 2268, 7, () => (uint)(limits.Sessions * limits.SubscriptionsPerSession));
        Holds(24097, "MaxMonitoredItems", 2268, 7, () => (uint)limits.MonitoredItems);
        Holds(24098, "MaxSubscriptionsPerSession", 2268, 7, () => (uint)limits.SubscriptionsPerSession);
        Holds(24104, "MaxMonitoredItemsPerSubscription", 2268, 7, () => (uint)limits.MonitoredItems);
        Holds(31916, "MaxMonitoredItemsQueueSize", 2268, 7, () => (uint)limits.QueueSize);
        Add(2996, UaClass.Object, "ModellingRules", Folder, _nodes[2268]);
        Add(2997, UaClass.Object, "AggregateFunctions", Folder, _nodes[2268]);
        Add(11704, UaClass.Object, "OperationLimits", 11564, _nodes[2268]);
        Holds(11705, "MaxNodesPerRead", 11704, 7, () => (uint)limits.NodesPerRead);
        Holds(11707, "MaxNodesPerWrite", 11704, 7, () => (uint)limits.NodesPerWrite);
        Holds(11710, "MaxNodesPerBrowse", 11704, 7, () => (uint)limits.NodesPerBrowse);
        Holds(11711, "MaxNodesPerRegisterNodes", 11704, 7, () => (uint)limits.NodesPerRead);
        Holds(11712, "MaxNodesPerTranslateBrowsePathsToNodeIds", 11704, 7, () => (uint)limits.NodesPerBrowse);
        Holds(11714, "MaxMonitoredItemsPerCall", 11704, 7, () => (uint)limits.MonitoredItemsPerCall);
    }

    private void AddTypes()
    {
        foreach (var (id, name) in new[] { (88u, "ObjectTypes"), (89u, "VariableTypes"), (90u, "DataTypes"), (91u, "ReferenceTypes") })
        {
            Add(id, UaClass.Object, name, Folder, _nodes[86], Organizes);
        }

        foreach (var (id, name, parent) in new[]
        {
            (58u, "BaseObjectType", 88u), (Folder, "FolderType", 58u), (2004u, "ServerType", 58u), (2013u, "ServerCapabilitiesType", 58u),
            (2020u, "ServerDiagnosticsType", 58u), (2034u, "ServerRedundancyType", 58u), (11564u, "OperationLimitsType", Folder),
        })
        {
            Type(id, name, parent, UaClass.ObjectType);
        }

        foreach (var (id, name, parent) in new[]
        {
            (62u, "BaseVariableType", 89u), (BaseDataVariable, "BaseDataVariableType", 62u), (Property, "PropertyType", 62u), (2138u, "ServerStatusType", BaseDataVariable),
            (3051u, "BuildInfoType", BaseDataVariable), (2365u, "DataItemType", BaseDataVariable), (15318u, "BaseAnalogType", 2365u), (AnalogItem, "AnalogItemType", 15318u),
        })
        {
            Type(id, name, parent, UaClass.VariableType, isAbstract: id == 62);
        }

        foreach (var (id, name, parent) in new[]
        {
            (24u, "BaseDataType", 90u), (26u, "Number", 24u), (27u, "Integer", 26u), (28u, "UInteger", 26u), (1u, "Boolean", 24u), (2u, "SByte", 27u), (3u, "Byte", 28u),
            (4u, "Int16", 27u), (5u, "UInt16", 28u), (6u, "Int32", 27u), (7u, "UInt32", 28u), (8u, "Int64", 27u), (9u, "UInt64", 28u), (10u, "Float", 26u), (11u, "Double", 26u),
            (12u, "String", 24u), (13u, "DateTime", 24u), (14u, "Guid", 24u), (15u, "ByteString", 24u), (16u, "XmlElement", 24u), (17u, "NodeId", 24u),
            (18u, "ExpandedNodeId", 24u), (19u, "StatusCode", 24u), (20u, "QualifiedName", 24u), (21u, "LocalizedText", 24u), (22u, "Structure", 24u),
            (29u, "Enumeration", 24u), (290u, "Duration", 11u), (294u, "UtcTime", 13u), (295u, "LocaleId", 12u), (338u, "BuildInfo", 22u), (862u, "ServerStatusDataType", 22u),
            (884u, "Range", 22u), (887u, "EUInformation", 22u), (851u, "RedundancySupport", 29u), (852u, "ServerState", 29u),
        })
        {
            Type(id, name, parent, UaClass.DataType, isAbstract: id is 24 or 26 or 27 or 28 or 22 or 29);
        }

        foreach (var (id, name, parent) in new[]
        {
            (31u, "References", 91u), (HierarchicalReferences, "HierarchicalReferences", 31u), (32u, "NonHierarchicalReferences", 31u), (34u, "HasChild", HierarchicalReferences),
            (Organizes, "Organizes", HierarchicalReferences), (36u, "HasEventSource", HierarchicalReferences), (44u, "Aggregates", 34u), (HasSubtype, "HasSubtype", 34u),
            (HasProperty, "HasProperty", 44u), (HasComponent, "HasComponent", 44u), (37u, "HasModellingRule", 32u), (38u, "HasEncoding", 32u), (39u, "HasDescription", 32u),
            (HasTypeDefinition, "HasTypeDefinition", 32u),
        })
        {
            Type(id, name, parent, UaClass.ReferenceType, isAbstract: id is 31 or 32 or HierarchicalReferences or 34 or 44);
        }
    }
}
