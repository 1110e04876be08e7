using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Uns.Connectors.OpcUa.Security;

namespace Uns.Connectors.OpcUa.Wire;

/// <summary>
/// One secure channel over one TCP connection: hello, chunks, sequence numbers, and answers matched to requests by their id.
/// Many requests may be under way. Reads only while an answer is awaited, within the calls of its users.
/// </summary>
/// <remarks>
/// OPC 10000-6, 6.7 and 7.1. Anything malformed, late or out of sequence ends the channel: a wrong answer can
/// never meet another request. Every end is a <see cref="ConnectorException"/> for all who wait.
/// </remarks>
internal sealed class UaChannel(DeviceEndPoint endPoint, string endpointUrl, UaSecurity security, TimeSpan answerTimeout, TimeProvider clock, DeviceTraffic? traffic = null) : IAsyncDisposable
{
    private const int BufferBytes = 65_536;
    private const int MaximumMessageBytes = 16 * 1024 * 1024;
    private const uint Publish = 826;
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Pending> _pending = [];
    private readonly SemaphoreSlim _oneSender = new(1, 1);
    private readonly byte[] _chunk = new byte[BufferBytes];
    private Socket? _socket;
    private int _sendBytes = 8192;
    private uint _channelId;
    private uint _sendSequence;
    private uint? _receiveSequence;
    private uint _requestId;
    private bool _reading;
    private ConnectorException? _broken;
    private long _renewAt;

    /// <summary>Name and port, for messages.</summary>
    public string Peer => $"{endPoint.Host}:{endPoint.Port}";

    /// <summary>How its messages are protected.</summary>
    public UaSecurity Security => security;

    /// <summary>True when three quarters of the token's life are over.</summary>
    public bool RenewalIsDue => clock.GetTimestamp() >= _renewAt;

