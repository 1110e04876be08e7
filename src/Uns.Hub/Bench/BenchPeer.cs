using System.Buffers;
using System.Net;
using Uns.Mqtt.Packets;

namespace Uns.Hub.Bench;

/// <summary>Takes the packets of one generated client.</summary>
internal interface IPacketSink
{
    /// <summary>Some bytes were read at this moment; the packets in them follow.</summary>
    void BeginRead();

    /// <summary>Takes one whole packet.</summary>
    /// <param name="peer">The client it came to.</param>
    /// <param name="header">Its fixed header.</param>
    /// <param name="body">The bytes behind the header; gone after return.</param>
    void Take(BenchPeer peer, FixedHeader header, ReadOnlySpan<byte> body);
}

/// <summary>One generated client: a socket, what waits to be written, and a packet that is not whole yet.</summary>
internal sealed class BenchPeer(int file, int token, int index, BenchPeerPool pool) : IBufferWriter<byte>
{
    private byte[] _output = [];
    private int _start;
    private int _end;
    private byte[] _partial = [];
    private int _partialBytes;
    private bool _watchesWritable = true;
    private bool _isTouched;

    /// <summary>Its place among the clients of its kind.</summary>
    public int Index { get; } = index;

    /// <summary>The event token.</summary>
    public int Token { get; } = token;

    /// <summary>False once it was closed by either side.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>True once the broker let it in.</summary>
    public bool IsConnected { get; set; }

    /// <summary>Answers that are awaited before the load may begin.</summary>
    public int Awaited { get; set; }

    /// <summary>Bytes that wait for room in the socket.</summary>
    public int Waiting => _end - _start;

    /// <summary>Opens a socket to a broker and says CONNECT.</summary>
    public static BenchPeer Connect(BenchPeerPool pool, EndPoint broker, int index, ConnectPacket connect)
    {
        var peer = pool.Open(broker, index);
        connect.Write(peer);
        return peer;
    }

    /// <summary>Room for one packet of known size.</summary>
    public Span<byte> Append(int bytes)
    {
        Reserve(bytes);
        Touch();
        _end += bytes;
        return _output.AsSpan(_end - bytes, bytes);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _end += count;
        Touch();
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _output.AsMemory(_end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _output.AsSpan(_end);
    }

    /// <summary>Writes what there is room for.</summary>
    public void Flush()
    {
        _isTouched = false;
        while (IsOpen && Waiting > 0)
        {
            var sent = Poller.Send(file, _output.AsSpan(_start, Waiting));
            if (sent == Poller.WouldBlock)
            {
                break;
            }

            if (sent < 0)
            {
                Close();
                return;
            }

            _start += sent;
        }

        if (_start == _end)
        {
            _start = _end = 0;
        }

        Watch(Waiting > 0);
    }

    /// <summary>Reads once and hands the whole packets on.</summary>
    public void Receive(byte[] buffer, IPacketSink sink)
    {
        // A packet's beginning is laid before the new bytes, so that packets are always read where they lie.
        _partial.AsSpan(0, _partialBytes).CopyTo(buffer);
        var had = _partialBytes;
        var received = Poller.Receive(file, buffer.AsSpan(had));
        if (received == Poller.WouldBlock)
        {
            return;
        }

        if (received <= 0)
        {
            Close();
            return;
        }

        sink.BeginRead();
        _partialBytes = 0;
        var wire = buffer.AsSpan(0, had + received);
        while (IsOpen && FixedHeader.Read(wire, out var header, out var fault) is not HeaderStatus.NeedMore and var status)
        {
            if (status == HeaderStatus.Malformed)
            {
                throw new BenchException($"The broker sent bytes that are no MQTT packet. {fault.What}");
            }

            if (wire.Length < header.PacketBytes)
            {
                break;
            }

            sink.Take(this, header, wire[header.HeaderBytes..header.PacketBytes]);
            wire = wire[header.PacketBytes..];
        }

        if (!wire.IsEmpty && IsOpen)
        {
            KeepRest(wire);
        }
    }

    /// <summary>Ends the connection.</summary>
    public void Close()
    {
        if (IsOpen)
        {
            IsOpen = false;
            Poller.Close(file);
            pool.Closed(this);
        }
    }

    private void KeepRest(ReadOnlySpan<byte> wire)
    {
        if (_partial.Length < wire.Length)
        {
            _partial = new byte[Math.Max(1024, wire.Length * 2)];
        }

        wire.CopyTo(_partial);
        _partialBytes = wire.Length;
    }

    private void Touch()
    {
        if (!_isTouched)
        {
            _isTouched = true;
            pool.Touched(this);
        }
    }

    private void Watch(bool writable)
    {
        if (_watchesWritable != writable && IsOpen)
        {
            _watchesWritable = writable;
            pool.Poller.Change(file, Poller.Readable | (writable ? Poller.Writable : 0), Token);
        }
    }

    private void Reserve(int bytes)
    {
        if (_output.Length - _end >= bytes)
        {
            return;
        }

        var waiting = Waiting;
        var target = _output.Length - waiting >= bytes ? _output : new byte[Math.Max(512, (waiting + bytes) * 2)];
        _output.AsSpan(_start, waiting).CopyTo(target);
        (_output, _start, _end) = (target, 0, waiting);
    }
}
