using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa.Server;

/// <summary>One client's connection: greeting, secure channel, requests in and answers out. Ends at the first byte that is not as it should be.</summary>
/// <remarks>OPC 10000-6, 6.7 (secure channel) and 7.1 (UA TCP). One task reads, one writes; a client that does not read is not read either.</remarks>
internal sealed class ServerConnection : IAsyncDisposable
{
    public const int MaximumRequestBytes = 4 * 1024 * 1024;

    private const int BufferBytes = 65_536;
    private const int SmallestBuffer = 8192;
    private const int AnswersWaiting = 64;
    private const int MaximumStrangerBytes = 256 * 1024;
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StrangerLimit = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly ServerDoor _door;
    private readonly TimeProvider _clock;
    private readonly byte[] _chunk = new byte[BufferBytes];
    private readonly Channel<Outgoing> _answers = Channel.CreateBounded<Outgoing>(AnswersWaiting);
    private readonly MemoryStream _request = new();
    private int _sendBytes = SmallestBuffer;
    private uint _mostAnswerBytes;
    private uint _sendSequence;
    private uint? _receiveSequence;
    private uint? _requestId;
    private long _tokenEndsAt;
    private long _strangerUntil;
    private bool _greeted;

    public ServerConnection(Socket socket, uint channelId, ServerDoor door, TimeProvider clock)
    {
        (_socket, ChannelId, _door, _clock) = (socket, channelId, door, clock);
        _tokenEndsAt = In(GreetingLimit);
        _strangerUntil = In(StrangerLimit);
    }

    public uint ChannelId { get; }

    /// <summary>What goes wrong on purpose; null for nothing.</summary>
    public Func<SimulatedUaFault?>? FaultFor { get; init; }

    /// <summary>The address by which the client found this server; null when it gave none that can be read.</summary>
    public string? CalledUrl { get; private set; }

    /// <summary>How messages are protected; null until the channel is open.</summary>
    public UaSecurity? Security { get; private set; }

    /// <summary>True while a session lives on this connection.</summary>
    public bool HasSession { get; set; }

    /// <summary>True when the client has not renewed its token, or was silent for too long without a session.</summary>
    public bool IsOverdue => _clock.GetTimestamp() > Interlocked.Read(ref _tokenEndsAt) || (!HasSession && _clock.GetTimestamp() > Interlocked.Read(ref _strangerUntil));

    /// <summary>Serves the client until it goes or breaks a rule.</summary>
    /// <param name="answer">Takes one whole request with its id; sends the answer itself.</param>
    /// <param name="cancellationToken">Ends the connection.</param>
    public async Task ServeAsync(Func<ServerConnection, byte[], uint, ValueTask> answer, CancellationToken cancellationToken)
    {
        var writing = WriteAllAsync(cancellationToken);
        try
        {
            while (await ReadChunkAsync(cancellationToken) is var (type, final, length) && type != "CLO")
            {
                switch (type)
                {
                    case "HEL" when !_greeted:
                        await GreetAsync(length, cancellationToken);
                        break;
                    case "OPN" when _greeted && final == 'F':
                        await OpenAsync(length, cancellationToken);
                        break;
                    case "MSG" when Security is not null:
                        if (FaultFor?.Invoke() is { Disconnects: true })
                        {
                            return;
                        }

                        if (Take(final, length) is var (id, body))
                        {
                            await answer(this, body, id);
                        }

                        break;
                    default:
                        throw new ServerFault(StatusCode.BadTcpMessageTypeInvalid, $"'{type}' was not expected");
                }
            }
        }
        catch (ServerFault fault)
        {
            await RefuseAsync(fault, cancellationToken);
        }
        catch (UaFormatException malformed)
        {
            await RefuseAsync(new ServerFault(Security?.Policy is null ? StatusCode.BadDecodingError : StatusCode.BadSecurityChecksFailed, malformed.Message), cancellationToken);
        }
        finally
        {
            _answers.Writer.TryComplete();
            await writing;
        }
    }

