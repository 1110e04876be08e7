using System.Net;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The deny gate at each place where it stands.</summary>
public sealed class AccessTests : BrokerFixture
{
    private readonly Gate _gate = new();

    protected override MqttBrokerOptions Options => new() { Address = IPAddress.Loopback, Port = 0, Access = _gate };

    [Theory, Spec("MQTT-3.1.4-2"), Spec("MQTT-3.1.4-6"), Spec("MQTT-3.2.2-7")]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_client_that_is_not_admitted_is_refused_and_nothing_else_of_it_is_done(ProtocolVersion version)
    {
        var client = await OpenAsync(version);
        await client.SendAsync(o =>
        {
            new ConnectPacket { Version = version, ClientId = "bad", UserName = "mallory" }.Write(o);
            PublishPacket.Write(o, version, "t", "x"u8, retain: true);
        });
        Assert.Equal(ReasonCode.BadUserNameOrPassword, await client.ClosedAsync());
        Assert.Equal(0, (await FiguresAsync()).Retained);
    }

    [Fact]
    public async Task A_denied_publish_reaches_nobody_and_is_told_on_5_0()
    {
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        var client = await ConnectAsync("c");
        await client.PublishAsync("secret/a", "x", QualityOfService.AtLeastOnce, retain: true, id: 1);
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await client.PublishAsync("secret/a", "x", QualityOfService.ExactlyOnce, id: 2);
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ReceiveAsync(PacketType.PubRec)).Ack.Reason);
        await watcher.NothingMoreAsync();
        Assert.Equal(2, (await FiguresAsync()).DroppedNotAuthorized);
        Assert.Equal(0, (await FiguresAsync()).Retained);
    }

    [Fact]
    public async Task A_denied_subscription_is_answered_and_a_wide_one_does_not_see_what_is_denied()
    {
        var client = await ConnectAsync("guest");
        Assert.Equal([ReasonCode.NotAuthorized], (await client.SubscribeAsync("secret/#")).Reasons);
        await client.SubscribeAsync("#", QualityOfService.AtMostOnce);
        var boss = await ConnectAsync("boss");
        await boss.PublishAsync("secret/a", "x", retain: true);
        await boss.PublishAsync("open/a", "x");
        Assert.Equal("open/a", (await client.ReceivePublishAsync()).Topic);
        await client.SubscribeAsync("#", QualityOfService.AtMostOnce);
        await client.NothingMoreAsync();
        _gate.Opened = true;
        await boss.PublishAsync("secret/a", "y");
        Assert.Equal("y", (await client.ReceivePublishAsync()).Payload);
    }

    [Fact]
    public async Task A_shared_subscription_is_judged_by_the_filter_within_it()
    {
        var client = await ConnectAsync("guest");
        Assert.Equal([ReasonCode.NotAuthorized], (await client.SubscribeAsync("$share/g/secret/#")).Reasons);
        Assert.Equal([ReasonCode.GrantedQos2], (await client.SubscribeAsync("$share/g/open/#")).Reasons);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task What_waited_or_was_under_way_does_not_go_to_who_lost_the_right_meanwhile(QualityOfService qos)
    {
        _gate.Opened = true;
        await StartAsync(OpenStore(NewDirectory()));
        var kept = new ConnectPacket { Properties = new Properties { SessionExpiryInterval = 3600, ReceiveMaximum = 2 } };
        var guest = await ConnectAsync("guest", connect: kept);
        await guest.SubscribeAsync("#", qos);
        var boss = await ConnectAsync("boss");
        ushort id = 1;
        foreach (var topic in new[] { "secret/1", "open/1", "secret/2", "open/2" })
        {
            await boss.PublishAsync(topic, "x", qos, id: id++);
        }

        await guest.ReceivePublishAsync();
        await guest.ReceivePublishAsync();
        await guest.DisposeAsync();
        await GoneAsync("guest");
        _gate.Opened = false;
        var back = await ConnectAsync("guest", connect: kept with { CleanStart = false });
        Assert.Equal(("open/1", true), await back.ReceivePublishAsync() is var one ? (one.Topic, one.Duplicate) : default);
        Assert.Equal(("open/2", false), await back.ReceivePublishAsync() is var two ? (two.Topic, two.Duplicate) : default);
        await back.NothingMoreAsync();
        Assert.Equal(2, (await FiguresAsync()).DroppedNotAuthorized);
    }

    [Theory]
    [InlineData("$SYS/broker/version")]
    [InlineData("secret/will")]
    public async Task A_will_to_a_topic_that_the_client_may_not_write_is_refused_with_the_connect(string topic)
    {
        var client = await OpenAsync();
        var answer = await client.ConnectAsync(new ConnectPacket { ClientId = "guest", Will = new Will { Topic = topic } });
        Assert.Equal(ReasonCode.NotAuthorized, answer.Reason);
    }

    private sealed class Gate : IAccessGate
    {
        private volatile bool _opened;

        public bool Opened
        {
            get => _opened;
            set => _opened = value;
        }

        public int Version => _opened ? 1 : 0;

        public ReasonCode Admit(ConnectPacket connect, ClientOrigin origin, out string principal)
        {
            principal = connect.UserName ?? connect.ClientId;
            return principal == "mallory" ? ReasonCode.BadUserNameOrPassword : ReasonCode.Success;
        }

        public bool Authorize(string principal, AccessAction action, string topic) =>
            _opened || principal == "boss" || !topic.StartsWith("secret", StringComparison.Ordinal);
    }
}
