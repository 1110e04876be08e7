using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>One message that is due to be published. None is retained; all but the death certificate are QoS 0.</summary>
/// <param name="Topic">Where it goes.</param>
/// <param name="Payload">What it says.</param>
public readonly record struct OutgoingMessage(SparkplugTopic Topic, SparkplugPayload Payload);
