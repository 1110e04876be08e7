using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;
using Uns.Tags;

namespace Uns.UnitTests.OpcUa.Server;

/// <summary>Subscriptions of the server: first values, changes, what comes and goes, and what a broken connection leaves behind.</summary>
public sealed class ServerSubscriptionTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly NodeId Speed = ServedTree.Id("acme/berlin/line/Speed");

    [Fact]
    public async Task The_first_value_comes_at_once_and_then_each_change()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(1.0));
        await using var session = await plant.ConnectAsync();
        var subscription = await WatchAsync(session, Speed);
        Assert.Equal(1.0, Value(await NewsAsync(session, null)));
        plant.Tell("Speed", TagValue.Of(2.0));
        Assert.Equal(2.0, Value(await NewsAsync(session, (subscription, 1))));
    }

    [Fact]
    public async Task A_node_that_goes_is_told_as_unknown_and_comes_back_by_itself()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(1.0));
        plant.Tell("Other", TagValue.Of(1.0));
        await using var session = await plant.ConnectAsync();
        await WatchAsync(session, Speed);
        Assert.Equal(1.0, Value(await NewsAsync(session, null)));
        plant.Remove("Speed");
        Assert.Equal(StatusCode.BadNodeIdUnknown, Assert.Single((await NewsAsync(session, null)).Values).Value.Status);
        plant.Tell("Speed", TagValue.Of(3.0));
        Assert.Equal(3.0, Value(await NewsAsync(session, null)));
    }

    [Fact]
    public async Task Silence_is_broken_by_keep_alives()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(1.0));
        await using var session = await plant.ConnectAsync();
        await WatchAsync(session, Speed);
        await NewsAsync(session, null);
        for (var i = 0; i < 3; i++)
        {
            var message = await session.PublishAsync([], Patience, CancellationToken.None);
            Assert.True(message is { IsKeepAlive: true, Sequence: 2 });
        }
    }

    [Fact]
    public async Task A_message_is_told_again_until_it_is_acknowledged()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(1.0));
        await using var session = await plant.ConnectAsync();
        var subscription = await WatchAsync(session, Speed);
        Assert.Equal(1u, (await NewsAsync(session, null)).Sequence);
        var again = await session.RepublishAsync(subscription, 1, CancellationToken.None);
        Assert.Equal(1.0, Value(again!));
        plant.Tell("Speed", TagValue.Of(2.0));
        await NewsAsync(session, (subscription, 1));
        Assert.Null(await session.RepublishAsync(subscription, 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_subscription_outlives_its_connection_and_is_taken_over()
    {
        await using var plant = new ServedTree();
        plant.Tell("Speed", TagValue.Of(1.0));
        var lost = await plant.ConnectAsync();
        var subscription = await WatchAsync(lost, Speed);
        await NewsAsync(lost, null);
        plant.Server.DropConnections();
        await lost.DisposeAsync();
        plant.Tell("Speed", TagValue.Of(2.0));

        await using var session = await plant.ConnectAsync();
        Assert.Equal([1u], await session.TransferAsync(subscription, CancellationToken.None));
        Assert.Equal(1.0, Value((await session.RepublishAsync(subscription, 1, CancellationToken.None))!));
        Assert.Equal(2.0, Value(await NewsAsync(session, (subscription, 1))));
        Assert.Null(await session.TransferAsync(subscription + 77, CancellationToken.None));
    }

    [Fact]
    public async Task Another_user_does_not_get_the_subscription()
    {
        await using var plant = new ServedTree(new OpcUaServerOptions { Users = [new("operator", PasswordHash.Make("secret"), OpcUaRight.Write)] });
        plant.Tell("Speed", TagValue.Of(1.0));
        await using var owner = await plant.ConnectAsync(new UaUser("operator", "secret", null));
        var subscription = await WatchAsync(owner, Speed);
        await using var stranger = await plant.ConnectAsync();
        Assert.Null(await stranger.TransferAsync(subscription, CancellationToken.None));
    }

    [Fact]
    public async Task Ten_thousand_items_are_all_told()
    {
        const int Many = 10_000;
        await using var plant = new ServedTree();
        for (var i = 0; i < Many; i++)
        {
            plant.Tell($"t{i:D5}", TagValue.Of((double)i));
        }

        await using var session = await plant.ConnectAsync();
        var (subscription, _) = await session.SubscribeAsync(Interval, TimeSpan.FromSeconds(1), CancellationToken.None);
        var items = Enumerable.Range(0, Many).Select(i => new MonitorWish(ServedTree.Id($"acme/berlin/line/t{i:D5}"), Interval, (uint)i)).ToList();
        Assert.All(await session.MonitorAsync(subscription, items, CancellationToken.None), s => Assert.Equal(0u, s.Status));
        var seen = new Dictionary<uint, double>();
        while (seen.Count < Many)
        {
            foreach (var (handle, value) in (await session.PublishAsync([], Patience, CancellationToken.None)).Values)
            {
                seen[handle] = (double)value.Value.Value!;
            }
        }

        Assert.All(seen, s => Assert.Equal(s.Key, s.Value));
    }

    private static async Task<uint> WatchAsync(UaSession session, NodeId node)
    {
        var (subscription, _) = await session.SubscribeAsync(Interval, Interval * 2, CancellationToken.None);
        Assert.Equal(0u, (await session.MonitorAsync(subscription, [new(node, Interval, 5)], CancellationToken.None))[0].Status);
        return subscription;
    }

    private static async Task<UaNotification> NewsAsync(UaSession session, (uint, uint)? acknowledge)
    {
        while (true)
        {
            var message = await session.PublishAsync(acknowledge is { } one ? [one] : [], Patience, CancellationToken.None);
            acknowledge = null;
            if (!message.IsKeepAlive)
            {
                return message;
            }
        }
    }

    private static double Value(UaNotification message) => (double)message.Values[^1].Value.Value.Value!;
}
