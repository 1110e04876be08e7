using Microsoft.Data.Sqlite;
using Uns.Store;

namespace Uns.Historian;

/// <summary>A series' past in a range.</summary>
/// <param name="Path">Where the tag stands, or stood last.</param>
/// <param name="Unit">Engineering unit; empty when there is none.</param>
/// <param name="Samples">
/// Every change of the range when there are not more than asked for, oldest first; else null. The first may lie before the range:
/// it is what held at its beginning.
/// </param>
/// <param name="Buckets">The spans of the range, oldest first; null when every change is given.</param>
/// <param name="Missing">Runs of samples that could not be read: the file is damaged there.</param>
public sealed record HistoryAnswer(string Path, string Unit, IReadOnlyList<HistorySample>? Samples, IReadOnlyList<HistoryBucket>? Buckets, int Missing);

/// <summary>Reads the past: from memory what is new, from disk what is old. Safe from any thread.</summary>
public sealed class HistoryReader
{
    /// <summary>Most spans, or changes, one answer has.</summary>
    public const int MaximumPoints = 10_000;

    // A run is as long as a batch at most; the range may lie in the middle of two.
    private const int MostLookedThrough = 1 << 16;

    private readonly HistoryBook _book;
    private readonly Func<HubStore?> _store;
    private readonly TimeProvider _clock;

    internal HistoryReader(HistoryBook book, Func<HubStore?> store, TimeProvider clock) => (_book, _store, _clock) = (book, store, clock);

