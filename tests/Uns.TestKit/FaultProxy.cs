using System.Net;
using System.Net.Sockets;

namespace Uns.TestKit;

/// <summary>A TCP proxy on loopback that holds back, dribbles or cuts what passes, as a bad network does.</summary>
public sealed class FaultProxy(IPEndPoint target) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _sockets = [];
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private TaskCompletionSource _answersFlow = Flowing();
    private TaskCompletionSource _requestsFlow = Flowing();
    private Task _accepting = Task.CompletedTask;

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Answers go on in pieces of so many bytes; zero as they come.</summary>
    public int AnswerPieceBytes { get; set; }

    /// <summary>How long each answer is under way.</summary>
    public TimeSpan AnswerDelay { get; set; }

    /// <summary>Connections accepted since the start.</summary>
    public int Connections { get; private set; }

    public Task StartAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
        return Task.CompletedTask;
    }

    /// <summary>Keeps answers back from now on; they are not lost.</summary>
    public void HoldAnswers()
    {
        lock (_gate)
        {
            _answersFlow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets go what was held back.</summary>
    public void ReleaseAnswers()
    {
        lock (_gate)
        {
            _answersFlow.TrySetResult();
        }
    }

    /// <summary>Nothing passes any more, in either direction, and nobody is told: a pulled cable. What was sent meanwhile comes late.</summary>
    public void Unplug()
    {
        lock (_gate)
        {
            _answersFlow = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _requestsFlow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Everything passes again.</summary>
    public void PlugIn()
    {
        lock (_gate)
        {
            _answersFlow.TrySetResult();
            _requestsFlow.TrySetResult();
        }
    }

    /// <summary>Cuts all connections; new ones are accepted.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _sockets.ForEach(s => s.Dispose());
            _sockets.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        Cut();
        PlugIn();
        await _accepting;
    }

    private static TaskCompletionSource Flowing()
    {
        var flowing = new TaskCompletionSource();
        flowing.SetResult();
        return flowing;
    }

    private async Task AcceptAsync()
    {
        var pumps = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_ending.Token);
                Connections++;
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                lock (_gate)
                {
                    _sockets.AddRange([client, server]);
                }

                pumps.Add(ConnectAndPumpAsync(client, server));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }

        await Task.WhenAll(pumps);
    }

    private async Task ConnectAndPumpAsync(Socket client, Socket server)
    {
        try
        {
            await server.ConnectAsync(target, _ending.Token);
            await Task.WhenAll(PumpAsync(client, server, isAnswer: false), PumpAsync(server, client, isAnswer: true));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer)
    {
        var buffer = new byte[4096];
        try
        {
            while (await from.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                Task flow;
                lock (_gate)
                {
                    flow = (isAnswer ? _answersFlow : _requestsFlow).Task;
                }

                await flow;
                if (isAnswer && AnswerDelay > TimeSpan.Zero)
                {
                    await Task.Delay(AnswerDelay, TimeProvider.System, _ending.Token);
                }

                var step = isAnswer && AnswerPieceBytes > 0 ? AnswerPieceBytes : count;
                for (var at = 0; at < count; at += step)
                {
                    await to.SendAsync(buffer.AsMemory(at, Math.Min(step, count - at)), _ending.Token);
                }
            }
        }
        finally
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
