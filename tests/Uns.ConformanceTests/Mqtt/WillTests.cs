using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>A will is published once, or not at all, in each of the ways a connection can end, also after the broker itself was killed.</summary>
public sealed class WillTests : BrokerFixture
{
    private string _directory = "";

    public override async ValueTask InitializeAsync()
    {
        _directory = NewDirectory();
        await StartAsync(OpenStore(_directory));
    }

    public static TheoryData<string, ProtocolVersion, uint, bool> Endings()
    {
        var data = new TheoryData<string, ProtocolVersion, uint, bool>();
        foreach (var version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            foreach (var delay in version == ProtocolVersion.V5 ? new uint[] { 0, 5 } : [0])
            {
                foreach (var ending in new[] { "broken", "keep alive", "protocol error", "malformed", "server packet", "too large", "taken over", "server stop", "killed" })
                {
                    // A client that takes over its kept session before the delay is over was never gone.
                    data.Add(ending, version, delay, ending != "taken over" || delay == 0);
                }

                data.Add("disconnect", version, delay, false);
                if (version == ProtocolVersion.V5)
                {
                    data.Add("disconnect with will", version, delay, true);
                    data.Add("session ends before the delay", version, delay, true);
                    data.Add("taken over with a clean start", version, delay, true);
                }
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Endings))]
    [Spec("MQTT-3.1.2-7"), Spec("MQTT-3.1.2-8"), Spec("MQTT-3.1.2-10"), Spec("MQTT-3.14.4-3"), Spec("MQTT-3.1.3-9")]
    public async Task A_will_is_published_once_or_not_at_all(string ending, ProtocolVersion version, uint delay, bool isPublished)
    {
        var watcher = await ConnectAsync("watcher", connect: Kept());
        await watcher.SubscribeAsync("wills/#", QualityOfService.AtLeastOnce);
        var connect = Kept(version: version) with
        {
            KeepAliveSeconds = 10,
            Will = new Will { Topic = "wills/c", Payload = "dead"u8.ToArray(), Qos = QualityOfService.AtLeastOnce, Properties = delay > 0 ? new Properties { WillDelayInterval = delay } : Properties.None },
        };
        var client = await ConnectAsync("c", version, connect);
        await EndAsync(ending, client, version);
        if (ending is not ("killed" or "server stop" or "taken over" or "taken over with a clean start"))
        {
            await GoneAsync("c");
        }

        if (ending is "killed" or "server stop")
        {
            watcher = await ConnectAsync("watcher", connect: Kept());
        }

        await AdvanceAsync(TimeSpan.FromSeconds(20));
        if (isPublished)
        {
            var will = await watcher.ReceivePublishAsync();
            Assert.Equal(("wills/c", "dead"), (will.Topic, will.Payload));
            await watcher.AckAsync(PacketType.PubAck, will.PacketId);
        }

        await watcher.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(60));
        await watcher.NothingMoreAsync();
        await Broker.DisposeAsync();
        await StartAsync(await ReopenAsync());
        watcher = await ConnectAsync("watcher", connect: Kept());
        await AdvanceAsync(TimeSpan.FromSeconds(60));
        if (ending.StartsWith("taken over", StringComparison.Ordinal))
        {
            Assert.Equal("second", (await watcher.ReceivePublishAsync()).Payload); // The new connection's own will.
        }

        await watcher.NothingMoreAsync();
    }

    [Fact]
    public async Task A_client_that_is_back_within_the_grace_is_not_declared_dead_by_the_brokers_own_death()
    {
        var will = new Will { Topic = "wills/c", Payload = "dead"u8.ToArray() };
        foreach (var (name, connect) in new[] { ("clean", new ConnectPacket()), ("kept", Kept()), ("lost", new ConnectPacket()), ("lost kept", Kept()) })
        {
            await ConnectAsync(name, connect: connect with { Will = will with { Topic = $"wills/{name}" } });
        }

        await CrashAsync(_directory);
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills/#", QualityOfService.AtMostOnce);
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        var clean = await OpenAsync();
        Assert.False((await clean.ConnectAsync(new ConnectPacket { ClientId = "clean", CleanStart = false })).SessionPresent);
        var kept = await OpenAsync();
        Assert.True((await kept.ConnectAsync(Kept() with { ClientId = "kept" })).SessionPresent);
        await watcher.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(7));
        var dead = new[] { (await watcher.ReceivePublishAsync()).Topic, (await watcher.ReceivePublishAsync()).Topic };
        Assert.Equal(["wills/lost", "wills/lost kept"], dead.Order());
        await AdvanceAsync(TimeSpan.FromSeconds(60));
        await watcher.NothingMoreAsync();
    }

    [Fact]
    public async Task A_delayed_will_survives_a_graceful_stop()
    {
        var connect = Kept() with { Will = new Will { Topic = "wills/c", Properties = new Properties { WillDelayInterval = 60 } } };
        await (await ConnectAsync("c", connect: connect)).DisposeAsync();
        await GoneAsync("c");
        await Broker.DisposeAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(30));
        await StartAsync(await ReopenAsync());
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills/#", QualityOfService.AtMostOnce);
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await watcher.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Equal("wills/c", (await watcher.ReceivePublishAsync()).Topic);
    }

    private async Task EndAsync(string ending, RawClient client, ProtocolVersion version)
    {
        switch (ending)
        {
            case "broken":
                await client.DisposeAsync();
                break;
            case "keep alive":
                await AdvanceAsync(TimeSpan.FromSeconds(17));
                await client.ClosedAsync();
                break;
            case "protocol error":
                await client.SendAsync(new ConnectPacket { ClientId = "c", Version = version }.Write);
                await client.ClosedAsync();
                break;
            case "malformed":
                await client.SendAsync("F7FF");
                await client.ClosedAsync();
                break;
            case "server packet":
                await client.SendAsync("D000");
                await client.ClosedAsync();
                break;
            case "too large":
                await client.SendAsync("30FFFFFF7F");
                await client.ClosedAsync();
                break;
            case "disconnect":
                await client.SendAsync("E000");
                await client.ClosedAsync();
                break;
            case "disconnect with will":
                await client.SendAsync("E00104");
                await client.ClosedAsync();
                break;
            case "session ends before the delay":
                await client.SendAsync(o => new DisconnectPacket { Reason = ReasonCode.DisconnectWithWill, Properties = new Properties { SessionExpiryInterval = 2 } }.Write(o, version));
                await client.ClosedAsync();
                break;
            case "taken over" or "taken over with a clean start":
                await ConnectAsync("c", version, Kept(ending != "taken over", version) with { Will = new Will { Topic = "wills/c", Payload = "second"u8.ToArray(), Qos = QualityOfService.AtLeastOnce } });
                await client.ClosedAsync();
                break;
            case "server stop":
                await Broker.DisposeAsync();
                await StartAsync(await ReopenAsync());
                break;
            default:
                await CrashAsync(_directory);
                break;
        }
    }
}
