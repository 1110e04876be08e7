using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Historian;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Historian;

/// <summary>The recorder over a real file while the clock is set and while its own parts break.</summary>
public sealed class HistoryFaultTests : IAsyncLifetime
{
    private const int Run = HistoryBook.FullRun + 100;
    private const int DaysAhead = 3750; // Beyond everything that is kept.

    private readonly string _directory = Directory.CreateTempSubdirectory("uns-history-").FullName;
    private readonly ManualClock _clock = new();
    private HistoryRecorder _history = null!;
    private CancellationTokenSource _stop = null!;
    private Task _run = Task.CompletedTask;
    private volatile Exception? _fault;
    private int _told;

    public ValueTask InitializeAsync()
    {
        Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_clock_that_is_set_ahead_by_years_gives_nothing_up_until_that_has_stood_for_a_week()
    {
        await TellAsync(segments: 1);
        await TellAsync(segments: 2);
        var before = Kept();
        await GlitchAsync();
        Assert.Equal(before, Kept());

        // It stands already when the hub starts.
        await StopAsync();
        _clock.SetWall(TimeSpan.FromDays(DaysAhead));
        Start();
        await TurnAsync(() => _history.ClockApart?.Days == DaysAhead);
        _clock.SetWall(TimeSpan.FromDays(-DaysAhead));
        await TurnAsync(() => _history.ClockApart is null);
        Assert.Equal(before, Kept());

        // And this time it stays so.
        _clock.SetWall(TimeSpan.FromDays(DaysAhead));
        await TurnAsync(() => _history.ClockApart is not null);
        _clock.Advance(RetentionTime.Patience);
        await TurnAsync(() => _history.ClockApart is null && Kept() is (1, 0)); // The newest run of a series stays whatever its age.
    }

    [Fact]
    public async Task A_clock_that_is_set_back_holds_up_no_look_at_what_is_too_old()
    {
        await TellAsync(segments: 1);
        await TurnAsync(() => _history.Status.Bytes > 0);
        _clock.SetWall(TimeSpan.FromDays(-2));
        await TurnAsync(() => _history.ClockApart is not null); // A look was taken.
    }

    [Fact]
    public async Task Whatever_breaks_history_is_told_and_history_begins_again()
    {
        await TellAsync(segments: 1);
        _fault = new InvalidOperationException("nobody thought of this");
        await TurnAsync(() => _history.Status.Fault?.Contains("nobody thought of this", StringComparison.Ordinal) == true);
        _fault = null;
        await TurnAsync(() => _history.Status.Fault is null);
        var segments = Kept().Segments;
        await TellAsync(segments + 1);
        Assert.False(_run.IsCompleted);
    }

    private async Task GlitchAsync()
    {
        _clock.SetWall(TimeSpan.FromDays(DaysAhead));
        await TurnAsync(() => _history.ClockApart?.Days == DaysAhead);
        _clock.SetWall(TimeSpan.FromDays(-DaysAhead));
        await TurnAsync(() => _history.ClockApart is null);
    }

    private async Task TellAsync(long segments)
    {
        var series = _history.Track("t", "t", "");
        for (var end = _told + Run; _told < end; _told++)
        {
            _history.Record(series, new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.Zero).AddSeconds(_told), TagValue.Of((double)_told), HistoryQuality.Good);
        }

        await TurnAsync(() => _history.Status.Bytes > 0 && Kept().Segments >= segments);
    }

    private (long Segments, long Hours) Kept()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory, "hub.db")};Pooling=False;Mode=ReadOnly");
        connection.Open();
        return (HistoryFile.Number(connection, "SELECT COUNT(*) FROM historian_segment"), HistoryFile.Number(connection, "SELECT COUNT(*) FROM historian_hour"));
    }

    // Lets the time go on until something is so.
    private Task TurnAsync(Func<bool> isSo) => Waiting.ReachAsync(() =>
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return isSo();
    });

    private void Start()
    {
        _stop = new CancellationTokenSource();
        _history = new HistoryRecorder(
            new HistoryOptions { Directory = _directory }, _clock, NullLogger<HistoryRecorder>.Instance, () => _fault is { } fault ? throw fault : long.MaxValue);
        _run = _history.RunAsync(_stop.Token);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }
}
