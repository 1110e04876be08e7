using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Uns.Historian;

/// <content>What fails costs history, which is counted, marked and told, and nothing else.</content>
public sealed partial class HistoryRecorder
{
    // What was being written may be what broke it: it is given up, counted and marked, and the file is opened anew.
    private async Task StumbleAsync(Exception fault)
    {
        Fail($"History stumbled and begins again: {fault.Message}");
        LogStumbled(fault);
        GiveUp(_unsaved.Count);
        if (_store is { } store)
        {
            _store = null;
            await store.DisposeAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Discard()
    {
        while (_queue.Reader.TryRead(out var entry))
        {
            Interlocked.Increment(ref _lost);
            entry.Series.Lose(entry.Time);
        }
    }

    private async Task RefusedAsync(Exception refused)
    {
        Fail($"The disk does not take the history: {refused.Message}");
        if (refused is SqliteException { SqliteErrorCode: SqliteConstraint })
        {
            GiveUp(_unsaved.Count); // They would be refused for ever.
        }

        if (_store is { Failure: not null } dead)
        {
            _store = null;
            await dead.DisposeAsync();
        }
    }

    private void GiveUpBeyondBound()
    {
        if (_unsaved.Count > ClosedBound)
        {
            GiveUp(_unsaved.Count - ClosedBound);
        }
    }

    private void GiveUp(int runs)
    {
        var given = _unsaved[..runs];
        _unsaved.RemoveRange(0, runs);
        _book.Forget(given);
        foreach (var (series, run, _) in given)
        {
            Interlocked.Add(ref _lost, run.Count);
            series.Lose(run.Last);
        }
    }

    private string? FreeFault()
    {
        long free;
        try
        {
            free = _freeBytes();
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // Then the disk itself will say so.
        }

        return free >= _options.ReserveBytes
            ? null
            : $"The disk has {free >> 20} MiB left. History pauses below {_options.ReserveBytes >> 20} MiB, so that the rest of the hub can write: make room.";
    }

    private void Fail(string fault)
    {
        lock (_statusGate)
        {
            if (_fault is null)
            {
                _faultSince = _clock.GetUtcNow();
                LogFails(fault);
            }

            _fault = fault;
        }
    }

    [LoggerMessage(1700, LogLevel.Error, "History is not written: {Fault} The plant is not affected.")]
    private partial void LogFails(string fault);

    [LoggerMessage(1710, LogLevel.Error, "History stumbled and begins again.")]
    private partial void LogStumbled(Exception fault);

    [LoggerMessage(1711, LogLevel.Warning, "The clock is {Days:0.0} days from the time by which history reckons: nothing is given up by its age until that has stood for {Patience:0} days.")]
    private partial void LogClockApart(double days, double patience);

    [LoggerMessage(1701, LogLevel.Warning, "History is written again.")]
    private partial void LogWell();

    [LoggerMessage(1702, LogLevel.Critical, "The history's file was damaged ({Fault}). It was moved to {Aside} and a new one was begun.")]
    private partial void LogMovedAside(string fault, string aside);

    [LoggerMessage(1703, LogLevel.Error, "{Count} batches of the history's log were damaged; up to a second of history is lost for each.")]
    private partial void LogDamagedBatches(int count);
}
