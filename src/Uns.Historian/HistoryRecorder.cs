using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Uns.Store;
using Uns.Tags;

namespace Uns.Historian;

/// <summary>
/// Remembers every change it is told, in a file of its own. Whoever tells never waits: a full queue or a failing disk costs
/// history, which is counted and marked as a gap, and nothing else.
/// </summary>
/// <remarks>What was told is in memory at once and on disk within a second; a crash may cost that second.</remarks>
public sealed partial class HistoryRecorder
{
    /// <summary>Samples that may wait. Half a second of the fastest plant that was measured.</summary>
    public const int QueueBound = 65_536;

    private const int BatchBound = 32_768;
    private const long LogBound = 32L << 20;
    private const int ClosedBound = 16_384; // Runs kept in memory while the disk takes none: at most some 100 MiB.
    private const int SqliteConstraint = 19;

    private static readonly TimeSpan CommitPace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetainPace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReopenPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FarAhead = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(3650);

    private readonly Channel<HistoryEntry> _queue = Channel.CreateBounded<HistoryEntry>(
        new BoundedChannelOptions(QueueBound) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly HistoryOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<HistoryRecorder> _logger;
    private readonly Func<long> _freeBytes;
    private readonly HistoryBook _book;
    private readonly List<ClosedRun> _unsaved = [];
    private readonly Queue<(long Batch, int Bytes)> _log = new();
    private readonly Lock _statusGate = new();
    private volatile HubStore? _store;
    private bool _isLoaded;
    private string? _fault;
    private DateTimeOffset? _faultSince;
    private string? _damaged;
    private long _logBytes;
    private long _recorded;
    private long _lost;
    private long _redated;
    private long _bytes;
    private readonly RetentionTime _retention = new();
    private TimeSpan _retainAt;
    private TimeSpan? _clockApart;

    /// <summary>A recorder that does not run yet.</summary>
    /// <param name="options">Where, and how much is kept.</param>
    /// <param name="clock">Pace and arrival times.</param>
    /// <param name="logger">Told once when history begins to be lost, and once when it is well again.</param>
    /// <param name="freeBytes">Free bytes of the disk; null: asks the disk.</param>
    public HistoryRecorder(HistoryOptions options, TimeProvider clock, ILogger<HistoryRecorder> logger, Func<long>? freeBytes = null)
    {
        (_options, _clock, _logger) = (options, clock, logger);
        _freeBytes = freeBytes ?? (() => new DriveInfo(Path.GetFullPath(options.Directory)).AvailableFreeSpace);
        _book = new HistoryBook(options);
        Reader = new HistoryReader(_book, () => _store, clock);
    }

    /// <summary>Answers questions about the past.</summary>
    public HistoryReader Reader { get; }

    /// <summary>How it fares.</summary>
    public HistoryStatus Status
    {
        get
        {
            lock (_statusGate)
            {
                return new(
                    _fault, _faultSince, _book.Count, Interlocked.Read(ref _recorded), Interlocked.Read(ref _lost), Interlocked.Read(ref _redated), Interlocked.Read(ref _bytes),
                    _options.MaximumBytes, _damaged);
            }
        }
    }

    /// <summary>How far the clock is from the time by which history is given up, negative: behind it; null while it is believed.</summary>
    /// <remarks>A jump of more than a day is believed once it has stood for a week; until then nothing goes by its age. The bound in bytes holds all the same.</remarks>
    public TimeSpan? ClockApart
    {
        get
        {
            lock (_statusGate)
            {
                return _clockApart;
            }
        }
    }

    // The time of day can be set, this only goes forward.
    private TimeSpan Moment => _clock.GetElapsedTime(0);

    /// <summary>Finds the series of an identity, or begins it, and notes where it stands now. Fast; from any thread.</summary>
    /// <param name="key">Identity that stays when the tag is renamed or moved.</param>
    /// <param name="path">Where it stands now.</param>
    /// <param name="unit">Engineering unit; empty when there is none.</param>
    /// <returns>Null when there are too many series: its samples are lost, and counted when they are handed over.</returns>
    public HistorySeries? Track(string key, string path, string unit) => _book.Track(key, path, unit);

    /// <summary>Hands over one sample. Never waits; from any thread.</summary>
    /// <param name="series">Its series; null: it is counted as lost.</param>
    /// <param name="time">Source time. One more than an hour ahead, or ten years ago, is taken for a broken clock: the arrival counts then.</param>
    /// <param name="value">The value.</param>
    /// <param name="quality">How far it can be believed.</param>
    /// <param name="isLate">True for a value of the past that came late: it never ends a gap by itself.</param>
    public void Record(HistorySeries? series, DateTimeOffset time, TagValue value, HistoryQuality quality, bool isLate = false)
    {
        if (series is null || !_queue.Writer.TryWrite(new HistoryEntry(series, time.ToUnixTimeMilliseconds(), value, quality, isLate)))
        {
            Interlocked.Increment(ref _lost);
            series?.Lose(time.ToUnixTimeMilliseconds());
        }
    }

    /// <summary>Runs until cancelled; then brings to disk what it has. Never ends by itself.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (_store is null && !await OpenAsync())
                {
                    Discard();
                    await Task.Delay(ReopenPause, _clock, cancellationToken);
                    continue;
                }

                await GatherAsync(cancellationToken);
                await CommitAsync();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                await StumbleAsync(fault); // The top of the pump: whatever broke, history begins again.
                await Task.Delay(ReopenPause, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        try
        {
            await FinishAsync();
        }
        catch (Exception fault)
        {
            await StumbleAsync(fault);
        }
    }

    private async Task FinishAsync()
    {
        if (_store is { } store)
        {
            while (_queue.Reader.TryPeek(out _))
            {
                await TakeAsync(BatchBound);
                await CommitAsync();
            }

            await CommitAsync();
            _store = null;
            await store.DisposeAsync();
        }
    }

    // Takes what comes for one second, or until the batch is full.
    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        using var due = new CancellationTokenSource(CommitPace, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancellationToken);
        try
        {
            for (var taken = 0; taken < BatchBound && await _queue.Reader.WaitToReadAsync(either.Token);)
            {
                taken += await TakeAsync(BatchBound - taken);
            }
        }
        catch (OperationCanceledException)
        {
            // A second is over, or all is.
        }
    }

