namespace Uns.Historian;

/// <summary>A run of one series' samples in ascending order of time, written as it grows.</summary>
internal sealed class SegmentWriter(long id, long firstBatch)
{
    private readonly SampleBytes _bytes = new(32);
    private SampleSummary _summary;
    private SegmentState _state;

    /// <summary>The number under which the segment is stored.</summary>
    public long Id { get; } = id;

    /// <summary>The batch of the log that holds its first sample.</summary>
    public long FirstBatch { get; } = firstBatch;

    public ref readonly SampleSummary Summary => ref _summary;

    public int Count => _summary.Count;

    public long Last => _summary.Last;

    public int Bytes => _bytes.Length;

    /// <summary>Adds a sample that is not older than the last one.</summary>
    public void Add(in HistorySample sample)
    {
        var value = KeptValue.Of(sample.Value);
        _state.Write(_bytes, sample.Time, value, sample.Quality);
        _summary.Add(sample);
    }

    public byte[] ToArray() => _bytes.Written.ToArray();

    /// <summary>Reads samples back, in order.</summary>
    /// <returns>False when the bytes are damaged; what was read before stays.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, int count, List<HistorySample> into)
    {
        var reader = new SampleBytesReader(payload);
        var state = default(SegmentState);
        for (var i = 0; i < count; i++)
        {
            if (!state.TryRead(ref reader, out var sample))
            {
                return false;
            }

            into.Add(sample);
        }

        return reader.IsAtEnd;
    }
}

/// <summary>What the next sample of a segment is told against.</summary>
internal struct SegmentState
{
    private const byte SameValue = 1;
    private const byte NewKind = 2;
    private const byte NewQuality = 4;

    private long _time;
    private long _step;
    private KeptValue _value;
    private HistoryQuality _quality;

    public void Write(SampleBytes bytes, long time, in KeptValue value, HistoryQuality quality)
    {
        var same = value == _value;
        var flags = (same ? SameValue : 0) | (value.Kind != _value.Kind ? NewKind : 0) | (quality != _quality ? NewQuality : 0);
        bytes.Byte((byte)flags);
        var step = time - _time;
        bytes.Signed(step - _step); // A steady pace costs one byte.
        if ((flags & NewQuality) != 0)
        {
            bytes.Byte((byte)quality);
        }

        if ((flags & NewKind) != 0)
        {
            bytes.Byte(value.Kind);
        }

        if (!same)
        {
            bytes.Value(value, _value.Bits);
        }

        (_time, _step, _value, _quality) = (time, step, value, quality);
    }

    public bool TryRead(ref SampleBytesReader reader, out HistorySample sample)
    {
        sample = default;
        if (!reader.TryByte(out var flags) || !reader.TrySigned(out var change))
        {
            return false;
        }

        if ((flags & NewQuality) != 0)
        {
            if (!reader.TryByte(out var quality) || quality > (byte)HistoryQuality.Gap)
            {
                return false;
            }

            _quality = (HistoryQuality)quality;
        }

        var kind = _value.Kind;
        if ((flags & NewKind) != 0 && !reader.TryByte(out kind))
        {
            return false;
        }

        if ((flags & SameValue) == 0)
        {
            if (!reader.TryValue(kind, _value.Bits, out var value))
            {
                return false;
            }

            _value = value;
        }

        _step = unchecked(_step + change);
        _time = unchecked(_time + _step);
        sample = new HistorySample(_time, _value.Value, _quality);
        return true;
    }
}
