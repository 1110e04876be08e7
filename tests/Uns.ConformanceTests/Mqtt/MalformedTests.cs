using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.ConformanceTests.Mqtt.RawBytes;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Fields that are not what they must be, in both versions: the connection ends with the right reason and nothing else happens.</summary>
public sealed class MalformedTests : BrokerFixture
{
    private static readonly ProtocolVersion[] Both = [ProtocolVersion.V311, ProtocolVersion.V5];

    /// <summary>Bytes that are no text: overlong, cut, a surrogate, beyond U+10FFFF, U+0000. MQTT 3.1.1, 1.5.3 has the same rules.</summary>
    private static readonly string[] NoText = ["C0AF", "61C3", "EDA080", "F4908080", "610062"];

    public static TheoryData<ProtocolVersion, string, string> BadText()
    {
        var data = new TheoryData<ProtocolVersion, string, string>();
        foreach (var version in Both)
        {
            foreach (var bad in NoText)
            {
                var text = Field(Convert.FromHexString(bad));
                var v5 = Section(version);
                data.Add(version, "client id", Hex(Connect(version, 2, text)));
                data.Add(version, "will topic", Hex(Connect(version, 6, Text("c"), v5, text, Text("dead"))));
                data.Add(version, "user name", Hex(Connect(version, 0x82, Text("c"), text)));
                data.Add(version, "topic name", Hex(Packet(0x30, text, v5)));
                data.Add(version, "topic filter", Hex(Packet(0x82, [0, 1], v5, text, [0])));
                data.Add(version, "unsubscribed filter", Hex(Packet(0xA2, [0, 1], v5, text)));
                if (version == ProtocolVersion.V5)
                {
                    data.Add(version, "response topic", Hex(Packet(0x30, Text("t"), Section(version, [0x08, .. text]))));
                    data.Add(version, "content type", Hex(Packet(0x30, Text("t"), Section(version, [0x03, .. text]))));
                    data.Add(version, "user property's name", Hex(Packet(0x30, Text("t"), Section(version, [0x26, .. text, .. Text("v")]))));
                    data.Add(version, "user property's value", Hex(Packet(0x30, Text("t"), Section(version, [0x26, .. Text("n"), .. text]))));
                }
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(BadText))]
    [Spec("MQTT-1.5.4-1"), Spec("MQTT-1.5.4-2"), Spec("MQTT-1.5.7-1"), Spec("MQTT-3.1.3-4"), Spec("MQTT-3.1.3-11"), Spec("MQTT-3.1.3-12")]
    [Spec("MQTT-3.3.2-1"), Spec("MQTT-3.3.2-13"), Spec("MQTT-3.3.2-19"), Spec("MQTT-3.8.3-1"), Spec("MQTT-3.10.3-1"), Spec("MQTT-4.7.3-2")]
    public async Task Text_that_is_none_is_refused_wherever_it_stands(ProtocolVersion version, string field, string hex)
    {
        var isConnect = hex.StartsWith("10", StringComparison.Ordinal);
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        var client = isConnect ? await OpenAsync(version) : await ConnectAsync("c", version);
        await client.SendAsync(hex);
        var reason = await client.ClosedAsync();
        Assert.True(reason == (version == ProtocolVersion.V5 ? ReasonCode.MalformedPacket : null), $"{field}: {reason}");
        await watcher.NothingMoreAsync();
    }

    public static TheoryData<ProtocolVersion, string, string> BadConnects()
    {
        var data = new TheoryData<ProtocolVersion, string, string>();
        foreach (var version in Both)
        {
            var v5 = Section(version);
            data.Add(version, "a will flag without a will", Hex(Connect(version, 0x06, Text("c"))));
            data.Add(version, "a will flag with a topic alone", Hex(Connect(version, 0x06, Text("c"), v5, Text("w"))));
            data.Add(version, "a will without its flag", Hex(Connect(version, 0x02, Text("c"), v5, Text("w"), Text("dead"))));
            data.Add(version, "a will QoS without a will", Hex(Connect(version, 0x0A, Text("c"))));
            data.Add(version, "a will QoS of 3", Hex(Connect(version, 0x1E, Text("c"), v5, Text("w"), Text("dead"))));
            data.Add(version, "will retain without a will", Hex(Connect(version, 0x22, Text("c"))));
            data.Add(version, "a user name without its flag", Hex(Connect(version, 0x02, Text("c"), Text("user"))));
            data.Add(version, "a user name's flag alone", Hex(Connect(version, 0x82, Text("c"))));
            data.Add(version, "a password without its flag", Hex(Connect(version, 0x82, Text("c"), Text("user"), Text("secret"))));
            data.Add(version, "a password's flag alone", Hex(Connect(version, 0xC2, Text("c"), Text("user"))));
            data.Add(version, "no client identifier", Hex(Connect(version, 0x02)));
        }

        return data;
    }

    [Theory, MemberData(nameof(BadConnects))]
    [Spec("MQTT-3.1.2-9"), Spec("MQTT-3.1.2-11"), Spec("MQTT-3.1.2-12"), Spec("MQTT-3.1.2-13"), Spec("MQTT-3.1.2-16"), Spec("MQTT-3.1.2-17")]
    [Spec("MQTT-3.1.2-18"), Spec("MQTT-3.1.2-19"), Spec("MQTT-3.1.3-3")]
    public async Task A_connect_whose_flags_and_fields_disagree_is_refused(ProtocolVersion version, string what, string hex)
    {
        var client = await OpenAsync(version);
        await client.SendAsync(hex);
        var reason = await client.ClosedAsync();
        Assert.True(reason == (version == ProtocolVersion.V5 ? ReasonCode.MalformedPacket : null), $"{what}: {reason}");
        Assert.Equal(0, (await FiguresAsync()).Sessions);
    }

    [Theory, Spec("MQTT-3.1.3-1")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task The_fields_of_connect_are_taken_in_their_order(ProtocolVersion version)
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("#", QualityOfService.AtMostOnce);
        var client = await OpenAsync(version);
        await client.SendAsync(Connect(version, 0xC6, Text("the id"), Section(version), Text("the/will"), Text("dead"), Text("the user"), Text("secret")));
        await client.ReceiveAsync(PacketType.ConnAck);
        var info = Assert.Single(await ClientsAsync(), c => c.ClientId == "the id");
        Assert.Equal("the user", info.Principal);
        await client.DisposeAsync();
        var will = await watcher.ReceivePublishAsync();
        Assert.Equal(("the/will", "dead"), (will.Topic, will.Payload));
    }

    [Theory, Spec("MQTT-1.5.4-3")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_byte_order_mark_is_a_character_like_others(ProtocolVersion version)
    {
        var client = await ConnectAsync("\uFEFFc", version);
        Assert.Contains(await ClientsAsync(), c => c.ClientId == "\uFEFFc");
        await client.SubscribeAsync("\uFEFFa/+", QualityOfService.AtMostOnce);
        await client.PublishAsync("\uFEFFa/\uFEFFb", "x");
        await client.PublishAsync("a/b", "without");
        Assert.Equal("\uFEFFa/\uFEFFb", (await client.ReceivePublishAsync()).Topic);
        await client.NothingMoreAsync();
    }

    [Theory, Spec("MQTT-4.7.0-1"), Spec("MQTT-4.7.3-1"), Spec("MQTT-3.3.2-2")]
    [InlineData(ProtocolVersion.V311, "a/+", ReasonCode.TopicNameInvalid)]
    [InlineData(ProtocolVersion.V311, "#", ReasonCode.TopicNameInvalid)]
    [InlineData(ProtocolVersion.V311, "", ReasonCode.ProtocolError)]
    [InlineData(ProtocolVersion.V5, "a/+", ReasonCode.TopicNameInvalid)]
    [InlineData(ProtocolVersion.V5, "a+b", ReasonCode.TopicNameInvalid)]
    [InlineData(ProtocolVersion.V5, "a#", ReasonCode.TopicNameInvalid)]
    [InlineData(ProtocolVersion.V5, "", ReasonCode.ProtocolError)]
    public async Task A_topic_name_is_not_empty_and_holds_no_wildcard(ProtocolVersion version, string topic, ReasonCode reason)
    {
        var client = await ConnectAsync("c", version);
        await client.SendAsync(Packet(0x30, Text(topic), Section(version)));
        Assert.Equal(version == ProtocolVersion.V5 ? reason : null, await client.ClosedAsync());
        Assert.Equal(1, (await FiguresAsync()).ProtocolFaults);
    }

    [Theory, Spec("MQTT-4.7.3-1"), Spec("MQTT-3.3.2-14")]
    [InlineData("8206000100000000", ReasonCode.ProtocolError)]   // an empty filter
    [InlineData("30080001740408000161" + "2B", null)]             // a response topic with a wildcard is cut short below
    public async Task Filters_are_not_empty_and_response_topics_hold_no_wildcard(string hex, ReasonCode? reason)
    {
        var client = await ConnectAsync("c");
        await client.SendAsync(reason is null ? Packet(0x30, Text("t"), Section(ProtocolVersion.V5, [0x08, .. Text("a/+")])) : Convert.FromHexString(hex));
        Assert.Equal(ReasonCode.ProtocolError, await client.ClosedAsync());
    }

    [Theory, Spec("MQTT-4.7.3-3")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Topics_and_filters_may_have_65535_bytes(ProtocolVersion version)
    {
        await StartAsync(null, new() { MaximumTopicBytes = 65_535 });
        var topic = new string('t', 65_535);
        var client = await ConnectAsync("c", version);
        await client.SubscribeAsync(topic, QualityOfService.AtMostOnce);
        await client.PublishAsync(topic, "x");
        Assert.Equal(topic, (await client.ReceivePublishAsync()).Topic);
    }

    [Theory, Spec("MQTT-4.7.3-1")]
    [InlineData("8206000100000000")]   // SUBSCRIBE
    [InlineData("A2050001000000")]     // UNSUBSCRIBE
    public async Task An_empty_filter_breaks_the_protocol(string hex)
    {
        var client = await ConnectAsync("c");
        await client.SendAsync(hex);
        Assert.Equal(ReasonCode.ProtocolError, await client.ClosedAsync());
    }

    [Theory, Spec("MQTT-1.5.5-1"), Spec("MQTT-2.2.2-1")]
    [InlineData("C08000")]                       // a packet length of zero in two bytes
    [InlineData("3005000174" + "8000")]          // a property length of zero in two bytes
    [InlineData("30FFFFFFFF01")]                 // a length of five bytes
    [InlineData("820B0001020B" + "8100" + "000161" + "00" + "00")]
    public async Task A_number_in_more_bytes_than_it_needs_is_malformed(string hex)
    {
        var client = await ConnectAsync("c");
        await client.SendAsync(hex);
        Assert.Equal(ReasonCode.MalformedPacket, await client.ClosedAsync());
    }

    [Theory, Spec("MQTT-1.5.5-1"), Spec("MQTT-2.2.2-1")]
    [InlineData(0, "3004000174" + "00")]
    [InlineData(122, "307E000174" + "00")]
    [InlineData(124, "308001000174" + "00")]
    [InlineData(16_379, "30FF7F000174" + "00")]
    [InlineData(16_380, "30808001000174" + "00")]
    public async Task The_broker_writes_lengths_in_the_fewest_bytes_and_an_empty_property_section_as_zero(int payloadBytes, string beginning)
    {
        var publisher = await ConnectAsync("p", ProtocolVersion.V311);
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("t", QualityOfService.AtMostOnce);
        await publisher.PublishAsync("t", new string('x', payloadBytes));
        var packet = await client.ReceiveAsync(PacketType.Publish);
        Assert.Equal((beginning.Length / 2) - 4, packet.Header.HeaderBytes);
        Assert.Equal("00017400", Convert.ToHexString(packet.Body[..4]));
        Assert.Equal(payloadBytes, packet.Body.Length - 4);
    }

    [Theory, Spec("MQTT-4.8.2-1"), Spec("MQTT-4.8.2-2")]
    [InlineData("$share/")]
    [InlineData("$share//t")]
    [InlineData("$share/g")]
    [InlineData("$share/g/")]
    [InlineData("$share/g+/t")]
    [InlineData("$share/g#/t")]
    [InlineData("$share/#/t")]
    public async Task A_share_name_is_not_empty_without_wildcards_and_a_filter_follows(string filter)
    {
        foreach (var version in Both)
        {
            var client = await ConnectAsync("c", version);
            var reason = version == ProtocolVersion.V5 ? ReasonCode.TopicFilterInvalid : ReasonCode.UnspecifiedError;
            Assert.Equal([reason], (await client.SubscribeAsync(filter)).Reasons);
            Assert.Equal(0, (await FiguresAsync()).Subscriptions);
            await client.DisposeAsync();
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);
}
