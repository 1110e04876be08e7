using System.Net.Sockets;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Server;
using Uns.Connectors.OpcUa.Wire;
using Uns.TestKit;

namespace Uns.UnitTests.OpcUa.Server;

/// <summary>Connections and sessions of the server: how long they last, and what hostile bytes do.</summary>
public sealed class ServerConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_session_keeps_its_connection_and_a_stranger_does_not()
    {
        var clock = new ManualClock();
        await using var plant = new ServedTree(clock: clock);
        await using var session = await plant.ConnectAsync();
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await stranger.ConnectAsync(plant.Server.EndPoint);
        await UntilAsync(() => plant.Server.Connections == 2);
        for (var minute = 0; minute < 6; minute++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal(0, (await session.ReadAsync([NodeId.Standard(2259)], UaAttribute.Value, CancellationToken.None))[0].Value.Value);
        }

        await UntilAsync(() => plant.Server.Connections == 1, () => clock.Advance(TimeSpan.FromMilliseconds(200)));
        Assert.Equal(0, (await session.ReadAsync([NodeId.Standard(2259)], UaAttribute.Value, CancellationToken.None))[0].Value.Value);
    }

    [Fact]
    public async Task A_silent_session_ends_and_its_token_opens_nothing_any_more()
    {
        var clock = new ManualClock();
        await using var plant = new ServedTree(clock: clock);
        await using var session = await plant.ConnectAsync();
        Assert.Equal(1, plant.Server.Sessions);
        clock.Advance(TimeSpan.FromSeconds(61));
        await UntilAsync(() => plant.Server.Sessions == 0, () => clock.Advance(TimeSpan.FromSeconds(1)));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => session.ReadAsync([NodeId.Standard(2259)], UaAttribute.Value, CancellationToken.None));
        Assert.True(refused is UaServiceException { Code: StatusCode.BadSessionIdInvalid } or ConnectorException, refused.ToString());
    }

    [Fact]
    public async Task Hostile_bytes_end_their_own_connection_and_no_other()
    {
        await using var plant = new ServedTree();
        await using var session = await plant.ConnectAsync();
        var random = new Random(77);
        for (var round = 0; round < 300; round++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(plant.Server.EndPoint);
            var bytes = new byte[random.Next(8, 400)];
            random.NextBytes(bytes);
            // From plain noise to a right greeting followed by noise in a right frame.
            if (round % 3 > 0)
            {
                var hello = new UaWriter().UInt32(0).UInt32(65_536).UInt32(65_536).UInt32(0).UInt32(0).String(plant.Server.EndpointUrl);
                await socket.SendAsync(new UaWriter().Raw("HELF"u8).Int32(hello.Length + 8).Raw(hello.Written.Span).Written);
                (round % 3 == 1 ? "OPNF"u8 : "MSGF"u8).CopyTo(bytes);
                BitConverter.TryWriteBytes(bytes.AsSpan(4), bytes.Length);
            }

            try
            {
                await socket.SendAsync(bytes);
                socket.Shutdown(SocketShutdown.Send);
                while (await socket.ReceiveAsync(bytes) > 0)
                {
                    // Greeting and refusal.
                }
            }
            catch (SocketException)
            {
                // It was cut, which is an answer too.
            }
        }

        await UntilAsync(() => plant.Server.Connections == 1);
        Assert.Equal(0, (await session.ReadAsync([NodeId.Standard(2259)], UaAttribute.Value, CancellationToken.None))[0].Value.Value);
    }

    [Fact]
    public async Task Only_so_many_connections_are_served()
    {
        await using var plant = new ServedTree(new OpcUaServerOptions { Limits = new() { Connections = 2 } });
        await using var session = await plant.ConnectAsync();
        await using var second = await plant.ConnectAsync();
        await Assert.ThrowsAsync<ConnectorException>(() => plant.ConnectAsync());
        await second.DisposeAsync();
        await UntilAsync(() => plant.Server.Connections == 1);
        await using var third = await plant.ConnectAsync();
    }

    private static async Task UntilAsync(Func<bool> holds, Action? meanwhile = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds())
        {
            meanwhile?.Invoke();
            await Task.Delay(10, limit.Token);
        }
    }
}
