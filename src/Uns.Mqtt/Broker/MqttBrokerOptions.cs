using System.Net;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.Store;

namespace Uns.Mqtt.Broker;

/// <summary>What the broker listens on and the limits it keeps.</summary>
public sealed partial record MqttBrokerOptions
{
    /// <summary>Address to listen on; null: no TCP listener, only what is given to <c>ServeAsync</c>.</summary>
    /// <value>All IPv4 addresses unless set.</value>
    public IPAddress? Address { get; init; } = IPAddress.Any;

    /// <summary>TCP port, 0 to 65535; 0: any free one.</summary>
    /// <value>1883 unless set: the port registered for MQTT.</value>
    public int Port { get; init; } = 1883;

    /// <summary>False: a CONNECT without a user name is refused with 0x87.</summary>
    /// <value>True unless set; whom a user name belongs to is the access gate's question.</value>
    public bool AllowAnonymous { get; init; } = true;

    /// <summary>Where and how TLS is spoken, beside the plain listener; null: nowhere.</summary>
    public TlsListenerOptions? Tls { get; init; }

    /// <summary>Time between two reports under <c>$SYS/broker/</c>, a second to an hour; zero: no reports.</summary>
    /// <value>Ten seconds unless set.</value>
    public TimeSpan SysInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most connections at once, 1 to 1,000,000.</summary>
    /// <value>10,000 unless set.</value>
    public int MaximumConnections { get; init; } = 10_000;

    /// <summary>Most sessions, those of absent clients included, 1 to 10,000,000; never fewer than <see cref="MaximumConnections"/>. One more is refused with 0x97.</summary>
    /// <value>100,000 unless set.</value>
    public int MaximumSessions { get; init; } = 100_000;

    /// <summary>Largest packet taken from a client, in bytes, 1,024 to 268,435,460.</summary>
    /// <value>1 MiB unless set.</value>
    public int MaximumPacketBytes { get; init; } = 1024 * 1024;

    /// <summary>Largest packet taken before CONNECT was accepted, in bytes, 1,024 to 268,435,460; never more than <see cref="MaximumPacketBytes"/>.</summary>
    /// <value>128 KiB unless set: a will of 65,535 bytes fits.</value>
    public int MaximumConnectBytes { get; init; } = 128 * 1024;

    /// <summary>Most unacknowledged QoS 1 and 2 messages from one client, 1 to 65,535.</summary>
    /// <value>1,024 unless set.</value>
    public int ReceiveMaximum { get; init; } = 1024;

    /// <summary>Most unacknowledged QoS 1 and 2 messages to one client, 1 to 65,535; a client's own receive maximum cuts it.</summary>
    /// <value>1,024 unless set.</value>
    public int MaximumInflight { get; init; } = 1024;

    /// <summary>Largest topic alias taken from a client, 0 to 65,535.</summary>
    /// <value>1,024 unless set.</value>
    public int TopicAliasMaximum { get; init; } = 1024;

    /// <summary>Highest QoS taken from clients; a higher one ends the connection with 0x9B. Subscriptions are granted at any QoS.</summary>
    /// <value><see cref="QualityOfService.ExactlyOnce"/> unless set.</value>
    public QualityOfService MaximumQos { get; init; } = QualityOfService.ExactlyOnce;

    /// <summary>False: retained messages are neither taken nor kept; a PUBLISH or will with RETAIN is refused with 0x9A.</summary>
    /// <value>True unless set.</value>
    public bool RetainAvailable { get; init; } = true;

    /// <summary>Longest keep alive, up to 65,535 s; zero: what the client asks for.</summary>
    /// <value>Zero unless set. An MQTT 5.0 client with a longer one, or none, is told; a 3.1.1 client keeps its own.</value>
    public TimeSpan ServerKeepAlive { get; init; }

    /// <summary>Most bytes that wait for one connection's socket, from 1,024. Beyond it QoS 0 is dropped and counted, QoS 1 and 2 wait in the session.</summary>
    /// <value>4 MiB unless set.</value>
    public int OutboundBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Most QoS 1 and 2 messages that wait in one session, from 1. Beyond it a connected client is disconnected, and for one that is away the newest are dropped and counted.</summary>
    /// <value>10,000 unless set.</value>
    public int QueuedMessages { get; init; } = 10_000;

