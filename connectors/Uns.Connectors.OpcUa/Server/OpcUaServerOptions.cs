using System.Net;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>What a user of the server may do.</summary>
public enum OpcUaRight
{
    /// <summary>Nothing: no session is given.</summary>
    None,

    /// <summary>Browse, read and subscribe.</summary>
    Read,

    /// <summary>All that, and write what the plant offers for writing.</summary>
    Write,
}

/// <summary>A user by name and password.</summary>
/// <param name="Name">The name.</param>
/// <param name="PasswordHash">The password as <see cref="PasswordHash"/> keeps it.</param>
/// <param name="Right">What the user may do.</param>
public sealed record OpcUaServerUser(string Name, string PasswordHash, OpcUaRight Right);

/// <summary>How a server is set up.</summary>
public sealed record OpcUaServerOptions
{
    /// <summary>Where it listens; port 0 takes any free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The application's name for people.</summary>
    public string ApplicationName { get; init; } = "Unified Namespace hub";

    /// <summary>The application's URI; the one in its certificate, where it has one.</summary>
    public string ApplicationUri { get; init; } = Security.CertificateStore.ApplicationUri;

    /// <summary>Namespaces that stand before the one of the nodes; each moves the index by one.</summary>
    public IReadOnlyList<string> NamespacesBefore { get; init; } = [];

    /// <summary>True to offer an endpoint without protection beside the protected ones.</summary>
    public bool AllowUnprotected { get; init; } = true;

    /// <summary>What anonymous users may do.</summary>
    /// <value>Read unless set.</value>
    public OpcUaRight Anonymous { get; init; } = OpcUaRight.Read;

    /// <summary>The users with name and password.</summary>
    public IReadOnlyList<OpcUaServerUser> Users { get; init; } = [];

    /// <summary>Bounds, each told to clients and kept.</summary>
    public OpcUaServerLimits Limits { get; init; } = new();
}

/// <summary>Bounds of a server. Clients read them below ServerCapabilities and ask in parts.</summary>
/// <remarks>OPC 10000-5, 6.3.2 (ServerCapabilitiesType) and 6.3.11 (OperationLimitsType).</remarks>
public sealed record OpcUaServerLimits
{
    /// <summary>Connections at once; one more is refused.</summary>
    public int Connections { get; init; } = 120;

    /// <summary>Sessions at once; when full, the one longest without a connection gives way.</summary>
    public int Sessions { get; init; } = 100;

    /// <summary>Subscriptions of one session.</summary>
    public int SubscriptionsPerSession { get; init; } = 50;

    /// <summary>Monitored items of all sessions together.</summary>
    public int MonitoredItems { get; init; } = 500_000;

    /// <summary>Monitored items in one call.</summary>
    public int MonitoredItemsPerCall { get; init; } = 10_000;

    /// <summary>Values that wait in the queue of one monitored item.</summary>
    public int QueueSize { get; init; } = 100;

    /// <summary>Nodes in one Read.</summary>
    public int NodesPerRead { get; init; } = 10_000;

    /// <summary>Nodes in one Write.</summary>
    public int NodesPerWrite { get; init; } = 100;

    /// <summary>Nodes in one Browse, and continuation points in one BrowseNext.</summary>
    public int NodesPerBrowse { get; init; } = 1_000;

    /// <summary>References of one node in one answer.</summary>
    public int ReferencesPerNode { get; init; } = 10_000;

    /// <summary>Continuation points of one session.</summary>
    public int ContinuationPoints { get; init; } = 50;

    /// <summary>Shortest sampling and publishing interval.</summary>
    public TimeSpan ShortestInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest time a session lives without a request.</summary>
    public TimeSpan LongestSession { get; init; } = TimeSpan.FromHours(1);
}
