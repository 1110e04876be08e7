using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Subscriptions, retained messages and wills.</summary>
public sealed class SubscribeTests : BrokerFixture
{
    [Fact, Spec("MQTT-3.8.4-1"), Spec("MQTT-3.8.4-2"), Spec("MQTT-3.8.4-5"), Spec("MQTT-3.8.4-6"), Spec("MQTT-3.8.4-7"), Spec("MQTT-3.9.3-1"), Spec("MQTT-2.2.1-6"), Spec("MQTT-4.7.1-1"), Spec("MQTT-4.7.1-2")]
    public async Task Each_filter_has_its_own_answer_in_order()
    {
        var client = await ConnectAsync("c");
        var answer = await client.SubscribeAsync(new SubscribePacket { PacketId = 77, Requests = [new("a", AtLeastOnce), new("a#"), new("b/+", ExactlyOnce), new("$share/x")] });
        Assert.Equal(77, answer.PacketId);
        Assert.Equal([ReasonCode.GrantedQos1, ReasonCode.TopicFilterInvalid, ReasonCode.GrantedQos2, ReasonCode.TopicFilterInvalid], answer.Reasons);
    }

    [Fact, Spec("MQTT-3.10.4-1"), Spec("MQTT-3.10.4-2"), Spec("MQTT-3.10.4-4"), Spec("MQTT-3.10.4-5"), Spec("MQTT-3.10.4-6"), Spec("MQTT-3.11.3-1"), Spec("MQTT-3.11.3-2"), Spec("MQTT-3.10.4-3")]
    public async Task Unsubscribe_ends_exactly_the_filters_it_names()
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("a/+", AtLeastOnce);
        await client.PublishAsync("a/b", "begun", AtLeastOnce, id: 1);
        var begun = await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubAck);
        await client.SendAsync(o => new UnsubscribePacket { PacketId = 3, Filters = ["a/b", "a/+"] }.Write(o, ProtocolVersion.V5));
        var answer = (await client.ReceiveAsync(PacketType.UnsubAck)).SubAck;
        Assert.Equal([ReasonCode.NoSubscriptionExisted, ReasonCode.Success], answer.Reasons);
        await client.AckAsync(PacketType.PubAck, begun.PacketId);
        await client.PublishAsync("a/b", "late");
        await client.NothingMoreAsync();
    }

    [Theory]
    [Spec("MQTT-4.7.2-1"), Spec("MQTT-4.7.3-4"), Spec("MQTT-3.3.2-3")]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("+", "/a", false)]
    [InlineData("/+", "/a", true)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("A", "a", false)]
    [InlineData("\u00e9", "e\u0301", false)]
    public async Task Filters_match_level_by_level(string filter, string topic, bool matches)
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync(filter, AtMostOnce);
        await client.PublishAsync(topic, "live", retain: true);
        if (matches)
        {
            Assert.Equal(topic, (await client.ReceivePublishAsync()).Topic);
        }

        await client.NothingMoreAsync();
        await client.SubscribeAsync(filter, AtMostOnce);
        if (matches)
        {
            Assert.True((await client.ReceivePublishAsync()).Retain);
        }

        await client.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.3.4-2"), Spec("MQTT-3.3.4-3"), Spec("MQTT-3.3.4-4"), Spec("MQTT-3.8.4-3")]
    public async Task Overlapping_filters_give_one_copy_at_the_highest_qos_with_all_identifiers()
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new("a/#")], Properties = new Properties { SubscriptionIdentifiers = [9] } });
        await client.SubscribeAsync(new SubscribePacket { PacketId = 2, Requests = [new("a/#", AtMostOnce)], Properties = new Properties { SubscriptionIdentifiers = [1] } });
        await client.SubscribeAsync(new SubscribePacket { PacketId = 3, Requests = [new("a/+", AtLeastOnce)], Properties = new Properties { SubscriptionIdentifiers = [2] } });
        await client.PublishAsync("a/b", "x", AtLeastOnce, id: 1);
        var message = await client.ReceivePublishAsync();
        Assert.Equal(AtLeastOnce, message.Qos);
        Assert.Equal([1, 2], message.Properties.SubscriptionIdentifiers.Order());
        await client.ReceiveAsync(PacketType.PubAck);
        await client.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.8.3-3")]
    public async Task No_local_keeps_a_clients_own_messages_from_it()
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new("t", NoLocal: true)] });
        await client.PublishAsync("t", "own");
        await client.NothingMoreAsync();
        var other = await ConnectAsync("o");
        await other.PublishAsync("t", "other");
        Assert.Equal("other", (await client.ReceivePublishAsync()).Payload);
    }

    [Fact, Spec("MQTT-3.3.1-5"), Spec("MQTT-3.3.1-6"), Spec("MQTT-3.3.1-7"), Spec("MQTT-3.3.1-8"), Spec("MQTT-3.3.1-9"), Spec("MQTT-3.3.1-10"), Spec("MQTT-3.3.1-11"), Spec("MQTT-3.3.1-12"), Spec("MQTT-3.3.1-13"), Spec("MQTT-3.8.4-4")]
    public async Task Retained_messages_follow_retain_handling_and_retain_as_published()
    {
        var client = await ConnectAsync("c");
        await client.PublishAsync("r/1", "old", retain: true);
        await client.PublishAsync("r/1", "new", AtLeastOnce, retain: true, id: 1);
        await client.ReceiveAsync(PacketType.PubAck);
        await client.PublishAsync("r/1", "passing");
        await client.PublishAsync("r/2", "gone", retain: true);
        await client.PublishAsync("r/2", "", retain: true);
        Task<SubscriptionAckPacket> Subscribe(RetainHandling handling, bool asPublished = false) => client.SubscribeAsync(new SubscribePacket
        {
            PacketId = 2,
            Requests = [new("r/#", AtLeastOnce, RetainAsPublished: asPublished, RetainHandling: handling)],
        });

        await Subscribe(RetainHandling.DoNotSend);
        await client.NothingMoreAsync();
        await Subscribe(RetainHandling.SendIfNew);
        await client.NothingMoreAsync();
        await Subscribe(RetainHandling.Send);
        var kept = await client.ReceivePublishAsync();
        Assert.Equal(("r/1", "new", true, AtLeastOnce), (kept.Topic, kept.Payload, kept.Retain, kept.Qos));
        await client.NothingMoreAsync();

        await client.PublishAsync("r/3", "live", retain: true);
        Assert.False((await client.ReceivePublishAsync()).Retain);
        await Subscribe(RetainHandling.DoNotSend, asPublished: true);
        await client.PublishAsync("r/3", "live", retain: true);
        Assert.True((await client.ReceivePublishAsync()).Retain);
        await client.PublishAsync("r/3", "", retain: true);
        Assert.Equal("", (await client.ReceivePublishAsync()).Payload);
        Assert.Equal(1, (await FiguresAsync()).Retained);
    }

    [Theory, Spec("MQTT-3.3.1-10")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retained_messages_for_a_new_subscription_go_to_the_first_of_its_filter_alone(bool again)
    {
        var client = await ConnectAsync("c");
        await client.PublishAsync("r/1", "kept", retain: true);
        var subscribe = new SubscribePacket { PacketId = 2, Requests = [new("r/+", AtLeastOnce, RetainHandling: RetainHandling.SendIfNew)] };
        await client.SubscribeAsync(subscribe);
        Assert.Equal("kept", (await client.ReceivePublishAsync()).Payload);
        if (again)
        {
            await client.SendAsync(o => new UnsubscribePacket { PacketId = 3, Filters = ["r/+"] }.Write(o, ProtocolVersion.V5));
            await client.ReceiveAsync(PacketType.UnsubAck);
        }

        await client.SubscribeAsync(subscribe);
        if (again)
        {
            Assert.Equal("kept", (await client.ReceivePublishAsync()).Payload);
        }

        await client.NothingMoreAsync();
    }

    [Theory, Spec("MQTT-3.10.4-3"), Spec("MQTT-3.10.4-4")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_was_begun_before_unsubscribe_is_finished_behind_it(ProtocolVersion version)
    {
        var client = await ConnectAsync("c", version);
        await client.SubscribeAsync("a");
        await client.PublishAsync("a", "begun", ExactlyOnce, id: 1);
        var begun = await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubRec);
        await client.SendAsync(o => new UnsubscribePacket { PacketId = 3, Filters = ["a"] }.Write(o, version));
        Assert.Equal(3, (await client.ReceiveAsync(PacketType.UnsubAck)).SubAck.PacketId);
        await client.AckAsync(PacketType.PubRec, begun.PacketId);
        Assert.Equal(begun.PacketId, (await client.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        await client.AckAsync(PacketType.PubComp, begun.PacketId);
        await client.PublishAsync("a", "late");
        await client.NothingMoreAsync();
    }

    [Fact]
    public async Task A_new_subscriber_gets_many_retained_messages_whole_even_beyond_its_outbound_bound()
    {
        var publisher = await ConnectAsync("pub");
        var payload = new string('x', 2000);
        for (var i = 0; i < 5000; i++)
        {
            await publisher.PublishAsync($"many/{i}", payload, retain: true);
        }

        await publisher.NothingMoreAsync();
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("many/#");
        for (var i = 0; i < 5000; i++)
        {
            Assert.Equal(2000, (await client.ReceivePublishAsync()).Payload.Length);
        }

        await client.NothingMoreAsync();
        Assert.Equal(0, (await FiguresAsync()).DroppedSlowReceiver);
    }

    [Theory]
    [Spec("MQTT-3.1.2-7"), Spec("MQTT-3.1.2-8"), Spec("MQTT-3.1.2-10"), Spec("MQTT-3.1.2-14"), Spec("MQTT-3.1.2-15"), Spec("MQTT-3.14.4-3"), Spec("MQTT-3.1.3-10")]
    [InlineData("", true)]          // the connection breaks
    [InlineData("E000", false)]     // DISCONNECT 0x00
    [InlineData("E00104", true)]    // DISCONNECT 0x04
    [InlineData("FF", true)]        // malformed bytes
    public async Task A_will_is_published_on_every_end_but_a_good_one(string lastBytes, bool published)
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills/#");
        var will = new Will { Topic = "wills/c", Payload = "dead"u8.ToArray(), Qos = AtLeastOnce, Retain = true, Properties = new Properties { UserProperties = [new("b", "1"), new("a", "2")] } };
        var client = await ConnectAsync("c", connect: new ConnectPacket { Will = will });
        if (lastBytes.Length == 0)
        {
            await client.DisposeAsync();
        }
        else
        {
            await client.SendAsync(lastBytes);
            await client.ClosedAsync();
        }

        if (published)
        {
            var message = await watcher.ReceivePublishAsync();
            Assert.Equal(("wills/c", "dead", AtLeastOnce, false), (message.Topic, message.Payload, message.Qos, message.Retain));
            Assert.Equal(will.Properties.UserProperties, message.Properties.UserProperties);
        }

        await watcher.NothingMoreAsync();
        Assert.Equal(published ? 1 : 0, (await FiguresAsync()).Retained);
    }

    [Fact, Spec("MQTT-3.1.3-9"), Spec("MQTT-3.1.2-8")]
    public async Task A_will_waits_for_its_delay_and_a_return_in_time_cancels_it()
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("wills/#");
        var connect = Kept() with { Will = new Will { Topic = "wills/c", Properties = new Properties { WillDelayInterval = 10 } } };
        await (await ConnectAsync("c", connect: connect)).DisposeAsync();
        await GoneAsync("c");
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        var back = await ConnectAsync("c", connect: connect);
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await watcher.NothingMoreAsync();
        await back.DisposeAsync();
        await GoneAsync("c");
        await AdvanceAsync(TimeSpan.FromSeconds(11));
        Assert.Equal("wills/c", (await watcher.ReceivePublishAsync()).Topic);
    }

    [Fact, Spec("MQTT-4.8.2-3"), Spec("MQTT-4.8.2-1")]
    public async Task A_share_gives_each_message_to_one_member_in_turn()
    {
        var first = await ConnectAsync("m1");
        await first.SubscribeAsync("$share/g/t/+", AtMostOnce);
        var second = await ConnectAsync("m2");
        await second.SubscribeAsync("$share/g/t/+", AtLeastOnce);
        var publisher = await ConnectAsync("pub");
        for (ushort i = 1; i <= 10; i++)
        {
            await publisher.PublishAsync("t/x", $"{i}", AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(AtMostOnce, (await first.ReceivePublishAsync()).Qos);
            Assert.Equal(AtLeastOnce, (await second.ReceivePublishAsync()).Qos);
        }

        await first.NothingMoreAsync();
        await second.NothingMoreAsync();
    }
}
