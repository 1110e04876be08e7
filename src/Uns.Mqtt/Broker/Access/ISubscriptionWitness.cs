namespace Uns.Mqtt.Broker.Access;

/// <summary>Sees who subscribes, and who is there with what was subscribed. Called on the broker's I/O thread: it returns at once.</summary>
public interface ISubscriptionWitness
{
    /// <summary>A client subscribed by a filter, or did so again.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="filter">The filter as it was given, the prefix of a shared one included.</param>
    /// <param name="listener">By which way the client came.</param>
    void Subscribed(string clientId, string filter, ClientListener listener);

    /// <summary>The store brought back a subscription whose client is away.</summary>
    void Kept(string clientId, string filter);

    /// <summary>A client gave a subscription up.</summary>
    void Unsubscribed(string clientId, string filter);

    /// <summary>A client is back, and its session with all subscriptions was still there.</summary>
    void Back(string clientId);

    /// <summary>A client has gone; its session waits.</summary>
    void Away(string clientId);

    /// <summary>A session has ended with all its subscriptions.</summary>
    void Ended(string clientId);
}
