namespace Uns.Connectors;

/// <summary>What became of a frame.</summary>
public enum FrameKind
{
    /// <summary>Sent to the device.</summary>
    Sent,

    /// <summary>Received and taken.</summary>
    Received,

    /// <summary>Received, but late or foreign: not taken.</summary>
    Dropped,
}

/// <summary>One raw frame as it was on the wire.</summary>
/// <param name="At">When it was sent or found among what was received. UTC.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="Length">Its whole length in bytes.</param>
/// <param name="Bytes">Its first bytes, at most 1024.</param>
public sealed record TrafficFrame(DateTimeOffset At, FrameKind Kind, int Length, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The same moment as a timestamp of the clock, for times between.</summary>
    public long Stamp { get; init; }
}

/// <summary>The last frames of one device. Keeps them in one array made at the first frame: noting one allocates nothing. Not safe for many threads.</summary>
internal sealed class FrameRing
{
    /// <summary>Most frames kept.</summary>
    public const int MostFrames = 256;

    /// <summary>Most bytes kept of one frame.</summary>
    public const int MostFrameBytes = 1024;

    // A few hundred short frames, or some thirty long ones.
    private const int RingBytes = 32 * 1024;

    private readonly Place[] _places = new Place[MostFrames];
    private byte[] _bytes = [];
    private long _written;
    private long _count;

    /// <summary>Notes one frame as it was on the wire; the oldest make room.</summary>
    public void Add(DateTimeOffset at, FrameKind kind, ReadOnlySpan<byte> frame) => Add(at, kind, frame, frame.Length);

    /// <summary>Notes one frame that had another length on the wire.</summary>
    public void Add(DateTimeOffset at, FrameKind kind, ReadOnlySpan<byte> frame, int wireBytes, long stamp = 0)
    {
        _bytes = _bytes.Length == 0 ? new byte[RingBytes] : _bytes;
        var kept = frame[..Math.Min(frame.Length, MostFrameBytes)];
        _places[_count++ % MostFrames] = new(at, kind, _written, kept.Length, wireBytes, stamp);
        var start = (int)(_written % RingBytes);
        var head = Math.Min(kept.Length, RingBytes - start);
        kept[..head].CopyTo(_bytes.AsSpan(start));
        kept[head..].CopyTo(_bytes);
        _written += kept.Length;
    }

    /// <summary>Copies of the frames still there, the oldest first.</summary>
    /// <param name="since">Only those with this timestamp or a later one.</param>
    public IReadOnlyList<TrafficFrame> Read(long since = long.MinValue)
    {
        var frames = new List<TrafficFrame>();
        for (var number = Math.Max(0, _count - MostFrames); number < _count; number++)
        {
            var place = _places[number % MostFrames];
            if (place.Start < _written - RingBytes || place.Stamp < since)
            {
                continue; // Its bytes were overwritten, or nobody asks for it.
            }

            var bytes = new byte[place.Kept];
            var start = (int)(place.Start % RingBytes);
            var head = Math.Min(bytes.Length, RingBytes - start);
            _bytes.AsSpan(start, head).CopyTo(bytes);
            _bytes.AsSpan(0, bytes.Length - head).CopyTo(bytes.AsSpan(head));
            frames.Add(new(place.At, place.Kind, place.Length, bytes) { Stamp = place.Stamp });
        }

        return frames;
    }

    private readonly record struct Place(DateTimeOffset At, FrameKind Kind, long Start, int Kept, int Length, long Stamp);
}