    private async Task<int> TakeAsync(int most)
    {
        var taken = 0;
        var now = _clock.GetUtcNow();
        while (taken < most && _queue.Reader.TryRead(out var entry))
        {
            taken++;
            var sane = Sane(entry, now);
            if (!_book.TryAdd(sane, now.ToUnixTimeMilliseconds()))
            {
                await CommitAsync();
                _book.TryAdd(sane, now.ToUnixTimeMilliseconds());
            }
        }

        Interlocked.Add(ref _recorded, taken);
        return taken;
    }

    private HistoryEntry Sane(in HistoryEntry entry, DateTimeOffset now)
    {
        if (entry.Time <= (now + FarAhead).ToUnixTimeMilliseconds() && entry.Time >= (now - LongAgo).ToUnixTimeMilliseconds())
        {
            return entry;
        }

        Interlocked.Increment(ref _redated);
        return entry with { Time = now.ToUnixTimeMilliseconds() };
    }

    private async Task<bool> OpenAsync()
    {
        try
        {
            var store = await Task.Run(() => HubStore.Open(_options.Directory, HistoryFile.Schema, _clock, policy: StorePolicy.Interval));
            try
            {
                if (_book.Batch > 1 || store.Damaged is not null)
                {
                    _book.Unsave(); // Opened again: memory knows more than the file.
                }

                if (!_isLoaded)
                {
                    if (await store.ReadAsync(_book.Load) is > 0 and var damaged)
                    {
                        LogDamagedBatches(damaged);
                    }

                    if (await store.ReadAsync(HistoryFile.Retention) is [var kept])
                    {
                        _retention.Load(kept.Reckoned, kept.Jump, kept.Stood, Moment);
                    }

                    _logBytes = await store.ReadAsync(file => HistoryFile.Number(file, "SELECT SUM(length(payload)) FROM historian_log"));
                    _log.Enqueue((_book.Batch - 1, (int)_logBytes));
                    _isLoaded = true;
                }
            }
            catch
            {
                await store.DisposeAsync();
                throw;
            }

            if (store.Damaged is { } aside)
            {
                lock (_statusGate)
                {
                    _damaged = $"The history's file was damaged ({aside.Fault}). It was moved to {aside.Path}; history began anew.";
                }

                LogMovedAside(aside.Fault, aside.Path);
            }

            _store = store;
            return true;
        }
        catch (Exception unusable) when (unusable is StoreException or SqliteException or IOException or UnauthorizedAccessException)
        {
            Fail($"The history's file cannot be opened: {unusable.Message}");
            return false;
        }
    }

