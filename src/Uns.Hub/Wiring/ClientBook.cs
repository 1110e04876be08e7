using Uns.Hub.Changes;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Inspection;
using Uns.Ui.Changes;
using Uns.Ui.Clients;
using Uns.Ui.Live;

namespace Uns.Hub.Wiring;

/// <summary>The broker's clients in the words of page and API.</summary>
internal sealed class ClientBook(MqttBroker broker, LogBook log) : IClientBook
{
    public async Task<ClientList> ListAsync(string search, int most, string? after = null)
    {
        var page = await broker.ListClientsAsync(search, most, after);
        return new(page.Matching, [.. page.Clients.Select(Row)]);
    }

    public async Task<GridPart<ClientRow>> PageAsync(ClientQuestion asked)
    {
        var order = asked.Sort switch
        {
            ClientSort.State => ClientOrder.State,
            ClientSort.Address => ClientOrder.Address,
            ClientSort.Mqtt => ClientOrder.ProtocolVersion,
            ClientSort.Subscriptions => ClientOrder.Subscriptions,
            ClientSort.Waiting => ClientOrder.Queued,
            ClientSort.Flight => ClientOrder.InFlight,
            ClientSort.Dropped => ClientOrder.Dropped,
            _ => ClientOrder.Identifier,
        };
        var found = await broker.ListClientsAsync(order, asked.IsDescending, asked.Search, asked.Page, asked.Size);
        return new([.. found.Clients.Select(Row)], found.Matching, found.Page, Math.Max(1, (found.Matching + asked.Size - 1) / asked.Size));
    }

    public async Task<ClientSheet?> FindAsync(string clientId) => await broker.FindClientAsync(clientId) is { } found
        ? new(
            Row(found.Client),
            [.. found.Subscriptions.Select(s => new SubscriptionRow(s.Filter, (int)s.MaximumQos, s.NoLocal, s.RetainAsPublished, s.Identifier))],
            found.Will is { } will ? new(will.Topic, (int)will.Qos, will.Retain, will.PayloadBytes, (long)will.Delay.TotalSeconds) : null)
        : null;

    public async Task<IReadOnlyList<SubscriberRow>> ListeningAsync(string topic, int most) =>
        topic.AsSpan().ContainsAny('+', '#') ? [] : (await broker.ListSubscribersAsync(topic, most)).ConvertAll(s => new SubscriberRow(s.ClientId, s.Filter, s.Listener?.ToString()));

    public async Task<bool> DisconnectAsync(string clientId, string who) => Told(await broker.DisconnectClientAsync(clientId), clientId, "the client was disconnected", who);

    public async Task<bool> DropSessionAsync(string clientId, string who) => Told(await broker.DropSessionAsync(clientId), clientId, "the client's session was dropped with all that waited in it", who);

    private bool Told(bool isDone, string clientId, string words, string who)
    {
        if (isDone)
        {
            log.Post(LogKinds.Client, clientId, words, who);
        }

        return isDone;
    }

    private static ClientRow Row(ClientInfo client) => new(
        client.ClientId,
        client.Principal,
        client.Connection is not null,
        client.Connection?.Listener.ToString(),
        client.Connection?.Remote,
        client.Connection?.ProtocolVersion switch { null => null, 5 => "5.0", _ => "3.1.1" },
        client.Connection?.ConnectedAt ?? client.AwaySince!.Value,
        client.ExpiresAt,
        (int?)client.Connection?.KeepAlive.TotalSeconds,
        (long)client.SessionExpiry.TotalSeconds,
        client.Subscriptions,
        client.Queued,
        client.QueuedBytes,
        client.Connection?.OutboundBytes ?? 0,
        client.InFlight,
        client.InFlightFromClient,
        new(client.Dropped.SlowReceiver, client.Dropped.QueueFull, client.Dropped.Expired, client.Dropped.TooLarge, client.Dropped.NotAuthorized));
}
