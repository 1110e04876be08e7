using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Broker.Sessions;

namespace Uns.Mqtt.Broker;

/// <content>Messages that somebody follows.</content>
internal sealed partial class BrokerCore
{
    private volatile IDeliveryFollower? _follower;

    /// <summary>Sees what becomes of some topics' messages; null: nobody does. From any thread.</summary>
    public IDeliveryFollower? Follower
    {
        get => _follower;
        set => _follower = value;
    }

    private bool RouteSeen(ref Routed routed, Session? publisher, IDeliveryFollower follower)
    {
        var arrived = Clock.GetTimestamp();
        var set = SetOf(routed.Topic);
        var before = Array.FindAll(set.Targets, t => !t.HasNoLocal || t.WithLocal is not null || t.Session != publisher).Select(t => (t.Session, Drops: DropsOf(t.Session), t.Session.QueuedCount)).ToList();
        var isHeard = RouteUnseen(ref routed, publisher);
        List<DeliverySighting> seen =
        [
            .. before.Select(b => new DeliverySighting(b.Session.ClientId, b.Session.Connection?.Link.Origin.Listener, OutcomeOf(b.Session, b.Drops, b.QueuedCount))),
            .. set.Groups.Select(g => new DeliverySighting(g.Members.Count == 0 ? "$share" : string.Join('/', g.Members[0].Filter.Split('/').Take(2)), null, DeliveryOutcome.Sent)),
        ];
        follower.Routed(routed.Topic.Text, routed.Frame.Payload, arrived, seen);
        return isHeard;
    }

    private static long DropsOf(Session session) => session.DropsIfAny is { } drops ? drops.SlowReceiver + drops.QueueFull + drops.Expired + drops.TooLarge + drops.NotAuthorized : 0;

    private static DeliveryOutcome OutcomeOf(Session session, long dropsBefore, int queuedBefore) =>
        DropsOf(session) > dropsBefore ? DeliveryOutcome.Dropped
        : session.QueuedCount > queuedBefore ? DeliveryOutcome.Waits
        : session.Connection is null ? DeliveryOutcome.Away
        : DeliveryOutcome.Sent;
}
