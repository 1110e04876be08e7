using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>What an operator sees of the clients and does to them.</summary>
public sealed class ClientListTests : BrokerFixture
{
    public override async ValueTask InitializeAsync() => await StartAsync(OpenStore(NewDirectory()));

    [Fact]
    public async Task A_connected_client_is_shown_with_its_session_subscriptions_and_will()
    {
        var client = await ConnectAsync("pump/7", connect: Kept() with
        {
            UserName = "alice",
            KeepAliveSeconds = 30,
            Will = new Will { Topic = "wills/pump", Payload = new byte[5], Qos = AtLeastOnce, Retain = true, Properties = new Properties { WillDelayInterval = 7 } },
        });
        await client.SubscribeAsync("b/#", AtLeastOnce);
        await client.SubscribeAsync(new SubscribePacket { PacketId = 2, Requests = [new("a", ExactlyOnce, NoLocal: true)], Properties = new Properties { SubscriptionIdentifiers = [9] } });
        await client.PublishAsync("b/1", "x", AtLeastOnce, id: 5);
        await client.ReceivePublishAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(3));
        var (info, subscriptions, will) = (await Broker.FindClientAsync("pump/7"))!;
        Assert.Equal(("pump/7", "alice", TimeSpan.FromHours(1), 2, 1, 0), (info.ClientId, info.Principal, info.SessionExpiry, info.Subscriptions, info.InFlight, info.Queued));
        Assert.Equal((ClientListener.Tcp, 5, TimeSpan.FromSeconds(30)), (info.Connection!.Listener, info.Connection.ProtocolVersion, info.Connection.KeepAlive));
        Assert.StartsWith("127.0.0.1:", info.Connection.Remote, StringComparison.Ordinal);
        Assert.Equal(Clock.GetUtcNow() - TimeSpan.FromSeconds(3), info.Connection.ConnectedAt);
        Assert.Equal([new("a", ExactlyOnce, true, false, 9), new SubscriptionInfo("b/#", AtLeastOnce, false, false, 0)], subscriptions);
        Assert.Equal(new WillInfo("wills/pump", AtLeastOnce, true, 5, TimeSpan.FromSeconds(7)), will);
        Assert.Null(await Broker.FindClientAsync("pump"));
    }

    [Fact]
    public async Task An_absent_client_is_shown_with_what_waits_and_what_it_lost()
    {
        await StartAsync(null, new() { QueuedMessages = 2 });
        var away = await ConnectAsync("away", connect: Kept());
        await away.SubscribeAsync("t");
        await away.DisposeAsync();
        await GoneAsync("away");
        var publisher = await ConnectAsync("pub");
        for (ushort i = 1; i <= 3; i++)
        {
            await publisher.PublishAsync("t", "four", AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        var info = (await Broker.FindClientAsync("away"))!.Client;
        Assert.Equal((null, 2, 10L, 1L), (info.Connection, info.Queued, info.QueuedBytes, info.Dropped.QueueFull));
        Assert.Equal((Clock.GetUtcNow(), Clock.GetUtcNow() + TimeSpan.FromHours(1)), (info.AwaySince!.Value, info.ExpiresAt!.Value));
    }

    [Fact]
    public async Task A_list_is_searched_and_read_page_by_page()
    {
        foreach (var name in new[] { "pump-b", "oven", "Pump-c", "pump-a" })
        {
            await ConnectAsync(name);
        }

        var all = await Broker.ListClientsAsync();
        Assert.Equal((4, "Pump-c oven pump-a pump-b"), (all.Matching, string.Join(' ', all.Clients.Select(c => c.ClientId))));
        var first = await Broker.ListClientsAsync("PUMP", 2);
        Assert.Equal((3, "Pump-c pump-a"), (first.Matching, string.Join(' ', first.Clients.Select(c => c.ClientId))));
        var next = await Broker.ListClientsAsync("PUMP", 2, after: "pump-a");
        Assert.Equal("pump-b", Assert.Single(next.Clients).ClientId);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Broker.ListClientsAsync("", 1001));
    }

    [Fact]
    public async Task A_list_is_sorted_by_what_is_asked_for_and_read_page_by_page()
    {
        var away = await ConnectAsync("B2", connect: Kept());
        await away.SubscribeAsync("t", AtLeastOnce);
        await away.DisposeAsync();
        await GoneAsync("B2");
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("x");
        await client.SubscribeAsync("y");
        await ConnectAsync("a", ProtocolVersion.V311);
        await (await ConnectAsync("b10")).SubscribeAsync("x");
        for (ushort i = 1; i <= 2; i++)
        {
            await client.PublishAsync("t", "waits", AtLeastOnce, id: i);
            await client.ReceiveAsync(PacketType.PubAck);
        }

        Assert.Equal("a b10 B2 c", await SortedAsync(ClientOrder.Identifier));
        Assert.Equal("c B2 b10 a", await SortedAsync(ClientOrder.Identifier, isDescending: true));
        Assert.Equal("a b10 c B2", await SortedAsync(ClientOrder.State));
        Assert.Equal("B2 a b10 c", await SortedAsync(ClientOrder.State, isDescending: true));
        Assert.Equal("a b10 c B2", await SortedAsync(ClientOrder.ProtocolVersion));
        Assert.Equal("b10 c a B2", await SortedAsync(ClientOrder.ProtocolVersion, isDescending: true)); // An absent one has none: it stands last.
        Assert.Equal("c b10 B2 a", await SortedAsync(ClientOrder.Subscriptions, isDescending: true));
        Assert.Equal("B2 a b10 c", await SortedAsync(ClientOrder.Queued, isDescending: true));
        Assert.Equal("a b10 B2 c", await SortedAsync(ClientOrder.Dropped));
        foreach (var isDescending in new[] { false, true })
        {
            var byAddress = (await Broker.ListClientsAsync(ClientOrder.Address, isDescending)).Clients;
            var ports = byAddress.Take(3).Select(c => int.Parse(c.Connection!.Remote.Split(':')[^1])).ToList();
            Assert.Equal(isDescending ? ports.OrderDescending() : ports.Order(), ports);
            Assert.Equal("B2", byAddress[3].ClientId);
        }

        Assert.Equal(["a", "b10", "B2"], await PageAsync(1));
        Assert.Equal(["c"], await PageAsync(2));
        Assert.Equal(["c"], await PageAsync(int.MaxValue));
        Assert.Equal(["a", "b10", "B2"], await PageAsync(-7));
        var found = await Broker.ListClientsAsync(ClientOrder.Subscriptions, search: "B");
        Assert.Equal((2, 1, "b10 B2"), (found.Matching, found.Page, string.Join(' ', found.Clients.Select(c => c.ClientId))));
        Assert.Equal((0, 1), ((await Broker.ListClientsAsync(ClientOrder.Queued, search: "nobody", page: 3)) is var none ? none.Matching : 1, none.Page));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Broker.ListClientsAsync(ClientOrder.State, size: 0));

        async Task<string> SortedAsync(ClientOrder order, bool isDescending = false) => string.Join(' ', (await Broker.ListClientsAsync(order, isDescending)).Clients.Select(c => c.ClientId));

        async Task<IEnumerable<string>> PageAsync(int page) => (await Broker.ListClientsAsync(ClientOrder.Identifier, page: page, size: 3)).Clients.Select(c => c.ClientId);
    }

    [Fact]
    public async Task All_clients_are_sorted_however_many_they_are()
    {
        for (var n = 0; n < 1100; n++)
        {
            await ConnectAsync($"c{n:0000}");
        }

        await (await ConnectAsync("c9999")).SubscribeAsync("t");
        var page = await Broker.ListClientsAsync(ClientOrder.Subscriptions, isDescending: true, page: 1, size: 2);
        Assert.Equal((1101, "c9999 c0000"), (page.Matching, string.Join(' ', page.Clients.Select(c => c.ClientId))));
        page = await Broker.ListClientsAsync(ClientOrder.Subscriptions, isDescending: true, page: 551, size: 2);
        Assert.Equal("c1099", Assert.Single(page.Clients).ClientId);
    }

    [Theory, Spec("MQTT-3.14.2-1")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_disconnected_client_is_told_its_will_is_published_and_its_session_waits(ProtocolVersion version)
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills/#");
        var client = await ConnectAsync("c", version, Kept(version: version) with { Will = new Will { Topic = "wills/c" } });
        Assert.True(await Broker.DisconnectClientAsync("c"));
        Assert.Equal(version == ProtocolVersion.V5 ? ReasonCode.AdministrativeAction : null, await client.ClosedAsync());
        Assert.Equal("wills/c", (await watcher.ReceivePublishAsync()).Topic);
        Assert.False(await Broker.DisconnectClientAsync("c"));
        var back = await OpenAsync(version);
        Assert.True((await back.ConnectAsync(Kept(version: version) with { ClientId = "c" })).SessionPresent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dropped_session_is_gone_also_from_the_store(bool isConnected)
    {
        var client = await ConnectAsync("c", connect: Kept());
        await client.SubscribeAsync("t");
        if (!isConnected)
        {
            await client.DisposeAsync();
            await GoneAsync("c");
        }

        Assert.True(await Broker.DropSessionAsync("c"));
        Assert.False(await Broker.DropSessionAsync("c"));
        if (isConnected)
        {
            Assert.Equal(ReasonCode.AdministrativeAction, await client.ClosedAsync());
        }

        Assert.Equal((0, 0), ((await FiguresAsync()).Sessions, (await FiguresAsync()).Subscriptions));
        await Broker.DisposeAsync();
        await StartAsync(await ReopenAsync());
        Assert.Null(await Broker.FindClientAsync("c"));
    }

    [Fact]
    public async Task Who_gets_a_topic_is_told_with_the_filter_also_when_away_or_in_a_group()
    {
        var near = await ConnectAsync("near");
        await near.SubscribeAsync("plant/+/speed", AtMostOnce);
        await near.SubscribeAsync("plant/#", AtLeastOnce);
        await (await ConnectAsync("shares")).SubscribeAsync("$share/mes/plant/7/speed", AtMostOnce);
        await (await ConnectAsync("elsewhere")).SubscribeAsync("plant/8/speed", AtMostOnce);
        var away = await ConnectAsync("away", connect: Kept());
        await away.SubscribeAsync("#", AtLeastOnce);
        await away.DisposeAsync();
        await GoneAsync("away");
        Assert.Equal(
            [new("away", "#", null), new("near", "plant/#", ClientListener.Tcp), new SubscriberInfo("shares", "$share/mes/plant/7/speed", ClientListener.Tcp)],
            await Broker.ListSubscribersAsync("plant/7/speed"));
        Assert.Equal([new SubscriberInfo("away", "#", null)], await Broker.ListSubscribersAsync("else", most: 1));
        await Assert.ThrowsAsync<ArgumentException>(() => Broker.ListSubscribersAsync("plant/+/speed"));
    }

    [Fact]
    public async Task No_more_sessions_begin_than_may_be_and_those_that_are_go_on()
    {
        await StartAsync(null, new() { MaximumSessions = 3, MaximumConnections = 2 });
        foreach (var name in new[] { "a", "b", "c" })
        {
            await (await ConnectAsync(name, connect: Kept())).DisposeAsync();
            await GoneAsync(name);
        }

        var late = await OpenAsync();
        Assert.Equal(ReasonCode.QuotaExceeded, (await late.ConnectAsync(Kept() with { ClientId = "d" })).Reason);
        late = await OpenAsync(ProtocolVersion.V311);
        Assert.Equal(ReasonCode.ServerUnavailable, (await late.ConnectAsync(new ConnectPacket { ClientId = "d" })).Reason);
        var back = await OpenAsync();
        Assert.True((await back.ConnectAsync(Kept() with { ClientId = "b" })).SessionPresent);
        Assert.True(await Broker.DropSessionAsync("a"));
        await ConnectAsync("d");
        Assert.Equal(3, (await FiguresAsync()).Sessions);
    }
}
