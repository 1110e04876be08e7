namespace Uns.Ui;

/// <summary>What the pages need to know of the hub's settings.</summary>
/// <param name="TopicPrefix">First level of the plain JSON topics.</param>
/// <param name="WriteAnswerTimeout">Longest wait for the effect of a write.</param>
/// <param name="GroupId">Group id of the hub's own edge node.</param>
/// <param name="NodeId">Edge node id of the hub's own edge node; the beginning of it when each device has one of its own.</param>
/// <param name="MqttPort">Port at which the broker listens.</param>
/// <param name="HasOpcUa">True when the namespace is served by OPC UA too.</param>
/// <param name="HasNodePerDevice">True when each device has an edge node of its own.</param>
public sealed record UiOptions(string TopicPrefix, TimeSpan WriteAnswerTimeout, string GroupId, string NodeId, int MqttPort, bool HasOpcUa, bool HasNodePerDevice)
{
    /// <summary>The edge node that speaks for a device.</summary>
    public string NodeOf(string device) => HasNodePerDevice ? $"{NodeId}-{device}" : NodeId;
}
