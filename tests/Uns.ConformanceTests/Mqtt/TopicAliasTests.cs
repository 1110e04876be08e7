using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Topic aliases from the broker to its clients, and the end of those it does not take. MQTT 5.0 alone has them.</summary>
public sealed class TopicAliasTests : BrokerFixture
{
    [Fact, Spec("MQTT-3.1.2-26"), Spec("MQTT-3.3.2-7"), Spec("MQTT-3.3.2-12")]
    public async Task The_first_topics_get_an_alias_each_and_go_without_their_name_from_then_on()
    {
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { TopicAliasMaximum = 2 } });
        await client.SubscribeAsync("#", AtLeastOnce);
        var publisher = await ConnectAsync("p");
        foreach (var (topic, alias, name) in new (string, ushort?, string)[]
        {
            ("a", 1, "a"), ("b", 2, "b"), ("a", 1, ""), ("c", null, "c"), ("b", 2, ""), ("c", null, "c"), ("a", 1, ""),
        })
        {
            foreach (var qos in new[] { AtMostOnce, AtLeastOnce })
            {
                await publisher.PublishAsync(topic, topic, qos, id: qos == AtMostOnce ? (ushort)0 : (ushort)1);
                var message = await client.ReceivePublishAsync();
                Assert.Equal((topic, alias), (message.Payload, message.Properties.TopicAlias));
                Assert.Equal(qos == AtMostOnce || alias is null ? name : "", message.Topic);
            }

            await publisher.ReceiveAsync(PacketType.PubAck);
        }
    }

    [Theory, Spec("MQTT-3.1.2-27"), Spec("MQTT-3.1.2-26")]
    [InlineData(null)]
    [InlineData((ushort)0)]
    public async Task A_client_that_takes_none_gets_none(ushort? maximum)
    {
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = maximum is null ? Properties.None : new Properties { TopicAliasMaximum = maximum } });
        await client.SubscribeAsync("t", AtMostOnce);
        for (var i = 0; i < 3; i++)
        {
            await client.PublishAsync("t", "x", properties: new Properties { TopicAlias = 7 });
            var message = await client.ReceivePublishAsync();
            Assert.Equal(("t", null), (message.Topic, message.Properties.TopicAlias));
        }
    }

    [Fact]
    public async Task Aliases_end_with_the_connection_and_a_repeat_names_its_topic()
    {
        var connect = Kept() with { Properties = new Properties { SessionExpiryInterval = 3600, TopicAliasMaximum = 5 } };
        var client = await ConnectAsync("c", connect: connect);
        await client.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("p");
        for (ushort i = 1; i <= 2; i++)
        {
            await publisher.PublishAsync("t", $"{i}", AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        await client.ReceivePublishAsync();
        Assert.Equal("", (await client.ReceivePublishAsync()).Topic);
        await client.DisposeAsync();
        await GoneAsync("c");
        await publisher.PublishAsync("t", "3", AtLeastOnce, id: 3);
        await publisher.ReceiveAsync(PacketType.PubAck);
        var back = await ConnectAsync("c", connect: connect);
        foreach (var (payload, duplicate) in new[] { ("1", true), ("2", true), ("3", false) })
        {
            var message = await back.ReceivePublishAsync();
            Assert.Equal(("t", payload, duplicate), (message.Topic, message.Payload, message.Duplicate));
        }
    }

    [Fact, Spec("MQTT-3.2.2-18"), Spec("MQTT-3.2.2-17")]
    public async Task Where_the_broker_announces_none_an_alias_ends_the_connection()
    {
        await StartAsync(null, new() { TopicAliasMaximum = 0 });
        var client = await OpenAsync();
        Assert.Null((await client.ConnectAsync(new ConnectPacket { ClientId = "c" })).Properties.TopicAliasMaximum);
        await client.PublishAsync("t", "x", properties: new Properties { TopicAlias = 1 });
        Assert.Equal(ReasonCode.TopicAliasInvalid, await client.ClosedAsync());
    }
}
