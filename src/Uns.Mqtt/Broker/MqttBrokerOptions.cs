using System.Net;
using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker;

/// <summary>What the broker listens on and the limits it keeps.</summary>
public sealed record MqttBrokerOptions
{
    /// <summary>Address to listen on; null: no TCP listener, only what is given to <c>ServeAsync</c>.</summary>
    /// <value>All IPv4 addresses unless set.</value>
    public IPAddress? Address { get; init; } = IPAddress.Any;

    /// <summary>TCP port, 0 to 65535; 0: any free one.</summary>
    /// <value>1883 unless set: the port registered for MQTT.</value>
    public int Port { get; init; } = 1883;

    /// <summary>Most connections at once, 1 to 1,000,000.</summary>
    /// <value>10,000 unless set.</value>
    public int MaximumConnections { get; init; } = 10_000;

    /// <summary>Largest packet taken from a client, in bytes, 1,024 to 268,435,460.</summary>
    /// <value>1 MiB unless set.</value>
    public int MaximumPacketBytes { get; init; } = 1024 * 1024;

    /// <summary>Most unacknowledged QoS 1 and 2 messages from one client, 1 to 65,535.</summary>
    /// <value>1,024 unless set.</value>
    public int ReceiveMaximum { get; init; } = 1024;

    /// <summary>Largest topic alias taken from a client, 0 to 65,535.</summary>
    /// <value>1,024 unless set.</value>
    public int TopicAliasMaximum { get; init; } = 1024;

    /// <summary>Most bytes that wait for one connection's socket. Beyond it QoS 0 is dropped and counted, QoS 1 and 2 wait in the session.</summary>
    /// <value>4 MiB unless set.</value>
    public int OutboundBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Most QoS 1 and 2 messages that wait in one session. Beyond it a connected client is disconnected, and for one that is away the newest are dropped and counted.</summary>
    /// <value>10,000 unless set.</value>
    public int QueuedMessages { get; init; } = 10_000;

    /// <summary>Most payload bytes that wait in one session.</summary>
    /// <value>16 MiB unless set.</value>
    public long QueuedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Longest life of a session without its client. A longer wish is cut and told in CONNACK.</summary>
    /// <value>Seven days unless set.</value>
    public TimeSpan MaximumSessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Longest wait for a new connection's CONNECT.</summary>
    /// <value>Ten seconds unless set.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who may connect, publish, subscribe and receive.</summary>
    /// <value>Everybody unless set.</value>
    public IAccessGate Access { get; init; } = new OpenGate();
}