    private async Task CommitAsync()
    {
        var now = _clock.GetUtcNow();
        var (batch, log) = (_book.Batch, _book.TakeLog());
        _unsaved.AddRange(_book.Close(_logBytes > LogBound ? HalfOfLog() : 0));
        GiveUpBeyondBound();
        var isRetainDue = Moment >= _retainAt;
        if (FreeFault() is { } full)
        {
            Fail(full);
            return;
        }

        List<HistorySeries> series;
        List<(int, string, string, string)> rows;
        var former = _book.UnsavedFormer();
        lock (_book.Gate)
        {
            series = [.. _book.Unsaved];
            rows = [.. series.Select(s => (s.Id, s.Key, s.Path, s.Unit))];
        }

        var old = isRetainDue ? Reckon(now) : default;
        try
        {
            await _store!.WriteAsync(connection =>
            {
                HistoryFile.SaveSeries(connection, rows);
                HistoryFile.SaveFormer(connection, former.ConvertAll(f => (f.Path, f.Series.Id)));
                HistoryFile.SaveClosed(connection, _unsaved);
                HistoryFile.SaveLog(connection, batch, log, now.ToUnixTimeMilliseconds());
                if (isRetainDue)
                {
                    HistoryFile.ForgetLog(connection, _book.FirstNeeded());
                    HistoryFile.SaveRetention(connection, _retention.Now.Reckoned, _retention.Now.Jump, _retention.Stood);
                    Interlocked.Exchange(ref _bytes, HistoryFile.Retain(
                        connection, (old - _options.KeepChanges).ToUnixTimeMilliseconds(), (old - _options.KeepHours).ToUnixTimeMilliseconds(), _options.MaximumBytes));
                }
            });
        }
        catch (Exception refused) when (refused is StoreException or SqliteException or ObjectDisposedException)
        {
            await RefusedAsync(refused);
            return;
        }

        _book.Keep(former);
        Saved(series, rows, (batch, log.Length), isRetainDue);
    }

    private DateTimeOffset Reckon(DateTimeOffset now)
    {
        var old = _retention.Next(now, Moment);
        lock (_statusGate)
        {
            if (_clockApart is null && _retention.Apart is { } apart)
            {
                LogClockApart(apart.TotalDays, RetentionTime.Patience.TotalDays);
            }

            _clockApart = _retention.Apart;
        }

        return old;
    }

    private void Saved(List<HistorySeries> series, List<(int Id, string Key, string Path, string Unit)> rows, (long, int) log, bool hasRetained)
    {
        lock (_book.Gate)
        {
            for (var i = 0; i < series.Count; i++)
            {
                if (series[i].Path == rows[i].Path && series[i].Unit == rows[i].Unit)
                {
                    series[i].IsSaved = true;
                    _book.Unsaved.Remove(series[i]);
                }
            }
        }

        _book.Forget(_unsaved);
        _unsaved.Clear();
        _log.Enqueue(log);
        _logBytes += log.Item2;
        if (hasRetained)
        {
            _retainAt = Moment + RetainPace;
            var needed = _book.FirstNeeded();
            while (_log.TryPeek(out var first) && first.Batch < needed)
            {
                _logBytes -= _log.Dequeue().Bytes;
            }
        }

        lock (_statusGate)
        {
            if (_fault is not null)
            {
                (_fault, _faultSince) = (null, null);
                LogWell();
            }
        }
    }

    // The log is to shrink to half: runs that began in its older half are closed, long enough or not.
    private long HalfOfLog()
    {
        _retainAt = default;
        var kept = _logBytes;
        foreach (var (batch, bytes) in _log)
        {
            if ((kept -= bytes) <= LogBound / 2)
            {
                return batch;
            }
        }

        return _book.Batch - 1;
    }
}
