using System.Net;
using System.Net.Sockets;

namespace Uns.TestKit;

/// <summary>
/// A TCP proxy on loopback that treats each answer by chance: whole, in pieces of a byte, later, too late, twice, not at all,
/// or cut off by a reset after any of its bytes. The same seed deals out the same faults.
/// </summary>
/// <param name="target">The device.</param>
/// <param name="seed">Of the chance.</param>
/// <param name="late">How long an answer that is too late is held back.</param>
/// <param name="lateEvery">One answer in so many is too late, one is lost, and one ends in a reset; the harmless faults are more frequent.</param>
public sealed class RoughProxy(IPEndPoint target, int seed, TimeSpan late, int lateEvery) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly HashSet<Socket> _sockets = [];
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int[] _dealt = new int[Enum.GetValues<Fault>().Length];
    private Task _accepting = Task.CompletedTask;

    private enum Fault
    {
        None,
        Pieces,
        Delay,
        Twice,
        Late,
        Lost,
        Reset,
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>How often each fault was dealt out, for the message of a test.</summary>
    public string Dealt => string.Join(", ", Enum.GetValues<Fault>().Select(f => $"{f} {_dealt[(int)f]}"));

    /// <summary>True once each kind of fault has passed.</summary>
    public bool HasDealtAll => Array.TrueForAll(_dealt, d => d > 0);

    public void Start()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        lock (_gate)
        {
            foreach (var socket in _sockets)
            {
                socket.Dispose();
            }
        }

        await _accepting;
        _ending.Dispose();
    }

    private Fault Deal()
    {
        lock (_gate)
        {
            var chance = _random.Next(lateEvery);
            var fault = chance switch
            {
                0 => Fault.Late,
                1 => Fault.Lost,
                2 => Fault.Reset,
                _ when chance % 20 == 3 => Fault.Pieces,
                _ when chance % 50 == 7 => Fault.Delay,
                _ when chance % 50 == 9 => Fault.Twice,
                _ => Fault.None,
            };
            _dealt[(int)fault]++;
            return fault;
        }
    }

    private async Task AcceptAsync()
    {
        var pumps = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_ending.Token);
                pumps.RemoveAll(p => p.IsCompleted);
                pumps.Add(PumpAsync(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }

        await Task.WhenAll(pumps);
    }

    private async Task PumpAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        lock (_gate)
        {
            _sockets.UnionWith([client, server]);
        }

        try
        {
            await server.ConnectAsync(target, _ending.Token);
            await Task.WhenAny(RequestsAsync(client, server), AnswersAsync(server, client));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
        finally
        {
            client.Dispose();
            lock (_gate)
            {
                _sockets.ExceptWith([client, server]);
            }
        }
    }

    private async Task RequestsAsync(Socket client, Socket server)
    {
        var buffer = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                await SendAsync(server, buffer.AsMemory(0, count));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }

    private async Task AnswersAsync(Socket server, Socket client)
    {
        var buffer = new byte[4096];
        try
        {
            while (await server.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
            {
                var answer = buffer.AsMemory(0, count);
                switch (Deal())
                {
                    case Fault.Pieces:
                        for (var at = 0; at < count; at++)
                        {
                            await SendAsync(client, answer.Slice(at, 1));
                        }

                        break;
                    case Fault.Delay:
                        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _ending.Token);
                        await SendAsync(client, answer);
                        break;
                    case Fault.Twice:
                        await SendAsync(client, answer);
                        await SendAsync(client, answer);
                        break;
                    case Fault.Late:
                        await Task.Delay(late, TimeProvider.System, _ending.Token);
                        await SendAsync(client, answer);
                        break;
                    case Fault.Lost:
                        break;
                    case Fault.Reset:
                        await SendAsync(client, answer[..At(count)]);
                        client.LingerState = new LingerOption(enable: true, seconds: 0);
                        return;
                    default:
                        await SendAsync(client, answer);
                        break;
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }

    // Every byte of an answer is once the last before the reset.
    private int At(int count) => _dealt[(int)Fault.Reset] % count;

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await to.SendAsync(bytes)..];
        }
    }
}
