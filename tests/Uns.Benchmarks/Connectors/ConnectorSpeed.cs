using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.Tags;

namespace Uns.Benchmarks.Connectors;

/// <summary>What reading many devices costs: workers here, simulated devices in a process of their own, so that only the connectors are counted.</summary>
/// <remarks>Budget: 100,000 Modbus tags at 1 s over 100 devices with under half of one core and no cycle missed; 20,000 S7 tags in 10 CPUs.</remarks>
internal static class ConnectorSpeed
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Measures and prints one line of a table.</summary>
    /// <param name="protocol"><c>modbus</c> or <c>s7</c>.</param>
    /// <param name="devices">How many devices.</param>
    /// <param name="tags">Tags of each.</param>
    /// <param name="seconds">How long it is measured, after a third of that time, at most 30 s, to warm up.</param>
    /// <param name="dead">True lets the first device fall silent: the others' cycles are what is looked at.</param>
    public static async Task RunAsync(string protocol, int devices, int tags, int seconds, bool dead)
    {
        using var plant = StartPlant(protocol, devices, tags, dead);
        var ports = (await plant.StandardOutput.ReadLineAsync() ?? "").Split(' ').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToList();
        using var stop = new CancellationTokenSource();
        GC.Collect();
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        var sink = new CountingSamples();
        IConnectorKind kind = protocol == "s7" ? new S7Kind() : new ModbusKind();
        var workers = new List<ConnectorWorker>();
        var running = new List<Task>();
        foreach (var port in ports)
        {
            var device = Device(protocol, port, tags);
            var worker = new ConnectorWorker(device.Name, kind.Plan(device, TimeProvider.System), device.Tags, sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
            workers.Add(worker);
            running.Add(Task.Run(() => worker.RunAsync(stop.Token)));
        }

        await Task.Delay(TimeSpan.FromSeconds(Math.Clamp(seconds / 3, 5, 30)), TimeProvider.System);
        var perTag = (GC.GetTotalMemory(forceFullCollection: true) - memory) / (double)(devices * tags);
        var (begun, cpu, samples) = (Stopwatch.GetTimestamp(), Process.GetCurrentProcess().TotalProcessorTime, sink.Count);
        var before = workers.Select(Cycles).ToList();
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        var elapsed = Stopwatch.GetElapsedTime(begun);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var after = workers.Select(Cycles).ToList();
        var others = Enumerable.Range(dead ? 1 : 0, devices - (dead ? 1 : 0)).ToList();
        var fewest = others.Min(i => after[i].Read - before[i].Read);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {protocol}{(dead ? ", one dead" : "")} | {devices} | {devices * tags:#,0} | {elapsed.TotalSeconds:0} s | {used / elapsed:0.00} | {(sink.Count - samples) / elapsed.TotalSeconds:#,0} | {fewest} of {elapsed / Period:0} | {others.Sum(i => after[i].Missed - before[i].Missed)} | {perTag:0} |"));
        await stop.CancelAsync();
        await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);
        plant.Kill();
    }

    /// <summary>The simulated devices: prints their ports in one line and serves until it is ended.</summary>
    public static async Task ServeAsync(string protocol, int devices, int tags, bool dead)
    {
        var ports = new List<int>();
        for (var index = 0; index < devices; index++)
        {
            var number = index;
            if (protocol == "s7")
            {
                var cpu = new S7Simulator(Tags(protocol, tags).Select((t, i) => new Uns.Connectors.S7.SimulatedPoint(t.Address, t.DataType, Moving(i))), TimeProvider.System);
                cpu.FaultFor = _ => dead && number == 0 ? new(IsSilent: true) : null;
                await cpu.StartAsync();
                ports.Add(cpu.EndPoint.Port);
            }
            else
            {
                var meter = new ModbusSimulator(Tags(protocol, tags).Select((t, i) => new SimulatedRegister(t.Address, t.DataType, Moving(i))), TimeProvider.System);
                meter.FaultFor = (_, _) => dead && number == 0 ? new(IsSilent: true) : null;
                await meter.StartAsync();
                ports.Add(meter.EndPoint.Port);
            }
        }

        Console.WriteLine(string.Join(' ', ports));
        // Ends with the one who measures: its end of the pipe closes.
        await Console.In.ReadToEndAsync();
    }

    private static Process StartPlant(string protocol, int devices, int tags, bool dead) =>
        Process.Start(OwnProcess.Of("connector-plant", protocol, $"{devices}", $"{tags}", dead ? "dead" : "well"))!;

    private static (long Read, long Missed) Cycles(ConnectorWorker worker)
    {
        var groups = worker.Diagnostics().Groups;
        return groups.Count == 0 ? (0, 0) : (groups.Min(g => g.Reads), groups.Sum(g => g.Missed));
    }

    private static Signal Moving(int seed) => new(SignalShape.Ramp, 0, 100, TimeSpan.FromSeconds(60), seed);

    private static List<TagOptions> Tags(string protocol, int count) => [.. Enumerable.Range(0, count).Select(i => new TagOptions
    {
        Name = $"group{i / 100}/value{i}",
        Address = protocol == "s7" ? $"DB1.DBD{i * 4}:REAL" : $"HR{(i * 2) + 1}",
        DataType = protocol == "s7" ? DataType.Unknown : DataType.Float,
        Period = Period,
    })];

    private static DeviceOptions Device(string protocol, int port, int tags) => new()
    {
        Name = $"device{port}",
        Protocol = protocol,
        Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = port },
        Tags = Tags(protocol, tags),
    };

    private sealed class CountingSamples : ITagSink
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public void Add(in TagSample sample) => Interlocked.Increment(ref _count);
    }
}
