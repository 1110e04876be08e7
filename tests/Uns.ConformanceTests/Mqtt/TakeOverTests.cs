using Uns.Mqtt.Packets;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Two clients that drive one another out again and again.</summary>
public sealed class TakeOverTests : BrokerFixture
{
    private const int Allowed = 5;

    private bool _isOther;

    public override async ValueTask InitializeAsync() => await StartAsync(OpenStore(NewDirectory()));

    [Theory]
    [InlineData(ProtocolVersion.V311, true)]
    [InlineData(ProtocolVersion.V5, true)]
    [InlineData(ProtocolVersion.V5, false)]
    public async Task A_storm_of_take_overs_leaves_one_connection_one_session_and_the_others_served(ProtocolVersion version, bool isKept)
    {
        const int TakeOvers = 300;
        await StartAsync(OpenStore(NewDirectory()), Options with { TakeOvers = TakeOvers });
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("t");
        var connect = isKept ? Kept(version: version) : new ConnectPacket();
        var last = await ConnectAsync("twin", version, connect);
        await last.SubscribeAsync("t");
        for (var i = 1; i <= TakeOvers; i++)
        {
            var next = await OpenAsync(version);
            var answer = await next.ConnectAsync(connect with { ClientId = "twin", CleanStart = false });
            Assert.Equal((ReasonCode.Success, isKept), (answer.Reason, answer.SessionPresent));
            Assert.Equal(version == ProtocolVersion.V5 ? ReasonCode.SessionTakenOver : null, await last.ClosedAsync());
            await watcher.PublishAsync("t", $"{i}");
            Assert.Equal($"{i}", (await watcher.ReceivePublishAsync()).Payload);
            if (isKept)
            {
                Assert.Equal($"{i}", (await next.ReceivePublishAsync()).Payload);
            }

            await last.DisposeAsync();
            last = next;
        }

        var figures = await FiguresAsync();
        Assert.Equal((2, 2, isKept ? 2 : 1), (figures.Connections, figures.Sessions, figures.Subscriptions));
    }

    [Theory]
    [InlineData(ProtocolVersion.V311, ReasonCode.ServerUnavailable)]
    [InlineData(ProtocolVersion.V5, ReasonCode.ConnectionRateExceeded)]
    public async Task Who_fights_over_an_identifier_has_to_wait_longer_and_longer(ProtocolVersion version, ReasonCode refusal)
    {
        await FightAsync(version);
        var pauses = new List<int>();
        for (var round = 0; round < 9; round++)
        {
            var seconds = 0;
            while (await TryAsync(version) is not ReasonCode.Success and var reason)
            {
                Assert.Equal(refusal, reason);
                await AdvanceAsync(TimeSpan.FromSeconds(1));
                seconds++;
            }

            pauses.Add(seconds);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], pauses);
        Assert.Equal(1, (await FiguresAsync()).Connections);
    }

    [Fact]
    public async Task A_fight_is_reported_with_both_addresses_until_it_has_been_quiet_for_five_minutes()
    {
        await FightAsync(ProtocolVersion.V5);
        Assert.Empty(Broker.Disputes);
        Assert.Equal(ReasonCode.ConnectionRateExceeded, await TryAsync(ProtocolVersion.V5));
        var dispute = Assert.Single(Broker.Disputes);
        Assert.Equal(("twin", Clock.GetUtcNow()), (dispute.ClientId, dispute.Since));
        Assert.StartsWith("127.0.0.2:", dispute.Holder);
        Assert.StartsWith("127.0.0.1:", dispute.Newcomer);
        Assert.Contains(dispute.Holder, $"{dispute}");
        Assert.Contains(dispute.Newcomer, $"{dispute}");
        await AdvanceAsync(TimeSpan.FromSeconds(300));
        Assert.Single(Broker.Disputes);
        await AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.Empty(Broker.Disputes);
        for (var i = 0; i < Allowed; i++)
        {
            Assert.Equal(ReasonCode.Success, await TryAsync(ProtocolVersion.V5)); // As many are free again.
        }

        Assert.Empty(Broker.Disputes);
    }

    [Fact]
    public async Task A_client_that_comes_back_from_a_dead_link_never_waits()
    {
        for (var i = 0; i < 4 * Allowed; i++)
        {
            Assert.Equal(ReasonCode.Success, (await (await OpenAsync()).ConnectAsync(new ConnectPacket { ClientId = "twin" })).Reason);
            await AdvanceAsync(TimeSpan.FromSeconds(5.1));
        }

        Assert.Empty(Broker.Disputes);
    }

    [Fact]
    public async Task Take_overs_now_and_then_are_nobodys_fight()
    {
        for (var i = 0; i < 4 * Allowed; i++)
        {
            Assert.Equal(ReasonCode.Success, await TryAsync(ProtocolVersion.V5));
            await AdvanceAsync(TimeSpan.FromSeconds(7));
        }

        Assert.Empty(Broker.Disputes);
    }

    // From the host that the holder of the identifier is not at.
    private async Task<ReasonCode> TryAsync(ProtocolVersion version)
    {
        var client = await OpenAsync(version, _isOther ? "127.0.0.2" : "127.0.0.1");
        var reason = (await client.ConnectAsync(new ConnectPacket { ClientId = "twin" })).Reason;
        _isOther ^= reason == ReasonCode.Success;
        return reason;
    }

    private async Task FightAsync(ProtocolVersion version)
    {
        for (var i = 0; i <= Allowed; i++)
        {
            Assert.Equal(ReasonCode.Success, await TryAsync(version));
        }
    }
}
