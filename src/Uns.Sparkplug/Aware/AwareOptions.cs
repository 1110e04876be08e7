namespace Uns.Sparkplug.Aware;

/// <summary>What the broker does about a message that breaks a rule.</summary>
public enum AwarePolicy
{
    /// <summary>Nothing: it does not look.</summary>
    Off,

    /// <summary>Lets it pass, counts it, and says so once for each client and rule.</summary>
    Warn,

    /// <summary>Takes it for nobody. MQTT 5.0 clients learn the reason with QoS 1 and 2.</summary>
    Refuse,
}

/// <summary>How the Sparkplug-aware broker treats what passes.</summary>
public sealed record AwareOptions
{
    /// <summary>A message in the name of an edge node from another client, while that node is connected with its NDEATH as its will.</summary>
    /// <value>Refused unless set: a foreign birth would stand in the certificates.</value>
    public AwarePolicy ForeignNode { get; init; } = AwarePolicy.Refuse;

    /// <summary>A STATE message, or its deletion, from another client, while that host is connected with its STATE as its will.</summary>
    /// <value>Refused unless set: a false death makes every node leave.</value>
    public AwarePolicy ForeignState { get; init; } = AwarePolicy.Refuse;

    /// <summary>A QoS other than the one the standard wants for the verb.</summary>
    /// <value>A warning unless set: many nodes in the field err here, and nothing is lost by it.</value>
    public AwarePolicy Qos { get; init; } = AwarePolicy.Warn;

    /// <summary>A retain flag other than the one the standard wants for the verb.</summary>
    /// <value>A warning unless set.</value>
    public AwarePolicy Retain { get; init; } = AwarePolicy.Warn;

    /// <summary>A topic under <c>spBv1.0/</c> that is none: an unknown verb, too few or too many levels.</summary>
    /// <value>A warning unless set.</value>
    public AwarePolicy Topic { get; init; } = AwarePolicy.Warn;

    /// <summary>True: NDEATH goes out with the time of its delivery. [tck-id-conformance-mqtt-aware-ndeath-timestamp]</summary>
    /// <value>True unless set: a will carries the time of the CONNECT, which may lie weeks back.</value>
    public bool StampDeaths { get; init; } = true;
}
