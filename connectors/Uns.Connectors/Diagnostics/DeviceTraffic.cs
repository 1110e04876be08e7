namespace Uns.Connectors;

/// <summary>
/// What passed between the hub and one device: requests, answers, times, bytes, the last errors and the last frames. The connector's
/// channels write it, pages and API read it; safe for many threads. Everything in it is bounded.
/// </summary>
public sealed class DeviceTraffic(TimeProvider clock)
{
    /// <summary>Most errors kept; the same one again is counted, not kept twice.</summary>
    public const int MostErrors = 32;

    /// <summary>Most changed bindings kept.</summary>
    public const int MostRebindings = 64;

    // Modbus knows 256 units; a protocol with more would have its others counted with the device alone.
    private const int MostStations = 256;

    private readonly Lock _gate = new();
    private readonly long _start = clock.GetTimestamp();
    private readonly RoundTripHistogram _roundTrips = new(TimeSpan.Zero);
    private readonly FrameRing _frames = new();
    private readonly Queue<TrafficError> _errors = new();
    private readonly Queue<Rebinding> _rebindings = new();
    private readonly SortedDictionary<string, string> _remarks = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, Station> _stations = [];
    private TrafficError? _lastError;
    private long _requests;
    private long _answers;
    private long _timeouts;
    private long _retries;
    private long _refusals;
    private long _dropped;
    private long _bytesOut;
    private long _bytesIn;

    /// <summary>A request left.</summary>
    /// <param name="station">The unit asked, or 0 where the protocol knows none.</param>
    /// <param name="frame">All bytes that were sent.</param>
    public void Sent(int station, ReadOnlySpan<byte> frame) => Sent(station, frame, frame.Length, isRequest: true);

    /// <summary>A frame left whose bytes on the wire are not those to be kept.</summary>
    /// <param name="station">The unit asked, or 0 where the protocol knows none.</param>
    /// <param name="frame">What is to be kept of it.</param>
    /// <param name="wireBytes">How many bytes were sent.</param>
    /// <param name="isRequest">False for a further part of a request.</param>
    public void Sent(int station, ReadOnlySpan<byte> frame, int wireBytes, bool isRequest)
    {
        lock (_gate)
        {
            _requests += isRequest ? 1 : 0;
            _bytesOut += wireBytes;
            if (isRequest && StationOf(station) is { } known)
            {
                known.Requests++;
            }

            _frames.Add(clock.GetUtcNow(), FrameKind.Sent, frame, wireBytes, clock.GetTimestamp());
        }
    }

    /// <summary>A whole frame came.</summary>
    /// <param name="kind">Whether it was taken.</param>
    /// <param name="frame">Its bytes.</param>
    public void Received(FrameKind kind, ReadOnlySpan<byte> frame) => Received(kind, frame, frame.Length);

    /// <summary>A whole frame came whose bytes on the wire are not those to be kept.</summary>
    /// <param name="kind">Whether it was taken.</param>
    /// <param name="frame">What is to be kept of it.</param>
    /// <param name="wireBytes">How many bytes came.</param>
    public void Received(FrameKind kind, ReadOnlySpan<byte> frame, int wireBytes)
    {
        lock (_gate)
        {
            _bytesIn += wireBytes;
            _dropped += kind == FrameKind.Dropped ? 1 : 0;
            _frames.Add(clock.GetUtcNow(), kind, frame, wireBytes, clock.GetTimestamp());
        }
    }

    /// <summary>A request was answered.</summary>
    /// <param name="station">The unit asked.</param>
    /// <param name="roundTrip">From sending to the whole answer; null for a request that waits until the device has something to tell.</param>
    /// <param name="isRefusal">True when the device said no.</param>
    public void Answered(int station, TimeSpan? roundTrip, bool isRefusal)
    {
        lock (_gate)
        {
            _answers++;
            _refusals += isRefusal ? 1 : 0;
            if (roundTrip is not { } took)
            {
                return;
            }

            _roundTrips.Add(took, clock.GetElapsedTime(_start));
            if (StationOf(station) is { } known)
            {
                known.RoundTrip = known.RoundTrip is { } mean ? mean + ((took - mean) / 8) : took;
            }
        }
    }

