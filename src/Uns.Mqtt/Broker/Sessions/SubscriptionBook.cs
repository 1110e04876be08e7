using System.Diagnostics.CodeAnalysis;
using Uns.Mqtt.Broker.Subscriptions;

namespace Uns.Mqtt.Broker.Sessions;

/// <summary>A session's subscriptions by filter. Many sessions have one, which needs no table. Changes in place: do not copy.</summary>
internal struct SubscriptionBook
{
    private Subscription? _only;
    private Dictionary<string, Subscription>? _many;

    public readonly int Count => _many?.Count ?? (_only is null ? 0 : 1);

    public readonly IEnumerable<Subscription> Values => _many is not null ? _many.Values : _only is null ? [] : [_only];

    public readonly bool Contains(string filter) => _many?.ContainsKey(filter) ?? (_only is not null && _only.Filter == filter);

    /// <summary>Puts a subscription in, in place of an older one with the same filter.</summary>
    public void Set(Subscription subscription)
    {
        if (_many is null && (_only is null || _only.Filter == subscription.Filter))
        {
            _only = subscription;
            return;
        }

        if (_many is null)
        {
            _many = new(StringComparer.Ordinal) { [_only!.Filter] = _only };
            _only = null;
        }

        _many[subscription.Filter] = subscription;
    }

    /// <returns>False when there was no such subscription.</returns>
    public bool Remove(string filter, [NotNullWhen(true)] out Subscription? subscription)
    {
        if (_many is not null)
        {
            return _many.Remove(filter, out subscription);
        }

        subscription = Contains(filter) ? _only : null;
        _only = subscription is null ? _only : null;
        return subscription is not null;
    }
}
