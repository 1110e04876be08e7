using System.Text;
using Uns.Mqtt.Packets;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>A disk that gives back other bits than it was given.</summary>
public sealed class BitRotTests : BrokerFixture
{
    private const int Flips = 40;
    private const string KeptTopic = "rot/kept/9d1f63a2c45b";
    private static readonly string Kept64 = new([.. Enumerable.Range(0, 64).Select(i => (char)('a' + (i * 7 % 26)))]);
    private static readonly string Queued64 = new([.. Enumerable.Range(0, 64).Select(i => (char)('A' + (i * 11 % 26)))]);

    [Fact]
    public async Task A_changed_bit_of_a_stored_message_is_found_and_the_message_told_to_nobody()
    {
        await StartAsync(OpenStore(NewDirectory()));
        var away = await ConnectAsync("away", connect: Kept());
        await away.SubscribeAsync("q", AtLeastOnce);
        await away.DisposeAsync();
        await GoneAsync("away");
        var publisher = await ConnectAsync("pub");
        await publisher.PublishAsync(KeptTopic, Kept64, AtLeastOnce, retain: true, id: 1);
        await publisher.PublishAsync("q", Queued64, AtLeastOnce, id: 2);
        await publisher.PublishAsync("q", "sound", AtLeastOnce, id: 3);
        for (var i = 0; i < 3; i++)
        {
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        await Broker.DisposeAsync();
        await LastStore.DisposeAsync();
        var sound = StoreDirectory;
        var random = new Random(8);
        for (var i = 0; i < Flips; i++)
        {
            var marker = (i % 3) switch { 0 => Kept64, 1 => Queued64, _ => KeptTopic };
            var isQueued = i % 3 == 1;
            var directory = NewDirectory();
            await FlipAsync(sound, directory, marker, random.Next(marker.Length), random.Next(7));
            await StartAsync(OpenStore(directory));
            Assert.Equal((isQueued ? 1 : 0, 1), ((await FiguresAsync()).Retained, (await FiguresAsync()).DroppedDamaged));
            var back = await ConnectAsync("away", connect: Kept());
            if (!isQueued)
            {
                Assert.Equal(Queued64, (await back.ReceivePublishAsync()).Payload);
            }

            Assert.Equal("sound", (await back.ReceivePublishAsync()).Payload);
            await back.NothingMoreAsync();
            await back.SendAsync("E000");
            await Broker.DisposeAsync();

            // It was taken out: the next start finds nothing.
            await StartAsync(await ReopenAsync());
            Assert.Equal(0, (await FiguresAsync()).DroppedDamaged);
            await Broker.DisposeAsync();
        }
    }

    private static async Task FlipAsync(string from, string to, string marker, int at, int bit)
    {
        var found = 0;
        foreach (var file in Directory.GetFiles(from, "hub.db*"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            for (var i = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(marker)); i >= 0; found++)
            {
                bytes[i + at] ^= (byte)(1 << bit);
                i = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(marker));
            }

            await File.WriteAllBytesAsync(Path.Combine(to, Path.GetFileName(file)), bytes);
        }

        Assert.NotEqual(0, found);
    }
}
