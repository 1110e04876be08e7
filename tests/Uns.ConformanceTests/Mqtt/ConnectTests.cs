using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>CONNECT, CONNACK, keep alive and the ends of connections.</summary>
public sealed class ConnectTests : BrokerFixture
{
    [Theory]
    [Spec("MQTT-3.1.4-5"), Spec("MQTT-3.2.0-1"), Spec("MQTT-3.2.2-1"), Spec("MQTT-3.2.2-2"), Spec("MQTT-3.1.3-5"), Spec("MQTT-4.2-1")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_valid_connect_is_answered_with_success(ProtocolVersion version)
    {
        var client = await OpenAsync(version);
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "0123456789abcdefghijklm" });
        Assert.Equal(ReasonCode.Success, answer.Reason);
        Assert.False(answer.SessionPresent);
        if (version == ProtocolVersion.V5)
        {
            Assert.Equal((ushort)1024, answer.Properties.ReceiveMaximum);
            Assert.Equal(1024u * 1024, answer.Properties.MaximumPacketSize);
        }
    }

    [Theory]
    [Spec("MQTT-3.1.0-1"), Spec("MQTT-3.1.0-2"), Spec("MQTT-3.1.2-1"), Spec("MQTT-3.1.2-2"), Spec("MQTT-3.1.2-3"), Spec("MQTT-3.1.4-1"), Spec("MQTT-3.14.0-1"), Spec("MQTT-3.2.2-7")]
    [InlineData("C000", null)]                                                                // PINGREQ first
    [InlineData("300300016162", null)]                                                        // PUBLISH first
    [InlineData("100C00044D515455040200000000", ReasonCode.UnsupportedProtocolVersion)]       // another name
    [InlineData("100C00044D515454030200000000", ReasonCode.UnsupportedProtocolVersion)]       // another version
    [InlineData("100C00044D515454040300000000", null)]                                        // reserved flag
    [InlineData("100C00044D515454040000000000", ReasonCode.ClientIdentifierNotValid)]         // empty id without a clean session
    [InlineData("FFFFFFFFFFFF", null)]
    public async Task A_connection_that_begins_wrong_is_closed(string hex, ReasonCode? reason)
    {
        var client = await OpenAsync(ProtocolVersion.V311);
        await client.SendAsync(hex);
        Assert.Equal(reason, await client.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.1.0-2"), Spec("MQTT-4.13.1-1")]
    public async Task A_second_connect_ends_the_connection()
    {
        var client = await ConnectAsync("twice");
        await client.SendAsync(new ConnectPacket { ClientId = "twice" }.Write);
        Assert.Equal(ReasonCode.ProtocolError, await client.ClosedAsync());
    }

    [Fact, Spec("MQTT-3.1.3-6"), Spec("MQTT-3.1.3-7"), Spec("MQTT-3.2.2-16")]
    public async Task An_empty_client_identifier_is_replaced_by_a_unique_one()
    {
        var first = await (await OpenAsync()).ConnectAsync(new ConnectPacket());
        var second = await (await OpenAsync()).ConnectAsync(new ConnectPacket());
        Assert.NotNull(first.Properties.AssignedClientIdentifier);
        Assert.NotEqual(first.Properties.AssignedClientIdentifier, second.Properties.AssignedClientIdentifier);
        Assert.Contains(await ClientsAsync(), c => c.ClientId == first.Properties.AssignedClientIdentifier);
    }

    [Fact, Spec("MQTT-3.1.4-3"), Spec("MQTT-3.14.4-2"), Spec("MQTT-3.1.3-2")]
    public async Task A_second_client_of_the_same_name_takes_over()
    {
        var old = await ConnectAsync("same");
        var fresh = await ConnectAsync("same");
        Assert.Equal(ReasonCode.SessionTakenOver, await old.ClosedAsync());
        await fresh.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.1.2-4"), Spec("MQTT-3.1.2-5"), Spec("MQTT-3.1.2-6"), Spec("MQTT-3.2.2-3"), Spec("MQTT-3.1.2-23"), Spec("MQTT-4.1.0-1"), Spec("MQTT-3.1.4-4")]
    public async Task A_session_is_kept_resumed_and_dropped_as_the_client_asks()
    {
        var first = await OpenAsync();
        Assert.False((await first.ConnectAsync(Kept() with { ClientId = "kept" })).SessionPresent);
        await first.SubscribeAsync("kept/#");
        await first.SendAsync("E000");
        await first.ClosedAsync();

        var second = await OpenAsync();
        Assert.True((await second.ConnectAsync(Kept() with { ClientId = "kept" })).SessionPresent);
        await second.PublishAsync("kept/a", "x");
        Assert.Equal("kept/a", (await second.ReceivePublishAsync()).Topic);

        var third = await OpenAsync();
        Assert.False((await third.ConnectAsync(Kept(cleanStart: true) with { ClientId = "kept" })).SessionPresent);
        await third.PublishAsync("kept/a", "x");
        await third.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.1.0-2")]
    public async Task A_session_whose_life_is_over_is_gone_without_anyone_coming_back()
    {
        var client = await ConnectAsync("mayfly", connect: new ConnectPacket { Properties = new Properties { SessionExpiryInterval = 10 } });
        await client.SubscribeAsync("#");
        await client.SendAsync("E000");
        await client.ClosedAsync();
        Assert.Equal(1, (await FiguresAsync()).Sessions);
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        var other = await ConnectAsync("witness");
        await other.NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).Sessions);
        Assert.Equal(0, (await FiguresAsync()).Subscriptions);
    }

    [Fact, Spec("MQTT-3.1.2-22"), Spec("MQTT-3.2.2-22"), Spec("MQTT-3.12.4-1")]
    public async Task A_client_silent_for_one_and_a_half_keep_alives_is_disconnected()
    {
        var client = await ConnectAsync("silent", connect: new ConnectPacket { KeepAliveSeconds = 10 });
        await AdvanceAsync(TimeSpan.FromSeconds(14));
        await client.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(17));
        Assert.Equal(ReasonCode.KeepAliveTimeout, await client.ClosedAsync());
    }

    [Fact]
    public async Task A_connection_without_a_connect_is_closed_in_time()
    {
        var client = await OpenAsync();
        var witness = await ConnectAsync("witness");
        await witness.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Null(await client.ClosedAsync());
    }

    [Theory]
    [Spec("MQTT-2.1.3-1"), Spec("MQTT-3.6.1-1"), Spec("MQTT-3.8.1-1"), Spec("MQTT-3.10.1-1"), Spec("MQTT-3.14.1-1"), Spec("MQTT-3.15.1-1"), Spec("MQTT-3.3.1-4"), Spec("MQTT-3.3.2-2"), Spec("MQTT-3.3.2-8"), Spec("MQTT-3.3.4-6"), Spec("MQTT-3.8.3-2"), Spec("MQTT-3.8.3-4"), Spec("MQTT-3.8.3-5"), Spec("MQTT-3.10.3-2"), Spec("MQTT-4.12.0-7"), Spec("MQTT-4.13.1-1"), Spec("MQTT-3.2.2-17"), Spec("MQTT-2.2.1-3"), Spec("MQTT-4.13.2-1"), Spec("MQTT-3.2.2-15")]
    [InlineData("60020001", ReasonCode.MalformedPacket)]
    [InlineData("800600010001610000", ReasonCode.MalformedPacket)]
    [InlineData("A00600010000016100", ReasonCode.MalformedPacket)]
    [InlineData("E100", ReasonCode.MalformedPacket)]
    [InlineData("F100", ReasonCode.MalformedPacket)]
    [InlineData("F000", ReasonCode.ProtocolError)]
    [InlineData("360500016100", ReasonCode.MalformedPacket)]
    [InlineData("300400012B00", ReasonCode.TopicNameInvalid)]
    [InlineData("300700016103230000", ReasonCode.TopicAliasInvalid)]
    [InlineData("30070001610323FFFF", ReasonCode.TopicAliasInvalid)]
    [InlineData("3006000003230001", ReasonCode.ProtocolError)]
    [InlineData("3006000161020B01", ReasonCode.ProtocolError)]
    [InlineData("82050001000000", ReasonCode.MalformedPacket)]
    [InlineData("8203000100", ReasonCode.ProtocolError)]
    [InlineData("8207000100000161C0", ReasonCode.MalformedPacket)]
    [InlineData("821000010000" + "0A" + "2473686172652F672F61" + "04", ReasonCode.ProtocolError)]
    [InlineData("820700000000016100", ReasonCode.ProtocolError)]
    [InlineData("A203000100", ReasonCode.ProtocolError)]
    [InlineData("32060001610000" + "00", ReasonCode.ProtocolError)]
    [InlineData("20020000", ReasonCode.ProtocolError)]
    [InlineData("30FFFFFF7F", ReasonCode.PacketTooLarge)]
    public async Task Bytes_against_the_protocol_end_that_connection_alone_and_say_why(string hex, ReasonCode reason)
    {
        var neighbour = await ConnectAsync("neighbour");
        var client = await ConnectAsync("hostile");
        await client.SendAsync(hex);
        Assert.Equal(reason, await client.ClosedAsync());
        await neighbour.NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).ProtocolFaults);
    }

    [Fact, Spec("MQTT-4.12.0-1")]
    public async Task An_authentication_method_that_is_not_offered_is_refused()
    {
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "a", Properties = new Properties { AuthenticationMethod = "SCRAM" } });
        Assert.Equal(ReasonCode.BadAuthenticationMethod, answer.Reason);
        Assert.Null(await client.NextAsync());
    }

    [Fact, Spec("MQTT-6.0.0-2")]
    public async Task Packets_that_come_byte_by_byte_are_the_same_packets()
    {
        var client = await OpenAsync(ProtocolVersion.V311);
        foreach (var b in Convert.FromHexString("100D00044D5154540402000000016182060001000161003004000161" + "78"))
        {
            await client.SendAsync(new[] { b });
        }

        await client.ReceiveAsync(PacketType.ConnAck);
        await client.ReceiveAsync(PacketType.SubAck);
        Assert.Equal("x", (await client.ReceivePublishAsync()).Payload);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_sentence()
    {
        var options = new Uns.Mqtt.Broker.MqttBrokerOptions { Address = Broker.EndPoint.Address, Port = Broker.EndPoint.Port };
        await using var second = new Uns.Mqtt.Broker.MqttBroker(options, null, Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<Uns.Mqtt.Broker.MqttBroker>.Instance);
        var fault = await Assert.ThrowsAsync<Uns.Mqtt.Broker.ListenerException>(() => second.StartAsync());
        Assert.Contains($"{Broker.EndPoint.Port}", fault.Message, StringComparison.Ordinal);
        Assert.Contains("in use", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_stops_tells_its_clients()
    {
        var client = await ConnectAsync("told");
        await Broker.DisposeAsync();
        Assert.Equal(ReasonCode.ServerShuttingDown, await client.ClosedAsync());
    }
}
