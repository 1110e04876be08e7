using System.Net.Sockets;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Retained messages on their way to one subscriber, which is slow, changes its mind or goes away; and a client that only asks.</summary>
public sealed class ReplayTests : BrokerFixture
{
    private const int Retained = 1000;

    protected override MqttBrokerOptions Options => new() { QueuedMessages = 100, OutboundBytes = 64 * 1024 };

    [Theory]
    [InlineData(AtLeastOnce)]
    [InlineData(ExactlyOnce)]
    public async Task More_than_may_wait_arrives_whole_beside_live_messages_at_the_client_s_own_pace(QualityOfService qos)
    {
        var publisher = await RetainAsync(qos);
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 10 } });
        await client.SubscribeAsync("r/#", qos);
        for (var i = 0; i < 20; i++)
        {
            await publisher.PublishAsync($"r/live/{i}", "x", AtLeastOnce, id: 1); // They wait: the window is full.
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        var seen = new HashSet<string>();
        while (seen.Count < Retained + 20)
        {
            var packet = await client.NextAsync() ?? throw new InvalidDataException("The broker closed the connection.");
            if (packet.Type == PacketType.Publish)
            {
                Assert.True(seen.Add(packet.Publish.Topic));
                await client.AckAsync(packet.Publish.Qos == ExactlyOnce ? PacketType.PubRec : PacketType.PubAck, packet.Publish.PacketId);
            }
            else
            {
                await client.AckAsync(PacketType.PubComp, packet.Ack.PacketId);
            }
        }

        Assert.Equal(0, (await FiguresAsync()).DroppedQueueFull);
    }

    [Theory, Spec("MQTT-3.10.4-2")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unsubscribe_ends_what_the_filter_still_had_to_bring_and_another_subscribe_begins_it_anew(bool again)
    {
        await RetainAsync(AtLeastOnce);
        var client = await ConnectAsync("c", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 1 } });
        await client.SubscribeAsync("r/#", AtLeastOnce);
        var first = await client.ReceivePublishAsync();
        if (again)
        {
            await client.SubscribeAsync("r/#", AtLeastOnce);
            await client.SubscribeAsync("r/#", AtLeastOnce);
        }
        else
        {
            await client.SendAsync(o => new UnsubscribePacket { PacketId = 3, Filters = ["r/#"] }.Write(o, ProtocolVersion.V5));
            await client.ReceiveAsync(PacketType.UnsubAck);
        }

        await client.AckAsync(PacketType.PubAck, first.PacketId);
        for (var i = 0; again && i < Retained; i++)
        {
            await client.AckAsync(PacketType.PubAck, (await client.ReceivePublishAsync()).PacketId);
        }

        await client.NothingMoreAsync();
    }

    [Fact]
    public async Task A_session_that_comes_back_gets_the_rest()
    {
        await RetainAsync(AtLeastOnce);
        var kept = new ConnectPacket { CleanStart = false, Properties = new Properties { SessionExpiryInterval = 100, ReceiveMaximum = 1 } };
        var client = await ConnectAsync("c", connect: kept);
        await client.SubscribeAsync("r/#", AtLeastOnce);
        var first = await client.ReceivePublishAsync();
        await client.DisposeAsync();
        await GoneAsync("c");
        var back = await ConnectAsync("c", connect: kept);
        var seen = new HashSet<string>();
        for (var i = 0; i < Retained; i++)
        {
            var message = await back.ReceivePublishAsync();
            Assert.True(seen.Add(message.Topic));
            Assert.Equal(i == 0, message.Duplicate && message.Topic == first.Topic);
            await back.AckAsync(PacketType.PubAck, message.PacketId);
        }

        await back.NothingMoreAsync();
    }

    [Fact]
    public async Task A_client_that_asks_and_takes_no_answers_is_not_heard_until_it_does()
    {
        const int Pings = 8 * 1024 * 1024;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(Broker.EndPoint);
        await using var client = new RawClient(new NetworkStream(socket), ProtocolVersion.V5);
        await client.ConnectAsync(new ConnectPacket { ClientId = "asker", KeepAliveSeconds = 10 });
        var sending = client.SendAsync(Enumerable.Range(0, Pings).SelectMany(_ => new byte[] { 0xC0, 0x00 }).ToArray());
        var other = await ConnectAsync("other");
        using var deadline = new CancellationTokenSource(Patience);
        while (await WaitingAsync() <= 2 * Options.OutboundBytes)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        for (var i = 0; i < 50; i++)
        {
            await other.NothingMoreAsync();
            Assert.InRange(await WaitingAsync(), 0, (2 * Options.OutboundBytes) + (1024 * 1024)); // Twice the bound, and the answers to one read.
        }

        await AdvanceAsync(TimeSpan.FromSeconds(20)); // Its silence is the broker's doing.
        Assert.False(sending.IsCompleted);
        var buffer = new byte[64 * 1024];
        for (var left = Pings * 2; left > 0;)
        {
            var read = await socket.ReceiveAsync(buffer);
            Assert.NotEqual(0, read);
            left -= read;
        }

        await sending;
        await client.NothingMoreAsync();

        async Task<int> WaitingAsync() => (await ClientsAsync()).Single(c => c.ClientId == "asker").Connection!.OutboundBytes;
    }

    [Fact, Spec("MQTT-3.8.3-3")]
    public async Task No_local_holds_for_the_will_of_the_client_too()
    {
        var connect = Kept() with { Will = new Will { Topic = "wills", Qos = AtLeastOnce } };
        var client = await ConnectAsync("c", connect: connect);
        await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new("wills", AtLeastOnce, NoLocal: true)] });
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("wills", AtMostOnce);
        await client.DisposeAsync();
        await other.ReceivePublishAsync();
        var back = await ConnectAsync("c", connect: Kept());
        await back.NothingMoreAsync();
    }

    private async Task<RawClient> RetainAsync(QualityOfService qos)
    {
        var publisher = await ConnectAsync("pub");
        for (var i = 0; i < Retained; i++)
        {
            await publisher.PublishAsync($"r/{i}", "x", qos, retain: true, id: (ushort)(i + 1));
            await publisher.ReceiveAsync(qos == AtLeastOnce ? PacketType.PubAck : PacketType.PubRec);
            if (qos == ExactlyOnce)
            {
                await publisher.AckAsync(PacketType.PubRel, (ushort)(i + 1));
                await publisher.ReceiveAsync(PacketType.PubComp);
            }
        }

        return publisher;
    }
}
