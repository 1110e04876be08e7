using Uns.Mqtt.Broker.Subscriptions;

namespace Uns.Mqtt.Broker;

/// <summary>The topic aliases towards one client: the first topics it is sent get one each, for the connection's life. MQTT 5.0, 3.3.2.3.4.</summary>
/// <param name="maximum">The client's topic alias maximum, from 1. [MQTT-3.1.2-26]</param>
internal sealed class TopicAliases(int maximum)
{
    /// <summary>Aliases beyond it would cost more memory than they save bytes.</summary>
    private const int Most = 1024;

    private readonly Dictionary<TopicEntry, ushort> _aliases = [];

    /// <summary>Finds the alias of a topic, or the one it can have.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="isKnown">True when the client knows it already, so that the topic can be left out.</param>
    /// <returns>False when none is left.</returns>
    public bool TryUse(TopicEntry topic, out ushort alias, out bool isKnown)
    {
        isKnown = _aliases.TryGetValue(topic, out alias);
        if (!isKnown && _aliases.Count < Math.Min(maximum, Most))
        {
            alias = (ushort)(_aliases.Count + 1);
        }

        return alias > 0;
    }

    /// <summary>The client was sent the topic with its alias.</summary>
    public void Sent(TopicEntry topic, ushort alias) => _aliases[topic] = alias;
}
