using Uns.Mqtt.Packets;
using Uns.Store;
using Uns.TestKit;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>
/// What was acknowledged is there after a crash. The crash is real for the second broker: it opens a copy of the files as they
/// lay on the disk at that moment, while the first one still runs.
/// </summary>
public sealed class DurabilityTests : BrokerFixture
{
    private string _directory = "";

    public override async ValueTask InitializeAsync()
    {
        _directory = NewDirectory();
        await StartAsync(OpenStore(_directory));
    }

    [Fact, Spec("MQTT-3.3.1-5")]
    public async Task A_retained_value_that_is_replaced_changes_no_copy_that_somebody_keeps()
    {
        var subscriber = await ConnectAsync("sub", ProtocolVersion.V5, Kept());
        await subscriber.SubscribeAsync("kept/#");
        await subscriber.DisposeAsync();
        await GoneAsync("sub");
        var publisher = await ConnectAsync("pub");
        string[] values = [.. Enumerable.Range(1, 60).Select(i => new string((char)('A' + (i % 26)), i * 37 % 101) + i)];
        foreach (var value in values)
        {
            await publisher.PublishAsync("alone", value, retain: true); // Nobody else keeps it: the next one takes its place.
            await publisher.PublishAsync("kept/now", "0" + value, retain: true);
            await publisher.PublishAsync("kept/now", value, AtLeastOnce, retain: true, id: 7); // It waits for the subscriber, too.
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        await publisher.PublishAsync("alone", "last", AtLeastOnce, retain: true, id: 7);
        await publisher.ReceiveAsync(PacketType.PubAck);
        await CrashAsync(_directory);
        var back = await ConnectAsync("sub", ProtocolVersion.V5, Kept());
        foreach (var value in values)
        {
            Assert.Equal(value, (await back.ReceivePublishAsync()).Payload);
        }

        await back.NothingMoreAsync();
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("alone");
        Assert.Equal("last", (await other.ReceivePublishAsync()).Payload);
        await other.SubscribeAsync("kept/now");
        Assert.Equal(values[^1], (await other.ReceivePublishAsync()).Payload);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task An_acknowledged_message_for_an_absent_client_survives_a_crash(ProtocolVersion version)
    {
        var subscriber = await ConnectAsync("sub", version, Kept(version: version));
        await subscriber.SubscribeAsync("t/#");
        await subscriber.DisposeAsync();
        await GoneAsync("sub");
        var publisher = await ConnectAsync("pub", version);
        for (ushort i = 1; i <= 50; i++)
        {
            await publisher.PublishAsync("t/a", $"{i}", i % 2 == 0 ? AtLeastOnce : ExactlyOnce, id: i);
            await publisher.ReceiveAsync(i % 2 == 0 ? PacketType.PubAck : PacketType.PubRec);
        }

        await CrashAsync(_directory);
        Assert.Equal(50, (await FiguresAsync()).Queued);
        var back = await OpenAsync(version);
        Assert.True((await back.ConnectAsync(Kept(version: version) with { ClientId = "sub" })).SessionPresent);
        for (var i = 1; i <= 50; i++)
        {
            var message = await back.ReceivePublishAsync();
            Assert.Equal(($"{i}", i % 2 == 0 ? AtLeastOnce : ExactlyOnce, false), (message.Payload, message.Qos, message.Duplicate));
        }

        await back.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.4.0-1"), Spec("MQTT-4.3.3-6")]
    public async Task Messages_under_way_are_sent_again_after_a_crash_and_released_ones_only_released()
    {
        var subscriber = await ConnectAsync("sub", connect: Kept());
        await subscriber.SubscribeAsync("t");
        var publisher = await ConnectAsync("pub");
        for (ushort i = 1; i <= 3; i++)
        {
            await publisher.PublishAsync("t", $"{i}", i == 3 ? AtLeastOnce : ExactlyOnce, id: i);
            await publisher.ReceiveAsync(i == 3 ? PacketType.PubAck : PacketType.PubRec);
        }

        var first = await subscriber.ReceivePublishAsync();
        var second = await subscriber.ReceivePublishAsync();
        var third = await subscriber.ReceivePublishAsync();
        await subscriber.AckAsync(PacketType.PubRec, first.PacketId);
        await subscriber.ReceiveAsync(PacketType.PubRel);

        await CrashAsync(_directory);
        var back = await ConnectAsync("sub", connect: Kept());
        Assert.Equal(first.PacketId, (await back.ReceiveAsync(PacketType.PubRel)).Ack.PacketId);
        var again = await back.ReceivePublishAsync();
        Assert.Equal((second.PacketId, "2", true), (again.PacketId, again.Payload, again.Duplicate));
        again = await back.ReceivePublishAsync();
        Assert.Equal((third.PacketId, "3", true), (again.PacketId, again.Payload, again.Duplicate));
        await back.NothingMoreAsync();
    }

    [Fact, Spec("MQTT-4.3.3-10")]
    public async Task A_qos_2_message_sent_again_after_a_crash_is_delivered_once()
    {
        var publisher = await ConnectAsync("pub", connect: Kept());
        await publisher.PublishAsync("t", "once", ExactlyOnce, id: 8);
        await publisher.ReceiveAsync(PacketType.PubRec);
        await CrashAsync(_directory);
        var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync("t");
        var back = await ConnectAsync("pub", connect: Kept());
        await back.PublishAsync("t", "once", ExactlyOnce, id: 8, duplicate: true);
        await back.ReceiveAsync(PacketType.PubRec);
        await back.AckAsync(PacketType.PubRel, 8);
        await back.ReceiveAsync(PacketType.PubComp);
        await watcher.NothingMoreAsync();
    }

    [Fact]
    public async Task An_acknowledged_retained_message_survives_a_crash_with_its_properties()
    {
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("r/1", "kept", AtLeastOnce, retain: true, id: 1, properties: new Properties { ContentType = "x", MessageExpiryInterval = 100 });
        await publisher.PublishAsync("r/2", "old", AtLeastOnce, retain: true, id: 2);
        await publisher.PublishAsync("r/2", "", AtLeastOnce, retain: true, id: 3);
        for (var i = 0; i < 3; i++)
        {
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        await CrashAsync(_directory);
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        var client = await ConnectAsync("c");
        await client.SubscribeAsync("r/#", AtMostOnce);
        var message = await client.ReceivePublishAsync();
        Assert.Equal(("kept", "x", 90u), (message.Payload, message.Properties.ContentType, message.Properties.MessageExpiryInterval));
        await client.NothingMoreAsync();
    }

    [Fact]
    public async Task A_retained_qos_0_message_is_written_soon_without_holding_anyone_up()
    {
        var store = OpenStore(NewDirectory());
        await StartAsync(store);
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("r", "lazy", retain: true);
        await publisher.NothingMoreAsync();
        Assert.Equal(0, await CountRetainedAsync(store));
        using var deadline = new CancellationTokenSource(Patience);
        while (await CountRetainedAsync(store) == 0)
        {
            await AdvanceAsync(TimeSpan.FromMilliseconds(100));
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_session_that_was_ended_or_cleaned_leaves_nothing_in_the_store()
    {
        var store = OpenStore(NewDirectory());
        await StartAsync(store);
        var client = await ConnectAsync("c", connect: Kept());
        await client.SubscribeAsync("t");
        await client.DisposeAsync();
        await GoneAsync("c");
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "x", AtLeastOnce, id: 1);
        await publisher.ReceiveAsync(PacketType.PubAck);
        await ConnectAsync("c", connect: new ConnectPacket { CleanStart = true });
        await Broker.DisposeAsync();
        Assert.Equal(0, await store.ReadAsync(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT (SELECT COUNT(*) FROM mqtt_session) + (SELECT COUNT(*) FROM mqtt_subscription) + (SELECT COUNT(*) FROM mqtt_queue) + (SELECT COUNT(*) FROM mqtt_message)";
            return Convert.ToInt32(command.ExecuteScalar());
        }));
    }

    [Fact]
    public async Task A_message_that_cannot_be_kept_is_not_acknowledged_as_if_it_were()
    {
        var store = OpenStore(NewDirectory());
        await StartAsync(store);
        var v5 = await ConnectAsync("v5");
        var v311 = await ConnectAsync("v311", ProtocolVersion.V311);
        await store.DisposeAsync();
        await v5.PublishAsync("r", "x", AtLeastOnce, retain: true, id: 1);
        Assert.Equal(ReasonCode.QuotaExceeded, (await v5.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await v311.PublishAsync("r", "x", AtLeastOnce, retain: true, id: 1);
        Assert.Null(await v311.NextAsync());
    }

    [Fact]
    public async Task A_message_that_nobody_must_keep_is_acknowledged_without_the_disk()
    {
        var store = OpenStore(NewDirectory());
        await StartAsync(store);
        var live = await ConnectAsync("live");
        await live.SubscribeAsync("t");
        var before = store.Commits;
        await live.PublishAsync("t", "x", AtLeastOnce, id: 1);
        await live.ReceivePublishAsync();
        await live.ReceiveAsync(PacketType.PubAck);
        Assert.Equal(before, store.Commits);
    }

    private static Task<int> CountRetainedAsync(HubStore store) => store.ReadAsync(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM mqtt_retained";
        return Convert.ToInt32(command.ExecuteScalar());
    });
}
