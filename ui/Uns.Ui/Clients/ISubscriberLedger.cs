namespace Uns.Ui.Clients;

/// <summary>Remembers which client was subscribed by which filter, over restarts, for <see cref="KeptDays"/> days after it was last there.</summary>
public interface ISubscriberLedger
{
    /// <summary>How long a client that is gone is remembered, in days.</summary>
    const int KeptDays = 30;

    /// <summary>Who gets the messages of a topic, or did lately: those that are there now first, then the last seen.</summary>
    /// <param name="topic">A topic name; empty: whatever they subscribed to.</param>
    /// <param name="most">Most to give, 1 to 1,000.</param>
    IReadOnlyList<PastSubscriber> Lately(string topic, int most);
}

/// <summary>One client's subscription by one filter.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Filter">The filter.</param>
/// <param name="FirstSeen">When it first subscribed, as far as is remembered, UTC.</param>
/// <param name="LastSeen">When it was last there with it, UTC; now for one that is there.</param>
/// <param name="IsNow">True while its session holds the subscription, connected or away.</param>
public sealed record PastSubscriber(string ClientId, string Filter, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, bool IsNow);
