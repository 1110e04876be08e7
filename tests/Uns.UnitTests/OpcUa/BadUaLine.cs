using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Uns.UnitTests.OpcUa;

/// <summary>
/// A line between client and server that knows where messages end. By chance answers come late, twice, in the wrong order, in pieces or not at all,
/// or the line is cut in the middle of one. The server behind it may change.
/// </summary>
internal sealed class BadUaLine : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly Task _accepting;

    public BadUaLine(int seed)
    {
        _random = new Random(seed);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string Url => $"opc.tcp://{_listener.LocalEndPoint}";

    public IPEndPoint? Target { get; set; }

    /// <summary>One answer in so many meets a fault; 0 for a good line.</summary>
    public int OneIn { get; set; }

    /// <summary>Every connection is reset after so many bytes of its answers; null for never.</summary>
    public int? CutAnswersAfter { get; set; }

    /// <summary>The same for what the client sends.</summary>
    public int? CutQuestionsAfter { get; set; }

    /// <summary>Bytes of answers that the last connection let through.</summary>
    public int Answered { get; private set; }

    /// <summary>Bytes that its client sent.</summary>
    public int Asked { get; private set; }

    public int Connections { get; private set; }

    public int Faults { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_ending.Token);
                Connections++;
                serving.RemoveAll(s => s.IsCompleted);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(Socket client)
    {
        using var _ = client;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            (client.NoDelay, server.NoDelay) = (true, true);
            await server.ConnectAsync(Target!, _ending.Token);
            await await Task.WhenAny(AskAsync(client, server), AnswerAsync(server, client));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // One of the two has gone.
        }
    }

    private async Task AskAsync(Socket client, Socket server)
    {
        var buffer = new byte[65_536];
        Asked = 0;
        while (await client.ReceiveAsync(buffer, _ending.Token) is var count and > 0)
        {
            var most = CutQuestionsAfter - Asked ?? count;
            await server.SendAsync(buffer.AsMemory(0, Math.Min(count, most)), _ending.Token);
            Asked += count;
            if (most < count)
            {
                client.LingerState = new LingerOption(true, 0); // A reset, no goodbye.
                return;
            }
        }
    }

    private async Task AnswerAsync(Socket server, Socket client)
    {
        byte[]? held = null;
        Answered = 0;
        while (true)
        {
            var chunk = await ReadAsync(server);
            if (CutAnswersAfter - Answered is { } most && most < chunk.Length)
            {
                await client.SendAsync(chunk.AsMemory(0, most), _ending.Token);
                client.LingerState = new LingerOption(true, 0);
                return;
            }

            Answered += chunk.Length;
            var fault = Draw();
            switch (fault)
            {
                case 1: // Lost.
                    continue;
                case 2: // Held back until the next one has passed.
                    held = chunk;
                    continue;
                case 3:
                    await client.SendAsync(chunk, _ending.Token);
                    break;
                case 4: // Cut in the middle.
                    await client.SendAsync(chunk.AsMemory(0, Pick(chunk.Length)), _ending.Token);
                    return;
                case 5: // In pieces.
                    for (var at = 0; at < chunk.Length; at++)
                    {
                        await client.SendAsync(chunk.AsMemory(at, 1), _ending.Token);
                    }

                    continue;
            }

            await client.SendAsync(chunk, _ending.Token);
            if (held is not null)
            {
                await client.SendAsync(held, _ending.Token);
                held = null;
            }
        }
    }

    // 0 for none, else which; 3 sends it twice.
    private int Draw()
    {
        lock (_gate)
        {
            if (OneIn == 0 || _random.Next(OneIn) != 0)
            {
                return 0;
            }

            Faults++;
            return _random.Next(1, 6);
        }
    }

    private int Pick(int most)
    {
        lock (_gate)
        {
            return _random.Next(most);
        }
    }

    private async Task<byte[]> ReadAsync(Socket server)
    {
        var head = new byte[8];
        await FillAsync(server, head);
        var chunk = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4))];
        head.CopyTo(chunk, 0);
        await FillAsync(server, chunk.AsMemory(8));
        return chunk;
    }

    private async Task FillAsync(Socket socket, Memory<byte> buffer)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer[read..], _ending.Token);
            read += count > 0 ? count : throw new EndOfStreamException();
        }
    }
}
