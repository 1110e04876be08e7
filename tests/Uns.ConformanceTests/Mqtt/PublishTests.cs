using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Messages and their acknowledgements, both ways.</summary>
public sealed class PublishTests : BrokerFixture
{
    [Theory]
    [Spec("MQTT-3.8.4-8"), Spec("MQTT-3.3.4-1"), Spec("MQTT-4.3.1-1"), Spec("MQTT-4.3.2-2"), Spec("MQTT-4.3.3-2"), Spec("MQTT-2.2.1-2"), Spec("MQTT-2.2.1-4"), Spec("MQTT-2.2.1-5"), Spec("MQTT-3.3.2-3"), Spec("MQTT-4.3.2-1"), Spec("MQTT-4.3.3-1")]
    [InlineData(AtMostOnce, ExactlyOnce, AtMostOnce)]
    [InlineData(AtLeastOnce, ExactlyOnce, AtLeastOnce)]
    [InlineData(ExactlyOnce, ExactlyOnce, ExactlyOnce)]
    [InlineData(ExactlyOnce, AtLeastOnce, AtLeastOnce)]
    [InlineData(ExactlyOnce, AtMostOnce, AtMostOnce)]
    [InlineData(AtLeastOnce, AtMostOnce, AtMostOnce)]
    public async Task A_message_comes_at_the_lower_of_both_qos_across_both_versions(QualityOfService published, QualityOfService granted, QualityOfService delivered)
    {
        foreach (var (from, to) in new[]
        {
            (ProtocolVersion.V5, ProtocolVersion.V5), (ProtocolVersion.V311, ProtocolVersion.V5),
            (ProtocolVersion.V5, ProtocolVersion.V311), (ProtocolVersion.V311, ProtocolVersion.V311),
        })
        {
            var subscriber = await ConnectAsync("sub", to);
            var answer = await subscriber.SubscribeAsync("a/+", granted);
            Assert.Equal([(ReasonCode)granted], answer.Reasons);
            var publisher = await ConnectAsync("pub", from);
            await publisher.PublishAsync("a/b", "hello", published, id: published == AtMostOnce ? (ushort)0 : (ushort)7);
            var message = await subscriber.ReceivePublishAsync();
            Assert.Equal(("a/b", "hello", delivered, false, false), (message.Topic, message.Payload, message.Qos, message.Retain, message.Duplicate));
            Assert.Equal(delivered == AtMostOnce, message.PacketId == 0);
            if (published == AtLeastOnce)
            {
                Assert.Equal(7, (await publisher.ReceiveAsync(PacketType.PubAck)).Ack.PacketId);
            }
            else if (published == ExactlyOnce)
            {
                Assert.Equal(7, (await publisher.ReceiveAsync(PacketType.PubRec)).Ack.PacketId);
            }

            await publisher.NothingMoreAsync();
            await publisher.DisposeAsync();
            await subscriber.DisposeAsync();
        }
    }

