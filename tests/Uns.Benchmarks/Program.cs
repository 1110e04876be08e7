using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Uns.Benchmarks.Connectors;
using Uns.Benchmarks.Historian;
using Uns.Benchmarks.Mqtt;
using Uns.Benchmarks.OpcUa;
using Uns.Benchmarks.Sparkplug;
using Uns.Benchmarks.Ui;
using Uns.TestKit;

if (args is ["host-memory"])
{
    HostMemory.Run();
    return;
}

if (args is ["host-speed"])
{
    HostSpeed.Run();
    return;
}

if (args is ["filters"])
{
    FilterLoad.Run();
    return;
}

if (args is ["road-parts"])
{
    await RoadSpeed.ServeAsync();
    return;
}

if (args is ["road-speed", var each, var edgeNodes, var cores, .. var rates])
{
    await RoadSpeed.RunAsync(int.Parse(each), int.Parse(edgeNodes), int.Parse(cores), [.. rates.Select(int.Parse)]);
    return;
}

if (args is ["rebirth-storm"])
{
    Console.WriteLine("| edge nodes | seconds until all were born again | most requests to one node in 5 s | most requests in 1 s | most rebirths of one node |");
    Console.WriteLine("| --: | --: | --: | --: | --: |");
    await RebirthStorm.RunAsync();
    return;
}

if (args is ["connector-plant", var kind, var devices, var tags, var health])
{
    await ConnectorSpeed.ServeAsync(kind, int.Parse(devices), int.Parse(tags), health == "dead");
    return;
}

if (args is ["connector-speed", var seconds, .. var which])
{
    Console.WriteLine("| devices of | devices | tags | measured | cores used | samples/s | cycles of the slowest | cycles missed | bytes per tag |");
    Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    if (which is [] or ["modbus"])
    {
        await ConnectorSpeed.RunAsync("modbus", 100, 1000, int.Parse(seconds), dead: false);
    }

    if (which is [] or ["s7"])
    {
        await ConnectorSpeed.RunAsync("s7", 10, 2000, int.Parse(seconds), dead: false);
    }

    if (which is [] or ["dead"])
    {
        await ConnectorSpeed.RunAsync("modbus", 32, 100, int.Parse(seconds), dead: true);
    }

    return;
}

if (args is ["road-latency", .. var protocols])
{
    Console.WriteLine("| device | poll period | changes | half within | 90 % within | 99 % within | all within | budget |");
    Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
    foreach (var protocol in protocols is [] ? ["modbus", "s7"] : protocols)
    {
        await RoadLatency.RunAsync(protocol, TimeSpan.FromSeconds(1), 2000);
        await RoadLatency.RunAsync(protocol, TimeSpan.FromMilliseconds(100), 2000);
    }

    return;
}

if (args is ["page-speed"])
{
    await PageSpeed.WaitsAsync();
    return;
}

if (args is ["page-cost", var open, var closed])
{
    await PageSpeed.CostAsync(int.Parse(open), int.Parse(closed));
    return;
}

if (args is ["history"])
{
    await HistorySpeed.RunAsync();
    return;
}

if (args is ["opcua-server"])
{
    await ItemLoad.ServeAsync();
    return;
}

if (args is ["opcua-latency"])
{
    Console.WriteLine("| period, ms | changes | not seen | p50, ms | p90, ms | p99, ms | longest, ms |\n| --: | --: | --: | --: | --: | --: | --: |");
    await ChangeLatency.RunAsync(TimeSpan.FromMilliseconds(100), 5000);
    await ChangeLatency.RunAsync(TimeSpan.FromMilliseconds(500), 5000);
    return;
}

if (args is ["opcua-items"])
{
    await ItemLoad.RunAsync();
    return;
}

// Runs in this process: the runner's own way, to build a project per benchmark, knows neither this runtime nor the house's build rules.
var results = Path.Combine(PeerProcess.Root(), "tests", "Uns.Benchmarks", "results");
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsMutator())
    .WithArtifactsPath(Path.Combine(PeerProcess.Root(), "artifacts", "benchmarks"));
foreach (var summary in BenchmarkSwitcher.FromAssembly(typeof(RoadSpeed).Assembly).Run(args, config))
{
    foreach (var report in Directory.GetFiles(summary.ResultsDirectoryPath, "*-report-github.md"))
    {
        var name = Path.GetFileName(report).Replace("Uns.Benchmarks.", "").Replace("-report-github", "");
        File.Copy(report, Path.Combine(results, name), overwrite: true);
    }
}