    /// <summary>Sends an answer; waits while too many wait already.</summary>
    public async ValueTask SendAsync(uint requestId, UaWriter body, CancellationToken cancellationToken)
    {
        try
        {
            await _answers.Writer.WriteAsync(new("MSG", requestId, body, null, null), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // The client has gone.
        }
    }

    /// <summary>Sends an answer if there is room for one; a client that does not read has none.</summary>
    public bool TrySend(uint requestId, UaWriter body) => _answers.Writer.TryWrite(new("MSG", requestId, body, null, null));

    /// <summary>True when an answer of so many bytes is within what the client takes.</summary>
    public bool Takes(int bytes) => _mostAnswerBytes == 0 || bytes <= _mostAnswerBytes;

    /// <summary>Cuts the connection.</summary>
    public void Abort() => _socket.Dispose();

    /// <summary>Gives a client that has no session some time to make one.</summary>
    public void Touch() => Interlocked.Exchange(ref _strangerUntil, In(StrangerLimit));

    public ValueTask DisposeAsync()
    {
        Security?.Dispose();
        _request.Dispose();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private long In(TimeSpan time) => _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency);

    // [OPC 10000-6, 7.1.2.3]
    private async Task GreetAsync(int length, CancellationToken cancellationToken)
    {
        var reader = new UaReader(_chunk.AsSpan(8, length - 8));
        reader.UInt32(); // Version: a client of a later one speaks ours too.
        var receive = reader.UInt32();
        reader.UInt32(); // What the client sends at once: our buffer bounds it.
        _mostAnswerBytes = reader.UInt32();
        reader.UInt32(); // Chunks: bounded by the bytes.
        var url = reader.String();
        CalledUrl = url is { Length: <= 4096 } && Uri.TryCreate(url, UriKind.Absolute, out var called) && called.Scheme == "opc.tcp" ? url : null;
        if (receive < SmallestBuffer)
        {
            throw new ServerFault(StatusCode.BadTcpMessageTooLarge, $"a buffer of {receive} bytes is below the standard's {SmallestBuffer}");
        }

        _greeted = true;
        _sendBytes = (int)Math.Min(receive, BufferBytes);
        var acknowledge = new UaWriter().Raw("ACKF"u8).Int32(28).UInt32(0).UInt32(BufferBytes).UInt32((uint)_sendBytes).UInt32(MaximumRequestBytes).UInt32(0);
        await WriteAsync(acknowledge.Written, cancellationToken);
    }

    private async Task OpenAsync(int length, CancellationToken cancellationToken)
    {
        var opened = _door.Open(_chunk.AsMemory(0, length), ChannelId, Security);
        Follow(opened.Sequence);
        Security ??= opened.Security;
        Interlocked.Exchange(ref _tokenEndsAt, In(opened.Lifetime + (opened.Lifetime / 4))); // [OPC 10000-4, 5.5.2.1]
        // Read on only when the answer is out: the new token is taken into use between the two.
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _answers.Writer.WriteAsync(new("OPN", opened.RequestId, opened.Answer, opened.Adopt, sent), cancellationToken);
        await sent.Task.WaitAsync(cancellationToken);
        Touch();
    }

    private (uint RequestId, byte[] Body)? Take(char final, int length)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(_chunk.AsSpan(8)) != ChannelId)
        {
            throw new ServerFault(StatusCode.BadTcpSecureChannelUnknown, "the message names another channel");
        }

        var opened = Security!.Unwrap(_chunk.AsMemory(0, length), isOpen: false);
        var reader = new UaReader(opened.Span);
        Follow(reader.UInt32());
        var id = reader.UInt32();
        if (_requestId is { } open && open != id)
        {
            throw new ServerFault(StatusCode.BadSecurityChecksFailed, "pieces of two requests are mixed");
        }

