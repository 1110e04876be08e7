using System.Net;
using System.Net.Sockets;

namespace Uns.Connectors;

/// <summary>The listening half of every simulator: a TCP server on the loopback interface that serves each connection by itself.</summary>
/// <param name="serve">
/// Serves one connection until it returns or throws; the number is how many were open before it. The socket is closed afterwards. A broken connection
/// (<see cref="SocketException"/>, <see cref="EndOfStreamException"/>) ends that connection alone.
/// </param>
/// <param name="port">0 takes a free one.</param>
/// <param name="mostConnections">Connections served at once; one more waits.</param>
public sealed class SimulatorListener(Func<Socket, int, CancellationToken, Task> serve, int port, int mostConnections = 64) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _places = new(mostConnections);
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _sockets = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private bool _disposed;

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)(_listener?.LocalEndPoint ?? throw new InvalidOperationException("The simulator was not started."));

    /// <summary>Starts to listen on 127.0.0.1.</summary>
    /// <exception cref="SocketException">The port is in use.</exception>
    public void Start()
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
        _accepting = AcceptAsync(_listener, _ending.Token);
    }

    /// <summary>Closes all connections, as a restart would; listens on.</summary>
    public void DropConnections()
    {
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Stops listening and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _ending.CancelAsync();
        _listener?.Dispose();
        DropConnections();
        await _accepting;
        _ending.Dispose();
        _places.Dispose();
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                await _places.WaitAsync(cancellationToken);
                var socket = await listener.AcceptAsync(cancellationToken);
                serving.RemoveAll(t => t.IsCompleted);
                serving.Add(ServeAsync(socket, cancellationToken));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        int before;
        lock (_gate)
        {
            before = _sockets.Count;
            _sockets.Add(socket);
        }

        try
        {
            socket.NoDelay = true;
            await serve(socket, before, cancellationToken);
        }
        catch (Exception ended) when (ended is SocketException or EndOfStreamException or ObjectDisposedException or OperationCanceledException)
        {
            // The client or the simulator ended the connection.
        }
        finally
        {
            lock (_gate)
            {
                _sockets.Remove(socket);
            }

            socket.Dispose();
            _places.Release();
        }
    }
}
