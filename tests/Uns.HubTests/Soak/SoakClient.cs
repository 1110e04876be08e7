using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Uns.Mqtt.Packets;

namespace Uns.HubTests.Soak;

/// <summary>A client of the soak: it acknowledges what it gets, or reads nothing at all where it plays the slow one.</summary>
internal sealed class SoakClient : IAsyncDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SemaphoreSlim _send = new(1);
    private Task _reading = Task.CompletedTask;
    private long _received;
    private ushort _packetId;

    /// <summary>Messages that came.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Connects, subscribes and reads from then on, unless it is slow.</summary>
    public static async Task<SoakClient> OpenAsync(int port, ConnectPacket connect, IReadOnlyList<string> filters, bool isSlow = false)
    {
        var client = new SoakClient();
        if (isSlow)
        {
            client._socket.ReceiveBufferSize = 8 * 1024;
        }

        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        await client.SendAsync(connect.Write);
        if (filters.Count > 0)
        {
            var requests = filters.Select(f => new SubscriptionRequest(f, QualityOfService.ExactlyOnce)).ToList();
            await client.SendAsync(o => new SubscribePacket { PacketId = 1, Requests = requests }.Write(o, ProtocolVersion.V5));
        }

        client._packetId = 1;
        client._reading = isSlow ? Task.CompletedTask : client.ReadAsync();
        return client;
    }

    /// <summary>Sends a message; its acknowledgement is not awaited.</summary>
    public Task PublishAsync(string topic, byte[] payload, QualityOfService qos, bool retain = false)
    {
        var id = qos == QualityOfService.AtMostOnce ? (ushort)0 : _packetId = (ushort)(_packetId == ushort.MaxValue ? 1 : _packetId + 1);
        return SendAsync(o => PublishPacket.Write(o, ProtocolVersion.V5, topic, payload, qos, retain, id, duplicate: false, Properties.None));
    }

    public Task DisconnectAsync() => SendAsync(o => new DisconnectPacket { Reason = ReasonCode.Success }.Write(o, ProtocolVersion.V5));

    /// <summary>Drops the connection; nothing is said.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _send.Dispose();
    }

    private async Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        await _send.WaitAsync();
        try
        {
            var rest = output.WrittenMemory;
            while (!rest.IsEmpty)
            {
                rest = rest[await _socket.SendAsync(rest, SocketFlags.None)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Taken over or dropped: that is the soak's daily bread.
        }
        finally
        {
            _send.Release();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        var count = 0;
        try
        {
            int read;
            while ((read = await _socket.ReceiveAsync(buffer.AsMemory(count), SocketFlags.None)) > 0)
            {
                count += read;
                var used = 0;
                while (FixedHeader.Read(buffer.AsSpan(used, count - used), out var header, out _) == HeaderStatus.Complete && header.PacketBytes <= count - used)
                {
                    await HandleAsync(header, buffer.AsMemory(used + header.HeaderBytes, header.PacketBytes - header.HeaderBytes));
                    used += header.PacketBytes;
                }

                buffer.AsSpan(used, count - used).CopyTo(buffer);
                count -= used;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private Task HandleAsync(FixedHeader header, ReadOnlyMemory<byte> body)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                Interlocked.Increment(ref _received);
                PublishPacket.TryRead(header, body.Span, ProtocolVersion.V5, out var publish, out _);
                return publish.Qos switch
                {
                    QualityOfService.AtLeastOnce => AnswerAsync(PacketType.PubAck, publish.PacketId),
                    QualityOfService.ExactlyOnce => AnswerAsync(PacketType.PubRec, publish.PacketId),
                    _ => Task.CompletedTask,
                };
            case PacketType.PubRec:
            case PacketType.PubRel:
                PublishAckPacket.TryRead(header.Type, body.Span, ProtocolVersion.V5, out var ack, out _);
                return AnswerAsync(header.Type == PacketType.PubRec ? PacketType.PubRel : PacketType.PubComp, ack.PacketId);
            default:
                return Task.CompletedTask;
        }
    }

    private Task AnswerAsync(PacketType type, ushort id) => SendAsync(o => new PublishAckPacket(type, id).Write(o, ProtocolVersion.V5));
}
