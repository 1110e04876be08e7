using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Subscriptions;

/// <summary>One copy of a message for one session, whatever number of its filters match.</summary>
internal readonly struct Target
{
    public required Session Session { get; init; }

    /// <summary>Highest QoS among the filters that match. [MQTT-3.3.4-2]</summary>
    public required QualityOfService MaximumQos { get; init; }

    public required bool RetainAsPublished { get; init; }

    /// <summary>Identifiers of all matching subscriptions that have one. [MQTT-3.3.4-4]</summary>
    public required int[] SubscriptionIds { get; init; }

    /// <summary>True when one of those that match wants no message of its own client.</summary>
    public bool HasNoLocal { get; init; }

    /// <summary>Those that want such messages too, beside others that do not; else null.</summary>
    public Subscription[]? WithLocal { get; init; }
}

/// <summary>Who gets the messages of one topic. Made once per topic and change of subscriptions, then only read.</summary>
internal sealed class SubscriberSet
{
    public static SubscriberSet Empty { get; } = new([], []);

    private SubscriberSet(Target[] targets, SharedGroup[] groups)
    {
        Targets = targets;
        Groups = groups;
    }

    public Target[] Targets { get; }

    public SharedGroup[] Groups { get; }

    public bool IsEmpty => Targets.Length == 0 && Groups.Length == 0;

    /// <summary>Merges the subscriptions that match into one target per session.</summary>
    public static SubscriberSet From(List<Subscription> matching, List<SharedGroup> groups, Func<Session, bool> mayReceive)
    {
        if (matching.Count == 0 && groups.Count == 0)
        {
            return Empty;
        }

        var bySession = new Dictionary<Session, List<Subscription>>(matching.Count);
        var targets = new List<Target>(matching.Count);
        foreach (var subscription in matching)
        {
            if (!bySession.TryGetValue(subscription.Session, out var list))
            {
                bySession.Add(subscription.Session, list = []);
            }

            list.Add(subscription);
        }

        foreach (var (session, subscriptions) in bySession)
        {
            if (mayReceive(session))
            {
                targets.Add(Merge(session, subscriptions));
            }
        }

        return new SubscriberSet([.. targets], [.. groups]);
    }

    /// <summary>The target that some of a session's subscriptions make together.</summary>
    public static Target Merge(Session session, IEnumerable<Subscription> subscriptions)
    {
        var qos = QualityOfService.AtMostOnce;
        var asPublished = false;
        var noLocal = false;
        List<int>? ids = null;
        foreach (var subscription in subscriptions)
        {
            qos = subscription.Request.MaximumQos > qos ? subscription.Request.MaximumQos : qos;
            asPublished |= subscription.Request.RetainAsPublished;
            noLocal |= subscription.Request.NoLocal;
            if (subscription.Identifier > 0)
            {
                (ids ??= []).Add(subscription.Identifier);
            }
        }

        return new Target
        {
            Session = session,
            MaximumQos = qos,
            RetainAsPublished = asPublished,
            SubscriptionIds = ids is null ? [] : [.. ids],
            HasNoLocal = noLocal,
            WithLocal = noLocal && subscriptions.Any(s => !s.Request.NoLocal) ? [.. subscriptions.Where(s => !s.Request.NoLocal)] : null,
        };
    }
}
