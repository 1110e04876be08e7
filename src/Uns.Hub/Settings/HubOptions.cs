using System.Net;

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

    /// <summary>Sparkplug group id of the hub's own edge node.</summary>
    public string GroupId { get; init; } = "plant";

    /// <summary>Sparkplug edge node id of the hub's own edge node.</summary>
    public string NodeId { get; init; } = "hub";

    /// <summary>True to name data types in data messages too, for receivers that decode each message by itself.</summary>
    /// <value>True unless set: Eclipse Tahu's JavaScript decoder shows null without them.</value>
    public bool DataTypesInData { get; init; } = true;

    /// <summary>Host id under which the hub publishes its STATE.</summary>
    public string HostId { get; init; } = "uns-hub";

    /// <summary>First level of the plain JSON topics: <c>uns/enterprise/site/…</c>.</summary>
    public string TopicPrefix { get; init; } = "uns";

    /// <summary>Longest wait for the effect of a write to come back.</summary>
    public TimeSpan WriteAnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>True to start the simulated plant and its devices.</summary>
    public bool Demo { get; init; }

    /// <summary>True to log every state change, not only warnings.</summary>
    public bool Verbose { get; init; }
}