    /// <summary>Most payload bytes that wait in one session, from 1,024.</summary>
    /// <value>16 MiB unless set.</value>
    public long QueuedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most bytes that wait in all sessions together, from 1,024. Beyond it messages are dropped and counted as where one session is full.</summary>
    /// <value>1 GiB unless set.</value>
    public long AllQueuedBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>Most bytes that wait for the disk, about, from 65,536. Beyond it a client that waits for the answer to its QoS 1 and 2 messages is not read.</summary>
    /// <value>32 MiB unless set.</value>
    public long JournalBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Longest life of a session without its client, from one second. A longer wish is cut and told in CONNACK.</summary>
    /// <value>Seven days unless set.</value>
    public TimeSpan MaximumSessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Most retained messages, from 1. One more is refused with 0x97.</summary>
    /// <value>1,000,000 unless set.</value>
    public int MaximumRetained { get; init; } = 1_000_000;

    /// <summary>Most bytes of all retained messages, from 1,024. A topic more is refused with 0x97; one that is retained already may change.</summary>
    /// <value>1 GiB unless set.</value>
    public long RetainedBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>Most subscriptions of one session, from 1. One more is answered with 0x97.</summary>
    /// <value>50,000 unless set.</value>
    public int MaximumSubscriptions { get; init; } = 50_000;

    /// <summary>Most levels of a topic name or filter, 1 to 1,024.</summary>
    /// <value>128 unless set.</value>
    public int MaximumTopicLevels { get; init; } = 128;

    /// <summary>Longest topic name or filter, in bytes, 64 to 65,535.</summary>
    /// <value>4,096 unless set.</value>
    public int MaximumTopicBytes { get; init; } = 4096;

    /// <summary>Longest wait for a new connection's CONNECT, and for each whole enhanced authentication.</summary>
    /// <value>Ten seconds unless set.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time in which a client takes none of the bytes that wait for it; then its connection is ended.</summary>
    /// <value>30 s unless set.</value>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often within 30 s a client that is alive may be driven out by another of the same identifier, from 1. Then newcomers wait, a second at first and a minute at most, and are refused meanwhile (0x9F; to 3.1.1 0x03).</summary>
    /// <value>Five unless set.</value>
    public int TakeOvers { get; init; } = 5;

    /// <summary>After a restart, the time a client has to come back before its stored will is published.</summary>
    /// <value>Ten seconds unless set.</value>
    public TimeSpan WillGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What survives the broker's end. <see cref="StorePolicy.Memory"/> keeps nothing even where a store is given.</summary>
    /// <value><see cref="StorePolicy.Group"/> unless set; <see cref="StorePolicy.Interval"/> is the store's own work: open it with the same policy.</value>
    public StorePolicy StorePolicy { get; init; } = StorePolicy.Group;

    /// <summary>Filters that nobody may subscribe, nor a filter within them; their messages reach no wider filter either.</summary>
    /// <value>None unless set.</value>
    public IReadOnlyList<string> DenySubscribe { get; init; } = [];

    /// <summary>The reason told to an MQTT 5.0 client for such a filter; 3.1.1 knows 0x80 alone.</summary>
    /// <value>0x87 unless set; 0x80, 0x83, 0x87, 0x8F and 0x97 may stand in SUBACK.</value>
    public ReasonCode DenySubscribeReason { get; init; } = ReasonCode.NotAuthorized;

    /// <summary>Basis of response topics, given to the MQTT 5.0 clients that ask for it; null: none.</summary>
    /// <value>None unless set.</value>
    public string? ResponseInformation { get; init; }

    /// <summary>Another server, told with 0x9C to MQTT 5.0 clients that find no room and to all when the broker stops; null: none.</summary>
    /// <value>None unless set.</value>
    public string? ServerReference { get; init; }

    /// <summary>The methods of enhanced authentication that are offered.</summary>
    /// <value>None unless set: a CONNECT that names a method is refused with 0x8C.</value>
    public IReadOnlyList<IAuthenticationMethod> AuthenticationMethods { get; init; } = [];

    /// <summary>Looks at the messages of some topics on their way; null: nobody does.</summary>
    /// <value>None unless set.</value>
    public ITopicWatch? Watch { get; init; }

    /// <summary>Sees who subscribes; null: nobody does.</summary>
    /// <value>None unless set.</value>
    public ISubscriptionWitness? Subscribers { get; init; }

    /// <summary>Who may connect, publish, subscribe and receive.</summary>
    /// <value>Everybody unless set.</value>
    public IAccessGate Access { get; init; } = new OpenGate();
}
