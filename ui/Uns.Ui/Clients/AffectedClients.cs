namespace Uns.Ui.Clients;

/// <summary>Somebody who gets messages of topics that end, move, or have moved.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Filter">By which filter.</param>
/// <param name="Topics">How many of them.</param>
/// <param name="IsAway">True while it is not connected and its session waits, or when it has gone.</param>
/// <param name="LastSeen">When it was last subscribed, UTC; null: it is now.</param>
public sealed record AffectedClient(string ClientId, string Filter, int Topics, bool IsAway, DateTimeOffset? LastSeen = null);

/// <summary>Finds who gets the messages of some topics: now, or within the time that the ledger remembers.</summary>
public sealed class AffectedClients(IClientBook clients, ISubscriberLedger ledger)
{
    /// <summary>Most topics that are asked about; of more the first.</summary>
    public const int MostAsked = 300;

    private const int MostEach = 100;

    /// <summary>The clients, those with most topics first; those that were there lately behind those that are there now.</summary>
    public async Task<IReadOnlyList<AffectedClient>> OfAsync(IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(string Client, string Filter), AffectedClient>();
        foreach (var topic in topics.Take(MostAsked))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var listener in (await clients.ListeningAsync(topic, MostEach)).Where(l => l.Listener != "InProcess"))
            {
                Add(new(listener.ClientId, listener.Filter, 1, listener.Listener is null));
            }

            foreach (var past in ledger.Lately(topic, MostEach).Where(p => !p.IsNow))
            {
                Add(new(past.ClientId, past.Filter, 1, IsAway: true, past.LastSeen));
            }
        }

        return [.. found.Values.OrderBy(c => c.LastSeen is not null).ThenByDescending(c => c.Topics).ThenByDescending(c => c.LastSeen).ThenBy(c => c.ClientId, StringComparer.Ordinal)];

        void Add(AffectedClient one)
        {
            var key = (one.ClientId, one.Filter);
            found[key] = found.TryGetValue(key, out var known) ? (known.LastSeen is null ? known : one) with { Topics = known.Topics + 1 } : one;
        }
    }
}