        _requestId = id;
        _request.Write(opened.Span[^reader.Left..]);
        if (_request.Length > (HasSession ? MaximumRequestBytes : MaximumStrangerBytes))
        {
            throw new ServerFault(StatusCode.BadTcpMessageTooLarge, $"a request is longer than {MaximumRequestBytes} bytes");
        }

        if (final == 'C')
        {
            return null;
        }

        var body = final == 'F' ? _request.ToArray() : null; // 'A': the client has given it up.
        _requestId = null;
        _request.SetLength(0);
        _request.Capacity = Math.Min(_request.Capacity, BufferBytes);
        Touch();
        return body is null ? null : (id, body);
    }

    private void Follow(uint sequence)
    {
        if (_receiveSequence is { } last && sequence != last + 1 && !(last > uint.MaxValue - 1024 && sequence < 1024))
        {
            throw new ServerFault(StatusCode.BadSecurityChecksFailed, $"sequence number {sequence} came after {last}"); // [OPC 10000-6, 6.7.2.4]
        }

        _receiveSequence = sequence;
    }

    private async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var answer in _answers.Reader.ReadAllAsync(cancellationToken))
            {
                var fault = answer.Kind == "MSG" ? FaultFor?.Invoke() : null;
                if (fault is { Delay: { Ticks: > 0 } delay })
                {
                    await Task.Delay(delay, _clock, cancellationToken);
                }

                if (fault is not { IsSilent: true })
                {
                    await WriteAsync(fault is null ? answer : answer with { RequestId = (uint)(answer.RequestId + fault.RequestShift) }, cancellationToken);
                }

                answer.After?.Invoke();
                answer.Sent?.TrySetResult();
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            _answers.Writer.TryComplete();
            _socket.Dispose();
            while (_answers.Reader.TryRead(out var left))
            {
                left.Sent?.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task WriteAsync(Outgoing answer, CancellationToken cancellationToken)
    {
        var most = Security!.MostBody(answer.Kind == "OPN", _sendBytes);
        var left = answer.Body.Written;
        do
        {
            var part = left[..Math.Min(left.Length, most)];
            left = left[part.Length..];
            await WriteAsync(Security.Wrap(answer.Kind, left.IsEmpty ? 'F' : 'C', ChannelId, ++_sendSequence, answer.RequestId, part.Span), cancellationToken);
        }
        while (!left.IsEmpty);
    }

    private async Task RefuseAsync(ServerFault fault, CancellationToken cancellationToken)
    {
        try
        {
            var body = new UaWriter().UInt32(fault.Code).String(fault.Message);
            await WriteAsync(new UaWriter().Raw("ERRF"u8).Int32(body.Length + 8).Raw(body.Written.Span).Written, cancellationToken);
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It does not want to know.
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await _socket.SendAsync(bytes[sent..], cancellationToken);
        }
    }

    private async Task<(string Type, char Final, int Length)> ReadChunkAsync(CancellationToken cancellationToken)
    {
        await FillAsync(_chunk.AsMemory(0, 8), cancellationToken);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_chunk.AsSpan(4));
        if (length is < 12 or > BufferBytes)
        {
            throw new ServerFault(StatusCode.BadTcpMessageTooLarge, $"a message says it has {length} bytes");
        }

        await FillAsync(_chunk.AsMemory(8, (int)length - 8), cancellationToken);
        return (Encoding.ASCII.GetString(_chunk, 0, 3), (char)_chunk[3], (int)length);
    }

    private async Task FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = await _socket.ReceiveAsync(buffer[read..], cancellationToken);
            read += count > 0 ? count : throw new EndOfStreamException();
        }
    }

    private sealed record Outgoing(string Kind, uint RequestId, UaWriter Body, Action? After, TaskCompletionSource? Sent);
}

/// <summary>The connection cannot go on; the client is told the code and the reason.</summary>
internal sealed class ServerFault(uint code, string reason) : Exception(reason)
{
    public uint Code { get; } = code;
}
