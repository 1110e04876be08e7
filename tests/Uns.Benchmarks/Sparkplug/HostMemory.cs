using Microsoft.Extensions.Logging.Abstractions;
using Uns.Sparkplug.Host;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>How much memory the host keeps per metric: 1,000 edge nodes with 100 metrics each, born and with one data message.</summary>
/// <remarks>Budget: 300 bytes per metric with its name of some 23 characters, and without the sink's own memory.</remarks>
internal static class HostMemory
{
    private const int Nodes = 1000;
    private const int Metrics = 100;

    /// <summary>Measures and prints one line per shape of birth.</summary>
    public static void Run()
    {
        Measure(withProperties: true, alike: true);
        Measure(withProperties: false, alike: false);
        Measure(withProperties: true, alike: false);
    }

    private static void Measure(bool withProperties, bool alike)
    {
        var before = Settled();
        var session = Filled(withProperties, alike);
        var after = Settled();
        Console.WriteLine(
            $"{Nodes} nodes x {Metrics} metrics, {(alike ? "all nodes born alike" : "each name once")}{(withProperties ? ", with unit and range" : "")}: {(after - before) / (double)(Nodes * Metrics):0} bytes per metric");
        GC.KeepAlive(session);
    }

    private static HostSession Filled(bool withProperties, bool alike)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
        var session = new HostSession(new HostOptions(), new HostDataBenchmark.Nobody(), NullLogger.Instance);
        var node = SparkplugLoad.NodeBirth();
        var same = SparkplugLoad.Write(1, SparkplugLoad.Born(Metrics, withProperties: withProperties));
        var data = Uns.Sparkplug.Payloads.PayloadWriter.Write(SparkplugLoad.Data(20, 2));
        for (var n = 0; n < Nodes; n++)
        {
            session.Accept($"spBv1.0/Plant/NBIRTH/Line {n}", node, now);
            var device = alike ? same : SparkplugLoad.Write(1, [.. SparkplugLoad.Born(Metrics, withProperties: withProperties).Select(m => m with { Name = $"{n:0000}{m.Name![4..]}" })]);
            session.Accept($"spBv1.0/Plant/DBIRTH/Line {n}/oven", device, now);
            session.Accept($"spBv1.0/Plant/DDATA/Line {n}/oven", data, now);
        }

        return session;
    }

    private static long Settled()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
