using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The machine's clock is set while the broker runs: what it counts goes on by the time that has passed.</summary>
public sealed class ClockTests : BrokerFixture
{
    /// <summary>By how many hours; ten years is a machine without a battery that hears of the time.</summary>
    public static TheoryData<int> Steps => [1, -1, 10 * 365 * 24, -10 * 365 * 24];

    [Theory, MemberData(nameof(Steps)), Spec("MQTT-3.1.2-22")]
    public async Task Nobody_is_driven_out_and_who_is_silent_is_still_found(int hours)
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills", AtMostOnce);
        var client = await ConnectAsync("c", connect: new ConnectPacket { KeepAliveSeconds = 10, Will = new Will { Topic = "wills", Payload = "dead"u8.ToArray() } });
        Clock.SetWall(TimeSpan.FromHours(hours));
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await client.NothingMoreAsync();
        await watcher.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(17));
        Assert.Equal(ReasonCode.KeepAliveTimeout, await client.ClosedAsync());
        Assert.Equal("dead", (await watcher.ReceivePublishAsync()).Payload);
    }

    [Theory, MemberData(nameof(Steps)), Spec("MQTT-3.3.2-5"), Spec("MQTT-3.3.2-6")]
    public async Task Sessions_messages_and_wills_live_as_long_as_they_would_have(int hours)
    {
        var away = await ConnectAsync("away", connect: new ConnectPacket
        {
            Properties = new Properties { SessionExpiryInterval = 100 },
            Will = new Will { Topic = "wills", Payload = "gone"u8.ToArray(), Properties = new Properties { WillDelayInterval = 50 } },
        });
        await away.SubscribeAsync("t", AtLeastOnce);
        await away.DisposeAsync();
        await GoneAsync("away");
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("wills", AtMostOnce);
        await other.PublishAsync("t", "waits", AtLeastOnce, id: 1, properties: new Properties { MessageExpiryInterval = 200 });
        await other.PublishAsync("r", "kept", retain: true, properties: new Properties { MessageExpiryInterval = 60 });
        await other.ReceiveAsync(PacketType.PubAck);
        Clock.SetWall(TimeSpan.FromHours(hours));
        await AdvanceAsync(TimeSpan.FromSeconds(40));
        await other.NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).Retained);
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Equal("gone", (await other.ReceivePublishAsync()).Payload);
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, (await FiguresAsync()).Retained);
        var back = await ConnectAsync("away", connect: new ConnectPacket { CleanStart = false, Properties = new Properties { SessionExpiryInterval = 100 } });
        Assert.Equal(("waits", 138u), await back.ReceivePublishAsync() is var message ? (message.Payload, message.Properties.MessageExpiryInterval!.Value) : default);
        await back.DisposeAsync();
        await GoneAsync("away");
        await AdvanceAsync(TimeSpan.FromSeconds(102));
        Assert.Equal((1, 1), ((await FiguresAsync()).Sessions, (await FiguresAsync()).Expired));
    }

    [Theory, MemberData(nameof(Steps))]
    public async Task A_restart_behind_the_step_counts_on_from_where_the_last_run_was(int hours)
    {
        await StartAsync(OpenStore(NewDirectory()));
        var away = await ConnectAsync("away", connect: Kept());
        await away.SubscribeAsync("t", AtLeastOnce);
        await away.DisposeAsync();
        await GoneAsync("away");
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "waits", AtLeastOnce, id: 1, properties: new Properties { MessageExpiryInterval = 1000 });
        await publisher.PublishAsync("r", "kept", AtLeastOnce, retain: true, id: 2, properties: new Properties { MessageExpiryInterval = 1000 });
        await publisher.ReceiveAsync(PacketType.PubAck);
        await publisher.ReceiveAsync(PacketType.PubAck);
        Clock.SetWall(TimeSpan.FromHours(hours));
        await AdvanceAsync(TimeSpan.FromSeconds(100));
        await Broker.DisposeAsync();
        await StartAsync(await ReopenAsync());
        var back = await ConnectAsync("away", connect: Kept());
        Assert.Equal(("waits", 900u), await back.ReceivePublishAsync() is var message ? (message.Payload, message.Properties.MessageExpiryInterval!.Value) : default);
        Assert.Equal(1, (await FiguresAsync()).Retained);
        await back.DisposeAsync();
        await GoneAsync("away");
        await AdvanceAsync(TimeSpan.FromSeconds(3602));
        Assert.Equal((1, 0), ((await FiguresAsync()).Expired, (await FiguresAsync()).Retained));
    }

    [Fact]
    public async Task What_was_over_at_a_start_stays_over_when_the_clock_is_set_back()
    {
        await StartAsync(OpenStore(NewDirectory()));
        var publisher = await ConnectAsync("pub", connect: Kept());
        await publisher.PublishAsync("r", "kept", AtLeastOnce, retain: true, id: 1, properties: new Properties { MessageExpiryInterval = 10 });
        await publisher.ReceiveAsync(PacketType.PubAck);
        foreach (var wall in new[] { 1, -2 })
        {
            await Broker.DisposeAsync();
            var store = await ReopenAsync();
            Clock.SetWall(TimeSpan.FromHours(wall));
            await StartAsync(store);
            Assert.Equal(0, (await FiguresAsync()).Retained);
        }
    }
}
