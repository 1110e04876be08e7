using System.Globalization;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The broker's figures as its clients read them.</summary>
public sealed class ListenerSysTests : BrokerFixture
{
    [Fact, Spec("MQTT-4.7.2-1")]
    public async Task Figures_are_told_every_ten_seconds_to_who_asks_for_them_by_name()
    {
        var all = await ConnectAsync("all");
        await all.SubscribeAsync("#", QualityOfService.AtMostOnce);
        var client = await ConnectAsync("reader");
        await client.SubscribeAsync("$SYS/broker/clients/#", QualityOfService.AtMostOnce);
        await AdvanceAsync(TimeSpan.FromSeconds(11));
        var told = await ReadAsync(client, 4);
        Assert.Equal("2", told["$SYS/broker/clients/connected"]);
        Assert.Equal("2", told["$SYS/broker/clients/maximum"]);
        Assert.Equal("0", told["$SYS/broker/clients/disconnected"]);
        await all.NothingMoreAsync();

        var late = await ConnectAsync("late");
        await late.SubscribeAsync("$SYS/broker/version", QualityOfService.AtMostOnce);
        var version = await late.ReceivePublishAsync();
        Assert.True(version.Retain);
        Assert.StartsWith("uns version ", version.Payload, StringComparison.Ordinal);
        Assert.Equal(0, (await FiguresAsync()).Retained);
    }

    [Fact]
    public async Task Loads_are_means_per_minute()
    {
        var client = await ConnectAsync("reader");
        await AdvanceAsync(TimeSpan.FromSeconds(1)); // The first report begins the count.
        await client.SubscribeAsync("$SYS/broker/load/publish/received/+", QualityOfService.AtMostOnce);
        for (var i = 0; i < 60; i++)
        {
            await client.PublishAsync("a", "b");
        }

        await client.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        var told = await ReadAsync(client, 3);
        var loads = new[] { "1min", "5min", "15min" }.Select(s => double.Parse(told[$"$SYS/broker/load/publish/received/{s}"], CultureInfo.InvariantCulture)).ToArray();
        Assert.InRange(loads[0], 40, 62);
        Assert.True(loads[0] > loads[1] && loads[1] > loads[2]);
    }

    [Fact]
    public async Task Packets_of_every_kind_are_counted_and_the_durability_is_told_in_a_word()
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        await client.PublishAsync("t", "x", QualityOfService.AtLeastOnce, id: 1);
        await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubAck);
        await client.AckAsync(PacketType.PubAck, 1);
        await client.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(1));
        await client.SubscribeAsync("$SYS/broker/messages/+", QualityOfService.AtMostOnce);
        var told = await ReadAsync(client, 3);
        Assert.Equal(("5", "5", "0"), (told["$SYS/broker/messages/received"], told["$SYS/broker/messages/sent"], told["$SYS/broker/messages/stored"]));
        await client.SubscribeAsync("$SYS/broker/store/durability", QualityOfService.AtMostOnce);
        Assert.Equal("none", (await client.ReceivePublishAsync()).Payload);
        await StartAsync(OpenStore(NewDirectory()));
        Assert.Equal("power-safe", Broker.Durability);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task No_client_writes_them(QualityOfService qos)
    {
        var client = await ConnectAsync("liar");
        await client.SubscribeAsync("$SYS/#", QualityOfService.AtMostOnce);
        await client.PublishAsync("$SYS/broker/version", "mine", qos, retain: true, id: 7);
        var answer = (await client.NextAsync())!.Ack;
        Assert.Equal(ReasonCode.NotAuthorized, answer.Reason);
        await client.NothingMoreAsync();
    }

    private static async Task<Dictionary<string, string>> ReadAsync(RawClient client, int count)
    {
        var told = new Dictionary<string, string>();
        while (told.Count < count)
        {
            var message = await client.ReceivePublishAsync();
            told[message.Topic] = message.Payload;
        }

        return told;
    }
}
