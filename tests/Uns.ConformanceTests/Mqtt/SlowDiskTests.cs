using Uns.Mqtt.Packets;
using Uns.Store;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>A disk that takes its time: the store's writer is held up by a write that does not end.</summary>
public sealed class SlowDiskTests : BrokerFixture, IDisposable
{
    private readonly ManualResetEventSlim _disk = new();

    public override async ValueTask InitializeAsync() =>
        await StartAsync(OpenStore(NewDirectory()), new() { JournalBytes = 65_536, QueuedBytes = 1L << 30, MaximumPacketBytes = 1 << 20 });

    public void Dispose() => _disk.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_publisher_faster_than_the_disk_is_not_read_and_gets_every_answer_in_the_end(bool inProcess)
    {
        const int Messages = 400;
        await SubscriberAsync();
        var publisher = inProcess ? new RawClient(Broker.ConnectInProcess(), ProtocolVersion.V311) : await OpenAsync(ProtocolVersion.V311);
        await publisher.ConnectAsync(new ConnectPacket { ClientId = "fast", KeepAliveSeconds = 10 });
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("live", AtMostOnce);
        var stuck = StopDisk(LastStore);
        var payload = new string('x', 64 * 1024);
        var sending = SendAsync();
        using var deadline = new CancellationTokenSource(Patience);
        while ((await FiguresAsync()).PublishersHeld == 0)
        {
            await other.NothingMoreAsync();
            deadline.Token.ThrowIfCancellationRequested();
        }

        var held = (await FiguresAsync()).BytesIn;
        Assert.InRange(held, 65_536, 1 << 20);
        for (var i = 0; i < 20; i++)
        {
            await other.PublishAsync("live", $"{i}");
            Assert.Equal($"{i}", (await other.ReceivePublishAsync()).Payload);
        }

        await AdvanceAsync(TimeSpan.FromSeconds(60)); // Its silence is the broker's own doing.
        Assert.InRange((await FiguresAsync()).BytesIn - held, 0, 10_000);
        Assert.False(sending.IsCompleted);
        _disk.Set();
        await stuck;
        for (ushort i = 1; i <= Messages; i++)
        {
            Assert.Equal(i, (await publisher.ReceiveAsync(PacketType.PubAck)).Ack.PacketId);
        }

        await sending;
        await publisher.NothingMoreAsync();
        Assert.Equal(Messages, (await FiguresAsync()).Queued);
        await publisher.DisposeAsync();

        async Task SendAsync()
        {
            for (ushort i = 1; i <= Messages; i++)
            {
                await publisher.PublishAsync("kept", payload, AtLeastOnce, id: i);
            }
        }
    }

    [Fact]
    public async Task A_publisher_that_leaves_while_it_is_not_read_is_seen_to_leave()
    {
        await SubscriberAsync();
        var publisher = await ConnectAsync("fast", ProtocolVersion.V311, new ConnectPacket { Will = new Will { Topic = "live", Payload = "dead"u8.ToArray() } });
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("live", AtMostOnce);
        var stuck = StopDisk(LastStore);
        await publisher.PublishAsync("kept", new string('x', 200_000), AtLeastOnce, id: 1);
        using var deadline = new CancellationTokenSource(Patience);
        while ((await FiguresAsync()).PublishersHeld == 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        _disk.Set();
        await publisher.DisposeAsync();
        Assert.Equal("dead", (await other.ReceivePublishAsync()).Payload);
        await stuck;
    }

    private Task StopDisk(HubStore store) => store.WriteAsync(_ => _disk.Wait(Patience));

    private async Task SubscriberAsync()
    {
        var subscriber = await ConnectAsync("sub", connect: Kept());
        await subscriber.SubscribeAsync("kept", AtLeastOnce);
        await subscriber.DisposeAsync();
        await GoneAsync("sub");
    }
}
