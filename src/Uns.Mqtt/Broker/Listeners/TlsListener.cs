using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Broker.Access;

namespace Uns.Mqtt.Broker.Listeners;

/// <summary>Takes TLS connections and hands their streams to the broker. Each has a task of its own: TLS is not the hot path.</summary>
internal sealed partial class TlsListener(
    Socket socket, TlsCertificates certificates, Func<Stream, ClientOrigin, CancellationToken, Task> serve, int maximumConnections, TimeSpan handshakeTimeout, TimeProvider clock, ILogger logger)
{
    private int _open;

    public IPEndPoint EndPoint => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Runs until cancelled; the connections taken end with it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var client = await AcceptAsync(cancellationToken);
                if (Interlocked.Increment(ref _open) > maximumConnections)
                {
                    Interlocked.Decrement(ref _open);
                    client.Dispose();
                    continue;
                }

                _ = ServeAsync(client, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The broker stops.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await socket.AcceptAsync(cancellationToken);
            }
            catch (SocketException e)
            {
                // Out of files, or a client that was gone again: the listener must outlive both.
                LogNotTaken(logger, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken);
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        EndPoint? remote = null;
        try
        {
            remote = client.RemoteEndPoint;
            client.NoDelay = true;
            await using var stream = new SslStream(new NetworkStream(client, ownsSocket: true));
            using (var patience = new CancellationTokenSource(handshakeTimeout, clock))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken))
            {
                await stream.AuthenticateAsServerAsync(certificates.Current, either.Token);
            }

            await serve(stream, new ClientOrigin(ClientListener.Tls, remote, stream.RemoteCertificate as X509Certificate2), cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            LogRefused(logger, remote, e.Message);
        }
        finally
        {
            client.Dispose();
            Interlocked.Decrement(ref _open);
        }
    }

    [LoggerMessage(1102, LogLevel.Warning, "TLS with {Remote} did not come about: {Reason}")]
    private static partial void LogRefused(ILogger logger, EndPoint? remote, string reason);

    [LoggerMessage(1103, LogLevel.Error, "A new TLS connection could not be taken: {Error}. It is tried again in a second.")]
    private static partial void LogNotTaken(ILogger logger, string error);
}
