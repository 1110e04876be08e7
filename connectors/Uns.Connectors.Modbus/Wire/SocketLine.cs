using System.Net.Sockets;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>What lines over a socket have in common: bytes out, bytes in, and their failures in words.</summary>
internal abstract class SocketLine(DeviceEndPoint endPoint) : IModbusLine
{
    private Socket? _socket;

    public string Name { get; } = $"{endPoint.Host}:{endPoint.Port}";

    public abstract bool IsCheapToRenew { get; }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        _socket = await ConnectAsync(cancellationToken);
    }

    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            return await Open.SendAsync(bytes, cancellationToken);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw Broken(failure);
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await Open.ReceiveAsync(buffer, cancellationToken);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw Broken(failure);
        }
    }

    public int Drop()
    {
        var dropped = 0;
        Span<byte> scrap = stackalloc byte[512];
        try
        {
            while (Open.Available > 0 && Open.Receive(scrap) is var count and > 0)
            {
                dropped += count;
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw Broken(failure);
        }

        return dropped;
    }

    public void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public virtual void Dispose() => Close();

    protected abstract Task<Socket> ConnectAsync(CancellationToken cancellationToken);

    private Socket Open => _socket ?? throw new ConnectorException($"{Name} is not connected.");

    private ConnectorException Broken(Exception failure) => failure is SocketException socket
        ? new($"The connection to {Name} broke ({socket.SocketErrorCode}).", failure)
        : new($"The connection to {Name} was closed.", failure);
}

/// <summary>A device or gateway that listens: the hub dials.</summary>
internal sealed class DialledLine(DeviceEndPoint endPoint, TimeSpan connectTimeout, TimeProvider clock) : SocketLine(endPoint)
{
    private readonly DeviceEndPoint _endPoint = endPoint;

    public override bool IsCheapToRenew => true;

    protected override Task<Socket> ConnectAsync(CancellationToken cancellationToken) =>
        DeviceSocket.ConnectAsync(_endPoint, connectTimeout, clock, cancellationToken);
}
