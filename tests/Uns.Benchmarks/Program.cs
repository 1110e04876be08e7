using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Uns.Benchmarks.Historian;
using Uns.Benchmarks.OpcUa;
using Uns.Benchmarks.Sparkplug;
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
foreach (var summary in BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config))
{
    foreach (var report in Directory.GetFiles(summary.ResultsDirectoryPath, "*-report-github.md"))
    {
        var name = Path.GetFileName(report).Replace("Uns.Benchmarks.", "").Replace("-report-github", "");
        File.Copy(report, Path.Combine(results, name), overwrite: true);
    }
}
