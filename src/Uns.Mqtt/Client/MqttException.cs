using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>What a client cannot do because of its broker or the way to it.</summary>
public abstract class MqttException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No connection came about. The message names host, port and why.</summary>
public sealed class MqttConnectException(string message, ReasonCode? reason = null, Exception? inner = null) : MqttException(message, inner)
{
    /// <summary>The broker's reason when it answered and refused; null when it was not reached or did not answer.</summary>
    public ReasonCode? Reason { get; } = reason;
}

/// <summary>The connection has ended. What was not acknowledged may or may not have arrived.</summary>
public sealed class MqttConnectionLostException(string message, Exception? inner = null) : MqttException(message, inner);

/// <summary>The broker answered one request with a refusal; the connection stands.</summary>
public sealed class MqttRefusedException(string message, ReasonCode reason) : MqttException(message)
{
    /// <summary>The broker's reason, 0x80 or above.</summary>
    public ReasonCode Reason { get; } = reason;
}
