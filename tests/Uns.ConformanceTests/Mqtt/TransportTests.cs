using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>MQTT on WebSockets and streams, beside TCP.</summary>
public sealed class TransportTests : BrokerFixture
{
    protected override MqttBrokerOptions Options => new() { Address = IPAddress.Loopback, Port = 0, OutboundBytes = 64 * 1024, QueuedMessages = 20 };

    [Fact, Spec("MQTT-6.0.0-2")]
    public async Task A_websocket_client_talks_with_a_tcp_client_and_frames_need_not_line_up()
    {
        var (socket, serving) = OpenWebSocket();
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new ConnectPacket { ClientId = "web" }.Write(output);
        new SubscribePacket { PacketId = 1, Requests = [new("t")] }.Write(output, ProtocolVersion.V5);
        foreach (var part in output.WrittenSpan.ToArray().Chunk(7))
        {
            await socket.SendAsync(part, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }

        var client = new RawClient(WebSocketStream.Create(socket, WebSocketMessageType.Binary), ProtocolVersion.V5);
        await client.ReceiveAsync(PacketType.ConnAck);
        await client.ReceiveAsync(PacketType.SubAck);
        var tcp = await ConnectAsync("tcp");
        await tcp.PublishAsync("t", "over the wall");
        Assert.Equal("over the wall", (await client.ReceivePublishAsync()).Payload);
        await client.SendAsync("E000");
        await serving.WaitAsync(Patience);
        Assert.DoesNotContain(await ClientsAsync(), c => c.ClientId == "web");
    }

    [Fact, Spec("MQTT-6.0.0-1")]
    public async Task A_text_frame_ends_the_connection()
    {
        var (socket, serving) = OpenWebSocket();
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        var goodbye = await socket.ReceiveAsync(new byte[16].AsMemory(), CancellationToken.None);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.InvalidMessageType), (goodbye.MessageType, socket.CloseStatus));
        await serving.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_stream_carries_mqtt_and_gets_the_reason_of_its_end()
    {
        var (ours, theirs) = StreamPair();
        var serving = Broker.ServeAsync(theirs, new ClientOrigin(ClientListener.Stream), CancellationToken.None);
        var client = new RawClient(ours, ProtocolVersion.V5);
        await client.ConnectAsync(new ConnectPacket { ClientId = "stream" });
        await client.SendAsync("F000");
        Assert.Equal(ReasonCode.ProtocolError, await client.ClosedAsync());
        await serving.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_that_does_not_read_loses_qos_0_which_is_counted_and_holds_nobody_up()
    {
        var slow = await ConnectAsync("slow");
        await slow.SubscribeAsync("t", QualityOfService.AtMostOnce);
        var publisher = await ConnectAsync("pub");
        var payload = new string('x', 10_000);
        for (var i = 0; i < 2000; i++)
        {
            await publisher.PublishAsync("t", payload);
        }

        await publisher.NothingMoreAsync();
        Assert.True((await FiguresAsync()).DroppedSlowReceiver > 0);
        Assert.Equal(2, (await FiguresAsync()).Connections);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_of_what_waits_is_let_go_and_one_that_takes_a_little_is_not()
    {
        var (dead, slow) = (await ConnectAsync("dead"), await ConnectAsync("slow"));
        await dead.SubscribeAsync("t", QualityOfService.AtMostOnce);
        await slow.SubscribeAsync("t", QualityOfService.AtMostOnce);
        var publisher = await ConnectAsync("pub");
        for (var i = 0; i < 2; i++)
        {
            await FillAsync(publisher);
            await AdvanceAsync(TimeSpan.FromSeconds(14));
            Assert.Equal(3, (await FiguresAsync()).Connections);
            var before = (await FiguresAsync()).BytesOut;
            do
            {
                await slow.ReceivePublishAsync();
            }
            while ((await FiguresAsync()).BytesOut == before);
        }

        await FillAsync(publisher);
        await AdvanceAsync(TimeSpan.FromSeconds(10));
        await GoneAsync("dead");
        Assert.Equal(2, (await FiguresAsync()).Connections);
    }

    // Publishes until the sockets of who does not read are full and the broker itself holds what it keeps for them.
    private async Task FillAsync(RawClient publisher)
    {
        var payload = new string('x', 10_000);
        var before = -1L;
        for (var still = 0; still < 5; still++)
        {
            for (var i = 0; i < 100; i++)
            {
                await publisher.PublishAsync("t", payload);
            }

            await publisher.NothingMoreAsync();
            var sent = (await FiguresAsync()).BytesOut;
            (still, before) = (sent - before > 1000 ? -1 : still, sent); // The answers to pings are a few bytes.
        }
    }

    [Fact]
    public async Task A_client_that_does_not_acknowledge_is_disconnected_when_its_queue_is_full()
    {
        var slow = await ConnectAsync("slow", connect: new ConnectPacket { Properties = new Properties { ReceiveMaximum = 1 } });
        await slow.SubscribeAsync("t", QualityOfService.AtLeastOnce);
        var publisher = await ConnectAsync("pub");
        for (ushort i = 1; i <= 30; i++)
        {
            await publisher.PublishAsync("t", "x", QualityOfService.AtLeastOnce, id: i);
            await publisher.ReceiveAsync(PacketType.PubAck);
        }

        await slow.ReceivePublishAsync();
        Assert.Equal(ReasonCode.QuotaExceeded, await slow.ClosedAsync());
        Assert.Equal(0, (await FiguresAsync()).Queued);
    }

    private (WebSocket Client, Task Serving) OpenWebSocket()
    {
        var (ours, theirs) = StreamPair();
        var server = WebSocket.CreateFromStream(theirs, new WebSocketCreationOptions { IsServer = true, SubProtocol = "mqtt" });
        var client = WebSocket.CreateFromStream(ours, new WebSocketCreationOptions { IsServer = false, SubProtocol = "mqtt" });
        return (client, Broker.ServeAsync(server, new ClientOrigin(ClientListener.WebSocket, new IPEndPoint(IPAddress.Loopback, 1)), CancellationToken.None));
    }

    private static (Stream Ours, Stream Theirs) StreamPair()
    {
        var (up, down) = (new Pipe(), new Pipe());
        return (new PairStream(down.Reader.AsStream(), up.Writer.AsStream()), new PairStream(up.Reader.AsStream(), down.Writer.AsStream()));
    }

    /// <summary>One end of two pipes.</summary>
    private sealed class PairStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            input.Dispose();
            output.Dispose();
            base.Dispose(disposing);
        }
    }
}
