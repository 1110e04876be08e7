using System.Buffers;
using System.Text;
using Uns.Mqtt.Packets;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>Connections that end by a reset, wherever they stand.</summary>
public sealed class ResetTests : BrokerFixture
{
    [Theory]
    [InlineData(ProtocolVersion.V311, AtMostOnce)]
    [InlineData(ProtocolVersion.V5, AtLeastOnce)]
    [InlineData(ProtocolVersion.V5, ExactlyOnce)]
    public async Task A_packet_cut_off_at_any_byte_is_no_packet_and_the_will_follows(ProtocolVersion version, QualityOfService qos)
    {
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("#", AtMostOnce);
        var packet = new ArrayBufferWriter<byte>();
        PublishPacket.Write(packet, version, "line/part", "21.5"u8, qos, retain: true, packetId: qos == AtMostOnce ? (ushort)0 : (ushort)1);
        for (var bytes = 1; bytes < packet.WrittenCount; bytes++)
        {
            var client = await ConnectAsync("cut", version, new ConnectPacket { Will = new Will { Topic = "will", Payload = Encoding.UTF8.GetBytes($"{bytes}") } });
            await client.SendAsync(packet.WrittenMemory[..bytes]);
            client.Reset();
            var told = await other.ReceivePublishAsync();
            Assert.Equal(("will", $"{bytes}"), (told.Topic, told.Payload));
        }

        await other.NothingMoreAsync();
        Assert.Equal(0, (await FiguresAsync()).Retained);
    }

    [Fact]
    public async Task Each_of_many_clients_that_are_cut_off_at_once_has_its_will_once()
    {
        const int Clients = 300;
        var other = await ConnectAsync("other");
        await other.SubscribeAsync("will/+", AtMostOnce);
        var clients = new List<RawClient>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(await ConnectAsync($"c{i}", connect: new ConnectPacket { Will = new Will { Topic = $"will/{i}", Payload = "gone"u8.ToArray() } }));
        }

        clients.ForEach(client => client.Reset());
        var wills = new HashSet<string>();
        for (var i = 0; i < Clients; i++)
        {
            Assert.True(wills.Add((await other.ReceivePublishAsync()).Topic));
        }

        await other.NothingMoreAsync();
        Assert.Equal(1, (await FiguresAsync()).Connections);
    }
}
