using System.Net;
using Uns.Historian;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Host;

namespace Uns.Hub.Settings;

/// <summary>What the hub is told at start: by the command line, else by <c>hub.json</c> in the data directory, else the defaults here.</summary>
public sealed record HubOptions
{
    /// <summary>Directory of all that is kept. Made when missing.</summary>
    /// <value><c>./data</c> unless set.</value>
    public string Data { get; init; } = "data";

    /// <summary>Where the broker listens.</summary>
    public IPEndPoint Mqtt { get; init; } = new(IPAddress.Loopback, 1883);

    /// <summary>Where page and API listen; MQTT over WebSocket is served there too, under <c>/mqtt</c>.</summary>
    public IPEndPoint Http { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>The encrypted listeners; none unless set.</summary>
    public TlsSettings Tls { get; init; } = new();

    /// <summary>The OPC UA server over the tree; it listens nowhere unless set.</summary>
    public OpcUaSettings OpcUa { get; init; } = new();

    /// <summary>Sparkplug group id of the hub's own edge node.</summary>
    public string GroupId { get; init; } = "plant";

    /// <summary>Sparkplug edge node id of the hub's own edge node.</summary>
    public string NodeId { get; init; } = "hub";

    /// <summary>True to name data types in data messages too, for receivers that decode each message by itself.</summary>
    /// <value>True unless set: Eclipse Tahu's JavaScript decoder shows null without them.</value>
    public bool DataTypesInData { get; init; } = true;

    /// <summary>True to give each device an edge node of its own, named <c>{NodeId}-{device}</c>.</summary>
    /// <value>False unless set: one edge node speaks for all devices.</value>
    public bool EdgeNodePerDevice { get; init; }

    /// <summary>Brokers that the hub's edge nodes may speak to, in the order of trying: <c>own</c> or <c>HOST:PORT</c>.</summary>
    /// <value>The hub's own broker alone unless set.</value>
    public IReadOnlyList<string> EdgeBrokers { get; init; } = [];

    /// <summary>Host id without which the hub's edge nodes are not born; empty: they wait for nobody.</summary>
    public string PrimaryHost { get; init; } = "";

    /// <summary>The hub's edge nodes connect for the first time at a random moment within this time after the start, 0 to 600 s; null: see <see cref="EdgeStart"/>.</summary>
    public TimeSpan? EdgeStartWithin { get; init; }

    /// <summary>Within which time the hub's edge nodes connect for the first time.</summary>
    /// <value>5 s unless set; at once in the demo and where the hub's own broker is tried first: nobody else comes there at the same moment.</value>
    public TimeSpan EdgeStart => EdgeStartWithin ?? (Demo || EdgeBrokers is [] or ["own", ..] ? TimeSpan.Zero : new EdgeNodeOptions().StartWithin);

    /// <summary>Shortest time between two births of a device of the hub's because its tags were changed, 0 to 60 s; changes in between are told together.</summary>
    public TimeSpan TagChangeDistance { get; init; } = new EdgeNodeOptions().TagChangeDistance;

    /// <summary>For what the host asks edge nodes for a rebirth by itself.</summary>
    /// <value>For everything unless set.</value>
    public RebirthCauses RebirthOn { get; init; } = RebirthCauses.All;

    /// <summary>What the host does otherwise for some edge nodes.</summary>
    public IReadOnlyList<NodeRule> NodeRules { get; init; } = [];

    /// <summary>True to say the host's STATE as Sparkplug 2.2 had it, too.</summary>
    public bool LegacyState { get; init; }

    /// <summary>How the broker treats Sparkplug messages; null: as any others.</summary>
    /// <value>Sparkplug-aware unless set.</value>
    public AwareOptions? Aware { get; init; } = new();

    /// <summary>Host id under which the hub publishes its STATE.</summary>
    public string HostId { get; init; } = "uns-hub";

    /// <summary>First level of the plain JSON topics: <c>uns/enterprise/site/…</c>.</summary>
    public string TopicPrefix { get; init; } = "uns";

    /// <summary>Longest wait for the effect of a write to come back.</summary>
    public TimeSpan WriteAnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Days for which every single change is kept, 1 to 3650; the means of each hour stay ten years.</summary>
    public int HistoryDays { get; init; } = 90;

    /// <summary>Most MiB of history on disk, 16 to 1,048,576; the oldest makes room.</summary>
    public int HistoryMegabytes { get; init; } = 4096;

    /// <summary>Whether people sign in; null: they do, except in the demo.</summary>
    public AccessMode? Access { get; init; }

    /// <summary>True when nobody is asked who he is.</summary>
    public bool IsOpen => (Access ?? (Demo ? AccessMode.Open : AccessMode.Users)) == AccessMode.Open;

    /// <summary>File of the key that seals the passwords of devices on disk; made when missing.</summary>
    /// <value>Empty unless set: <c>secret.key</c> in the data directory.</value>
    public string SecretKeyFile { get; init; } = "";

    /// <summary>How long a session lasts that nobody uses, 1 to 720 hours.</summary>
    /// <value>Twelve hours unless set: a shift, and its end.</value>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a session lasts at most, however it is used, 1 to 365 days.</summary>
    /// <value>7 days unless set.</value>
    public TimeSpan SessionLongest { get; init; } = TimeSpan.FromDays(7);

    /// <summary>True to start the simulated plant and its devices.</summary>
    public bool Demo { get; init; }

    /// <summary>True to log every state change, not only warnings.</summary>
    public bool Verbose { get; init; }

    /// <summary>The host application's name and manners.</summary>
    public Sparkplug.Host.HostOptions Host() => new() { HostId = HostId, RebirthOn = RebirthOn, NodeRules = NodeRules, LegacyState = LegacyState };

    /// <summary>Where and how long history is kept.</summary>
    public HistoryOptions History() => new()
    {
        Directory = Path.Combine(Data, "history"),
        KeepChanges = TimeSpan.FromDays(HistoryDays),
        MaximumBytes = (long)HistoryMegabytes << 20,
    };
}
