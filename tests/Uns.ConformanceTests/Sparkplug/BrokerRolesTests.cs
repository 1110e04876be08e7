using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.ConformanceTests.Mqtt;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.Payloads;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>The broker as the standard wants it for Sparkplug, first compliant, then aware.</summary>
public sealed class BrokerRolesTests : BrokerFixture
{
    private const string Birth = "spBv1.0/G1/NBIRTH/E1";
    private const string DeviceBirth = "spBv1.0/G1/DBIRTH/E1/D1";
    private const string Death = "spBv1.0/G1/NDEATH/E1";
    private const string State = "spBv1.0/STATE/hub";
    private static readonly AwareOptions Strict = new() { Qos = AwarePolicy.Refuse, Retain = AwarePolicy.Refuse, Topic = AwarePolicy.Refuse };

    private SparkplugWatch _watch = new(new AwareOptions(), NullLogger<SparkplugWatch>.Instance);

    protected override MqttBrokerOptions Options => new() { Watch = _watch };

    [Theory, Spec("tck-id-conformance-mqtt-qos0"), Spec("tck-id-conformance-mqtt-qos1"), Spec("tck-id-conformance-mqtt-aware-basic")]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtMostOnce)]
    [InlineData(ProtocolVersion.V311, QualityOfService.AtLeastOnce)]
    [InlineData(ProtocolVersion.V5, QualityOfService.AtMostOnce)]
    [InlineData(ProtocolVersion.V5, QualityOfService.AtLeastOnce)]
    public async Task Messages_of_both_qos_come_through(ProtocolVersion version, QualityOfService qos)
    {
        var host = await ConnectAsync("host", version);
        Assert.Equal([(ReasonCode)qos], (await host.SubscribeAsync("spBv1.0/#", qos)).Reasons);
        var node = await ConnectAsync("node", version);
        await node.PublishAsync("spBv1.0/G1/NDATA/E1", "x", qos, id: qos == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)7);
        var got = await host.ReceivePublishAsync();
        Assert.Equal(("x", qos, false), (got.Payload, got.Qos, got.Retain));
        if (qos == QualityOfService.AtLeastOnce)
        {
            Assert.Equal(7, (await node.ReceiveAsync(PacketType.PubAck)).Ack.PacketId);
        }
    }

    [Theory, Spec("tck-id-conformance-mqtt-will-messages"), Spec("tck-id-conformance-mqtt-retained"), Spec("tck-id-conformance-mqtt-aware-basic")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_will_is_published_with_its_qos_and_kept_where_it_is_retained(ProtocolVersion version)
    {
        var host = await ConnectAsync("host", version);
        await host.SubscribeAsync("spBv1.0/#", QualityOfService.AtLeastOnce);
        foreach (var (topic, retain) in new[] { (Death, false), (State, true) })
        {
            var leaving = await ConnectAsync("leaving", version, WithWill(topic, "gone", retain));
            await leaving.DisposeAsync();
            var will = await host.ReceivePublishAsync();
            Assert.Equal((topic, QualityOfService.AtLeastOnce, false), (will.Topic, will.Qos, will.Retain));
            await host.AckAsync(PacketType.PubAck, will.PacketId);
        }

        var late = await ConnectAsync("late", version);
        await late.SubscribeAsync("spBv1.0/#", QualityOfService.AtLeastOnce);
        var kept = await late.ReceivePublishAsync();
        Assert.Equal((State, "gone", QualityOfService.AtLeastOnce, true), (kept.Topic, kept.Payload, kept.Qos, kept.Retain));
        await late.NothingMoreAsync(); // The other will was not to be kept.
    }

    [Fact, Spec("untagged-broker-will-suppressed-by-disconnect")]
    public async Task A_plain_goodbye_drops_the_will_and_reason_0x04_publishes_it()
    {
        var host = await ConnectAsync("host");
        await host.SubscribeAsync("spBv1.0/#");
        foreach (var reason in new[] { ReasonCode.Success, ReasonCode.DisconnectWithWill })
        {
            var node = await ConnectAsync("node", connect: WithWill(Death, reason.ToString(), retain: false));
            await node.SendAsync(o => new DisconnectPacket { Reason = reason }.Write(o, ProtocolVersion.V5));
            await node.ClosedAsync();
        }

        Assert.Equal("DisconnectWithWill", (await host.ReceivePublishAsync()).Payload);
        await host.NothingMoreAsync();
    }

    [Fact, Spec("tck-id-conformance-mqtt-aware-store"), Spec("tck-id-conformance-mqtt-aware-nbirth-mqtt-topic"), Spec("tck-id-conformance-mqtt-aware-dbirth-mqtt-topic")]
    [Spec("tck-id-conformance-mqtt-aware-nbirth-mqtt-retain"), Spec("tck-id-conformance-mqtt-aware-dbirth-mqtt-retain"), Spec("untagged-aware-latest-birth")]
    public async Task Births_are_kept_byte_for_byte_and_sent_live_under_their_certificate_topics()
    {
        var live = await ConnectAsync("live");
        await live.SubscribeAsync(SparkplugWatch.Certificates + "#");
        var all = await ConnectAsync("all");
        await all.SubscribeAsync("#");
        var node = await ConnectAsync("node", connect: WithWill(Death, "dead", retain: false));
        foreach (var (topic, payload) in new[] { (Birth, "first"), (DeviceBirth, "device"), (Birth, "second\u0001 with unknown fields") })
        {
            await node.PublishAsync(topic, payload);
            var certificate = await live.ReceivePublishAsync();
            Assert.Equal((SparkplugWatch.Certificates + topic, payload), (certificate.Topic, certificate.Payload));
            var original = await all.ReceivePublishAsync();
            Assert.Equal((topic, payload, false), (original.Topic, original.Payload, original.Retain));
        }

        await live.NothingMoreAsync();
        await all.NothingMoreAsync(); // A filter that begins with # does not see what begins with $.
        var late = await ConnectAsync("late");
        await late.SubscribeAsync(SparkplugWatch.Certificates + "spBv1.0/G1/#");
        List<Delivery> kept = [await late.ReceivePublishAsync(), await late.ReceivePublishAsync()];
        await late.NothingMoreAsync();
        Assert.All(kept, k => Assert.True(k.Retain));
        Assert.Equal("second\u0001 with unknown fields", kept.Single(k => k.Topic == SparkplugWatch.Certificates + Birth).Payload);
        Assert.Equal("device", kept.Single(k => k.Topic == SparkplugWatch.Certificates + DeviceBirth).Payload);
    }

    [Fact, Spec("tck-id-conformance-mqtt-aware-store"), Spec("untagged-aware-latest-birth")]
    public async Task Certificates_outlive_a_restart()
    {
        var directory = NewDirectory();
        await StartAsync(OpenStore(directory));
        var node = await ConnectAsync("node");
        await node.PublishAsync(Birth, "birth");
        await node.PublishAsync(DeviceBirth, "device");
        await node.NothingMoreAsync();
        await Broker.DisposeAsync();
        await StartAsync(await ReopenAsync());
        var late = await ConnectAsync("late");
        await late.SubscribeAsync(SparkplugWatch.Certificates + "#");
        List<string> kept = [(await late.ReceivePublishAsync()).Payload, (await late.ReceivePublishAsync()).Payload];
        Assert.Equal(["birth", "device"], kept.Order());
    }

    [Theory, Spec("tck-id-conformance-mqtt-aware-ndeath-timestamp")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_death_goes_out_with_the_time_of_its_delivery_and_is_else_as_it_was(bool isWill)
    {
        var host = await ConnectAsync("host");
        await host.SubscribeAsync("spBv1.0/#");
        var then = Clock.GetUtcNow();
        var payload = PayloadWriter.Write(new SparkplugPayload { Timestamp = then, Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 7), then)] });
        var node = await ConnectAsync("node", connect: new ConnectPacket { Will = new Will { Topic = Death, Payload = payload, Qos = QualityOfService.AtLeastOnce } });
        Clock.Advance(TimeSpan.FromHours(5));
        await host.NothingMoreAsync(); // The broker has read its clock.
        if (isWill)
        {
            await node.DisposeAsync();
        }
        else
        {
            await node.SendAsync(o => PublishPacket.Write(o, ProtocolVersion.V5, Death, payload));
        }

        var death = PayloadReader.Read((await NextBytesAsync(host)).Payload);
        Assert.Equal(then.AddHours(5), death.Timestamp);
        var metric = Assert.Single(death.Metrics);
        Assert.Equal(("bdSeq", 7L, then, (int?)null), (metric.Name!, metric.Value.Bits, metric.Timestamp!.Value, death.Seq));
    }

    [Fact]
    public async Task Nobody_writes_what_only_the_broker_writes()
    {
        var live = await ConnectAsync("live");
        await live.SubscribeAsync("$sparkplug/#");
        var heir = await OpenAsync();
        var answer = await heir.ConnectAsync(WithWill(SparkplugWatch.Certificates + Birth, "will", retain: true) with { ClientId = "heir" });
        Assert.Equal(ReasonCode.NotAuthorized, answer.Reason);
        var liar = await ConnectAsync("liar");
        await liar.PublishAsync(SparkplugWatch.Certificates + Birth, "lie", QualityOfService.AtLeastOnce, retain: true, id: 1);
        Assert.Equal(ReasonCode.NotAuthorized, (await liar.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await liar.DisposeAsync();
        await GoneAsync("liar");
        await live.NothingMoreAsync();
    }

    [Fact]
    public async Task Nobody_speaks_in_the_name_of_a_node_or_host_that_is_there_itself()
    {
        var node = await ConnectAsync("node", connect: WithWill(Death, "dead", retain: false));
        var host = await ConnectAsync("host", connect: WithWill(State, "offline", retain: true));
        var listener = await ConnectAsync("listener");
        await listener.SubscribeAsync("spBv1.0/#");
        await listener.SubscribeAsync(SparkplugWatch.Certificates + "#", id: 101);
        var liar = await ConnectAsync("liar");
        ushort id = 0;
        foreach (var (topic, payload) in new[] { (Birth, "lie"), (DeviceBirth, "lie"), (Death, "lie"), (State, "lie"), (State, "") })
        {
            await liar.PublishAsync(topic, payload, QualityOfService.AtLeastOnce, retain: topic == State, id: ++id);
            Assert.Equal(ReasonCode.NotAuthorized, (await liar.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        }

        await listener.NothingMoreAsync();
        Assert.Equal(5, _watch.Refused);
        await node.PublishAsync(Birth, "birth");
        Assert.Equal([Birth, SparkplugWatch.Certificates + Birth], [(await listener.ReceivePublishAsync()).Topic, (await listener.ReceivePublishAsync()).Topic]);
        await host.PublishAsync(State, "online", retain: true);
        Assert.Equal("online", (await listener.ReceivePublishAsync()).Payload);

        // Once the node has left, a bridge may speak for it.
        await node.SendAsync(o => new DisconnectPacket().Write(o, ProtocolVersion.V5));
        await GoneAsync("node");
        await liar.PublishAsync(Birth, "bridge");
        Assert.Equal("bridge", (await listener.ReceivePublishAsync()).Payload);
    }

    [Theory]
    [InlineData("spBv1.0/G1/NDATA/E1", 1, false)]  // QoS
    [InlineData("spBv1.0/G1/NDATA/E1", 1, true)]
    [InlineData("spBv1.0/STATE/hub", 1, false)]    // STATE is retained
    [InlineData("spBv1.0/G1/NNEWS/E1", 1, false)]  // no verb
    [InlineData("spBv1.0/G1/DDATA/E1", 1, false)]  // no device
    public async Task Errors_of_qos_retain_and_topic_are_told_or_refused_as_the_policy_says(string topic, ushort id, bool retain)
    {
        foreach (var policy in new[] { AwarePolicy.Off, AwarePolicy.Warn, AwarePolicy.Refuse })
        {
            _watch = new(new AwareOptions { Qos = policy, Retain = policy, Topic = policy }, NullLogger<SparkplugWatch>.Instance);
            await StartAsync(null);
            var node = await ConnectAsync("node");
            await node.PublishAsync(topic, "x", QualityOfService.AtLeastOnce, retain, id);
            var reason = (await node.ReceiveAsync(PacketType.PubAck)).Ack.Reason;
            Assert.Equal(policy == AwarePolicy.Refuse, reason >= ReasonCode.UnspecifiedError);
            Assert.Equal((policy == AwarePolicy.Warn ? 1 : 0, policy == AwarePolicy.Refuse ? 1 : 0), (_watch.Warnings, _watch.Refused));
        }
    }

    [Fact]
    public async Task What_is_right_passes_the_strictest_policy()
    {
        _watch = new(Strict, NullLogger<SparkplugWatch>.Instance);
        await StartAsync(null);
        var node = await ConnectAsync("node", connect: WithWill(Death, "dead", retain: false));
        foreach (var topic in new[] { Birth, DeviceBirth, "spBv1.0/G1/NDATA/E1", "spBv1.0/G1/DDATA/E1/D1", "spBv1.0/G1/DDEATH/E1/D1", "spBv1.0/G1/NCMD/E1", "spBv1.0/G1/DCMD/E1/D1", Death })
        {
            await node.PublishAsync(topic, "x");
        }

        await node.PublishAsync(State, "x", QualityOfService.AtLeastOnce, retain: true, id: 1);
        await node.PublishAsync("any/other/topic", "x", QualityOfService.ExactlyOnce, retain: true, id: 2);
        Assert.Equal(PacketType.PubAck, (await node.NextAsync())!.Type);
        Assert.Equal((0, 0), (_watch.Warnings, _watch.Refused));
    }

    private static ConnectPacket WithWill(string topic, string payload, bool retain) => new()
    {
        Will = new Will { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), Qos = QualityOfService.AtLeastOnce, Retain = retain },
    };

    private static async Task<(string Topic, byte[] Payload)> NextBytesAsync(RawClient client)
    {
        var packet = await client.ReceiveAsync(PacketType.Publish);
        Assert.True(PublishPacket.TryRead(packet.Header, packet.Body, ProtocolVersion.V5, out var publish, out _));
        return (publish.ReadTopic(), publish.Payload.ToArray());
    }
}