    /// <summary>The past of the tag at a path.</summary>
    /// <param name="path">Where it stands, or stood last.</param>
    /// <param name="from">Beginning of the range.</param>
    /// <param name="to">End of the range, behind <paramref name="from"/>.</param>
    /// <param name="points">Most changes or spans to give, 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait for a reader's turn.</param>
    /// <returns>Null when nothing was ever recorded at that path.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or the number out of its range.</exception>
    public async Task<HistoryAnswer?> ReadAsync(string path, DateTimeOffset from, DateTimeOffset to, int points, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(points, MaximumPoints);
        if (_book.AtPath(path) is not { } series)
        {
            return null;
        }

        var query = new Query(series, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds(), points, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        var fresh = Fresh(series); // Before the file: what moves to disk in between is seen twice, and told apart by its number.
        try
        {
            return _store() is { } store ? await store.ReadAsync(file => Read(query, fresh, file), cancellationToken) : Read(query, fresh, null);
        }
        catch (Exception gone) when (gone is SqliteException or StoreException or ObjectDisposedException)
        {
            return Read(query, fresh, null) with { Missing = 1 };
        }
    }

    /// <summary>The last changes of the tag at a path, newest first; empty when there are none.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="most">Most to give, 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait for a reader's turn.</param>
    public async Task<IReadOnlyList<HistorySample>> LastAsync(string path, int most, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        for (var span = TimeSpan.FromMinutes(2); ; span *= 30)
        {
            var answer = await ReadAsync(path, now - span, now + TimeSpan.FromHours(1), MaximumPoints, cancellationToken);
            if (answer is null || answer.Samples is { } found && (found.Count > most || span > TimeSpan.FromDays(400)))
            {
                return answer is null ? [] : [.. answer.Samples!.Reverse().Take(most)];
            }

            if (answer.Samples is null)
            {
                // Too many in this span: the shorter one before it had too few, but enough to show.
                answer = await ReadAsync(path, now - (span / 30), now + TimeSpan.FromHours(1), MaximumPoints, cancellationToken);
                return answer?.Samples is { } few ? [.. few.Reverse().Take(most)] : [];
            }
        }
    }

    private List<KeptRun> Fresh(HistorySeries series)
    {
        lock (_book.Gate)
        {
            return [.. series.Closed.Concat(series.Open).Select(run => new KeptRun(run.Id, run.Summary, run.ToArray()))];
        }
    }

    private static HistoryAnswer Read(in Query query, List<KeptRun> fresh, SqliteConnection? file)
    {
        var (from, to) = (query.From, query.To);
        var kept = file is null ? [] : HistoryFile.Runs(file, query.Series.Id, from, to);
        var known = kept.Select(r => r.Id).ToHashSet();
        var runs = kept.Concat(fresh.Where(r => !known.Contains(r.Id) && r.Summary.First < to)).OrderBy(r => r.Summary.First).ThenBy(r => r.Id).ToList();
        var hours = file is null ? [] : HistoryFile.HoursOf(file, query.Series.Id, from, to);
        var missing = 0;
        if (hours.Count == 0 && runs.Where(r => r.Summary.Last >= from).Sum(r => (long)r.Summary.Count) <= MostLookedThrough)
        {
            var samples = Cut(Samples(runs, file, ref missing), query);
            if (samples.Count <= query.Points + 1)
            {
                return new(query.Series.Path, query.Series.Unit, samples, null, missing);
            }
        }

        var spans = new Downsampler(from, to, query.Points);
        foreach (var hour in hours)
        {
            Add(spans, hour.Summary);
        }

        for (var i = 0; i < runs.Count;)
        {
            // Runs that overlap in time are read together, one that stands alone perhaps not at all.
            var (end, last) = (i + 1, runs[i].Summary.Last);
            for (; end < runs.Count && runs[end].Summary.First <= last; end++)
            {
                last = Math.Max(last, runs[end].Summary.Last);
            }

            if (end == i + 1 && spans.IsOneSpan(runs[i].Summary.First, last))
            {
                spans.AddWhole(runs[i].Summary);
            }
            else
            {
                foreach (var sample in Samples(runs[i..end], file, ref missing))
                {
                    spans.Add(sample.Time, sample.Number, sample.Quality);
                }
            }

            i = end;
        }

        EndAtGap(spans, query);
        return new(query.Series.Path, query.Series.Unit, null, spans.Finish(query.Now), missing);
    }

    private static void Add(Downsampler spans, in SampleSummary hour)
    {
        if (spans.IsOneSpan(hour.First, hour.Last))
        {
            spans.AddWhole(hour);
        }
        else
        {
            spans.AddSpread(hour);
        }
    }

    // Nothing came since the hub was down: nobody knows what held from then on.
    private static void EndAtGap(Downsampler spans, in Query query)
    {
        if (query.Series.GapSince is > 0 and var gap && gap >= query.Series.LastTime)
        {
            spans.Add(gap, double.NaN, HistoryQuality.Gap);
        }
    }

    private static List<HistorySample> Cut(List<HistorySample> samples, in Query query)
    {
        var (from, to) = (query.From, query.To);
        var begin = Math.Max(0, samples.FindLastIndex(s => s.Time < from));
        var end = samples.FindIndex(s => s.Time >= to);
        var cut = samples[begin..(end < 0 ? samples.Count : Math.Max(begin, end))];
        if (query.Series.GapSince is > 0 and var gap && gap >= query.Series.LastTime && gap < to)
        {
            cut.Add(new HistorySample(gap, Tags.TagValue.Null(0), HistoryQuality.Gap));
        }

        return cut;
    }

    private static List<HistorySample> Samples(List<KeptRun> runs, SqliteConnection? file, ref int missing)
    {
        var samples = new List<HistorySample>(runs.Sum(r => r.Summary.Count));
        foreach (var run in runs)
        {
            var payload = run.Payload ?? (file is null ? null : HistoryFile.Payload(file, run.Id));
            if (payload is null || !SegmentWriter.TryRead(payload, run.Summary.Count, samples))
            {
                missing++;
                samples.Add(new HistorySample(run.Summary.First, Tags.TagValue.Null(0), HistoryQuality.Gap));
            }
        }

        var isOrdered = true;
        for (var i = 1; i < samples.Count && isOrdered; i++)
        {
            isOrdered = samples[i].Time > samples[i - 1].Time;
        }

        if (isOrdered)
        {
            return samples;
        }

        // A late sample may have come by both ways: once as live, once from its node's store.
        var ordered = samples.Select((sample, place) => (sample, place)).OrderBy(s => s.sample.Time).ThenBy(s => s.place).Select(s => s.sample).ToList();
        return [.. ordered.Where((sample, i) => i == 0 || sample != ordered[i - 1])];
    }

    private readonly record struct Query(HistorySeries Series, long From, long To, int Points, long Now);
}