    /// <summary>No answer came in time.</summary>
    public void TimedOut(int station)
    {
        lock (_gate)
        {
            _timeouts++;
            if (StationOf(station) is { } known)
            {
                known.Timeouts++;
            }
        }
    }

    /// <summary>A request is sent once more.</summary>
    public void Retried()
    {
        lock (_gate)
        {
            _retries++;
        }
    }

    /// <summary>Something went wrong, in one sentence.</summary>
    public void Failed(string sentence)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (_lastError is { } last && last.Sentence == sentence)
            {
                last.LastAt = now;
                last.Count++;
                return;
            }

            _lastError = new(now, sentence);
            _errors.Enqueue(_lastError);
            if (_errors.Count > MostErrors)
            {
                _errors.Dequeue();
            }
        }
    }

    /// <summary>A tag is read from another address than the one that was saved, because that one is gone or means something else now.</summary>
    public void Rebound(string tag, string from, string to)
    {
        lock (_gate)
        {
            _rebindings.Enqueue(new(clock.GetUtcNow(), tag, from, to));
            if (_rebindings.Count > MostRebindings)
            {
                _rebindings.Dequeue();
            }
        }
    }

    /// <summary>Something that stands until it is taken back.</summary>
    /// <param name="about">What it is about: a new remark takes the place of the one before.</param>
    /// <param name="sentence">One sentence; null takes it back.</param>
    public void Remark(string about, string? sentence)
    {
        lock (_gate)
        {
            if (sentence is null)
            {
                _remarks.Remove(about);
            }
            else
            {
                _remarks[about] = sentence;
            }
        }
    }

    /// <summary>The figures at this moment.</summary>
    public TrafficFigures Read()
    {
        lock (_gate)
        {
            var now = clock.GetElapsedTime(_start);
            return new(
                _requests, _answers, _timeouts, _retries, _refusals, _dropped, _bytesOut, _bytesIn,
                _roundTrips.Percentile(0.5, now), _roundTrips.Percentile(0.9, now), _roundTrips.Percentile(0.99, now),
                [.. _stations.Select(s => new StationFigures(s.Key, s.Value.Requests, s.Value.Timeouts, s.Value.RoundTrip))],
                [.. _errors.Select(e => new ErrorFigures(e.FirstAt, e.LastAt, e.Count, e.Sentence))])
            {
                Rebindings = [.. _rebindings],
                Remarks = [.. _remarks.Values],
            };
        }
    }

    /// <summary>The last frames, the oldest first.</summary>
    public IReadOnlyList<TrafficFrame> Frames() => FramesSince(long.MinValue);

    /// <summary>The last frames from a timestamp of the clock on, the oldest first.</summary>
    public IReadOnlyList<TrafficFrame> FramesSince(long stamp)
    {
        lock (_gate)
        {
            return _frames.Read(stamp);
        }
    }

    /// <summary>What one request to a station takes, as measured; null when it never answered.</summary>
    public TimeSpan? RoundTripOf(int station)
    {
        lock (_gate)
        {
            return _stations.GetValueOrDefault(station)?.RoundTrip;
        }
    }

    /// <summary>The time within which so great a part of the answers of the last minutes came, from whatever station; null when there were none.</summary>
    /// <param name="part">0 to 1.</param>
    public TimeSpan? RoundTripWithin(double part)
    {
        lock (_gate)
        {
            return _roundTrips.Percentile(part, clock.GetElapsedTime(_start));
        }
    }

    private Station? StationOf(int number)
    {
        if (!_stations.TryGetValue(number, out var station) && _stations.Count < MostStations)
        {
            _stations.Add(number, station = new());
        }

        return station;
    }

    private sealed class Station
    {
        public long Requests { get; set; }

        public long Timeouts { get; set; }

        public TimeSpan? RoundTrip { get; set; }
    }

    private sealed class TrafficError(DateTimeOffset at, string sentence)
    {
        public DateTimeOffset FirstAt { get; } = at;

        public DateTimeOffset LastAt { get; set; } = at;

        public long Count { get; set; } = 1;

        public string Sentence { get; } = sentence;
    }
}
