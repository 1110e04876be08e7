using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Tags;

namespace Uns.Benchmarks.OpcUa;

/// <summary>10,000 monitored items that change every second: what the connector and the server cost, each in a process of its own.</summary>
/// <remarks>Budget: a quarter of a core for the connector, from the socket to the samples after scaling and filter.</remarks>
internal static class ItemLoad
{
    private const int Items = 10_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    /// <summary>The server's half: serves until its input ends; answers each line with its processor time in ms.</summary>
    public static async Task ServeAsync()
    {
        await using var server = new OpcUaSimulator(
            [.. Enumerable.Range(0, Items).Select(i => new SimulatedVariable($"Line{i / 100}/T{i}", DataType.Double, new Signal(SignalShape.Counter, i, 1e9, TimeSpan.FromSeconds(1))))],
            TimeProvider.System);
        await server.StartAsync();
        Console.WriteLine(server.EndpointUrl);
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(Environment.CpuUsage.TotalTime.TotalMilliseconds);
        }
    }

    /// <summary>The connector's half: prints the figures.</summary>
    public static async Task RunAsync()
    {
        using var server = Process.Start(OwnProcess.Of("opcua-server"))!;
        var url = await server.StandardOutput.ReadLineAsync();
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = url, ["NodesPerRequest"] = 1000 },
            Tags = [.. Enumerable.Range(0, Items).Select(i => new TagOptions { Name = $"T{i}", Address = $"nsu=urn:uns:simulator;s=Line{i / 100}.T{i}", DataType = DataType.Double, Period = TimeSpan.FromSeconds(1) })],
        };
        var sink = new Counter();
        var worker = new ConnectorWorker("plc", new OpcUaKind().Plan(device, TimeProvider.System), device.Tags, sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(stop.Token);
        await Task.Delay(WarmUp);
        var (counted, cpu, allocated, serverCpu) = (sink.Count, Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(), await CpuOfAsync(server));
        var clock = Stopwatch.StartNew();
        await Task.Delay(Long);
        var samples = sink.Count - counted;
        var connector = (Environment.CpuUsage.TotalTime - cpu) / clock.Elapsed;
        var plant = (await CpuOfAsync(server) - serverCpu) / clock.Elapsed.TotalMilliseconds;
        Console.WriteLine($"| items | samples/s | bad | connector, cores | server, cores | bytes allocated per sample |\n| --: | --: | --: | --: | --: | --: |");
        Console.WriteLine($"| {Items} | {samples / clock.Elapsed.TotalSeconds:0} | {sink.Bad} | {connector:0.000} | {plant:0.000} | {(GC.GetTotalAllocatedBytes() - allocated) / Math.Max(1, samples)} |");
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.StandardInput.Close();
        await server.WaitForExitAsync();
    }

    private static async Task<double> CpuOfAsync(Process server)
    {
        await server.StandardInput.WriteLineAsync("cpu");
        await server.StandardInput.FlushAsync();
        return double.Parse((await server.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private sealed class Counter : ITagSink
    {
        private long _count;
        private long _bad;

        public long Count => Interlocked.Read(ref _count);

        public long Bad => Interlocked.Read(ref _bad);

        public void Add(in TagSample sample)
        {
            Interlocked.Increment(ref _count);
            if (sample.Quality != TagQuality.Good)
            {
                Interlocked.Increment(ref _bad);
            }
        }
    }
}
