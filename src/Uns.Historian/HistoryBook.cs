using Microsoft.Data.Sqlite;

namespace Uns.Historian;

/// <summary>
/// All series in memory: who they are, and the runs of samples that are not on disk as segments yet. Every sample is in the log
/// within a second, so that a run may stay open until it is long enough.
/// </summary>
/// <remarks>The recorder alone adds samples; readers copy under <see cref="Gate"/>. No I/O here but the replay's reading.</remarks>
internal sealed class HistoryBook(HistoryOptions options)
{
    /// <summary>Samples after which a run is closed: some kilobytes, and still 85 rows for a day of seconds.</summary>
    public const int FullRun = 1024;

    /// <summary>Places that were left and are remembered; one more is not.</summary>
    public const int MostFormerPaths = 200_000;

    private readonly Dictionary<string, HistorySeries> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HistorySeries> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HistorySeries> _byFormerPath = new(StringComparer.Ordinal); // The address of a trend outlives the place.
    private readonly Dictionary<string, HistorySeries> _unsavedFormer = new(StringComparer.Ordinal);
    private readonly HashSet<HistorySeries> _touched = [];
    private readonly SampleBytes _log = new(1 << 16);
    private int _nextId = 1;
    private long _nextRun = 1;
    private long _logTime;

    public Lock Gate { get; } = new();

    /// <summary>The batch of the log that is being filled.</summary>
    public long Batch { get; private set; } = 1;

    public int LogBytes => _log.Length;

    /// <summary>Series whose row on disk is missing or old.</summary>
    public HashSet<HistorySeries> Unsaved { get; } = [];

    public int Count
    {
        get
        {
            lock (Gate)
            {
                return _byKey.Count;
            }
        }
    }

    /// <summary>Finds or makes a series, and notes where it stands now.</summary>
    /// <returns>Null when there are too many.</returns>
    public HistorySeries? Track(string key, string path, string unit)
    {
        lock (Gate)
        {
            if (!_byKey.TryGetValue(key, out var series))
            {
                if (_byKey.Count >= options.MaximumSeries)
                {
                    return null;
                }

                _byKey.Add(key, series = new HistorySeries(key) { Id = _nextId++ });
            }

            if (series.Path != path || series.Unit != unit || _byPath.GetValueOrDefault(path) != series)
            {
                if (series.Path != path && _byPath.GetValueOrDefault(series.Path) == series)
                {
                    _byPath.Remove(series.Path);
                    Leave(series.Path, series);
                }

                (series.Path, series.Unit, series.IsSaved) = (path, unit, false);
                _byPath[path] = series;
            }

            if (!series.IsSaved)
            {
                Unsaved.Add(series);
            }

            return series;
        }
    }

    /// <summary>The series that stands at a path, or stood there last.</summary>
    public HistorySeries? AtPath(string path)
    {
        lock (Gate)
        {
            return _byPath.GetValueOrDefault(path) ?? _byFormerPath.GetValueOrDefault(path);
        }
    }

    /// <summary>The places that were left since the last call: path, and the series that left it.</summary>
    public List<(string Path, HistorySeries Series)> UnsavedFormer()
    {
        lock (Gate)
        {
            return [.. _unsavedFormer.Select(f => (f.Key, f.Value))];
        }
    }

    /// <summary>These places are on disk now.</summary>
    public void Keep(IReadOnlyList<(string Path, HistorySeries Series)> former)
    {
        lock (Gate)
        {
            foreach (var (path, series) in former)
            {
                if (_unsavedFormer.GetValueOrDefault(path) == series)
                {
                    _unsavedFormer.Remove(path);
                }
            }
        }
    }

    /// <summary>Adds one sample to its series and to the log.</summary>
    /// <param name="entry">The sample.</param>
    /// <param name="arrival">Now, ms since 1970.</param>
    /// <returns>False when the batch must be committed first; nothing was added then.</returns>
    public bool TryAdd(in HistoryEntry entry, long arrival)
    {
        var series = entry.Series;
        lock (Gate)
        {
            if (series.LastTime == long.MinValue && entry is { Quality: HistoryQuality.Stale, Value.IsNull: true })
            {
                return true; // Nobody has read it yet: a value that never was has no past.
            }

            if (series.Open.Count >= HistorySeries.MaximumOpen)
            {
                return false;
            }

            var time = entry.Time;
            if (series.GapSince is > 0 and var gap && !entry.IsLate)
            {
                time = time < gap ? arrival : time; // It holds from now on, whenever it was taken: what was between is not known.
                if (gap > series.LastTime && gap <= time)
                {
                    Put(series, new HistorySample(gap, Tags.TagValue.Null(0), HistoryQuality.Gap));
                }

                series.GapSince = 0;
                series.LastQuality = null;
            }

            var value = KeptValue.Of(entry.Value);
            if (time >= series.LastTime && value == series.LastValue && entry.Quality == series.LastQuality)
            {
                return true; // Told again, not changed.
            }

            Put(series, new HistorySample(time, value.Value, entry.Quality));
            return true;
        }
    }

    /// <summary>The batch's bytes for the log. The next batch begins.</summary>
    public byte[] TakeLog()
    {
        var bytes = _log.Written.ToArray();
        _log.Clear();
        _logTime = 0;
        Batch++;
        return bytes;
    }

