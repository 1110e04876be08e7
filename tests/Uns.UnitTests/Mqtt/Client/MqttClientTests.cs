using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Mqtt.Client;

public sealed class MqttClientTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ScriptedBroker _broker = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task A_broker_that_is_not_there_is_named_with_its_port()
    {
        var options = _broker.Options;
        _broker.Dispose();
        var fault = await Assert.ThrowsAsync<MqttConnectException>(() => ConnectAsync(options));
        Assert.Contains($"127.0.0.1:{options.Port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_gives_the_brokers_reason()
    {
        var connecting = ConnectAsync(_broker.Options);
        await _broker.AcceptAsync();
        await _broker.SendAsync(o => new ConnAckPacket { Reason = ReasonCode.NotAuthorized }.Write(o, ProtocolVersion.V5));
        var fault = await Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Deadline));
        Assert.Equal(ReasonCode.NotAuthorized, fault.Reason);
        Assert.Contains("NotAuthorized", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_given_up_after_the_timeout()
    {
        var connecting = ConnectAsync(_broker.Options);
        await _broker.AcceptAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        var fault = await Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Deadline));
        Assert.Contains("did not answer within 10 s", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_will_is_asked_for_once_the_broker_is_reached_and_the_session_is_clean()
    {
        var asked = 0;
        var connecting = MqttClient.ConnectAsync(
            _broker.Options,
            _ => ValueTask.FromResult<Will?>(new Will { Topic = $"w{++asked}", Qos = QualityOfService.AtLeastOnce }),
            _clock,
            NullLogger.Instance,
            default);
        var connect = await _broker.AcceptAsync();
        await _broker.AdmitAsync();
        await using var client = await connecting.WaitAsync(Deadline);
        Assert.Equal(("w1", true, null), (connect.Will!.Topic, connect.CleanStart, connect.Properties.SessionExpiryInterval));
    }

    [Fact, Spec("MQTT-3.1.2-20")]
    public async Task Signs_of_life_are_sent_and_a_silent_broker_is_taken_for_dead()
    {
        await using var client = await StartAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(PacketType.PingReq, (await _broker.ReadAsync()).Header.Type);
        for (var i = 0; i < 4 && !client.Closed.IsCompleted; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        var lost = await client.Closed.WaitAsync(Deadline);
        Assert.Contains("Nothing was heard", lost.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.PublishAsync("t", Array.Empty<byte>()));
    }

    [Fact, Spec("MQTT-4.3.2-1"), Spec("MQTT-4.3.3-4")]
    public async Task Qos_1_and_2_end_when_the_broker_has_taken_the_message_over()
    {
        await using var client = await StartAsync();
        var once = client.PublishAsync("t", new byte[] { 1 }, QualityOfService.AtLeastOnce).AsTask();
        var first = await ReadPublishAsync();
        Assert.False(once.IsCompleted);
        await AnswerAsync(PacketType.PubAck, first);
        await once.WaitAsync(Deadline);

        var exactly = client.PublishAsync("t", new byte[] { 2 }, QualityOfService.ExactlyOnce).AsTask();
        var second = await ReadPublishAsync();
        await AnswerAsync(PacketType.PubRec, second);
        Assert.Equal(PacketType.PubRel, (await _broker.ReadAsync()).Header.Type);
        Assert.False(exactly.IsCompleted);
        await AnswerAsync(PacketType.PubComp, second);
        await exactly.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_refused_message_and_a_lost_connection_are_told_to_who_waits()
    {
        await using var client = await StartAsync();
        var refused = client.PublishAsync("t", Array.Empty<byte>(), QualityOfService.AtLeastOnce).AsTask();
        await AnswerAsync(PacketType.PubAck, await ReadPublishAsync(), ReasonCode.NotAuthorized);
        Assert.Equal(ReasonCode.NotAuthorized, (await Assert.ThrowsAsync<MqttRefusedException>(() => refused.WaitAsync(Deadline))).Reason);

        var lost = client.PublishAsync("t", Array.Empty<byte>(), QualityOfService.AtLeastOnce).AsTask();
        await ReadPublishAsync();
        _broker.Drop();
        await Assert.ThrowsAsync<MqttConnectionLostException>(() => lost.WaitAsync(Deadline));
        await Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.Messages.WaitToReadAsync().AsTask().WaitAsync(Deadline));
    }

    [Fact, Spec("MQTT-4.3.3-10")]
    public async Task Messages_arrive_in_order_are_acknowledged_and_qos_2_comes_once()
    {
        await using var client = await StartAsync();
        await _broker.SendAsync(o =>
        {
            PublishPacket.Write(o, ProtocolVersion.V5, "a", [1], QualityOfService.AtMostOnce, retain: true);
            PublishPacket.Write(o, ProtocolVersion.V5, "b", [2], QualityOfService.AtLeastOnce, packetId: 7);
            PublishPacket.Write(o, ProtocolVersion.V5, "c", [3], QualityOfService.ExactlyOnce, packetId: 8);
            PublishPacket.Write(o, ProtocolVersion.V5, "c", [3], QualityOfService.ExactlyOnce, packetId: 8, duplicate: true);
            new PublishAckPacket(PacketType.PubRel, 8).Write(o, ProtocolVersion.V5);
            PublishPacket.Write(o, ProtocolVersion.V5, "d", [4]);
        });
        var topics = new List<string>();
        while (topics.Count < 4)
        {
            var message = await client.Messages.ReadAsync().AsTask().WaitAsync(Deadline);
            Assert.Equal(message.Topic == "a", message.Retain);
            topics.Add(message.Topic);
        }

        Assert.Equal(["a", "b", "c", "d"], topics);
        foreach (var expected in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRec, PacketType.PubComp })
        {
            Assert.Equal(expected, (await _broker.ReadAsync()).Header.Type);
        }
    }

    [Fact]
    public async Task A_subscription_awaits_its_answer_and_tells_a_refused_filter()
    {
        await using var client = await StartAsync();
        var subscribing = client.SubscribeAsync([new("a"), new("b")], default);
        var (header, body) = await _broker.ReadAsync();
        Assert.True(SubscribePacket.TryRead(body, ProtocolVersion.V5, out var asked, out _));
        Assert.Equal(PacketType.Subscribe, header.Type);
        await _broker.SendAsync(o => new SubscriptionAckPacket { PacketId = asked.PacketId, Reasons = [ReasonCode.Success, ReasonCode.NotAuthorized] }.Write(o, ProtocolVersion.V5));
        Assert.Contains("'b'", (await Assert.ThrowsAsync<MqttRefusedException>(() => subscribing.WaitAsync(Deadline))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_longer_than_the_broker_takes_is_refused_with_its_topic()
    {
        await using var client = await StartAsync(new Properties { MaximumPacketSize = 1000 });
        await client.PublishAsync("small", new byte[900]);
        var fault = await Assert.ThrowsAsync<MqttRefusedException>(async () => await client.PublishAsync("large", new byte[1000]));
        Assert.Contains("'large'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_goodbye_carries_its_reason_after_all_that_waited()
    {
        await using var client = await StartAsync();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(client.TryPublish("t", [(byte)i]));
        }

        var leaving = client.DisconnectAsync(ReasonCode.DisconnectWithWill);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(PacketType.Publish, (await _broker.ReadAsync()).Header.Type);
        }

        var (header, body) = await _broker.ReadAsync();
        Assert.Equal(PacketType.Disconnect, header.Type);
        Assert.Equal(0x04, body[0]);
        Assert.False(leaving.IsCompleted); // Until the broker closes, or two seconds have passed.
        _broker.Drop();
        await leaving.WaitAsync(Deadline);
        Assert.False(await client.Messages.WaitToReadAsync());
    }

    [Fact]
    public async Task A_broker_that_does_not_read_fills_the_buffer_and_then_publishing_waits()
    {
        await using var client = await StartAsync();
        var payload = new byte[256 * 1024];
        var taken = 0;
        while (client.TryPublish("t", payload) && taken < 1000)
        {
            taken++;
        }

        Assert.InRange(taken, 16, 200); // 4 MiB here, and what the sockets hold.
        var waits = client.PublishAsync("t", payload).AsTask();
        while (waits.IsCompleted && taken < 1000)
        {
            taken++; // The sockets took a last bite after the buffer was full.
            waits = client.PublishAsync("t", payload).AsTask();
        }

        Assert.False(waits.IsCompleted);
        for (var i = 0; i <= taken; i++)
        {
            await _broker.ReadAsync();
        }

        await waits.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Bytes_that_are_no_packet_end_the_connection()
    {
        await using var client = await StartAsync();
        await _broker.SendAsync(o => o.Write<byte>([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));
        Assert.Contains("no packet", (await client.Closed.WaitAsync(Deadline)).Message, StringComparison.Ordinal);
    }

    [Fact, Spec("MQTT-3.3.2-12"), Spec("MQTT-3.2.2-17")]
    public async Task A_prepared_topic_is_named_once_while_the_brokers_aliases_last()
    {
        await using var client = await StartAsync(new Properties { TopicAliasMaximum = 1, MaximumPacketSize = 100 });
        var (first, second) = (client.Prepare("Halle 1/Öfen"), client.Prepare("b"));
        foreach (var (topic, name, alias) in new[] { (first, "Halle 1/Öfen", 1), (second, "b", 0), (first, "", 1), (second, "b", 0) })
        {
            await client.PublishAsync(topic, "21.5"u8.ToArray(), retain: true);
            var (header, body) = await _broker.ReadAsync();
            Assert.True(PublishPacket.TryRead(header, body, ProtocolVersion.V5, out var packet, out _));
            Assert.Equal((name, alias, true, "21.5"), (packet.ReadTopic(), packet.TopicAlias, packet.Retain, System.Text.Encoding.UTF8.GetString(packet.Payload)));
        }

        var refused = await Assert.ThrowsAsync<MqttRefusedException>(async () => await client.PublishAsync(first, new byte[100], retain: false));
        Assert.Contains("'Halle 1/Öfen'", refused.Message, StringComparison.Ordinal);
    }

    [Fact, Spec("MQTT-3.2.2-18")]
    public async Task A_broker_that_takes_no_aliases_gets_the_topics_name_each_time()
    {
        await using var client = await StartAsync();
        var topic = client.Prepare("a");
        for (var i = 0; i < 2; i++)
        {
            await client.PublishAsync(topic, Array.Empty<byte>(), retain: false);
            var (header, body) = await _broker.ReadAsync();
            Assert.True(PublishPacket.TryRead(header, body, ProtocolVersion.V5, out var packet, out _));
            Assert.Equal(("a", 0), (packet.ReadTopic(), packet.TopicAlias));
        }
    }

    private Task<MqttClient> ConnectAsync(MqttClientOptions options) => MqttClient.ConnectAsync(options, null, _clock, NullLogger.Instance, default);

    private async Task<MqttClient> StartAsync(Properties? properties = null)
    {
        var connecting = ConnectAsync(_broker.Options);
        await _broker.AcceptAsync();
        await _broker.AdmitAsync(properties);
        return await connecting.WaitAsync(Deadline);
    }

    private async Task<ushort> ReadPublishAsync()
    {
        var (header, body) = await _broker.ReadAsync();
        Assert.True(PublishPacket.TryRead(header, body, ProtocolVersion.V5, out var packet, out _));
        return packet.PacketId;
    }

    private Task AnswerAsync(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) =>
        _broker.SendAsync(o => new PublishAckPacket(type, id, reason).Write(o, ProtocolVersion.V5));
}
