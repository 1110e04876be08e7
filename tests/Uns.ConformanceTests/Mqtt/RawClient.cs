using System.Buffers;
using System.Net.Sockets;
using Uns.Mqtt.Packets;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>One packet as it came from the broker: header and body, nothing read into it.</summary>
internal sealed record RawPacket(FixedHeader Header, byte[] Body, ProtocolVersion Version)
{
    public PacketType Type => Header.Type;

    public ConnAckPacket ConnAck => ConnAckPacket.TryRead(Body, Version, out var p, out var f) ? p : throw new InvalidDataException(f.What);

    public PublishAckPacket Ack => PublishAckPacket.TryRead(Type, Body, Version, out var p, out var f) ? p : throw new InvalidDataException(f.What);

    public SubscriptionAckPacket SubAck => SubscriptionAckPacket.TryRead(Type, Body, Version, out var p, out var f) ? p : throw new InvalidDataException(f.What);

    public DisconnectPacket Disconnect => DisconnectPacket.TryRead(Body, Version, out var p, out var f) ? p : throw new InvalidDataException(f.What);

    public Delivery Publish => PublishPacket.TryRead(Header, Body, Version, out var p, out var f)
        ? new(p.ReadTopic(), System.Text.Encoding.UTF8.GetString(p.Payload), p.Qos, p.Retain, p.Duplicate, p.PacketId, p.ReadProperties())
        : throw new InvalidDataException(f.What);
}

/// <summary>A PUBLISH from the broker.</summary>
internal sealed record Delivery(string Topic, string Payload, QualityOfService Qos, bool Retain, bool Duplicate, ushort PacketId, Properties Properties);

/// <summary>A client that sends what it is told and shows what comes: no session, no answers of its own.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = BrokerFixture.Patience;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[1024 * 1024];
    private int _count;

    public RawClient(Stream stream, ProtocolVersion version)
    {
        _stream = stream;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    /// <param name="from">An address of this machine to come from; null: any.</param>
    public static async Task<RawClient> OpenAsync(System.Net.IPEndPoint broker, ProtocolVersion version, string? from = null)
    {
        var socket = new Socket(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(from), 0));
        }

        await socket.ConnectAsync(broker);
        return new RawClient(new NetworkStream(socket, ownsSocket: true), version);
    }

    public Task SendAsync(string hex) => SendAsync(Convert.FromHexString(hex.Replace(" ", "")));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    public Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return SendAsync(output.WrittenMemory);
    }

    public async Task<ConnAckPacket> ConnectAsync(ConnectPacket connect)
    {
        await SendAsync((connect with { Version = Version }).Write);
        return (await ReceiveAsync(PacketType.ConnAck)).ConnAck;
    }

    public Task<SubscriptionAckPacket> SubscribeAsync(string filter, QualityOfService qos = QualityOfService.ExactlyOnce, ushort id = 100) =>
        SubscribeAsync(new SubscribePacket { PacketId = id, Requests = [new(filter, qos)] });

    public async Task<SubscriptionAckPacket> SubscribeAsync(SubscribePacket packet)
    {
        await SendAsync(o => packet.Write(o, Version));
        return (await ReceiveAsync(PacketType.SubAck)).SubAck;
    }

    public Task PublishAsync(
        string topic, string payload, QualityOfService qos = QualityOfService.AtMostOnce, bool retain = false, ushort id = 0, bool duplicate = false, Properties? properties = null) =>
        SendAsync(o => PublishPacket.Write(o, Version, topic, System.Text.Encoding.UTF8.GetBytes(payload), qos, retain, id, duplicate, properties));

    public Task AckAsync(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) => SendAsync(o => new PublishAckPacket(type, id, reason).Write(o, Version));

    public Task PingAsync() => SendAsync(PingPacket.WriteRequest);

    /// <summary>The next packet, or null when the broker closed the connection.</summary>
    public async Task<RawPacket?> NextAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var status = FixedHeader.Read(_buffer.AsSpan(0, _count), out var header, out var fault);
            Assert.True(status != HeaderStatus.Malformed, fault.What);
            if (status == HeaderStatus.Complete && header.PacketBytes <= _count)
            {
                var packet = new RawPacket(header, _buffer[header.HeaderBytes..header.PacketBytes], Version);
                Buffer.BlockCopy(_buffer, header.PacketBytes, _buffer, 0, _count -= header.PacketBytes);
                return packet;
            }

            int read;
            try
            {
                read = await _stream.ReadAsync(_buffer.AsMemory(_count), deadline.Token);
            }
            catch (IOException)
            {
                return null;
            }

            if (read == 0)
            {
                return null;
            }

            _count += read;
        }
    }

    public async Task<RawPacket> ReceiveAsync(PacketType type)
    {
        var packet = await NextAsync() ?? throw new InvalidDataException($"The broker closed where {type} was due.");
        Assert.Equal(type, packet.Type);
        return packet;
    }

    public async Task<Delivery> ReceivePublishAsync() => (await ReceiveAsync(PacketType.Publish)).Publish;

    /// <summary>Proves that nothing else is under way: a ping's answer is the next packet.</summary>
    public async Task NothingMoreAsync()
    {
        await PingAsync();
        await ReceiveAsync(PacketType.PingResp);
    }

    /// <summary>Awaits the end of the connection and gives the DISCONNECT before it, if one came.</summary>
    public async Task<ReasonCode?> ClosedAsync()
    {
        ReasonCode? reason = null;
        while (await NextAsync() is { } packet)
        {
            reason = packet.Type switch
            {
                PacketType.Disconnect => packet.Disconnect.Reason,
                PacketType.ConnAck => packet.ConnAck.Reason,
                _ => reason,
            };
        }

        return reason;
    }

    /// <summary>Ends the connection by a reset: what was sent and not read yet is gone too.</summary>
    public void Reset()
    {
        ((NetworkStream)_stream).Socket.LingerState = new(true, 0);
        _stream.Dispose();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