    /// <summary>Connects, greets and opens the channel.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _socket = await DeviceSocket.ConnectAsync(endPoint, answerTimeout, clock, cancellationToken);
        await LimitAsync("the greeting", HelloAsync, answerTimeout, cancellationToken);
        await OpenTokenAsync(renew: false, cancellationToken);
    }

    /// <summary>Gets a new token for the same channel. [OPC 10000-4, 5.5.2]</summary>
    public Task RenewAsync(CancellationToken cancellationToken) => OpenTokenAsync(renew: true, cancellationToken);

    /// <summary>Sends one service request and returns the body of its answer, behind the type id.</summary>
    /// <param name="requestType">Binary encoding id of the request.</param>
    /// <param name="answerType">Binary encoding id of the answer wanted.</param>
    /// <param name="authentication">The session's token; null before there is a session.</param>
    /// <param name="fields">The request's own fields, behind the header.</param>
    /// <param name="limit">Longest wait; the channel is closed when it ends.</param>
    /// <param name="cancellationToken">Ends the wait; the answer is then dropped when it comes.</param>
    /// <exception cref="UaServiceException">The server answered with a bad service result; the channel is fine.</exception>
    /// <exception cref="ConnectorException">The channel is over.</exception>
    public async Task<ReadOnlyMemory<byte>> CallAsync(
        uint requestType, uint answerType, NodeId? authentication, UaWriter fields, TimeSpan limit, CancellationToken cancellationToken)
    {
        var body = Request(requestType, authentication, fields, limit);
        var begun = clock.GetTimestamp();
        var answer = await ExchangeAsync("MSG", body, limit, cancellationToken);
        TimeSpan? roundTrip = requestType == Publish ? null : clock.GetElapsedTime(begun); // It is answered when there is something to tell.
        try
        {
            var found = Answer(answer, answerType);
            traffic?.Answered(0, roundTrip, isRefusal: false);
            return found;
        }
        catch (UaServiceException)
        {
            traffic?.Answered(0, roundTrip, isRefusal: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_broken is null && _socket is not null && _channelId != 0)
        {
            try
            {
                await SendAsync("CLO", ++_requestId, Request(452, null, new UaWriter(), answerTimeout), CancellationToken.None);
            }
            catch (ConnectorException)
            {
                // The peer went first.
            }
        }

        Break("was closed");
        _socket?.Dispose();
        _oneSender.Dispose();
        security.Dispose();
    }

    private async Task HelloAsync(CancellationToken cancellationToken)
    {
        // [OPC 10000-6, 7.1.2.3]
        var hello = new UaWriter().UInt32(0).UInt32(BufferBytes).UInt32(BufferBytes).UInt32(MaximumMessageBytes).UInt32(0).String(endpointUrl);
        var frame = new UaWriter().Raw("HELF"u8).Int32(hello.Written.Length + 8).Raw(hello.Written.Span);
        await WriteAllAsync(frame.Written, cancellationToken);
        traffic?.Sent(0, frame.Written.Span);
        var (type, _, length) = await ReadChunkAsync(cancellationToken);
        traffic?.Received(FrameKind.Received, _chunk.AsSpan(0, length));
        if (type != "ACK")
        {
            throw type == "ERR" ? Error(length) : Broken($"answered the greeting with '{type}', which is no OPC UA: check that the port is the server's opc.tcp port");
        }

        var reader = new UaReader(_chunk.AsSpan(8, length - 8));
        reader.UInt32(); // Protocol version.
        _sendBytes = (int)Math.Clamp(reader.UInt32(), 8192, BufferBytes); // What the server can take in one chunk.
    }

    private async Task OpenTokenAsync(bool renew, CancellationToken cancellationToken)
    {
        var nonce = security.NewNonce();
        var fields = new UaWriter().UInt32(0).UInt32(renew ? 1u : 0u).UInt32((uint)security.Mode).ByteString(nonce ?? []).UInt32((uint)TokenLifetime.TotalMilliseconds);
        var answer = await ExchangeAsync("OPN", Request(446, null, fields, answerTimeout), answerTimeout, cancellationToken);
        var lifetime = Adopt(Answer(answer, 449).Span, nonce);
        if (security.Peer is { } peer)
        {
            traffic?.Remark("certificate", CertificateTerms.Sentence("The server's certificate", new(peer.NotAfter.ToUniversalTime()), clock.GetUtcNow(), "Renew it there, and accept the new one here."));
        }

        _renewAt = clock.GetTimestamp() + (long)(lifetime.TotalSeconds * 0.75 * clock.TimestampFrequency);
    }

    private TimeSpan Adopt(ReadOnlySpan<byte> answer, byte[]? nonce)
    {
        try
        {
            var reader = new UaReader(answer);
            reader.UInt32(); // Server protocol version.
            _channelId = reader.UInt32();
            var token = reader.UInt32();
            reader.DateTime();
            var lifetime = TimeSpan.FromMilliseconds(reader.UInt32());
            security.Adopt(token, nonce, reader.ByteString());
            return lifetime;
        }
        catch (UaFormatException malformed)
        {
            throw Break($"sent a malformed token: {malformed.Message}");
        }
    }

    private UaWriter Request(uint type, NodeId? authentication, UaWriter fields, TimeSpan limit)
    {
        // [OPC 10000-4, 7.33] request header
        var body = new UaWriter().NodeId(NodeId.Standard(type)).NodeId(authentication ?? default).DateTime(clock.GetUtcNow());
        body.UInt32(_requestId).UInt32(0).String(null).UInt32((uint)limit.TotalMilliseconds).NodeId(default).Byte(0);
        return body.Raw(fields.Written.Span);
    }

    private ReadOnlyMemory<byte> Answer(byte[] message, uint wanted)
    {
        try
        {
            var reader = new UaReader(message);
            var type = reader.NodeId();
            reader.DateTime();
            reader.UInt32();
            var result = reader.UInt32();
            reader.DiagnosticInfo();
            reader.Strings();
            reader.ExtensionObject();
            if (!StatusCode.IsGood(result))
            {
                throw new UaServiceException(result);
            }

            return type == NodeId.Standard(wanted) ? message.AsMemory(message.Length - reader.Left)
                : throw Break($"answered with message type {type} where i={wanted} was wanted");
        }
        catch (UaFormatException malformed)
        {
            throw Break($"sent a malformed answer: {malformed.Message}");
        }
    }

    private async Task<byte[]> ExchangeAsync(string kind, UaWriter body, TimeSpan limit, CancellationToken cancellationToken)
    {
        var pending = new Pending();
        uint id;
        lock (_gate)
        {
            if (_broken is not null)
            {
                throw new ConnectorException(_broken.Message, _broken);
            }

            id = ++_requestId;
            _pending.Add(id, pending);
        }

        try
        {
            return await LimitAsync(
                "a request",
                async token =>
                {
                    await SendAsync(kind, id, body, token);
                    EnsureReading();
                    return await pending.Answer.Task.WaitAsync(token);
                },
                limit,
                cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _pending.Remove(id);
            }
        }
    }

    private async Task SendAsync(string kind, uint requestId, UaWriter body, CancellationToken cancellationToken)
    {
        var most = security.MostBody(kind == "OPN", _sendBytes);
        var left = body.Written;
        var isFirst = true;
        await _oneSender.WaitAsync(cancellationToken);
        try
        {
            do
            {
                var part = left[..Math.Min(left.Length, most)];
                left = left[part.Length..];
                var final = left.IsEmpty ? 'F' : 'C';
                var chunk = security.Wrap(kind, final, _channelId, ++_sendSequence, requestId, part.Span);
                await WriteAllAsync(chunk, cancellationToken);
                traffic?.Sent(0, UaFrame.Keep(kind, final, chunk.Length, _channelId, _sendSequence, requestId, part.Span, isFirst, isAnswer: false), chunk.Length, isFirst);
                isFirst = false;
            }
            while (!left.IsEmpty);
        }
        catch (OperationCanceledException)
        {
            Break("got only part of a request"); // Half a message is on the wire: nothing sensible can follow.
            throw;
        }
        finally
        {
            _oneSender.Release();
        }
    }

    private void EnsureReading()
    {
        lock (_gate)
        {
            if (_reading || _broken is not null)
            {
                return;
            }

            _reading = true;
        }

        _ = ReadWhileAwaitedAsync();
    }

    private async Task ReadWhileAwaitedAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_pending.Count == 0)
                    {
                        _reading = false;
                        return;
                    }
                }

                var (type, final, length) = await ReadChunkAsync(CancellationToken.None);
                Take(type, final, length);
            }
        }
        catch (ConnectorException)
        {
            // All who wait have been told.
        }
        catch (UaFormatException malformed)
        {
            Break($"sent a malformed message: {malformed.Message}");
        }
    }

    private void Take(string type, char final, int length)
    {
        if (type == "ERR")
        {
            traffic?.Received(FrameKind.Received, _chunk.AsSpan(0, length));
            throw Error(length);
        }

        if (type is not ("MSG" or "OPN"))
        {
            throw Broken($"sent the unknown message type '{type}'");
        }

        var opened = security.Unwrap(_chunk.AsMemory(0, length), type == "OPN");
        var reader = new UaReader(opened.Span);
        var sequence = reader.UInt32();
        if (_receiveSequence is { } last && sequence != last + 1 && !(last > uint.MaxValue - 1024 && sequence < 1024))
        {
            throw Broken($"sent sequence number {sequence} after {last}"); // [OPC 10000-6, 6.7.2.4]
        }

        _receiveSequence = sequence;
        var id = reader.UInt32();
        Pending? pending;
        lock (_gate)
        {
            _pending.TryGetValue(id, out pending);
        }

        var body = opened.Span[^reader.Left..];
        traffic?.Received(
            pending is null ? FrameKind.Dropped : FrameKind.Received, UaFrame.Keep(type, final, length, _channelId, sequence, id, body, pending is { IsBegun: false }, isAnswer: true), length);
        pending?.Take(body, final, MaximumMessageBytes);
    }

    private async Task<(string Type, char Final, int Length)> ReadChunkAsync(CancellationToken cancellationToken)
    {
        await ReadAllAsync(_chunk.AsMemory(0, 8), cancellationToken);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_chunk.AsSpan(4));
        var type = Encoding.ASCII.GetString(_chunk, 0, 3);
        if (length is < 8 or > BufferBytes || type.Any(c => c is < 'A' or > 'Z'))
        {
            throw Broken("sent bytes that are no OPC UA message: check that the port is the server's opc.tcp port");
        }

        await ReadAllAsync(_chunk.AsMemory(8, (int)length - 8), cancellationToken);
        return (type, (char)_chunk[3], (int)length);
    }

    private async Task ReadAllAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            for (var read = 0; read < buffer.Length;)
            {
                var count = await _socket!.ReceiveAsync(buffer[read..], cancellationToken);
                read += count > 0 ? count : throw Broken("closed the connection");
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            throw Broken("broke the connection");
        }
    }

    private async Task WriteAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await _socket!.SendAsync(bytes[sent..], cancellationToken);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            throw Broken("broke the connection");
        }
    }

    private async Task LimitAsync(string what, Func<CancellationToken, Task> step, TimeSpan limit, CancellationToken cancellationToken) =>
        await LimitAsync(
            what,
            async token =>
            {
                await step(token);
                return 0;
            },
            limit,
            cancellationToken);

    private async Task<T> LimitAsync<T>(string what, Func<CancellationToken, Task<T>> step, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await step(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            traffic?.TimedOut(0);
            throw Break($"did not answer {what} within {limit.TotalSeconds:0.###} s");
        }
    }

    private ConnectorException Error(int length)
    {
        var reader = new UaReader(_chunk.AsSpan(8, length - 8));
        var code = reader.UInt32();
        return Broken($"ended the channel with {StatusCode.Name(code)} {reader.String()}".TrimEnd());
    }

    private ConnectorException Broken(string how) => Break(how);

    private ConnectorException Break(string how)
    {
        List<Pending> waiting;
        ConnectorException broken;
        lock (_gate)
        {
            broken = _broken ??= new ConnectorException($"{Peer} {how}.");
            waiting = [.. _pending.Values];
            _pending.Clear();
        }

        _socket?.Close();
        foreach (var pending in waiting)
        {
            pending.Answer.TrySetException(new ConnectorException(broken.Message, broken));
            _ = pending.Answer.Task.Exception; // Seen: who gave up waiting does not make it an unobserved fault.
        }

        return broken;
    }

    private sealed class Pending
    {
        private readonly ArrayBufferWriter<byte> _message = new();

        public TaskCompletionSource<byte[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsBegun => _message.WrittenCount > 0;

        public void Take(ReadOnlySpan<byte> part, char final, int longest)
        {
            if (final == 'A')
            {
                Answer.TrySetException(new UaServiceException(0x80020000)); // The server gave the answer up. [OPC 10000-6, 6.7.3]
                return;
            }

            if (_message.WrittenCount + part.Length > longest)
            {
                throw new UaFormatException($"an answer is longer than {longest} bytes");
            }

            _message.Write(part);
            if (final == 'F')
            {
                Answer.TrySetResult(_message.WrittenSpan.ToArray());
            }
        }
    }
}

/// <summary>The server refused one request; the channel is fine.</summary>
internal sealed class UaServiceException(uint code) : Exception(StatusCode.Name(code))
{
    public uint Code { get; } = code;
}
