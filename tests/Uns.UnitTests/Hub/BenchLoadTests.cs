using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Uns.Hub.Bench;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Hub;

/// <summary>The load generator against a broker that does wrong on purpose.</summary>
public sealed class BenchLoadTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(Wrong.Nothing)]
    [InlineData(Wrong.Loses)]
    [InlineData(Wrong.Doubles)]
    [InlineData(Wrong.Swaps)]
    public async Task A_broker_that_loses_doubles_or_swaps_messages_is_found_out(Wrong wrong)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var broker = Task.Run(() => RelayAsync(listener, wrong));
        var figures = await Task.Run(() =>
        {
            using var load = new FlowLoad(Options, BenchShape.FanIn("t", publishers: 1, subscribers: 1), new BenchTarget((IPEndPoint)listener.LocalEndpoint, null));
            load.Prepare();
            return load.Round(TimeSpan.FromSeconds(1));
        }).WaitAsync(Deadline);
        await broker.WaitAsync(Deadline);
        Assert.True(figures.Count > 0);
        Assert.Equal(
            wrong switch { Wrong.Loses => (1, 0, 0), Wrong.Doubles => (0, 1, 0), Wrong.Swaps => (0, 0, 1), _ => (0, 0, 0) },
            ((int)figures.Lost, (int)figures.Doubled, (int)figures.Reordered));
    }

    [Fact]
    public async Task A_port_without_a_broker_is_one_sentence()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endPoint = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();
        var fault = await Assert.ThrowsAsync<BenchException>(() => Task.Run(() =>
        {
            using var load = new FlowLoad(Options, BenchShape.Pairs(1), new BenchTarget(endPoint, null));
            load.Prepare();
        }).WaitAsync(Deadline));
        Assert.Contains(endPoint.ToString(), fault.Message);
    }

    private static BenchOptions Options => new()
    {
        Load = "fan-in",
        Targets = [],
        Publishers = 1,
        Subscribers = 1,
        PayloadBytes = 32,
        Qos = 0,
        Window = 8,
        Rate = 0,
        Messages = 1,
        Round = TimeSpan.Zero,
        Rounds = 1,
        WarmUp = TimeSpan.Zero,
        Silence = TimeSpan.FromSeconds(10),
    };

    public enum Wrong
    {
        Nothing,
        Loses,
        Doubles,
        Swaps,
    }

    /// <summary>Lets a subscriber and a publisher in and relays, with one fault at the eleventh message.</summary>
    private static async Task RelayAsync(TcpListener listener, Wrong wrong)
    {
        await using var subscriber = new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true);
        await ReadAsync(subscriber);
        await SendAsync(subscriber, o => new ConnAckPacket().Write(o, ProtocolVersion.V311));
        await ReadAsync(subscriber);
        await SendAsync(subscriber, o => new SubscriptionAckPacket { PacketId = 1, Reasons = [ReasonCode.Success] }.Write(o, ProtocolVersion.V311));
        await using var publisher = new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true);
        await ReadAsync(publisher);
        await SendAsync(publisher, o => new ConnAckPacket().Write(o, ProtocolVersion.V311));
        byte[]? held = null;
        try
        {
            for (var n = 0; await ReadAsync(publisher) is { } packet; n++)
            {
                var isFault = n == 10;
                byte[][] relayed = (isFault, wrong) switch
                {
                    (true, Wrong.Loses) => [],
                    (true, Wrong.Doubles) => [packet, packet],
                    (true, Wrong.Swaps) => [],
                    _ => held is null ? [packet] : [packet, held],
                };
                held = isFault && wrong == Wrong.Swaps ? packet : null;
                foreach (var one in relayed)
                {
                    await subscriber.WriteAsync(one);
                }
            }
        }
        catch (IOException)
        {
            // The generator is done.
        }
    }

    private static async Task<byte[]?> ReadAsync(NetworkStream stream)
    {
        var packet = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            packet.Add(one[0]);
            if (FixedHeader.Read(packet.ToArray(), out var header, out _) == HeaderStatus.Complete)
            {
                var body = new byte[header.RemainingLength];
                await stream.ReadExactlyAsync(body);
                return [.. packet, .. body];
            }
        }
    }

    private static async Task SendAsync(NetworkStream stream, Action<IBufferWriter<byte>> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        write(bytes);
        await stream.WriteAsync(bytes.WrittenMemory);
    }
}
