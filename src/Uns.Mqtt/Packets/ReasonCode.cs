namespace Uns.Mqtt.Packets;

/// <summary>Why something was done or refused; 0x80 and above is a refusal. MQTT 5.0, 2.4.</summary>
public enum ReasonCode : byte
{
    /// <summary>Success, normal disconnection, or QoS 0 granted.</summary>
    Success = 0x00,

    /// <summary>QoS 1 is granted at most.</summary>
    GrantedQos1 = 0x01,

    /// <summary>QoS 2 is granted at most.</summary>
    GrantedQos2 = 0x02,

    /// <summary>The client ends the connection and wants its will published.</summary>
    DisconnectWithWill = 0x04,

    /// <summary>The message was taken over; nobody had subscribed.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>UNSUBSCRIBE named a filter that was not subscribed.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>The authentication goes on.</summary>
    ContinueAuthentication = 0x18,

    /// <summary>A new authentication on a standing connection.</summary>
    ReAuthenticate = 0x19,

    /// <summary>The reason is not told, or none of the others fits.</summary>
    UnspecifiedError = 0x80,

    /// <summary>The bytes are not a packet of the protocol.</summary>
    MalformedPacket = 0x81,

    /// <summary>The packet is well-formed but may not come here or so.</summary>
    ProtocolError = 0x82,

    /// <summary>Valid, but not accepted by this implementation.</summary>
    ImplementationSpecificError = 0x83,

    /// <summary>The protocol version is not spoken here.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>The client identifier is well-formed but not accepted.</summary>
    ClientIdentifierNotValid = 0x85,

    /// <summary>The user name or the password is wrong.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>Not allowed.</summary>
    NotAuthorized = 0x87,

    /// <summary>The server cannot serve now.</summary>
    ServerUnavailable = 0x88,

    /// <summary>The server is busy: try later.</summary>
    ServerBusy = 0x89,

    /// <summary>The client is banned.</summary>
    Banned = 0x8A,

    /// <summary>The server is going down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>The authentication method is not supported or not the one in use.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>Nothing was heard for one and a half times the keep alive.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>Another connection uses the same client identifier.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>The topic filter is well-formed but not accepted.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>The topic name is well-formed but not accepted.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>The packet identifier is already in use.</summary>
    PacketIdentifierInUse = 0x91,

    /// <summary>The packet identifier is not known.</summary>
    PacketIdentifierNotFound = 0x92,

    /// <summary>More unacknowledged messages than the receive maximum allows.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>The topic alias is zero, too large or not known.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>The packet is larger than the maximum packet size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>Messages come too fast.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>A limit of the server is reached.</summary>
    QuotaExceeded = 0x97,

    /// <summary>An administrator ended the connection.</summary>
    AdministrativeAction = 0x98,

    /// <summary>The payload is not what its format indicator says.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>Retained messages are not supported.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>The QoS is above the maximum announced.</summary>
    QosNotSupported = 0x9B,

    /// <summary>Use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>Use another server from now on.</summary>
    ServerMoved = 0x9D,

    /// <summary>Shared subscriptions are not supported.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>Connections come too fast.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>The longest connection time is over.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>Subscription identifiers are not supported.</summary>
    SubscriptionIdentifiersNotSupported = 0xA1,

    /// <summary>Wildcard subscriptions are not supported.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
