using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The link without a socket, for clients of the broker's own process.</summary>
public sealed class InProcessTests : BrokerFixture
{
    private const int LinkBytes = 64 * 1024;

    [Fact]
    public async Task A_client_of_this_process_is_met_like_any_other()
    {
        await using var inside = await InsideAsync("inside");
        Assert.Equal("this process", (await Broker.FindClientAsync("inside"))!.Client.Connection!.Remote);
        await inside.SubscribeAsync([new("big/#", AtLeastOnce)], CancellationToken.None);
        var payload = new byte[300_000]; // More than the link holds.
        RandomNumberGenerator.Fill(payload);
        for (var i = 0; i < 10; i++)
        {
            await inside.PublishAsync("big/one", payload, AtLeastOnce);
            using var deadline = new CancellationTokenSource(Patience);
            Assert.Equal(payload, (await inside.Messages.ReadAsync(deadline.Token)).Payload.ToArray());
        }

        await inside.DisconnectAsync();
    }

    [Fact, Spec("MQTT-3.3.2-12"), Spec("MQTT-3.2.2-17")]
    public async Task Its_topics_may_have_a_number_each_beyond_what_others_get_and_every_message_finds_its_topic()
    {
        const int Topics = 3000;
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("t/#", AtMostOnce);
        await using var inside = await InsideAsync("inside");
        var topics = Enumerable.Range(0, Topics).Select(i => inside.Prepare($"t/{i}")).ToArray();
        for (var round = 0; round < 2; round++)
        {
            var publishing = PublishAsync(round);
            for (var i = 0; i < Topics; i++)
            {
                var message = await other.ReceivePublishAsync();
                Assert.Equal(($"t/{i}", $"{round}.{i}"), (message.Topic, message.Payload));
            }

            await publishing;
        }

        // The second round left out the names: its packets are shorter by them.
        Assert.InRange((await FiguresAsync()).BytesIn, Topics * 22, Topics * 36);

        async Task PublishAsync(int round)
        {
            using var gathered = inside.Gather();
            for (var i = 0; i < Topics; i++)
            {
                await inside.PublishAsync(topics[i], System.Text.Encoding.UTF8.GetBytes($"{round}.{i}"), retain: true);
            }
        }
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_waited_for_and_gets_all_in_order_later()
    {
        const int Messages = 100;
        var inside = new RawClient(Broker.ConnectInProcess(), ProtocolVersion.V5);
        await inside.ConnectAsync(new ConnectPacket { ClientId = "slow" });
        await inside.SubscribeAsync("t", AtLeastOnce);
        var other = await ConnectAsync("other");
        var payload = new string('x', LinkBytes / 10);
        for (ushort i = 1; i <= Messages; i++)
        {
            await other.PublishAsync("t", $"{i} {payload}", AtLeastOnce, id: i);
            await other.ReceiveAsync(PacketType.PubAck);
        }

        for (var i = 1; i <= Messages; i++)
        {
            Assert.Equal($"{i} {payload}", (await inside.ReceivePublishAsync()).Payload);
        }

        await inside.NothingMoreAsync();
        await inside.DisposeAsync();
    }

    [Fact]
    public async Task What_was_written_before_the_client_left_is_handled_and_its_will_follows()
    {
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("#", AtMostOnce);
        var inside = new RawClient(Broker.ConnectInProcess(), ProtocolVersion.V5);
        await inside.ConnectAsync(new ConnectPacket { ClientId = "inside", Will = new Will { Topic = "will", Payload = "gone"u8.ToArray() } });
        await inside.PublishAsync("last", "words");
        await inside.DisposeAsync();
        Assert.Equal(("last", "words"), Said(await other.ReceivePublishAsync()));
        Assert.Equal(("will", "gone"), Said(await other.ReceivePublishAsync())); // [MQTT-3.1.2-8]
        await GoneAsync("inside");
    }

    [Fact]
    public async Task A_broker_that_stops_says_so_and_takes_nobody_in_any_more()
    {
        await using var inside = await InsideAsync("inside");
        await Broker.DisposeAsync();
        Assert.Contains("ServerShuttingDown", (await inside.Closed.WaitAsync(Patience)).Message, StringComparison.Ordinal); // [MQTT-3.14.2-2]
        await Assert.ThrowsAsync<MqttConnectionLostException>(async () => await inside.PublishAsync("t", Array.Empty<byte>()));
        var refused = await Assert.ThrowsAsync<MqttConnectException>(() => InsideAsync("late"));
        Assert.Contains("has stopped", refused.Message, StringComparison.Ordinal);
    }

    private static (string Topic, string Payload) Said(Delivery message) => (message.Topic, message.Payload);

    private Task<MqttClient> InsideAsync(string clientId) => MqttClient.ConnectAsync(
        new() { Host = "this process", ClientId = clientId, Connect = _ => new(Broker.ConnectInProcess()) }, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
}
