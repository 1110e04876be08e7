using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Uns.Connectors.OpcUa.Wire;

namespace Uns.Connectors.OpcUa;

/// <summary>A real OPC UA server on the loopback interface with moving values; security None, anonymous users.</summary>
/// <remarks>OPC 10000-6, 7.1 (UA TCP). Each connection has its own session and subscriptions, which end with it.</remarks>
public sealed class OpcUaSimulator : IAsyncDisposable
{
    private const int BufferBytes = 65_536;
    private const int MaximumRequestBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly SimulatedSpace _space;
    private readonly TimeProvider _clock;
    private readonly SimulatorListener _listener;

    /// <summary>Makes a simulator; it listens once started.</summary>
    /// <param name="variables">What the server shows.</param>
    /// <param name="clock">What the signals run by.</param>
    /// <param name="port">0 takes a free one.</param>
    public OpcUaSimulator(IEnumerable<SimulatedVariable> variables, TimeProvider clock, int port = 0)
    {
        _space = new SimulatedSpace(variables, clock);
        _clock = clock;
        _listener = new SimulatorListener(ServeAsync, port);
    }

    /// <summary>Where it listens; only once started.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>The address that a client is given.</summary>
    public string EndpointUrl => $"opc.tcp://{EndPoint}";

    /// <summary>Starts to listen.</summary>
    public Task StartAsync()
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    /// <summary>Closes all connections, as a restart would; the simulator listens on.</summary>
    public void DropConnections() => _listener.DropConnections();

    /// <summary>Stops listening and closes all connections.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket socket, int before, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var connection = new Connection(socket, new SimulatedServices(_space, EndpointUrl, _clock), _space, _clock);
        var publishing = connection.PublishAsync(ending.Token);
        try
        {
            await connection.ReadAsync(ending.Token);
        }
        catch (UaFormatException)
        {
            // No OPC UA: this connection is over.
        }
        finally
        {
            await ending.CancelAsync();
            await publishing;
        }
    }

    private sealed class Connection(Socket socket, SimulatedServices services, SimulatedSpace space, TimeProvider clock) : IDisposable
    {
        private readonly byte[] _chunk = new byte[BufferBytes];
        private readonly List<byte> _request = [];
        private readonly SemaphoreSlim _oneSender = new(1, 1);
        private uint _sequence;
        private uint _token;

        public void Dispose() => _oneSender.Dispose();

        public async Task PublishAsync(CancellationToken cancellationToken)
        {
            using var pace = new PeriodicTimer(Tick, clock);
            try
            {
                while (await pace.WaitForNextTickAsync(cancellationToken))
                {
                    List<(uint, UaWriter)> due;
                    lock (space)
                    {
                        due = [.. services.Due()];
                    }

                    foreach (var (requestId, answer) in due)
                    {
                        await SendAsync("MSG", requestId, answer, cancellationToken);
                    }
                }
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The reading half tells the rest.
            }
        }

        public async Task ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var (type, final, length) = await ReadChunkAsync(cancellationToken);
                switch (type)
                {
                    case "HEL":
                        var acknowledge = new UaWriter().Raw("ACKF"u8).Int32(28).UInt32(0).UInt32(BufferBytes).UInt32(BufferBytes).UInt32(MaximumRequestBytes).UInt32(0);
                        await WriteAsync(acknowledge.Written, cancellationToken);
                        break;
                    case "OPN":
                        var (openId, opened) = Open(length);
                        await SendAsync("OPN", openId, opened, cancellationToken);
                        break;
                    case "MSG":
                        if (Take(final, length, out var requestId) is { } answer)
                        {
                            await SendAsync("MSG", requestId, answer, cancellationToken);
                        }

                        break;
                    default:
                        return;
                }
            }
        }

        private (uint RequestId, UaWriter Answer) Open(int length)
        {
            var reader = new UaReader(_chunk.AsSpan(8, length - 8));
            reader.UInt32();
            reader.String();
            reader.ByteString();
            reader.ByteString();
            reader.UInt32();
            var requestId = reader.UInt32();
            reader.NodeId();
            reader.NodeId();
            reader.DateTime();
            var handle = reader.UInt32();
            var answer = new UaWriter().NodeId(NodeId.Standard(449)).DateTime(clock.GetUtcNow()).UInt32(handle).UInt32(0).Byte(0).Int32(0).NodeId(default).Byte(0);
            return (requestId, answer.UInt32(0).UInt32(1).UInt32(++_token).DateTime(clock.GetUtcNow()).UInt32(3_600_000).ByteString(null));
        }

        private UaWriter? Take(char final, int length, out uint requestId)
        {
            var reader = new UaReader(_chunk.AsSpan(8, length - 8));
            reader.UInt32();
            reader.UInt32();
            reader.UInt32();
            requestId = reader.UInt32();
            _request.AddRange(_chunk.AsSpan(length - reader.Left, reader.Left));
            if (_request.Count > MaximumRequestBytes)
            {
                throw new UaFormatException($"a request is longer than {MaximumRequestBytes} bytes");
            }

            if (final != 'F')
            {
                return null;
            }

            byte[] body = [.. _request];
            _request.Clear();
            lock (space)
            {
                return services.Answer(body, requestId);
            }
        }

        private async Task SendAsync(string kind, uint requestId, UaWriter body, CancellationToken cancellationToken)
        {
            const string PolicyNone = "http://opcfoundation.org/UA/SecurityPolicy#None";
            var header = kind == "OPN" ? new UaWriter().String(PolicyNone).ByteString(null).ByteString(null) : new UaWriter().UInt32(_token);
            var overhead = 12 + header.Written.Length + 8;
            var left = body.Written;
            await _oneSender.WaitAsync(cancellationToken);
            try
            {
                do
                {
                    var part = left[..Math.Min(left.Length, BufferBytes - overhead)];
                    left = left[part.Length..];
                    var chunk = new UaWriter().Raw(Encoding.ASCII.GetBytes(kind)).Byte(left.IsEmpty ? (byte)'F' : (byte)'C').Int32(overhead + part.Length)
                        .UInt32(1).Raw(header.Written.Span).UInt32(++_sequence).UInt32(requestId).Raw(part.Span);
                    await WriteAsync(chunk.Written, cancellationToken);
                }
                while (!left.IsEmpty);
            }
            finally
            {
                _oneSender.Release();
            }
        }

        private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes[sent..], cancellationToken);
            }
        }

        private async Task<(string Type, char Final, int Length)> ReadChunkAsync(CancellationToken cancellationToken)
        {
            await FillAsync(_chunk.AsMemory(0, 8), cancellationToken);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(_chunk.AsSpan(4));
            if (length is < 8 or > BufferBytes)
            {
                throw new UaFormatException($"a chunk says it has {length} bytes");
            }

            await FillAsync(_chunk.AsMemory(8, (int)length - 8), cancellationToken);
            return (Encoding.ASCII.GetString(_chunk, 0, 3), (char)_chunk[3], (int)length);
        }

        private async Task FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            for (var read = 0; read < buffer.Length;)
            {
                var count = await socket.ReceiveAsync(buffer[read..], cancellationToken);
                read += count > 0 ? count : throw new EndOfStreamException();
            }
        }
    }
}
