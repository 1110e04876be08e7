using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;

namespace Uns.UnitTests.Mqtt.Client;

/// <summary>The other end of one connection: a test says packet by packet what it does.</summary>
internal sealed class ScriptedBroker : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private NetworkStream? _stream;

    public ScriptedBroker() => _listener.Start();

    public MqttClientOptions Options => new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, ClientId = "test" };

    /// <summary>Takes the connection and its CONNECT.</summary>
    public async Task<ConnectPacket> AcceptAsync()
    {
        _stream = new NetworkStream(await _listener.AcceptSocketAsync().WaitAsync(Deadline), ownsSocket: true);
        var (_, body) = await ReadAsync();
        Assert.True(ConnectPacket.TryRead(body, out var connect, out _));
        return connect;
    }

    public async Task<(FixedHeader Header, byte[] Body)> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var head = new byte[5];
        var length = 0;
        while (true)
        {
            await _stream!.ReadExactlyAsync(head.AsMemory(length++, 1), deadline.Token);
            if (FixedHeader.Read(head.AsSpan(0, length), out var header, out _) == HeaderStatus.Complete)
            {
                var body = new byte[header.RemainingLength];
                await _stream.ReadExactlyAsync(body, deadline.Token);
                return (header, body);
            }
        }
    }

    public async Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        write(bytes);
        await _stream!.WriteAsync(bytes.WrittenMemory);
    }

    public Task AdmitAsync(Properties? properties = null) => SendAsync(o => new ConnAckPacket { Properties = properties ?? Properties.None }.Write(o, ProtocolVersion.V5));

    public void Drop() => _stream!.Dispose();

    public void Dispose()
    {
        _stream?.Dispose();
        _listener.Dispose();
    }
}