    /// <summary>Closes every run that is long enough, or whose first sample is in a batch up to <paramref name="throughBatch"/>.</summary>
    /// <remarks>Called between two batches, so that a series' samples are either all closed or all open.</remarks>
    public List<ClosedRun> Close(long throughBatch)
    {
        var closed = new List<ClosedRun>();
        lock (Gate)
        {
            foreach (var series in throughBatch > 0 ? [.. _byKey.Values] : _touched)
            {
                if (series.Open.Count > 0 && (series.OpenCount >= FullRun || series.Open.Count >= HistorySeries.MaximumOpen || series.Open.Exists(r => r.FirstBatch <= throughBatch)))
                {
                    closed.AddRange(series.Open.Select(run => new ClosedRun(series, run, run.ToArray())));
                    series.Closed.AddRange(series.Open);
                    series.Open.Clear();
                    series.ClosedBatch = Batch - 1;
                }
            }

            _touched.Clear();
        }

        return closed;
    }

    /// <summary>These runs are on disk now, or given up.</summary>
    public void Forget(IReadOnlyList<ClosedRun> runs)
    {
        lock (Gate)
        {
            foreach (var (series, run, _) in runs)
            {
                series.Closed.Remove(run);
            }
        }
    }

    /// <summary>The first batch of the log that an open run still needs.</summary>
    public long FirstNeeded()
    {
        lock (Gate)
        {
            var first = Batch;
            foreach (var series in _byKey.Values)
            {
                foreach (var run in series.Open)
                {
                    first = Math.Min(first, run.FirstBatch);
                }
            }

            return first;
        }
    }

    /// <summary>The file is new: every series must be written again.</summary>
    public void Unsave()
    {
        lock (Gate)
        {
            foreach (var series in _byKey.Values)
            {
                series.IsSaved = false;
                Unsaved.Add(series);
            }

            foreach (var (path, series) in _byFormerPath)
            {
                _unsavedFormer[path] = series;
            }
        }
    }

    /// <summary>Takes in what the file holds: the series, and the samples of the log that are in no segment.</summary>
    /// <returns>Damaged batches that were left out.</returns>
    public int Load(SqliteConnection connection)
    {
        var rows = HistoryFile.Series(connection);
        var aliveAt = HistoryFile.Number(connection, "SELECT alive_at FROM historian_state");
        var byId = new Dictionary<int, HistorySeries>();
        var damaged = 0;
        lock (Gate)
        {
            _nextRun = Math.Max(_nextRun, HistoryFile.Number(connection, "SELECT MAX(id) FROM historian_segment") + 1);
            var early = _byKey.Values.ToList(); // Tracked while the file was being opened: they take their saved ids, or ids behind all saved ones.
            _nextId = Math.Max(_nextId, rows.Select(r => r.Id).DefaultIfEmpty().Max() + 1);
            early.ForEach(s => s.Id = _nextId++);
            foreach (var (id, key, path, unit, closedBatch, lastTime) in rows)
            {
                if (!_byKey.TryGetValue(key, out var series))
                {
                    series = new HistorySeries(key) { Path = path, Unit = unit, IsSaved = true };
                    _byKey.Add(key, series);
                    _byPath.TryAdd(path, series);
                }
                else if (series.Path != path)
                {
                    Leave(path, series); // It was moved while the file was not open.
                }

                (series.Id, series.ClosedBatch, series.LastTime) = (id, closedBatch, lastTime ?? long.MinValue);
                byId[id] = series;
            }

            foreach (var (path, id) in HistoryFile.Former(connection))
            {
                if (byId.TryGetValue(id, out var series))
                {
                    _byFormerPath.TryAdd(path, series);
                }
            }

            foreach (var (batch, payload) in HistoryFile.Log(connection))
            {
                Batch = batch;
                damaged += Replay(payload, byId) ? 0 : 1;
            }

            Batch = Math.Max(Batch, rows.Select(r => r.ClosedBatch).DefaultIfEmpty().Max()) + 1;
            _log.Clear();
            _logTime = 0;
            foreach (var series in byId.Values.Where(s => aliveAt > 0 && s.LastTime != long.MinValue))
            {
                series.LastQuality = null;
                series.Lose(aliveAt + 1);
            }
        }

        return damaged;
    }

    private void Leave(string path, HistorySeries series)
    {
        if (path.Length > 0 && (_byFormerPath.Count < MostFormerPaths || _byFormerPath.ContainsKey(path)))
        {
            _byFormerPath[path] = series;
            _unsavedFormer[path] = series;
        }
    }

    private bool Replay(byte[] payload, Dictionary<int, HistorySeries> byId)
    {
        var reader = new SampleBytesReader(payload);
        for (long time = 0; !reader.IsAtEnd;)
        {
            if (!reader.TryNumber(out var id) || !reader.TrySigned(out var step) || !reader.TryByte(out var quality) || !reader.TryByte(out var kind)
                || !reader.TryValue(kind, 0, out var value) || quality > (byte)HistoryQuality.Gap)
            {
                return false;
            }

            time += step;
            if (byId.TryGetValue((int)id, out var series) && Batch > series.ClosedBatch)
            {
                Put(series, new HistorySample(time, value.Value, (HistoryQuality)quality));
            }
        }

        return true;
    }

    private void Put(HistorySeries series, in HistorySample sample)
    {
        var time = sample.Time;
        if (series.Open.Find(r => r.Last <= time) is not { } run)
        {
            series.Open.Add(run = new SegmentWriter(_nextRun++, Batch));
        }

        run.Add(sample);
        _touched.Add(series);
        var value = KeptValue.Of(sample.Value);
        if (sample.Time >= series.LastTime)
        {
            (series.LastTime, series.LastValue, series.LastQuality) = (sample.Time, value, sample.Quality);
        }

        _log.Number((ulong)series.Id);
        _log.Signed(sample.Time - _logTime);
        _log.Byte((byte)sample.Quality);
        _log.Byte(value.Kind);
        _log.Value(value, 0);
        _logTime = sample.Time;
    }
}
