using System.Buffers;

namespace Uns.Mqtt.Broker;

/// <summary>Bytes on their way to one socket. Holds memory only while there are any.</summary>
internal sealed class OutputBuffer(BufferPool pool) : IBufferWriter<byte>
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public int Count => _end - _start;

    /// <summary>Bytes that the transport has taken since the connection began.</summary>
    public long SentBytes { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(_start, Count);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, Count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    public void Advance(int count) => _end += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_end);
    }

    /// <summary>Forgets the first <paramref name="count"/> bytes: they were sent.</summary>
    public void Sent(int count)
    {
        _start += count;
        SentBytes += count;
        if (_start == _end)
        {
            Clear();
        }
    }

    public void Clear()
    {
        _start = _end = 0;
        pool.Return(_bytes);
        _bytes = [];
    }

    private void Reserve(int bytes)
    {
        bytes = Math.Max(bytes, 1);
        if (_bytes.Length - _end >= bytes)
        {
            return;
        }

        var count = Count;
        if (_bytes.Length - count >= bytes && _start > _bytes.Length / 2)
        {
            Buffer.BlockCopy(_bytes, _start, _bytes, 0, count);
        }
        else
        {
            var larger = pool.Rent(Math.Max(Math.Max(2048, _bytes.Length * 2), count + bytes));
            Buffer.BlockCopy(_bytes, _start, larger, 0, count);
            pool.Return(_bytes);
            _bytes = larger;
        }

        _start = 0;
        _end = count;
    }
}
