using System.Numerics;

namespace Uns.Mqtt.Broker;

/// <summary>
/// Byte buffers of the I/O thread, by powers of two. The shared pool of the platform keeps few of each size, and a busy
/// broker has one or two under way per connection.
/// </summary>
internal sealed class BufferPool
{
    /// <summary>Smallest buffer, in bytes.</summary>
    private const int SmallestBits = 10;

    /// <summary>Bytes kept for reuse at most; what comes back beyond it is left to the collector.</summary>
    private const long MaximumKeptBytes = 32 * 1024 * 1024;

    private readonly Stack<byte[]>[] _free = [.. Enumerable.Range(0, 31 - SmallestBits).Select(_ => new Stack<byte[]>())];
    private long _keptBytes;

    /// <summary>A buffer of at least <paramref name="bytes"/>; its content is arbitrary.</summary>
    public byte[] Rent(int bytes)
    {
        var bits = Math.Max(SmallestBits, 32 - BitOperations.LeadingZeroCount((uint)(bytes - 1)));
        if (bits > 30)
        {
            return new byte[bytes];
        }

        if (_free[bits - SmallestBits].TryPop(out var buffer))
        {
            _keptBytes -= buffer.Length;
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(1 << bits);
    }

    /// <summary>Gives a buffer back; nobody may use it afterwards. An empty one is passed over.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length < 1 << SmallestBits || !BitOperations.IsPow2(buffer.Length) || _keptBytes + buffer.Length > MaximumKeptBytes)
        {
            return;
        }

        _keptBytes += buffer.Length;
        _free[BitOperations.Log2((uint)buffer.Length) - SmallestBits].Push(buffer);
    }
}
