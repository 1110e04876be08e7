using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Historian;
using Uns.Tags;

namespace Uns.Benchmarks.Historian;

/// <summary>What history costs, over a real file on this disk.</summary>
/// <remarks>Budgets: 100,000 values/s taken and on disk; a day of seconds (86,400 changes) to 1,000 spans in 30 ms.</remarks>
internal static class HistorySpeed
{
    private const int Tags = 10_000;
    private const int PerTag = 300;
    private const int Day = 86_400;

    /// <summary>Measures each and prints one line.</summary>
    public static async Task RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("uns-history-");
        try
        {
            await IngestAsync(Path.Combine(directory.FullName, "ingest"));
            await QueryAsync(Path.Combine(directory.FullName, "query"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task IngestAsync(string directory)
    {
        var recorder = Recorder(directory);
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        var series = Enumerable.Range(0, Tags).Select(i => recorder.Track($"tag:{i}", $"plant/area/line/tag{i}", "bar")).ToArray();
        var begin = DateTimeOffset.UtcNow.AddHours(-1);
        var (clock, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        long given = 0;
        for (var i = 0; i < PerTag; i++)
        {
            for (var tag = 0; tag < Tags; tag++)
            {
                while (given - recorder.Status.Recorded > HistoryRecorder.QueueBound - 2048)
                {
                    await Task.Yield(); // The plant waits here, so that nothing is lost and the pace is the recorder's own.
                }

                for (var burst = 0; burst < 1000; burst++, tag++, given++)
                {
                    recorder.Record(series[tag], begin.AddSeconds(i), TagValue.Of((float)((tag + i) * 0.37)), HistoryQuality.Good);
                }

                tag--;
            }
        }

        await stop.CancelAsync();
        await run;
        var (seconds, busy) = (clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        var bytes = Directory.GetFiles(directory).Sum(f => new FileInfo(f).Length);
        Console.WriteLine($"| {Tags:N0} tags, {given:N0} changes, all on disk at the end | {given / seconds:N0} changes/s by the clock, {given / busy:N0} by processor time | {(double)bytes / given:0.0} bytes a change | lost {recorder.Status.Lost} |");
    }

    private static async Task QueryAsync(string directory)
    {
        var begin = DateTimeOffset.UtcNow.AddDays(-1);
        await FillAsync(directory, begin);
        var recorder = Recorder(directory);
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        while (await recorder.Reader.ReadAsync("plant/tag", begin, begin.AddDays(1), 1000, CancellationToken.None) is null)
        {
            await Task.Yield();
        }

        foreach (var (what, from, to) in new[] { ("a day of seconds to 1,000 spans", begin, begin.AddSeconds(Day)), ("one minute of it, every change", begin.AddHours(12), begin.AddHours(12).AddMinutes(1)), ("the year around it to 1,000 spans", begin.AddDays(-360), begin.AddDays(5)) })
        {
            var times = new List<double>();
            for (var round = 0; round < 50; round++)
            {
                var clock = Stopwatch.StartNew();
                await recorder.Reader.ReadAsync("plant/tag", from, to, 1000, CancellationToken.None);
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine($"| {what} | first {times[^1]:0.0} ms at worst, median {times[25]:0.00} ms, best {times[0]:0.00} ms | | |");
        }

        await stop.CancelAsync();
        await run;
    }

    private static async Task FillAsync(string directory, DateTimeOffset begin)
    {
        var recorder = Recorder(directory);
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        var series = recorder.Track("tag", "plant/tag", "bar");
        var random = new Random(1);
        var level = 5f;
        for (var i = 0; i < Day; i++)
        {
            while (i - recorder.Status.Recorded > 1000)
            {
                await Task.Yield();
            }

            recorder.Record(series, begin.AddSeconds(i), TagValue.Of(level += (float)random.NextDouble() - .5f), HistoryQuality.Good);
        }

        await stop.CancelAsync();
        await run;
    }

    private static HistoryRecorder Recorder(string directory) => new(new HistoryOptions { Directory = directory }, TimeProvider.System, NullLogger<HistoryRecorder>.Instance);
}
