using System.Net.Sockets;
using Uns.Mqtt.Packets;
using static Uns.Mqtt.Packets.QualityOfService;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>One client's load is not another's trouble.</summary>
public sealed class OverloadTests : BrokerFixture
{
    [Fact]
    public async Task A_hundred_thousand_retained_messages_to_clients_that_do_not_read_hold_nobody_up_and_reach_one_that_does()
    {
        const int Messages = 100_000;
        var publisher = await ConnectAsync("pub");
        var payload = new string('x', 100);
        for (var sent = 0; sent < Messages;)
        {
            await publisher.SendAsync(o =>
            {
                for (var i = 0; i < 1000; i++, sent++)
                {
                    PublishPacket.Write(o, ProtocolVersion.V5, $"many/{sent % 100}/{sent}", System.Text.Encoding.UTF8.GetBytes(payload), retain: true);
                }
            });
        }

        await publisher.NothingMoreAsync();
        Assert.Equal(Messages, (await FiguresAsync()).Retained);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 20; i++)
        {
            var deaf = await ConnectAsync($"deaf{i}");
            await deaf.SendAsync(o => new SubscribePacket { PacketId = 1, Requests = [new("many/#")] }.Write(o, ProtocolVersion.V5));
        }

        // In between others are served at once.
        var echo = await ConnectAsync("echo");
        await echo.SubscribeAsync("echo", AtMostOnce);
        for (var i = 0; i < 50; i++)
        {
            await echo.PublishAsync("echo", $"{i}");
            Assert.Equal($"{i}", (await echo.ReceivePublishAsync()).Payload);
        }

        // Each has a buffer for half of the outbound bound, 4 MiB at most, and the test's own of 1 MiB; the flood has 13 MB.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20 * 7L * 1024 * 1024);
        var reader = await ConnectAsync("reader");
        await reader.SubscribeAsync("many/#");
        var seen = new HashSet<string>();
        for (var i = 0; i < Messages; i++)
        {
            var message = await reader.ReceivePublishAsync();
            Assert.True(message.Retain && seen.Add(message.Topic));
        }

        await reader.NothingMoreAsync();
        Assert.Equal(0, (await FiguresAsync()).DroppedSlowReceiver);
    }

    [Fact]
    public async Task Clients_that_send_without_end_are_served_in_turn_with_one_that_sends_little()
    {
        const int Floods = 4;
        var burst = new System.Buffers.ArrayBufferWriter<byte>();
        while (burst.WrittenCount < 512 * 1024)
        {
            PublishPacket.Write(burst, ProtocolVersion.V5, "flood/x", new byte[200]);
        }

        using var end = new CancellationTokenSource();
        var floods = new List<Task<long>>();
        for (var i = 0; i < Floods; i++)
        {
            var flooder = await ConnectAsync($"flood{i}");
            floods.Add(Task.Run(async () =>
            {
                var bursts = 0L;
                for (; !end.IsCancellationRequested; bursts++)
                {
                    await flooder.SendAsync(burst.WrittenMemory);
                }

                return bursts;
            }));
        }

        var polite = await ConnectAsync("polite");
        await polite.SubscribeAsync("echo", AtLeastOnce);
        for (ushort i = 1; i <= 200; i++)
        {
            await polite.PublishAsync("echo", $"{i}", AtLeastOnce, id: i);
            await polite.ReceivePublishAsync();
            await polite.ReceiveAsync(PacketType.PubAck);
            Assert.All(floods, f => Assert.False(f.IsCompleted));
        }

        await end.CancelAsync();
        Assert.All(await Task.WhenAll(floods), bursts => Assert.True(bursts > 0));
    }

    [Fact]
    public async Task A_retained_message_whose_life_is_over_is_swept_away()
    {
        var client = await ConnectAsync("c");
        await client.PublishAsync("short", "x", retain: true, properties: new Properties { MessageExpiryInterval = 5 });
        await client.PublishAsync("long", "x", retain: true, properties: new Properties { MessageExpiryInterval = 500 });
        await client.NothingMoreAsync();
        for (var i = 0; i < 10; i++)
        {
            await AdvanceAsync(TimeSpan.FromSeconds(1));
            await client.NothingMoreAsync();
        }

        Assert.Equal(1, (await FiguresAsync()).Retained);
    }

    [Fact]
    public async Task A_storm_of_half_open_connects_is_let_go_and_a_client_still_gets_in()
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < 500; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(Broker.EndPoint);
            await socket.SendAsync(new byte[] { 0x10, 0x20, 0x00, 0x04 });
        }

        var client = await ConnectAsync("c");
        await AdvanceAsync(TimeSpan.FromSeconds(12));
        foreach (var socket in sockets)
        {
            using var deadline = new CancellationTokenSource(Patience);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[16], deadline.Token));
            socket.Dispose();
        }

        await client.NothingMoreAsync();
    }
}
