using System.Net;
using System.Net.Sockets;

namespace Uns.Connectors.Modbus.Wire;

/// <summary>A device that dials in, as cellular modems do: the hub listens while it waits for one, and serves one at a time.</summary>
/// <remarks>The port is closed while a device is connected; a second one that dials is refused by the system and tries again later.</remarks>
internal sealed class ListeningLine(DeviceEndPoint endPoint, TimeSpan connectTimeout, TimeProvider clock) : SocketLine(endPoint)
{
    private readonly DeviceEndPoint _endPoint = endPoint;

    // The device dials at its own pace, which may be minutes.
    public override bool IsCheapToRenew => false;

    protected override async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(connectTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        using var listener = Listen();
        try
        {
            var socket = await listener.AcceptAsync(linked.Token);
            socket.NoDelay = true;
            DeviceSocket.WatchForSilence(socket);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectorException($"No device dialled {Name} within {connectTimeout.TotalSeconds:0.###} s: check that it is set to this hub's address and port.");
        }
        catch (SocketException failure)
        {
            throw new ConnectorException($"Listening on {Name} failed ({failure.SocketErrorCode}).", failure);
        }
    }

    private Socket Listen()
    {
        var address = IPAddress.Parse(_endPoint.Host);
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Bind(new IPEndPoint(address, _endPoint.Port));
            listener.Listen(1);
            return listener;
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new ConnectorException(
                failure.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"{Name} is in use by another program or device: give each listening device a port of its own."
                    : $"The hub cannot listen on {Name} ({failure.SocketErrorCode}): Host must be an address of this machine.",
                failure);
        }
    }
}
