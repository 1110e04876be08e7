using Uns.Mqtt.Packets;

namespace Uns.Mqtt.Client;

/// <summary>Cuts a stream into whole packets. The buffer grows with the packets met and never beyond the bound.</summary>
internal sealed class PacketSource(Stream stream, int maximumPacketBytes)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next whole packet; its body is valid until the next call.</summary>
    /// <exception cref="MqttConnectionLostException">The peer closed the connection or sent what is no packet.</exception>
    public async ValueTask<(FixedHeader Header, ReadOnlyMemory<byte> Body)> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (FixedHeader.Read(_buffer.AsSpan(_start, _end - _start), out var header, out var fault))
            {
                case HeaderStatus.Malformed:
                    throw new MqttConnectionLostException($"The broker sent what is no packet. {fault.What}");
                case HeaderStatus.Complete when header.PacketBytes > maximumPacketBytes:
                    throw new MqttConnectionLostException($"The broker sent a packet of {header.PacketBytes} bytes: at most {maximumPacketBytes} are accepted.");
                case HeaderStatus.Complete when header.PacketBytes <= _end - _start:
                    var body = _buffer.AsMemory(_start + header.HeaderBytes, header.RemainingLength);
                    _start += header.PacketBytes;
                    return (header, body);
                default:
                    MakeRoom(header.RemainingLength == 0 ? 0 : header.PacketBytes);
                    break;
            }

            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
            {
                throw new MqttConnectionLostException("The broker closed the connection.");
            }

            _end += count;
        }
    }

    private void MakeRoom(int packetBytes)
    {
        var held = _end - _start;
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, held);
            (_start, _end) = (0, held);
        }

        if (packetBytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(maximumPacketBytes, Math.Max(packetBytes, _buffer.Length * 2)));
        }
    }
}
