using Uns.Mqtt.Packets;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Shared subscriptions when members fail. MQTT 5.0, 4.8.2; a 3.1.1 client may share too.</summary>
public sealed class SharedTests : BrokerFixture
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_a_member_did_not_acknowledge_goes_to_another_when_its_session_ends(ProtocolVersion version)
    {
        var first = await ConnectAsync("first", version);
        await first.SubscribeAsync("$share/g/t", AtLeastOnce);
        await PublishAsync(3, AtLeastOnce);
        var one = await first.ReceivePublishAsync();
        await first.ReceivePublishAsync();
        await first.ReceivePublishAsync();
        await first.AckAsync(PacketType.PubAck, one.PacketId);
        await first.NothingMoreAsync();
        var second = await ConnectAsync("second", version);
        await second.SubscribeAsync("$share/g/t", AtLeastOnce);
        await first.DisposeAsync();
        Assert.Equal("2", (await second.ReceivePublishAsync()).Payload);
        Assert.Equal("3", (await second.ReceivePublishAsync()).Payload);
        await second.NothingMoreAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_that_is_full_is_passed_over_while_another_has_room(bool isPersistent)
    {
        await StartAsync(null, new() { QueuedMessages = 2 });
        var lazy = new ConnectPacket { Properties = new Properties { ReceiveMaximum = 1, SessionExpiryInterval = isPersistent ? 100u : null } };
        var first = await ConnectAsync("first", connect: lazy);
        await first.SubscribeAsync("$share/g/t", AtLeastOnce);
        var second = await ConnectAsync("second");
        await second.SubscribeAsync("$share/g/t", AtLeastOnce);
        await PublishAsync(20, AtLeastOnce);
        var got = new List<string>();
        for (var i = 0; i < 17; i++)
        {
            got.Add((await second.ReceivePublishAsync()).Payload);
        }

        for (var i = 0; i < 3; i++)
        {
            var message = await first.ReceivePublishAsync();
            got.Add(message.Payload);
            await first.AckAsync(PacketType.PubAck, message.PacketId);
        }

        Assert.Equal(Enumerable.Range(1, 20), got.Select(int.Parse).Order());
        await second.NothingMoreAsync();
        Assert.Equal(0, (await FiguresAsync()).DroppedQueueFull);
    }

    [Fact, Spec("MQTT-4.8.2-4")]
    public async Task Qos_2_begun_with_a_member_is_finished_with_it_when_it_comes_back()
    {
        var first = await ConnectAsync("first", connect: Kept());
        await first.SubscribeAsync("$share/g/t");
        await PublishAsync(2, ExactlyOnce);
        var one = await first.ReceivePublishAsync();
        var two = await first.ReceivePublishAsync();
        await first.AckAsync(PacketType.PubRec, one.PacketId);
        await first.ReceiveAsync(PacketType.PubRel);
        var second = await ConnectAsync("second");
        await second.SubscribeAsync("$share/g/t");
        await first.DisposeAsync();
        await GoneAsync("first");
        await second.NothingMoreAsync();
        var back = await ConnectAsync("first", connect: Kept());
        Assert.Equal(one.PacketId, (await back.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        var again = await back.ReceivePublishAsync();
        Assert.Equal((two.PacketId, "2", true), (again.PacketId, again.Payload, again.Duplicate));
        await second.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.8.2-5")]
    public async Task Qos_2_begun_with_a_member_goes_to_no_other_and_what_only_waited_does()
    {
        var first = await ConnectAsync("first", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 2, SessionExpiryInterval = 10 } });
        await first.SubscribeAsync("$share/g/t");
        await PublishAsync(4, ExactlyOnce);
        await first.ReceivePublishAsync();
        await first.ReceivePublishAsync();
        await first.NothingMoreAsync();
        var second = await ConnectAsync("second");
        await second.SubscribeAsync("$share/g/t");
        await first.DisposeAsync();
        await GoneAsync("first");
        await second.NothingMoreAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Equal(("3", ExactlyOnce), ((await second.ReceivePublishAsync()) is var three ? three.Payload : "", three.Qos));
        Assert.Equal("4", (await second.ReceivePublishAsync()).Payload);
        await second.NothingMoreAsync();
    }

    [Theory, Spec("MQTT-4.8.2-6")]
    [InlineData(AtLeastOnce)]
    [InlineData(ExactlyOnce)]
    public async Task A_message_that_its_member_refuses_is_gone(QualityOfService qos)
    {
        var members = new[] { await ConnectAsync("first"), await ConnectAsync("second") };
        foreach (var member in members)
        {
            await member.SubscribeAsync("$share/g/t");
        }

        await PublishAsync(2, qos);
        foreach (var member in members)
        {
            var message = await member.ReceivePublishAsync();
            await member.AckAsync(qos == AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, message.PacketId, ReasonCode.ImplementationSpecificError);
            await member.NothingMoreAsync();
        }

        await members[0].DisposeAsync();
        await GoneAsync("first");
        await members[1].NothingMoreAsync();
    }

    [Fact, Spec("MQTT-3.3.4-5")]
    public async Task A_shared_and_an_own_subscription_give_a_copy_each_with_its_own_identifier()
    {
        var client = await ConnectAsync("c");
        await client.SubscribeAsync(new SubscribePacket { PacketId = 1, Requests = [new("t")], Properties = new Properties { SubscriptionIdentifiers = [11] } });
        await client.SubscribeAsync(new SubscribePacket { PacketId = 2, Requests = [new("$share/g/t")], Properties = new Properties { SubscriptionIdentifiers = [22] } });
        await client.PublishAsync("t", "x");
        var copies = new[] { await client.ReceivePublishAsync(), await client.ReceivePublishAsync() };
        Assert.Equal([11, 22], copies.Select(c => Assert.Single(c.Properties.SubscriptionIdentifiers)).Order());
        await client.NothingMoreAsync();
    }

    [Fact]
    public async Task None_is_lost_when_member_after_member_dies()
    {
        const int Messages = 300;
        var seen = new HashSet<string>();
        var members = new Queue<RawClient>();
        for (var i = 0; i < 5; i++)
        {
            members.Enqueue(await ConnectAsync($"m{i}", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 7 } }));
            await members.Last().SubscribeAsync("$share/g/t", AtLeastOnce);
        }

        await PublishAsync(Messages, AtLeastOnce);
        while (members.Count > 1)
        {
            var member = members.Dequeue();
            var message = await member.ReceivePublishAsync();
            seen.Add(message.Payload);
            await member.AckAsync(PacketType.PubAck, message.PacketId);
            await member.DisposeAsync();
        }

        var last = members.Dequeue();
        using var deadline = new CancellationTokenSource(Patience);
        while (seen.Count < Messages)
        {
            deadline.Token.ThrowIfCancellationRequested();
            var message = await last.ReceivePublishAsync();
            seen.Add(message.Payload);
            await last.AckAsync(PacketType.PubAck, message.PacketId);
        }

        await last.NothingMoreAsync();
    }

    private async Task PublishAsync(int count, QualityOfService qos)
    {
        var publisher = await ConnectAsync("publisher");
        for (var i = 1; i <= count; i++)
        {
            await publisher.PublishAsync("t", $"{i}", qos, id: (ushort)i);
            await publisher.ReceiveAsync(qos == AtLeastOnce ? PacketType.PubAck : PacketType.PubRec);
        }
    }
}
