using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.ConformanceTests.Mqtt.RawBytes;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Each limit that the options set, told to the client and kept.</summary>
public sealed class LimitTests : BrokerFixture
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Without_anonymous_clients_a_user_name_is_needed(ProtocolVersion version)
    {
        await StartAsync(null, new() { AllowAnonymous = false });
        var nobody = await OpenAsync(version);
        Assert.Equal(ReasonCode.NotAuthorized, (await nobody.ConnectAsync(new ConnectPacket { ClientId = "a" })).Reason);
        Assert.Null(await nobody.NextAsync());
        await ConnectAsync("b", version, new ConnectPacket { UserName = "bob" });
    }

    [Fact, Spec("MQTT-3.2.2-9"), Spec("MQTT-3.2.2-10"), Spec("MQTT-3.2.2-11"), Spec("MQTT-3.2.2-12")]
    public async Task A_lower_maximum_qos_is_told_and_binds_publishers_but_not_subscribers()
    {
        await StartAsync(null, new() { MaximumQos = AtLeastOnce });
        var client = await OpenAsync();
        Assert.Equal((byte)1, (await client.ConnectAsync(new ConnectPacket { ClientId = "c" })).Properties.MaximumQos);
        Assert.Equal([ReasonCode.GrantedQos2], (await client.SubscribeAsync("t")).Reasons);
        await client.PublishAsync("t", "1", AtLeastOnce, id: 1);
        Assert.Equal(AtLeastOnce, (await client.ReceivePublishAsync()).Qos);
        await client.ReceiveAsync(PacketType.PubAck);
        await client.PublishAsync("t", "2", ExactlyOnce, id: 2);
        Assert.Equal(ReasonCode.QosNotSupported, await client.ClosedAsync());

        var willing = await OpenAsync();
        var refusal = await willing.ConnectAsync(new ConnectPacket { ClientId = "w", Will = new Will { Topic = "w", Qos = ExactlyOnce } });
        Assert.Equal(ReasonCode.QosNotSupported, refusal.Reason);
        Assert.Null(await willing.NextAsync());
        var old = await ConnectAsync("old", ProtocolVersion.V311);
        await old.PublishAsync("t", "3", ExactlyOnce, id: 3);
        Assert.Null(await old.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.2.2-13"), Spec("MQTT-3.2.2-14")]
    public async Task Without_retained_messages_retain_is_told_and_refused()
    {
        await StartAsync(null, new() { RetainAvailable = false });
        var client = await OpenAsync();
        Assert.Equal((byte)0, (await client.ConnectAsync(new ConnectPacket { ClientId = "c" })).Properties.RetainAvailable);
        await client.PublishAsync("t", "x", retain: true);
        Assert.Equal(ReasonCode.RetainNotSupported, await client.ClosedAsync());
        var willing = await OpenAsync();
        Assert.Equal(ReasonCode.RetainNotSupported, (await willing.ConnectAsync(new ConnectPacket { Will = new Will { Topic = "w", Retain = true } })).Reason);
        Assert.Null(await willing.NextAsync());
        Assert.Equal(0, (await FiguresAsync()).Retained);
    }

    [Theory, Spec("MQTT-3.2.2-22")]
    [InlineData(0, 20)]
    [InlineData(60, 20)]
    [InlineData(15, null)]
    public async Task A_server_keep_alive_caps_a_5_0_client_and_is_told(int asked, int? told)
    {
        await StartAsync(null, new() { ServerKeepAlive = TimeSpan.FromSeconds(20) });
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "c", KeepAliveSeconds = (ushort)asked });
        Assert.Equal(told, (int?)answer.Properties.ServerKeepAlive);
        await AdvanceAsync(TimeSpan.FromSeconds(((told ?? asked) * 1.5) - 2));
        await client.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(((told ?? asked) * 1.5) + 2));
        Assert.Equal(ReasonCode.KeepAliveTimeout, await client.ClosedAsync());
    }

    [Fact]
    public async Task A_3_1_1_client_with_keep_alive_0_is_let_in_and_stays_under_a_server_keep_alive()
    {
        await StartAsync(null, new() { ServerKeepAlive = TimeSpan.FromSeconds(20) });
        var client = await ConnectAsync("old", ProtocolVersion.V311);
        await AdvanceAsync(TimeSpan.FromHours(1));
        await client.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.13.2-1")]
    public async Task Beyond_the_last_connection_a_client_is_told_of_another_server_and_a_take_over_finds_room()
    {
        await StartAsync(null, new() { MaximumConnections = 1, ServerReference = "other:1883" });
        var first = await ConnectAsync("first");
        var second = await OpenAsync();
        var refusal = await second.ConnectAsync(new ConnectPacket { ClientId = "second" });
        Assert.Equal((ReasonCode.UseAnotherServer, "other:1883"), (refusal.Reason, refusal.Properties.ServerReference));
        Assert.Equal(ReasonCode.ServerUnavailable, (await (await OpenAsync(ProtocolVersion.V311)).ConnectAsync(new ConnectPacket { ClientId = "third" })).Reason);
        await ConnectAsync("first");
        Assert.Equal(ReasonCode.SessionTakenOver, await first.ClosedAsync());
    }

    [Fact]
    public async Task A_broker_that_stops_names_the_other_server()
    {
        await StartAsync(null, new() { ServerReference = "other:1883" });
        var client = await ConnectAsync("c");
        await Broker.DisposeAsync();
        var last = (await client.ReceiveAsync(PacketType.Disconnect)).Disconnect;
        Assert.Equal((ReasonCode.UseAnotherServer, "other:1883"), (last.Reason, last.Properties.ServerReference));
    }

    [Theory, Spec("MQTT-3.3.4-9")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task No_more_than_the_maximum_in_flight_is_under_way_to_a_client(ProtocolVersion version)
    {
        await StartAsync(null, new() { MaximumInflight = 3 });
        var client = await ConnectAsync("c", version);
        await client.SubscribeAsync("t", AtLeastOnce);
        var publisher = await ConnectAsync("p");
        for (ushort i = 1; i <= 5; i++)
        {
            await publisher.PublishAsync("t", $"{i}", AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        var first = await client.ReceivePublishAsync();
        await client.ReceivePublishAsync();
        await client.ReceivePublishAsync();
        await client.NothingMoreAsync();
        await client.AckAsync(PacketType.PubAck, first.PacketId);
        Assert.Equal("4", (await client.ReceivePublishAsync()).Payload);
        await client.NothingMoreAsync();
    }

    [Fact]
    public async Task A_session_expiry_beyond_the_maximum_is_cut_and_told_and_disconnect_may_change_it()
    {
        await StartAsync(null, new() { MaximumSessionExpiry = TimeSpan.FromSeconds(100) });
        var client = await OpenAsync();
        Assert.Equal(100u, (await client.ConnectAsync(Kept() with { ClientId = "c" })).Properties.SessionExpiryInterval);
        await client.SendAsync(o => new DisconnectPacket { Properties = new Properties { SessionExpiryInterval = 10 } }.Write(o, ProtocolVersion.V5));
        await client.ClosedAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(1, (await FiguresAsync()).Sessions);
        await AdvanceAsync(TimeSpan.FromSeconds(7));
        await (await ConnectAsync("witness")).NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).Sessions);

        var brief = await ConnectAsync("brief");
        await brief.SendAsync(o => new DisconnectPacket { Properties = new Properties { SessionExpiryInterval = 10 } }.Write(o, ProtocolVersion.V5));
        Assert.Equal(ReasonCode.ProtocolError, await brief.ClosedAsync());
    }

    [Theory]
    [InlineData("nobody/here", false)]
    [InlineData("nobody/+", false)]
    [InlineData("$share/g/nobody/here", false)]
    [InlineData("nobody/#", true)]
    [InlineData("nobody", true)]
    [InlineData("#", true)]
    public async Task A_denied_filter_and_what_lies_within_it_is_refused_and_seen_through_no_wider_one(string filter, bool isGranted)
    {
        foreach (var reason in new[] { ReasonCode.NotAuthorized, ReasonCode.UnspecifiedError })
        {
            await StartAsync(null, new() { DenySubscribe = ["nobody/+"], DenySubscribeReason = reason });
            var v5 = await ConnectAsync("v5");
            var v311 = await ConnectAsync("v311", ProtocolVersion.V311);
            await v5.PublishAsync("nobody/here", "kept", retain: true);
            Assert.Equal([isGranted ? ReasonCode.GrantedQos1 : reason], (await v5.SubscribeAsync(filter, AtLeastOnce)).Reasons);
            Assert.Equal([isGranted ? ReasonCode.GrantedQos1 : ReasonCode.UnspecifiedError], (await v311.SubscribeAsync(filter, AtLeastOnce)).Reasons);
            await v5.PublishAsync("nobody/here", "live");
            await v5.NothingMoreAsync();
            await v311.NothingMoreAsync();
        }
    }

    [Fact]
    public async Task Retained_messages_subscriptions_and_levels_have_their_bounds()
    {
        await StartAsync(null, new() { MaximumRetained = 2, MaximumSubscriptions = 2, MaximumTopicLevels = 3 });
        var client = await ConnectAsync("c");
        foreach (var (topic, reason) in new[] { ("r/1", ReasonCode.NoMatchingSubscribers), ("r/2", ReasonCode.NoMatchingSubscribers), ("r/3", ReasonCode.QuotaExceeded), ("r/2", ReasonCode.NoMatchingSubscribers) })
        {
            await client.PublishAsync(topic, "x", AtLeastOnce, retain: true, id: 1);
            Assert.Equal(reason, (await client.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        }

        await client.PublishAsync("r/3", "x", retain: true);
        await client.NothingMoreAsync();
        Assert.Equal((2, 2), ((await FiguresAsync()).Retained, (await FiguresAsync()).DroppedRetainedFull));
        var answer = await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new("a"), new("b/c/d"), new("c"), new("a"), new("a/b/c/#")] });
        Assert.Equal([ReasonCode.Success, ReasonCode.Success, ReasonCode.QuotaExceeded, ReasonCode.Success, ReasonCode.TopicFilterInvalid], answer.Reasons);
        await client.PublishAsync("a/b/c/d", "x");
        Assert.Equal(ReasonCode.TopicNameInvalid, await client.ClosedAsync());
        var old = await ConnectAsync("old", ProtocolVersion.V311);
        await old.PublishAsync("r/4", "x", AtLeastOnce, retain: true, id: 1);
        Assert.Null(await old.ClosedAsync());
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_topic_or_filter_longer_than_4_KiB_is_refused(ProtocolVersion version)
    {
        var (longest, tooLong) = (new string('t', 4096), new string('t', 4097));
        var client = await ConnectAsync("c", version);
        var reasons = (await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new(longest, AtMostOnce), new(tooLong, AtMostOnce)] })).Reasons;
        Assert.Equal([ReasonCode.Success, version == ProtocolVersion.V5 ? ReasonCode.TopicFilterInvalid : ReasonCode.UnspecifiedError], reasons);
        await client.PublishAsync(longest, "x");
        Assert.Equal(longest, (await client.ReceivePublishAsync()).Topic);
        var heir = await OpenAsync(version);
        var will = new ConnectPacket { ClientId = "heir", Will = new Will { Topic = tooLong } };
        Assert.Equal(version == ProtocolVersion.V5 ? ReasonCode.TopicNameInvalid : ReasonCode.ServerUnavailable, (await heir.ConnectAsync(will)).Reason);
        await client.PublishAsync(tooLong, "x");
        Assert.Equal(version == ProtocolVersion.V5 ? ReasonCode.TopicNameInvalid : null, await client.ClosedAsync());
    }

    [Fact]
    public async Task All_that_is_retained_and_all_that_waits_have_bounds_in_bytes()
    {
        await StartAsync(null, new() { RetainedBytes = 3000, AllQueuedBytes = 3000 });
        var client = await ConnectAsync("c");
        var payload = new string('x', 1000);
        foreach (var (topic, reason) in new[] { ("r/1", ReasonCode.NoMatchingSubscribers), ("r/2", ReasonCode.NoMatchingSubscribers), ("r/3", ReasonCode.NoMatchingSubscribers), ("r/4", ReasonCode.QuotaExceeded), ("r/2", ReasonCode.NoMatchingSubscribers) })
        {
            await client.PublishAsync(topic, payload, AtLeastOnce, retain: true, id: 1);
            Assert.Equal(reason, (await client.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        }

        Assert.Equal((3, 3009), ((await FiguresAsync()).Retained, (await FiguresAsync()).RetainedBytes));
        await client.PublishAsync("r/1", "", retain: true);
        await client.PublishAsync("r/2", "short", retain: true);
        await client.NothingMoreAsync();
        Assert.Equal(1003 + 8, (await FiguresAsync()).RetainedBytes);
        foreach (var name in new[] { "a", "b" })
        {
            var away = await ConnectAsync(name, connect: Kept());
            await away.SubscribeAsync($"q/{name}", AtLeastOnce);
            await away.DisposeAsync();
            await GoneAsync(name);
            await client.PublishAsync($"q/{name}", payload, AtLeastOnce, id: 1);
            await client.PublishAsync($"q/{name}", payload, AtLeastOnce, id: 2);
            await client.ReceiveAsync(PacketType.PubAck);
            await client.ReceiveAsync(PacketType.PubAck);
        }

        Assert.Equal((2006, 2), ((await FiguresAsync()).QueuedBytes, (await FiguresAsync()).DroppedQueueFull));
        var back = await ConnectAsync("a", connect: Kept());
        await back.ReceivePublishAsync();
        await back.ReceivePublishAsync();
        Assert.Equal(0, (await FiguresAsync()).QueuedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_client_that_keeps_to_the_receive_maximum_is_never_told_that_it_does_not(int maximum)
    {
        await StartAsync(OpenStore(NewDirectory()), new() { ReceiveMaximum = maximum });
        var client = await ConnectAsync("c", connect: Kept());
        for (var round = 0; round < 3; round++)
        {
            await client.SendAsync(o =>
            {
                new SubscribePacket { PacketId = 1000, Requests = [new("t", AtMostOnce)] }.Write(o, ProtocolVersion.V5);
                for (ushort id = 1; id <= maximum; id++)
                {
                    PublishPacket.Write(o, ProtocolVersion.V5, "u", "x"u8, id % 2 == 1 ? ExactlyOnce : AtLeastOnce, packetId: id);
                }
            }); // All of it reaches the broker before the first commit.
            await client.ReceiveAsync(PacketType.SubAck);
            for (ushort id = 1; id <= maximum; id++)
            {
                await client.ReceiveAsync(id % 2 == 1 ? PacketType.PubRec : PacketType.PubAck);
            }

            for (ushort id = 1; id <= maximum; id += 2)
            {
                await client.AckAsync(PacketType.PubRel, id);
                await client.ReceiveAsync(PacketType.PubComp);
            }
        }

        await client.SendAsync(o =>
        {
            for (ushort id = 1; id <= maximum + 1; id++)
            {
                PublishPacket.Write(o, ProtocolVersion.V5, "u", "x"u8, ExactlyOnce, packetId: id);
            }
        });
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await client.ClosedAsync());
    }

    [Theory]
    [InlineData("10FFFFFF7F")]
    [InlineData("82FFFFFF7F")]
    [InlineData("30FFFFFF7F")]
    [InlineData("20FFFFFF7F")]
    [InlineData("1081800800")]   // one byte more than 128 KiB
    public async Task Before_connect_a_large_length_or_another_packet_ends_the_connection_at_once(string hex)
    {
        var client = await OpenAsync();
        await client.SendAsync(hex);
        Assert.Null(await client.ClosedAsync());
    }

    [Fact]
    public async Task A_connect_that_comes_byte_by_byte_is_not_waited_for_longer_than_another()
    {
        var client = await OpenAsync();
        var witness = await ConnectAsync("witness");
        foreach (var b in new byte[] { 0x10, 0x0D, 0x00, 0x04 })
        {
            await client.SendAsync(new[] { b });
            await witness.NothingMoreAsync();
            await AdvanceAsync(TimeSpan.FromSeconds(3));
        }

        Assert.Null(await client.ClosedAsync());
    }

    [Fact]
    public async Task User_properties_are_bounded_before_and_after_the_login()
    {
        UserProperty[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => new UserProperty("n", $"{i}"))];
        var crowded = await OpenAsync();
        Assert.Equal(ReasonCode.QuotaExceeded, (await crowded.ConnectAsync(new ConnectPacket { ClientId = "a", Properties = new Properties { UserProperties = Many(65) } })).Reason);
        var client = await ConnectAsync("b", connect: new ConnectPacket { Properties = new Properties { UserProperties = Many(64) } });
        await client.PublishAsync("t", "x", properties: new Properties { UserProperties = Many(256) });
        await client.NothingMoreAsync();
        await client.PublishAsync("t", "x", properties: new Properties { UserProperties = Many(257) });
        Assert.Equal(ReasonCode.QuotaExceeded, await client.ClosedAsync());
    }

    [Theory]
    [InlineData(AtMostOnce)]
    [InlineData(AtLeastOnce)]
    [InlineData(ExactlyOnce)]
    public async Task A_payload_declared_as_text_that_is_none_is_refused(QualityOfService qos)
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        var client = await ConnectAsync("c");
        byte[] id = qos == AtMostOnce ? [] : [0, 9];
        await client.SendAsync(Packet(0x30 | ((int)qos << 1), Text("t"), id, Section(ProtocolVersion.V5, 1, 1), [0xFF, 0xFE]));
        if (qos == AtMostOnce)
        {
            Assert.Equal(ReasonCode.PayloadFormatInvalid, await client.ClosedAsync());
        }
        else
        {
            Assert.Equal(ReasonCode.PayloadFormatInvalid, (await client.ReceiveAsync(qos == AtLeastOnce ? PacketType.PubAck : PacketType.PubRec)).Ack.Reason);
            await client.NothingMoreAsync();
        }

        await watcher.NothingMoreAsync();
    }

    [Theory, Spec("MQTT-3.1.2-28")]
    [InlineData((byte)0, null)]
    [InlineData(null, null)]
    [InlineData((byte)1, "answers/")]
    public async Task Response_information_is_given_to_who_asks(byte? asked, string? given)
    {
        await StartAsync(null, new() { ResponseInformation = "answers/" });
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { Properties = new Properties { RequestResponseInformation = asked } });
        Assert.Equal(given, answer.Properties.ResponseInformation);
    }

    [Fact]
    public void Each_faulty_option_is_named_at_once_with_what_was_found_and_what_is_wanted()
    {
        var options = new MqttBrokerOptions { Port = 70_000, ReceiveMaximum = 0, DenySubscribe = ["a#"], DenySubscribeReason = ReasonCode.Success };
        Assert.Empty(new MqttBrokerOptions().Check());
        var fault = Assert.Throws<ArgumentException>(() => new MqttBroker(options, null, Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<MqttBroker>.Instance));
        foreach (var part in new[] { "Port is 70000: give 0 to 65535.", "ReceiveMaximum is 0: give 1 to 65535.", "DenySubscribe holds \"a#\"", "DenySubscribeReason is 0x00" })
        {
            Assert.Contains(part, fault.Message, StringComparison.Ordinal);
        }
    }
}
