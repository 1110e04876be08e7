using System.Net;
using System.Net.Sockets;
using Uns.Mqtt.Packets;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Stands between MQTT clients and a broker: passes all bytes on unchanged and keeps each packet with its time and direction.
/// A packet is kept before it goes on, so what one packet causes always stands behind it.
/// </summary>
public sealed class PacketRecorder : IAsyncDisposable
{
    private readonly EndPoint _broker;
    private readonly TimeProvider _clock;
    private readonly IPEndPoint _listen;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Task _accepting = Task.CompletedTask;
    private int _connections;
    private volatile bool _drops;
    private volatile bool _refuses;

    /// <summary>A recorder that does not listen yet.</summary>
    /// <param name="broker">Where the bytes go.</param>
    /// <param name="clock">Time of the trace.</param>
    /// <param name="listen">Where clients come; any free port of loopback unless set.</param>
    public PacketRecorder(EndPoint broker, TimeProvider clock, IPEndPoint? listen = null) =>
        (_broker, _clock, _listen) = (broker, clock, listen ?? new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Where clients connect to.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>What has passed.</summary>
    public PacketTrace Trace { get; } = new();

    /// <summary>True: bytes vanish on the way, in both directions, while connections stay up, as on a half-open line. They are not kept in the trace.</summary>
    public bool Drops
    {
        get => _drops;
        set => _drops = value;
    }

    /// <summary>True: new connections are closed at once.</summary>
    public bool Refuses
    {
        get => _refuses;
        set => _refuses = value;
    }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public void Start()
    {
        _listener.Bind(_listen);
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Cuts all connections without a goodbye; new ones are taken.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var pumps = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_ending.Token);
                pumps.RemoveAll(pump => pump.IsCompleted);
                if (_refuses)
                {
                    client.Dispose();
                    continue;
                }

                pumps.Add(PassAsync(client, _connections++));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The recorder ends.
        }

        await Task.WhenAll(pumps);
    }

    private async Task PassAsync(Socket client, int connection)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        lock (_gate)
        {
            _sockets.AddRange([client, server]);
        }

        var version = ProtocolVersion.V311;
        try
        {
            await server.ConnectAsync(_broker, _ending.Token);
            var up = new PacketCutter(connection, fromClient: true, () => version, seen => version = seen);
            var down = new PacketCutter(connection, fromClient: false, () => version, seen => version = seen);
            await Task.WhenAll(PumpAsync(client, server, up), PumpAsync(server, client, down));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The connection has ended, or never came to be.
        }

        lock (_gate)
        {
            client.Dispose();
            server.Dispose();
            _sockets.RemoveAll(socket => socket == client || socket == server);
        }

        Trace.Add(new RecordedPacket { Connection = connection, At = _clock.GetUtcNow(), Version = version });
    }

    private async Task PumpAsync(Socket from, Socket to, PacketCutter cutter)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                if (_drops)
                {
                    continue;
                }

                cutter.Take(buffer.AsSpan(0, count), _clock.GetUtcNow(), Trace.Add);
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _ending.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send); // What is under way the other way still arrives.
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
