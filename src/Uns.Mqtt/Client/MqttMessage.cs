using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>One message as it arrived.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Payload">The payload; belongs to the receiver.</param>
/// <param name="Qos">QoS of this delivery.</param>
/// <param name="Retain">True when the broker had kept it from before the subscription.</param>
public readonly record struct MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, QualityOfService Qos = QualityOfService.AtMostOnce, bool Retain = false);
