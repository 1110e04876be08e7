using System.Diagnostics;
using System.Globalization;
using Uns.TestKit;

namespace Uns.HubTests.Soak;

/// <summary>The broker under churn for as long as asked: what it holds at rest must not grow.</summary>
/// <remarks>Minutes by <c>UNS_SOAK_MINUTES</c> (half a minute unless set; <c>tests/run --nightly</c> gives 60); the samples go to the file in <c>UNS_SOAK_SAMPLES</c>.</remarks>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const double MostMebibytesPerHour = 0.5;

    /// <summary>Below this a slope says more of the warm-up than of a leak.</summary>
    private static readonly TimeSpan ShortestFit = TimeSpan.FromMinutes(30);

    /// <summary>Longest time in which handles may still go away after the load; a leak never does.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_the_broker_holds_at_rest_does_not_grow_under_churn()
    {
        var time = TimeSpan.FromMinutes(double.Parse(Environment.GetEnvironmentVariable("UNS_SOAK_MINUTES") ?? "0.5", CultureInfo.InvariantCulture));
        var data = Directory.CreateTempSubdirectory("uns-soak-");
        await using var host = PeerProcess.Start("dotnet", BrokerHost.Program, data.FullName, "0", "2000");
        var load = new SoakLoad(int.Parse((await host.ReadLineAsync(TimeSpan.FromSeconds(60)))["READY ".Length..]));
        var clock = Stopwatch.StartNew();
        var samples = new List<SoakSample>();
        var round = time < TimeSpan.FromMinutes(5) ? time / 3 : TimeSpan.FromSeconds(55);
        while (clock.Elapsed < time)
        {
            await load.RunAsync(round);
            SoakSample sample;
            var settling = Stopwatch.StartNew();
            do
            {
                sample = SoakSample.Parse(clock.Elapsed, await host.AskAsync("measure"), new DirectoryInfo(data.FullName));
            }
            while (sample.Connections > 0 || (samples.Count > 0 && sample.Handles > samples[0].Handles && settling.Elapsed < Settling)); // The last goodbyes are under way.
            samples.Add(sample);
            Tell($"{sample} opened={load.Opened} takenover={load.TakenOver}");
            if (sample.Handles > samples[0].Handles)
            {
                Tell(await host.AskAsync("handles"));
            }
        }

        await host.KillAsync();
        data.Delete(recursive: true);
        var (first, last) = (samples[0], samples[^1]);
        Assert.True(last.MessagesOut > 0);
        Assert.Equal(0, last.Sessions);
        Assert.Equal(0, last.Subscriptions);
        Assert.Equal(0, last.StoreFaults);
        Assert.Equal(0, last.ProtocolFaults);
        Assert.InRange(last.Sockets, 0, first.Sockets);
        Assert.InRange(last.Handles, 0, first.Handles);
        Assert.InRange(last.Threads, 0, first.Threads + 4); // The pool's size goes up and down with the machine's load.
        var settled = samples.Where(s => s.At > time / 6).ToList();
        var slope = SoakSample.HeapSlope(settled);
        Tell($"slope={slope:0.000} MiB/h over {settled.Count} samples");
        if (time >= ShortestFit)
        {
            Assert.InRange(slope, double.MinValue, MostMebibytesPerHour);
        }
    }

    private void Tell(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("UNS_SOAK_SAMPLES") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + '\n');
        }
    }
}
