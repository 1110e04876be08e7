using Microsoft.Data.Sqlite;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Packets;
using Uns.Store;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>A store that takes nothing more: SQLite is told that its file may not grow, as on a full disk.</summary>
public sealed class StoreFaultTests : BrokerFixture
{
    private static readonly string Large = new('x', 300_000);
    private HubStore _store = null!;

    public override async ValueTask InitializeAsync()
    {
        _store = OpenStore(NewDirectory());
        await StartAsync(_store);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_durable_is_acknowledged_and_live_traffic_goes_on()
    {
        var away = await ConnectAsync("away", connect: Kept());
        await away.SubscribeAsync("kept/#");
        await away.DisposeAsync();
        await GoneAsync("away");
        var live = await ConnectAsync("live");
        await live.SubscribeAsync("#");
        var v5 = await ConnectAsync("v5");
        await FillAsync();

        await v5.PublishAsync("kept/1", Large, AtLeastOnce, id: 1);
        Assert.Equal(ReasonCode.QuotaExceeded, (await v5.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await live.ReceivePublishAsync(); // It was under way when the write failed.
        Assert.NotNull(Broker.StoreFault);
        foreach (var (qos, answer) in new[] { (AtLeastOnce, PacketType.PubAck), (ExactlyOnce, PacketType.PubRec) })
        {
            await v5.PublishAsync("kept/2", "x", qos, id: 2);
            Assert.Equal(ReasonCode.QuotaExceeded, (await v5.ReceiveAsync(answer)).Ack.Reason);
            await v5.PublishAsync("r", "x", qos, retain: true, id: 3);
            Assert.Equal(ReasonCode.QuotaExceeded, (await v5.ReceiveAsync(answer)).Ack.Reason);
        }

        await v5.PublishAsync("only/live", "0");
        Assert.Equal("0", (await live.ReceivePublishAsync()).Payload);
        await v5.PublishAsync("only/live", "1", AtLeastOnce, id: 4);
        Assert.Equal(ReasonCode.Success, (await v5.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        Assert.Equal("1", (await live.ReceivePublishAsync()).Payload);

        var v311 = await ConnectAsync("v311", ProtocolVersion.V311);
        await v311.PublishAsync("kept/3", "x", AtLeastOnce, id: 1);
        Assert.Null(await v311.ClosedAsync());
        Assert.Equal(ReasonCode.ServerUnavailable, (await (await OpenAsync()).ConnectAsync(Kept() with { ClientId = "new" })).Reason);
        Assert.Equal(ReasonCode.ServerUnavailable, (await (await OpenAsync(ProtocolVersion.V311)).ConnectAsync(Kept(version: ProtocolVersion.V311) with { ClientId = "new" })).Reason);
    }

    [Fact]
    public async Task When_there_is_room_again_all_of_memory_reaches_the_disk_by_itself()
    {
        var sub = await ConnectAsync("sub", connect: Kept());
        await sub.SubscribeAsync("kept/#");
        var v5 = await ConnectAsync("v5", connect: new ConnectPacket { Will = new Will { Topic = "kept/will", Payload = "dead"u8.ToArray(), Qos = AtLeastOnce } });
        await v5.PublishAsync("kept/1", "one", ExactlyOnce, id: 1);
        await v5.ReceiveAsync(PacketType.PubRec);
        await v5.PublishAsync("r", "retained", AtLeastOnce, retain: true, id: 2);
        await v5.ReceiveAsync(PacketType.PubAck);
        var one = await sub.ReceivePublishAsync();
        await FillAsync();
        await v5.PublishAsync("kept/2", Large, AtLeastOnce, id: 3);
        Assert.Equal(ReasonCode.QuotaExceeded, (await v5.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await v5.PublishAsync("r", "newer", retain: true);
        await sub.ReceivePublishAsync();
        await sub.AckAsync(PacketType.PubRec, one.PacketId); // PUBREL must wait for the disk, which takes nothing.
        Assert.Equal(ReasonCode.QuotaExceeded, await sub.ClosedAsync());
        Assert.NotNull(Broker.StoreFault);

        await _store.WriteAsync(connection => Execute(connection, "PRAGMA max_page_count=100000"));
        await RecoveredAsync();

        await v5.PublishAsync("kept/3", "three", AtLeastOnce, id: 4);
        Assert.Equal(ReasonCode.Success, (await v5.ReceiveAsync(PacketType.PubAck)).Ack.Reason);
        await CrashAsync(StoreDirectory);
        var back = await OpenAsync();
        Assert.True((await back.ConnectAsync(Kept() with { ClientId = "sub" })).SessionPresent);
        var packets = new[] { await back.NextAsync(), await back.NextAsync(), await back.NextAsync() };
        Assert.Equal(one.PacketId, Assert.Single(packets, p => p!.Type == PacketType.PubRel)!.Ack.PacketId);
        Assert.Equal([("kept/2", true), ("kept/3", false)], packets.Where(p => p!.Type == PacketType.Publish).Select(p => (p!.Publish.Topic, p.Publish.Duplicate)));
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("r", AtMostOnce);
        Assert.Equal("newer", (await other.ReceivePublishAsync()).Payload);
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        Assert.Equal("dead", (await back.ReceivePublishAsync()).Payload);
    }

    [Fact]
    public async Task An_acknowledged_message_whose_delivery_the_disk_did_not_take_is_delivered_when_it_does()
    {
        var sub = await ConnectAsync("sub", connect: Kept());
        await sub.SubscribeAsync("t");
        await sub.DisposeAsync();
        await GoneAsync("sub");
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync("t", "acknowledged", ExactlyOnce, id: 1);
        Assert.Equal(ReasonCode.Success, (await publisher.ReceiveAsync(PacketType.PubRec)).Ack.Reason);
        await FillAsync();
        var early = await OpenAsync();
        await early.SendAsync((Kept() with { ClientId = "sub", Will = new Will { Topic = "w", Payload = new byte[60_000] } }).Write);
        Assert.Equal(ReasonCode.ServerUnavailable, await early.ClosedAsync());
        await _store.WriteAsync(connection => Execute(connection, "PRAGMA max_page_count=100000"));
        await RecoveredAsync();

        var back = await ConnectAsync("sub", connect: Kept());
        Assert.Equal("acknowledged", (await back.ReceivePublishAsync()).Payload);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_session_that_the_disk_did_not_take_is_not_promised(ProtocolVersion version)
    {
        await FillAsync();
        var name = new string('n', 60_000);
        var client = await OpenAsync(version);
        Assert.Equal(ReasonCode.ServerUnavailable, (await client.ConnectAsync(Kept(version: version) with { ClientId = name })).Reason);
        Assert.Null(await client.NextAsync());
        Assert.NotNull(Broker.StoreFault);

        // A will alone is no reason to keep a client out: its messages are live.
        await ConnectAsync("live", version, new ConnectPacket { Will = new Will { Topic = "w" } });
        Assert.Equal(1, (await FiguresAsync()).Sessions);
    }

    [Fact]
    public async Task With_the_memory_policy_a_store_that_is_given_is_left_alone()
    {
        await StartAsync(_store, new() { StorePolicy = StorePolicy.Memory });
        var before = _store.Commits;
        var client = await ConnectAsync("c", connect: Kept());
        await client.SubscribeAsync("t");
        await client.PublishAsync("t", "x", AtLeastOnce, retain: true, id: 1);
        await client.ReceivePublishAsync();
        await client.ReceiveAsync(PacketType.PubAck);
        Assert.Equal(before, _store.Commits);
    }

    /// <summary>Awaits that the broker has tried again by itself and succeeded. The clock stands still meanwhile: the disk takes its own time, and sessions must not expire over it.</summary>
    private async Task RecoveredAsync()
    {
        await AdvanceAsync(TimeSpan.FromSeconds(7));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var deadline = new CancellationTokenSource(Patience);
        while (Broker.StoreFault is not null)
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>Lets the file be no larger than it is, but for what small rows find in its pages.</summary>
    private Task FillAsync() => _store.WriteAsync(connection => Execute(connection, "PRAGMA max_page_count=1"));

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The constants above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
