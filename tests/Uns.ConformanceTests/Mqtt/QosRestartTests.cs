using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>QoS 2 in both directions with the broker killed after each step: once, never twice, never not at all.</summary>
public sealed class QosRestartTests : BrokerFixture
{
    public override async ValueTask InitializeAsync() => await StartAsync(OpenStore(NewDirectory()));

    public static TheoryData<ProtocolVersion, int> Steps()
    {
        var data = new TheoryData<ProtocolVersion, int>();
        foreach (var version in new[] { ProtocolVersion.V311, ProtocolVersion.V5 })
        {
            for (var step = 0; step < 4; step++)
            {
                data.Add(version, step);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Steps)), Spec("MQTT-4.3.3-10"), Spec("MQTT-4.3.3-11"), Spec("MQTT-4.3.3-12")]
    public async Task A_publisher_goes_on_after_the_brokers_death_and_its_message_is_there_once(ProtocolVersion version, int step)
    {
        await SubscribeAwayAsync(version);
        var publisher = await ConnectAsync("pub", version, Kept(version: version));
        await publisher.PublishAsync("t", "once", ExactlyOnce, id: 8);
        if (step > 0)
        {
            await publisher.ReceiveAsync(PacketType.PubRec);
        }

        if (step > 1)
        {
            await publisher.AckAsync(PacketType.PubRel, 8);
        }

        if (step > 2)
        {
            await publisher.ReceiveAsync(PacketType.PubComp);
        }

        await CrashAsync(StoreDirectory);
        var back = await ConnectAsync("pub", version, Kept(version: version));
        if (step < 2)
        {
            await back.PublishAsync("t", "once", ExactlyOnce, id: 8, duplicate: true);
            Assert.Equal(8, (await back.ReceiveAsync(PacketType.PubRec)).Ack.PacketId);
        }

        await back.AckAsync(PacketType.PubRel, 8);
        Assert.Equal(8, (await back.ReceiveAsync(PacketType.PubComp)).Ack.PacketId);
        var subscriber = await ConnectAsync("sub", version, Kept(version: version));
        Assert.Equal(("once", ExactlyOnce), (await subscriber.ReceivePublishAsync()) is var one ? (one.Payload, one.Qos) : default);
        await subscriber.NothingMoreAsync();
    }

    [Theory, MemberData(nameof(Steps)), Spec("MQTT-4.4.0-1"), Spec("MQTT-4.3.3-6"), Spec("MQTT-3.3.1-1")]
    public async Task A_subscriber_is_served_on_from_where_the_broker_died(ProtocolVersion version, int step)
    {
        await SubscribeAwayAsync(version);
        var publisher = await ConnectAsync("pub", version);
        await publisher.PublishAsync("t", "once", ExactlyOnce, id: 1);
        await publisher.ReceiveAsync(PacketType.PubRec);
        ushort id = 0;
        if (step > 0)
        {
            var subscriber = await ConnectAsync("sub", version, Kept(version: version));
            id = (await subscriber.ReceivePublishAsync()).PacketId;
            if (step > 1)
            {
                await subscriber.AckAsync(PacketType.PubRec, id);
                await subscriber.ReceiveAsync(PacketType.PubRel);
            }

            if (step > 2)
            {
                await subscriber.AckAsync(PacketType.PubComp, id);
                await subscriber.NothingMoreAsync();
            }
        }

        await CrashAsync(StoreDirectory);
        var back = await ConnectAsync("sub", version, Kept(version: version));
        if (step < 2)
        {
            // Whether it was begun may have died with the broker; then it is new, and else a repeat.
            var again = await back.ReceivePublishAsync();
            Assert.Equal("once", again.Payload);
            Assert.True(step > 0 || !again.Duplicate);
            await back.AckAsync(PacketType.PubRec, again.PacketId);
            Assert.Equal(again.PacketId, (await back.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        }
        else if (step == 2)
        {
            Assert.Equal(id, (await back.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        }

        await PassOverAsync(back);
    }

    /// <summary>What follows is at most one PUBREL, when the end of the exchange died with the broker; never the message.</summary>
    private static async Task PassOverAsync(RawClient client)
    {
        await client.PingAsync();
        var packet = await client.NextAsync();
        if (packet?.Type == PacketType.PubRel)
        {
            packet = await client.NextAsync();
        }

        Assert.Equal(PacketType.PingResp, packet?.Type);
    }

    private async Task SubscribeAwayAsync(ProtocolVersion version)
    {
        var subscriber = await ConnectAsync("sub", version, Kept(version: version));
        await subscriber.SubscribeAsync("t");
        await subscriber.DisposeAsync();
        await GoneAsync("sub");
    }
}
