namespace Uns.Mqtt.Packets;

/// <summary>A name and a value that MQTT carries and does not read. Order and repeats are kept.</summary>
/// <param name="Name">The name; may repeat.</param>
/// <param name="Value">The value; may be empty.</param>
public readonly record struct UserProperty(string Name, string Value);

/// <summary>The properties of one MQTT 5.0 packet or will; what is null or empty is not on the wire. MQTT 5.0, 2.2.2.</summary>
/// <remarks>Which property may stand in which packet is held against the standard when reading, not when writing.</remarks>
public sealed partial record Properties
{
    /// <summary>No properties at all.</summary>
    public static Properties None { get; } = new();

    /// <summary>0: bytes; 1: the payload is UTF-8 text.</summary>
    public byte? PayloadFormatIndicator { get; init; }

    /// <summary>Life of the message, in seconds; null: for ever.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>What the payload is, in the application's words.</summary>
    public string? ContentType { get; init; }

    /// <summary>Topic for an answer; without wildcards.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>What the asker knows the answer by.</summary>
    public byte[]? CorrelationData { get; init; }

    /// <summary>Life of the session after the connection, in seconds; 0xFFFFFFFF: for ever.</summary>
    public uint? SessionExpiryInterval { get; init; }

    /// <summary>The client identifier that the server chose.</summary>
    public string? AssignedClientIdentifier { get; init; }

    /// <summary>Keep alive that the client must use, in seconds; 0: none.</summary>
    public ushort? ServerKeepAlive { get; init; }

    /// <summary>Name of the enhanced authentication.</summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>Data of the enhanced authentication.</summary>
    public byte[]? AuthenticationData { get; init; }

    /// <summary>0: reason strings only where the client cannot do without; 1 or null: wherever useful.</summary>
    public byte? RequestProblemInformation { get; init; }

    /// <summary>Wait between the end of the connection and the will, in seconds.</summary>
    public uint? WillDelayInterval { get; init; }

    /// <summary>1: the client asks for response information.</summary>
    public byte? RequestResponseInformation { get; init; }

    /// <summary>Basis of response topics.</summary>
    public string? ResponseInformation { get; init; }

    /// <summary>Another server to use.</summary>
    public string? ServerReference { get; init; }

    /// <summary>The reason in words, for people.</summary>
    public string? ReasonString { get; init; }

    /// <summary>Most unacknowledged QoS 1 and 2 messages towards the sender of this, 1 to 65,535; null: 65,535.</summary>
    public ushort? ReceiveMaximum { get; init; }

    /// <summary>Largest topic alias that the sender of this accepts; null or 0: none.</summary>
    public ushort? TopicAliasMaximum { get; init; }

    /// <summary>Number that stands for the topic on this connection, from 1.</summary>
    public ushort? TopicAlias { get; init; }

    /// <summary>Highest QoS that the server takes, 0 or 1; null: 2.</summary>
    public byte? MaximumQos { get; init; }

    /// <summary>0: the server keeps no retained messages.</summary>
    public byte? RetainAvailable { get; init; }

    /// <summary>Largest packet that the sender of this takes, in bytes, from 1; null: no limit.</summary>
    public uint? MaximumPacketSize { get; init; }

    /// <summary>0: the server takes no wildcard filters.</summary>
    public byte? WildcardSubscriptionAvailable { get; init; }

    /// <summary>0: the server takes no subscription identifiers.</summary>
    public byte? SubscriptionIdentifierAvailable { get; init; }

    /// <summary>0: the server takes no shared subscriptions.</summary>
    public byte? SharedSubscriptionAvailable { get; init; }

    /// <summary>Numbers of the subscriptions that a message came by, 1 to 268,435,455 each; at most one in SUBSCRIBE.</summary>
    public IReadOnlyList<int> SubscriptionIdentifiers { get; init; } = [];

    /// <summary>User properties in wire order. [MQTT-3.3.2-18]</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];
}