    [Fact, Spec("MQTT-4.3.3-8"), Spec("MQTT-4.3.3-10"), Spec("MQTT-4.3.3-11"), Spec("MQTT-4.3.3-12"), Spec("MQTT-3.3.1-3")]
    public async Task A_qos_2_message_sent_again_is_delivered_once()
    {
        var subscriber = await ConnectAsync("sub");
        await subscriber.SubscribeAsync("t", AtMostOnce);
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "1", ExactlyOnce, id: 5);
        await publisher.ReceiveAsync(PacketType.PubRec);
        await publisher.PublishAsync("t", "1", ExactlyOnce, id: 5, duplicate: true);
        await publisher.ReceiveAsync(PacketType.PubRec);
        await publisher.AckAsync(PacketType.PubRel, 5);
        await publisher.ReceiveAsync(PacketType.PubComp);
        await publisher.AckAsync(PacketType.PubRel, 5);
        Assert.Equal(ReasonCode.PacketIdentifierNotFound, (await publisher.ReceiveAsync(PacketType.PubComp)).Ack.Reason);
        await publisher.PublishAsync("t", "2", ExactlyOnce, id: 5);
        await publisher.ReceiveAsync(PacketType.PubRec);
        Assert.Equal("1", (await subscriber.ReceivePublishAsync()).Payload);
        Assert.Equal("2", (await subscriber.ReceivePublishAsync()).Payload);
        await subscriber.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.3.2-5")]
    public async Task After_puback_the_same_identifier_is_a_new_message_whatever_dup_says()
    {
        var client = await ConnectAsync("self");
        await client.SubscribeAsync("t", AtMostOnce);
        await client.PublishAsync("t", "1", AtLeastOnce, id: 5);
        await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubAck);
        await client.PublishAsync("t", "2", AtLeastOnce, id: 5, duplicate: true);
        var second = await client.ReceivePublishAsync();
        Assert.Equal(("2", false), (second.Payload, second.Duplicate));
        await client.ReceiveAsync(PacketType.PubAck);
    }

    [Fact, Spec("MQTT-4.3.3-4"), Spec("MQTT-4.3.3-5"), Spec("MQTT-4.3.3-3"), Spec("MQTT-4.3.2-3")]
    public async Task The_broker_plays_the_senders_part_of_qos_2()
    {
        var client = await ConnectAsync("self");
        await client.SubscribeAsync("t");
        await client.PublishAsync("t", "x", ExactlyOnce, id: 9);
        var message = await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubRec);
        await client.AckAsync(PacketType.PubRec, message.PacketId);
        Assert.Equal(message.PacketId, (await client.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        await client.AckAsync(PacketType.PubComp, message.PacketId);
        await client.NothingMoreAsync();
    }

    [Theory]
    [Spec("MQTT-4.4.0-1"), Spec("MQTT-3.3.1-1"), Spec("MQTT-4.3.3-6"), Spec("MQTT-4.5.0-1"), Spec("MQTT-3.3.1-2")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_resumed_session_gets_again_what_it_did_not_acknowledge(ProtocolVersion version)
    {
        var first = await ConnectAsync("sub", version, Kept(version: version));
        await first.SubscribeAsync("t/#");
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t/1", "one", AtLeastOnce, id: 1);
        await publisher.PublishAsync("t/2", "two", ExactlyOnce, id: 2);
        await publisher.PublishAsync("t/3", "three", ExactlyOnce, id: 3);
        await publisher.PublishAsync("t/0", "zero");
        var one = await first.ReceivePublishAsync();
        var two = await first.ReceivePublishAsync();
        var three = await first.ReceivePublishAsync();
        Assert.Equal("zero", (await first.ReceivePublishAsync()).Payload);
        await first.AckAsync(PacketType.PubRec, three.PacketId);
        await first.ReceiveAsync(PacketType.PubRel);
        await first.DisposeAsync();
        await publisher.PublishAsync("t/4", "four", AtLeastOnce, id: 4);
        await publisher.PublishAsync("t/0", "lost");
        foreach (var type in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRec, PacketType.PubAck })
        {
            await publisher.ReceiveAsync(type);
        }

        var again = await OpenAsync(version);
        Assert.True((await again.ConnectAsync(Kept(version: version) with { ClientId = "sub" })).SessionPresent);
        Assert.Equal(one with { Duplicate = true, Properties = Properties.None }, (await again.ReceivePublishAsync()) with { Properties = Properties.None });
        Assert.Equal(two with { Duplicate = true, Properties = Properties.None }, (await again.ReceivePublishAsync()) with { Properties = Properties.None });
        Assert.Equal(three.PacketId, (await again.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        var four = await again.ReceivePublishAsync();
        Assert.Equal(("four", false), (four.Payload, four.Duplicate));
        await again.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.3.4-9"), Spec("MQTT-4.9.0-1"), Spec("MQTT-4.9.0-2"), Spec("MQTT-4.9.0-3"), Spec("MQTT-3.3.4-10"), Spec("MQTT-4.4.0-2")]
    public async Task No_more_messages_are_under_way_than_the_client_allows()
    {
        var client = await ConnectAsync("sub", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 2 } });
        await client.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("pub");
        for (ushort i = 1; i <= 5; i++)
        {
            await publisher.PublishAsync("t", $"{i}", AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        var first = await client.ReceivePublishAsync();
        var second = await client.ReceivePublishAsync();
        await client.NothingMoreAsync();
        await client.AckAsync(PacketType.PubAck, second.PacketId);
        Assert.Equal("3", (await client.ReceivePublishAsync()).Payload);
        await client.NothingMoreAsync();
        await client.AckAsync(PacketType.PubAck, first.PacketId, ReasonCode.UnspecifiedError);
        Assert.Equal("4", (await client.ReceivePublishAsync()).Payload);
        await client.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.3.4-7")]
    public async Task A_client_with_more_under_way_than_the_broker_allows_is_disconnected()
    {
        var client = await ConnectAsync("eager");
        for (ushort i = 1; i <= 1025; i++)
        {
            await client.PublishAsync("t", "x", ExactlyOnce, id: i);
        }

        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await client.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.3.2-4"), Spec("MQTT-3.3.2-15"), Spec("MQTT-3.3.2-16"), Spec("MQTT-3.3.2-17"), Spec("MQTT-3.3.2-18"), Spec("MQTT-3.3.2-20")]
    public async Task Properties_are_passed_on_unchanged_and_in_order()
    {
        var properties = new Properties
        {
            PayloadFormatIndicator = 1,
            ContentType = "text/plain",
            ResponseTopic = "answers",
            CorrelationData = [1, 2, 3],
            UserProperties = [new("b", "1"), new("a", "2"), new("b", "1")],
        };
        var client = await ConnectAsync("self");
        await client.SubscribeAsync("t", AtMostOnce);
        foreach (var alias in new ushort?[] { null, 3 })
        {
            await client.PublishAsync("t", "x", properties: properties with { TopicAlias = alias });
            var got = (await client.ReceivePublishAsync()).Properties;
            Assert.Equal((byte)1, got.PayloadFormatIndicator);
            Assert.Equal("text/plain", got.ContentType);
            Assert.Equal("answers", got.ResponseTopic);
            Assert.Equal([1, 2, 3], got.CorrelationData!);
            Assert.Equal(properties.UserProperties, got.UserProperties);
            Assert.Null(got.TopicAlias);
        }
    }

    [Fact, Spec("MQTT-3.3.2-7"), Spec("MQTT-3.3.2-12"), Spec("MQTT-3.1.2-27"), Spec("MQTT-3.1.2-26"), Spec("MQTT-3.3.2-11")]
    public async Task A_topic_alias_stands_for_its_topic_on_its_connection_alone()
    {
        var subscriber = await ConnectAsync("sub");
        await subscriber.SubscribeAsync("#", AtMostOnce);
        var client = await ConnectAsync("pub");
        await client.PublishAsync("a/b", "1", properties: new Properties { TopicAlias = 1024 });
        await client.PublishAsync("", "2", properties: new Properties { TopicAlias = 1024 });
        await client.PublishAsync("c", "3", properties: new Properties { TopicAlias = 1024 });
        await client.PublishAsync("", "4", properties: new Properties { TopicAlias = 1024 });
        foreach (var (topic, payload) in new[] { ("a/b", "1"), ("a/b", "2"), ("c", "3"), ("c", "4") })
        {
            var message = await subscriber.ReceivePublishAsync();
            Assert.Equal((topic, payload), (message.Topic, message.Payload));
        }

        await client.DisposeAsync();
        var again = await ConnectAsync("pub");
        await again.PublishAsync("", "5", properties: new Properties { TopicAlias = 1024 });
        Assert.Equal(ReasonCode.ProtocolError, await again.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.3.2-5"), Spec("MQTT-3.3.2-6"), Spec("MQTT-4.3.3-7")]
    public async Task A_message_that_waits_loses_its_life_by_the_second_and_dies_in_time()
    {
        await (await ConnectAsync("sub", connect: Kept())).SubscribeAsync("t", AtLeastOnce);
        var sub = await ConnectAsync("sub", connect: Kept());
        await sub.SendAsync("E000");
        await sub.ClosedAsync();
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "short", AtLeastOnce, id: 1, properties: new Properties { MessageExpiryInterval = 5 });
        await publisher.PublishAsync("t", "long", AtLeastOnce, id: 2, properties: new Properties { MessageExpiryInterval = 60 });
        await publisher.ReceiveAsync(PacketType.PubAck);
        await publisher.ReceiveAsync(PacketType.PubAck);
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        var back = await ConnectAsync("sub", connect: Kept());
        var message = await back.ReceivePublishAsync();
        Assert.Equal(("long", 40u), (message.Payload, message.Properties.MessageExpiryInterval));
        await back.NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).DroppedExpired);
    }

    [Theory, Spec("MQTT-4.3.3-7")]
    [InlineData(AtLeastOnce)]
    [InlineData(ExactlyOnce)]
    public async Task A_message_that_was_sent_once_outlives_its_life(QualityOfService qos)
    {
        var first = await ConnectAsync("sub", connect: Kept());
        await first.SubscribeAsync("t", qos);
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "x", qos, id: 1, properties: new Properties { MessageExpiryInterval = 5 });
        var sent = await first.ReceivePublishAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await first.NothingMoreAsync(); // Time alone brings no repeat. [MQTT-4.4.0-1]
        await first.DisposeAsync();
        await GoneAsync("sub");
        var back = await ConnectAsync("sub", connect: Kept());
        var again = await back.ReceivePublishAsync();
        Assert.Equal((sent.PacketId, "x", true, 0u), (again.PacketId, again.Payload, again.Duplicate, again.Properties.MessageExpiryInterval));
        await back.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.1.2-24"), Spec("MQTT-3.1.2-25")]
    public async Task A_message_too_large_for_a_client_is_not_sent_and_counts_as_delivered()
    {
        var small = await ConnectAsync("small", connect: new ConnectPacket { Properties = new Properties { MaximumPacketSize = 60, ReceiveMaximum = 1 } });
        await small.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", new string('x', 100), AtLeastOnce, id: 1);
        await publisher.PublishAsync("t", "fits", AtLeastOnce, id: 2);
        Assert.Equal("fits", (await small.ReceivePublishAsync()).Payload);
        Assert.Equal(1, (await FiguresAsync()).DroppedTooLarge);
    }

    [Fact, Spec("MQTT-4.6.0-5"), Spec("MQTT-4.6.0-6")]
    public async Task Messages_of_one_topic_keep_their_order()
    {
        var subscriber = await ConnectAsync("sub", ProtocolVersion.V311);
        await subscriber.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("pub", ProtocolVersion.V311);
        for (ushort i = 1; i <= 1000; i++)
        {
            await publisher.PublishAsync("t", $"{i}", AtLeastOnce, id: i);
        }

        for (ushort i = 1; i <= 1000; i++)
        {
            Assert.Equal($"{i}", (await subscriber.ReceivePublishAsync()).Payload);
            Assert.Equal(i, (await publisher.ReceiveAsync(PacketType.PubAck)).Ack.PacketId);
        }
    }

    [Theory]
    [InlineData(70_000)]
    [InlineData(1_000_000)]
    public async Task Large_messages_pass_whole_between_small_ones(int size)
    {
        var subscriber = await ConnectAsync("sub");
        await subscriber.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("pub");
        var large = string.Concat(Enumerable.Range(0, size / 10).Select(i => $"{i,10}"));
        for (ushort i = 1; i <= 20; i++)
        {
            await publisher.PublishAsync("t", i % 2 == 0 ? "small" : large, AtLeastOnce, id: i);
            Assert.Equal(i % 2 == 0 ? "small" : large, (await subscriber.ReceivePublishAsync()).Payload);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }
    }

    [Fact]
    public async Task Several_messages_in_one_write_and_a_cut_packet_behind_them_are_all_delivered()
    {
        var subscriber = await ConnectAsync("sub");
        await subscriber.SubscribeAsync("t", AtMostOnce);
        var publisher = await ConnectAsync("pub");
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        for (var i = 0; i < 3000; i++)
        {
            PublishPacket.Write(output, ProtocolVersion.V5, "t", System.Text.Encoding.UTF8.GetBytes($"{i} {new string('x', i % 300)}"));
        }

        var random = new Random(3);
        for (var at = 0; at < output.WrittenCount;)
        {
            var count = Math.Min(random.Next(1, 5000), output.WrittenCount - at);
            await publisher.SendAsync(output.WrittenMemory.Slice(at, count));
            at += count;
        }

        for (var i = 0; i < 3000; i++)
        {
            Assert.Equal($"{i} {new string('x', i % 300)}", (await subscriber.ReceivePublishAsync()).Payload);
        }
    }
}
