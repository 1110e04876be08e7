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
