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

    /// <summary>Seconds after which a buffer that nobody needed is given to the collector: one busy minute is not paid for for ever.</summary>
    private const int SecondsUnused = 10;

    private readonly Stack<byte[]>[] _free = [.. Enumerable.Range(0, 31 - SmallestBits).Select(_ => new Stack<byte[]>())];
    private readonly int[] _unused = new int[31 - SmallestBits];
    private int _seconds;

    /// <summary>Bytes that lie here for the next who needs them.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>A buffer of at least <paramref name="bytes"/>; its content is arbitrary.</summary>
    public byte[] Rent(int bytes)
    {
        var bits = Math.Max(SmallestBits, 32 - BitOperations.LeadingZeroCount((uint)(bytes - 1)));
        if (bits > 30)
        {
            return new byte[bytes];
        }

        var free = _free[bits - SmallestBits];
        if (free.TryPop(out var buffer))
        {
            _unused[bits - SmallestBits] = Math.Min(_unused[bits - SmallestBits], free.Count);
            KeptBytes -= buffer.Length;
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(1 << bits);
    }

    /// <summary>Gives a buffer back; nobody may use it afterwards. An empty one is passed over.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length < 1 << SmallestBits || !BitOperations.IsPow2(buffer.Length) || KeptBytes + buffer.Length > MaximumKeptBytes)
        {
            return;
        }

        KeptBytes += buffer.Length;
        _free[BitOperations.Log2((uint)buffer.Length) - SmallestBits].Push(buffer);
    }

    /// <summary>Once a second: lets go what lay unused for <see cref="SecondsUnused"/>.</summary>
    public void Tick()
    {
        if (++_seconds < SecondsUnused)
        {
            return;
        }

        _seconds = 0;
        for (var size = 0; size < _free.Length; size++)
        {
            var free = _free[size];
            for (var unused = _unused[size]; unused > 0; unused--)
            {
                KeptBytes -= free.Pop().Length;
            }

            _unused[size] = free.Count;
            free.TrimExcess();
        }
    }
}
