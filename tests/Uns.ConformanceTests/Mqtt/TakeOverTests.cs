using Uns.Mqtt.Packets;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Two clients that drive one another out again and again.</summary>
public sealed class TakeOverTests : BrokerFixture
{
    public override async ValueTask InitializeAsync() => await StartAsync(OpenStore(NewDirectory()));

    [Theory]
    [InlineData(ProtocolVersion.V311, true)]
    [InlineData(ProtocolVersion.V5, true)]
    [InlineData(ProtocolVersion.V5, false)]
    public async Task A_storm_of_take_overs_leaves_one_connection_one_session_and_the_others_served(ProtocolVersion version, bool isKept)
    {
        const int TakeOvers = 300;
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
}
