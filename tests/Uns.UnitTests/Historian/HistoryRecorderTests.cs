using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Historian;
using Uns.Tags;

namespace Uns.UnitTests.Historian;

/// <summary>The recorder over a real file, with the real clock: it is asked until it knows.</summary>
public sealed class HistoryRecorderTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("uns-history-").FullName;
    private readonly DateTimeOffset _begin = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.AddHours(-3).ToUnixTimeMilliseconds());
    private long _free = long.MaxValue;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_was_recorded_is_there_at_once_after_a_stop_and_after_a_crash()
    {
        await using (var history = Start())
        {
            history.Add("a/b", 0, 1);
            history.Add("a/b", 60, 2);
            Assert.Equal("1@0 2@60", await history.ReadAsync("a/b", 2));
        }

        await using (var history = Start())
        {
            Assert.Equal("1@0 2@60", await history.ReadAsync("a/b", 2));
            history.Add("a/b", 120, 3, late: true);
            Assert.Equal("1@0 2@60 3@120", await history.ReadAsync("a/b", 4)); // And the gap, which a late sample does not end.
            await UntilAsync(() => Logged() >= 2, "the batch is on disk");
            CopyAside(); // What a crash at this moment leaves.
        }

        await using var after = Start(Path.Combine(_directory, "aside"));
        Assert.Equal("1@0 2@60 3@120", await after.ReadAsync("a/b", 4));
    }

    [Fact]
    public async Task What_is_told_twice_is_recorded_once_and_a_late_sample_finds_its_place()
    {
        await using var history = Start();
        history.Add("t", 0, 1);
        history.Add("t", 1, 1);
        history.Add("t", 100, 2);
        history.Add("t", 50, 9, late: true);
        history.Add("t", 40, 8, late: true);
        history.Add("t", 50, 9, late: true);
        history.Add("t", 150, 3);
        Assert.Equal("1@0 8@40 9@50 2@100 3@150", await history.ReadAsync("t", 5));
    }

    [Fact]
    public async Task A_value_that_never_was_has_no_row_and_one_that_is_gone_has_one()
    {
        await using var history = Start();
        var series = history.Recorder.Track("t", "t", "");
        history.Recorder.Record(series, _begin, TagValue.Null(DataType.Double), HistoryQuality.Stale);
        history.Add("t", 1, 5);
        history.Recorder.Record(series, _begin.AddSeconds(2), TagValue.Null(DataType.Double), HistoryQuality.Stale);
        Assert.Equal([HistoryQuality.Good, HistoryQuality.Stale], (await history.SamplesAsync("t", 2)).Select(s => s.Quality));
    }

    [Fact]
    public async Task A_day_of_seconds_goes_through_segments_and_is_asked_for_whole_and_in_parts()
    {
        const int Count = 7000;
        await using (var history = Start())
        {
            for (var i = 0; i < Count; i++)
            {
                history.Add("t", i, i % 100);
            }

            await UntilAsync(() => history.Recorder.Status.Recorded == Count, "all are taken");
        }

        await using var again = Start();
        var spans = await again.SpansAsync("t", 0, Count, 70);
        Assert.Equal(70, spans.Count);
        Assert.All(spans, s => Assert.Equal((100, 0, 99, 49.5, HistoryQuality.Good), (s.Count, s.Low, s.High, s.Average, s.Quality)));
        Assert.Equal("99@4999 0@5000 1@5001 2@5002", await again.ReadAsync("t", 4, 5000, 5003));
        Assert.True(Number("SELECT COUNT(*) FROM historian_segment") >= 1);
        Assert.Equal(Number("SELECT SUM(count) FROM historian_segment"), Number("SELECT SUM(count) FROM historian_hour"));
    }

    [Fact]
    public async Task A_tag_that_is_renamed_or_moved_keeps_its_past()
    {
        await using (var history = Start())
        {
            history.Add("acme/old", 0, 1, key: "tag:7");
            Assert.Equal("1@0", await history.ReadAsync("acme/old", 1));
            history.Add("acme/new", 60, 2, key: "tag:7");
            Assert.Equal("1@0 2@60", await history.ReadAsync("acme/new", 2));
            Assert.Equal("1@0 2@60", await history.ReadAsync("acme/old", 2));
            Assert.Null(await history.Recorder.Reader.ReadAsync("acme/other", _begin, _begin.AddHours(1), 10, CancellationToken.None));
        }

        // The address of a trend outlives the place and the hub, until something else stands there.
        await using var again = Start();
        Assert.Equal("1@0 2@60", await again.ReadAsync("acme/old", 2));
        again.Add("acme/old", 120, 9, key: "tag:8");
        Assert.Equal("9@120", await again.ReadAsync("acme/old", 1));
        Assert.Equal("1@0 2@60", await again.ReadAsync("acme/new", 2));
    }

    [Fact]
    public async Task The_time_in_which_the_hub_did_not_run_is_a_gap()
    {
        await using (var history = Start())
        {
            history.Add("t", 0, 1);
            await history.ReadAsync("t", 1);
        }

        await using var again = Start();
        var ended = await again.SamplesAsync("t", 2);
        Assert.Equal([HistoryQuality.Good, HistoryQuality.Gap], ended.Select(s => s.Quality));
        again.Add("t", 3 * 3600, 1); // Now: the same value as before, and still news.
        var samples = await again.SamplesAsync("t", 3);
        Assert.Equal([HistoryQuality.Good, HistoryQuality.Gap, HistoryQuality.Good], samples.Select(s => s.Quality));
        Assert.True(samples[1].Time < samples[2].Time);
    }

    [Fact]
    public async Task A_damaged_file_is_moved_aside_and_history_begins_anew()
    {
        await using (var history = Start())
        {
            history.Add("t", 0, 1);
            await history.ReadAsync("t", 1);
        }

        await File.WriteAllBytesAsync(Path.Combine(_directory, "hub.db"), new byte[10_000]);
        await using var again = Start();
        again.Add("t", 60, 2);
        Assert.Equal("2@60", await again.ReadAsync("t", 1));
        Assert.Contains("moved to", again.Recorder.Status.Damaged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_run_in_a_sound_file_is_a_gap_and_the_rest_is_read()
    {
        await using (var history = Start())
        {
            for (var i = 0; i < 3000; i++)
            {
                history.Add("t", i, i);
            }

            await UntilAsync(() => history.Recorder.Status.Recorded == 3000, "all are taken");
        }

        Execute("UPDATE historian_segment SET payload = x'FFFFFFFF'");
        await using var again = Start();
        var answer = await again.Recorder.Reader.ReadAsync("t", _begin, _begin.AddHours(1), 10, CancellationToken.None);
        await UntilAsync(async () => (answer = await again.Recorder.Reader.ReadAsync("t", _begin, _begin.AddHours(1), 10, CancellationToken.None)) is not null, "the series is known");
        Assert.True(answer!.Missing > 0);
    }

    [Fact]
    public async Task A_full_disk_pauses_history_says_so_and_nothing_waits_for_it()
    {
        _free = 0;
        await using var history = Start();
        history.Add("t", 0, 1);
        await UntilAsync(() => history.Recorder.Status.Fault is not null, "the full disk is told");
        Assert.Contains("make room", history.Recorder.Status.Fault, StringComparison.Ordinal);
        Assert.Equal("1@0", await history.ReadAsync("t", 1)); // Memory still knows.
        Assert.Equal(0, Number("SELECT COUNT(*) FROM historian_log"));
        _free = long.MaxValue;
        history.Add("t", 60, 2);
        await UntilAsync(() => history.Recorder.Status.Fault is null, "it is well again");
        Assert.Equal("1@0 2@60", await history.ReadAsync("t", 2));
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_costs_history_and_is_told()
    {
        var nowhere = Path.Combine(_directory, "nowhere");
        await File.WriteAllTextAsync(nowhere, "no directory");
        await using var history = Start(nowhere);
        history.Add("t", 0, 1);
        await UntilAsync(() => history.Recorder.Status is { Fault: not null, Lost: 1 }, "the loss is counted");
        Assert.Contains("cannot be opened", history.Recorder.Status.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absurd_source_time_is_replaced_by_the_arrival_and_counted()
    {
        await using var history = Start();
        history.Add("t", 10 * 365 * 24 * 3600, 5);
        var sample = Assert.Single(await history.SamplesAsync("t", 1));
        Assert.Equal(1, history.Recorder.Status.Redated);
        Assert.True(sample.Time <= DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task The_oldest_goes_when_there_is_too_much_but_what_holds_now_stays()
    {
        await using (var history = Start())
        {
            for (var i = 0; i < 20_000; i++)
            {
                history.Add("fast", i / 2.0, i);
            }

            history.Add("slow", 0, 42);
            await UntilAsync(() => history.Recorder.Status.Recorded == 20_001, "all are taken");
        }

        await using var store = Uns.Store.HubStore.Open(_directory, HistoryFile.Schema, TimeProvider.System);
        var before = await store.ReadAsync(c => HistoryFile.Number(c, "SELECT COUNT(*) FROM historian_segment"));
        await store.WriteAsync(c => HistoryFile.Retain(c, long.MaxValue, long.MaxValue, maximumBytes: 1));
        var left = await store.ReadAsync(c => HistoryFile.Number(c, "SELECT COUNT(*) FROM historian_segment"));
        Assert.Equal(Math.Min(before, 1), left);
        Assert.Equal(0, await store.ReadAsync(c => HistoryFile.Number(c, "SELECT COUNT(*) FROM historian_hour")));
    }

    private Running Start(string? directory = null) => new(directory ?? _directory, _begin, () => Volatile.Read(ref _free));

    private void CopyAside()
    {
        var aside = Directory.CreateDirectory(Path.Combine(_directory, "aside")).FullName;
        foreach (var file in Directory.GetFiles(_directory, "hub.db*"))
        {
            File.Copy(file, Path.Combine(aside, Path.GetFileName(file)));
        }
    }

    private long Logged() => Number("SELECT COUNT(*) FROM historian_log");

    private long Number(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "hub.db")};Pooling=False;Mode=ReadOnly");
        connection.Open();
        return HistoryFile.Number(connection, sql);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "hub.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    private static async Task UntilAsync(Func<Task<bool>> holds, string what, Func<string>? last = null)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var begun = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Limit, $"It did not come to pass that {what}. {last?.Invoke()}");
            await pace.WaitForNextTickAsync();
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly DateTimeOffset _begin;
        private readonly Task _run;

        public Running(string directory, DateTimeOffset begin, Func<long> free)
        {
            _begin = begin;
            Recorder = new HistoryRecorder(new HistoryOptions { Directory = directory }, TimeProvider.System, NullLogger<HistoryRecorder>.Instance, free);
            _run = Recorder.RunAsync(_stop.Token);
        }

        public HistoryRecorder Recorder { get; }

        public void Add(string path, double second, double value, bool late = false, string? key = null) =>
            Recorder.Record(Recorder.Track(key ?? path, path, ""), _begin.AddSeconds(second), TagValue.Of(value), HistoryQuality.Good, late);

        public async Task<IReadOnlyList<HistorySample>> SamplesAsync(string path, int count, double from = 0, double to = 5 * 3600)
        {
            HistoryAnswer? answer = null;
            await UntilAsync(
                async () => (answer = await Recorder.Reader.ReadAsync(path, _begin.AddSeconds(from), _begin.AddSeconds(to), 1000, CancellationToken.None))?.Samples?.Count >= count,
                $"{path} has {count} samples", () => string.Join(' ', answer?.Samples ?? []));
            return answer!.Samples!;
        }

        public async Task<string> ReadAsync(string path, int count, double from = 0, double to = 5 * 3600) => string.Join(
            ' ', (await SamplesAsync(path, count, from, to)).Where(s => s.Quality == HistoryQuality.Good).Select(s => $"{s.Value}@{(s.Time - _begin.ToUnixTimeMilliseconds()) / 1000}"));

        public async Task<IReadOnlyList<HistoryBucket>> SpansAsync(string path, double from, double to, int buckets)
        {
            HistoryAnswer? answer = null;
            await UntilAsync(async () => (answer = await Recorder.Reader.ReadAsync(path, _begin.AddSeconds(from), _begin.AddSeconds(to), buckets, CancellationToken.None)) is not null, "the series is known");
            return answer!.Buckets!;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
        }
    }
}
