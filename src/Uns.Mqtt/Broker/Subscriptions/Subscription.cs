using Uns.Mqtt.Broker.Sessions;
using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Broker.Subscriptions;

/// <summary>One filter of one session. Replaced as a whole when the client subscribes again.</summary>
internal sealed class Subscription(Session session, SubscriptionRequest request, int identifier)
{
    public Session Session { get; } = session;

    public SubscriptionRequest Request { get; } = request;

    /// <summary>Subscription identifier; 0: none.</summary>
    public int Identifier { get; } = identifier;

    public string Filter => Request.Filter;
}

/// <summary>The members of one share name and filter; each message goes to one of them in turn.</summary>
internal sealed class SharedGroup
{
    private int _next;

    public List<Subscription> Members { get; } = [];

    /// <summary>The next member in turn: one that is connected and has room if there is any, else one that is away and has room, else any.</summary>
    /// <param name="core">Says whether a member may have the message at all.</param>
    /// <param name="topic">The message's topic.</param>
    /// <param name="bytes">About how long it is.</param>
    /// <returns>Null when no member may have it.</returns>
    public Subscription? Pick(BrokerCore core, string topic, int bytes)
    {
        Subscription? waiting = null;
        Subscription? full = null;
        for (var i = 0; i < Members.Count; i++)
        {
            _next = _next + 1 < Members.Count ? _next + 1 : 0;
            var member = Members[_next];
            if (!core.MayReceive(member.Session, topic))
            {
                continue;
            }

            if (!core.HasRoom(member.Session, bytes))
            {
                full ??= member;
            }
            else if (member.Session.Connection is not null)
            {
                return member;
            }
            else
            {
                waiting ??= member;
            }
        }

        return waiting ?? full;
    }
}
