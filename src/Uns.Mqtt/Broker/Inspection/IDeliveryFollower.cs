using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Inspection;

/// <summary>What became of one message for one subscriber.</summary>
public enum DeliveryOutcome
{
    /// <summary>It is on its way to the client.</summary>
    Sent,

    /// <summary>It waits in the client's session.</summary>
    Waits,

    /// <summary>It was dropped: the client reads too slowly, its queue is full, or the message is too large for it.</summary>
    Dropped,

    /// <summary>The client is away, and QoS 0 does not wait.</summary>
    Away,
}

/// <summary>One subscriber of a message that is followed.</summary>
/// <param name="ClientId">The client; of a shared subscription the share's name, because one of its members got it.</param>
/// <param name="Listener">By which way it came; null while it is away, and for a share.</param>
/// <param name="Outcome">What became of the message.</param>
public readonly record struct DeliverySighting(string ClientId, ClientListener? Listener, DeliveryOutcome Outcome);

/// <summary>Follows the messages of some topics through the broker. Called on the I/O thread: it returns at once. Other topics cost one look-up each, and nothing while nobody follows.</summary>
public interface IDeliveryFollower
{
    /// <summary>True for a topic whose messages are to be shown.</summary>
    bool Follows(string topic);

    /// <summary>A message was handed to all who subscribed, before it leaves for their sockets.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its payload; not to be kept after return.</param>
    /// <param name="arrived">When the broker began with it, as a timestamp of its clock.</param>
    /// <param name="subscribers">What became of it for each.</param>
    void Routed(string topic, ReadOnlySpan<byte> payload, long arrived, IReadOnlyList<DeliverySighting> subscribers);
}
