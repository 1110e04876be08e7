using System.Net;
using System.Net.Sockets;

namespace Uns.Connectors;

/// <summary>Opens TCP connections to devices, and says in words why one could not be opened.</summary>
public static class DeviceSocket
{
    // A dead peer is known after a minute, also where tags are read once an hour.
    private const int KeepAliveSeconds = 15;

    /// <summary>Connects. Small frames leave at once; a dead peer is found by keep-alive also between requests.</summary>
    /// <param name="endPoint">Where the device listens.</param>
    /// <param name="limit">Longest wait for the connection, name lookup included.</param>
    /// <param name="clock">What the limit is measured by.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectorException">It could not be opened; the message says what to look at.</exception>
    public static async Task<Socket> ConnectAsync(DeviceEndPoint endPoint, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            WatchForSilence(socket);
            await socket.ConnectAsync(new DnsEndPoint(endPoint.Host, endPoint.Port), linked.Token);
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new ConnectorException(Explain(endPoint, failure), failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new ConnectorException($"{endPoint.Host}:{endPoint.Port} did not answer within {limit.TotalSeconds:0.###} s: check address, cable and firewall.");
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Lets the system probe a quiet connection: a dead peer is known after a minute.</summary>
    public static void WatchForSilence(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Why a connection could not be opened, and what to look at.</summary>
    public static string Explain(DeviceEndPoint endPoint, SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
            $"The name '{endPoint.Host}' is not known to the name server: check Host, or give the IP address.",
        SocketError.ConnectionRefused =>
            $"Nothing listens at {endPoint.Host}:{endPoint.Port} (connection refused): check Port, and that the device's server is switched on.",
        SocketError.TimedOut =>
            $"{endPoint.Host}:{endPoint.Port} did not answer: check address, cable and firewall.",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown =>
            $"There is no way to {endPoint.Host}: check the address, the route and that the device is powered.",
        SocketError.ConnectionReset or SocketError.ConnectionAborted =>
            $"{endPoint.Host}:{endPoint.Port} closed the connection at once: it may have no free connection left.",
        _ => $"{endPoint.Host}:{endPoint.Port} cannot be reached ({failure.SocketErrorCode}).",
    };
}
