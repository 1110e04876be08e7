using System.Net.WebSockets;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>A stream: TLS, a socket on platforms without epoll, a pipe in a test.</summary>
internal sealed class StreamChannel(Stream stream) : IByteChannel
{
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => stream.ReadAsync(buffer, cancellationToken);

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => stream.DisposeAsync();
}

/// <summary>A WebSocket: packets and frames need not line up. MQTT 5.0, 6.</summary>
internal sealed class WebSocketChannel(WebSocket socket) : IByteChannel
{
    private WebSocketCloseStatus _status = WebSocketCloseStatus.NormalClosure;

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, cancellationToken); // [MQTT-6.0.0-2]
            if (result.MessageType == WebSocketMessageType.Text)
            {
                _status = WebSocketCloseStatus.InvalidMessageType; // [MQTT-6.0.0-1]
            }

            if (result.MessageType != WebSocketMessageType.Binary)
            {
                return 0;
            }

            if (result.Count > 0)
            {
                return result.Count;
            }
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(_status, null, cancellationToken);
        }
    }
}
