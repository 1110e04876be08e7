using System.Buffers;
using Google.Protobuf;
using Uns.Sparkplug.Payloads;
using Proto = Uns.Sparkplug.Payloads.Protobuf.Payload;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>The room's figures by processor time instead of the clock's, so that they hold on a machine that others use too.</summary>
internal static class HostSpeed
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2);

    /// <summary>Measures each and prints one line.</summary>
    public static void Run()
    {
        var data = new HostDataBenchmark();
        data.Fill();
        Measure("20-metric DDATA into the host's state", 256, () => data.IntoState());
        Measure("20-metric DDATA into the tree, one topic and JSON per metric", 256, () => data.IntoTreeAndJson());
        foreach (var withProperties in new[] { false, true })
        {
            var birth = new HostBirthBenchmark { WithProperties = withProperties };
            birth.Fill();
            var shape = withProperties ? " with unit and range" : "";
            Measure($"500-metric NBIRTH{shape}, new node", 1, () => birth.New());
            Measure($"500-metric NBIRTH{shape}, known node", 1, () => birth.Known());
        }

        foreach (var metrics in new[] { 20, 500 })
        {
            var payload = SparkplugLoad.Data(metrics, 3);
            var wire = PayloadWriter.Write(payload);
            var proto = Proto.Parser.ParseFrom(wire);
            var scanner = new PayloadScanner();
            var output = new ArrayBufferWriter<byte>(64 * 1024);
            Measure($"{metrics}-metric DDATA found by the scanner", 1, () => scanner.Scan(wire, PayloadLimits.Default, out _));
            Measure($"{metrics}-metric DDATA to records", 1, () => PayloadReader.Read(wire));
            Measure($"{metrics}-metric DDATA read by Google.Protobuf", 1, () => Proto.Parser.ParseFrom(wire));
            Measure($"{metrics}-metric DDATA written", 1, () => Written(output, () => PayloadWriter.Write(payload, output)));
            Measure($"{metrics}-metric DDATA written by Google.Protobuf", 1, () => Written(output, () => proto.WriteTo(output)));
        }
    }

    private static void Written(ArrayBufferWriter<byte> output, Action write)
    {
        output.ResetWrittenCount();
        write();
    }

    private static void Measure(string what, int messages, Action once)
    {
        for (var warm = Environment.CpuUsage.TotalTime + TimeSpan.FromSeconds(1); Environment.CpuUsage.TotalTime < warm;)
        {
            once();
        }

        // The best of five: whoever shares the core also shares its caches.
        var best = double.MaxValue;
        double allocated = 0;
        for (var round = 0; round < 5; round++)
        {
            long count = 0;
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var from = Environment.CpuUsage.TotalTime;
            TimeSpan spent;
            do
            {
                for (var i = 0; i < 64; i++)
                {
                    once();
                }

                count += 64L * messages;
            }
            while ((spent = Environment.CpuUsage.TotalTime - from) < Long / 5);
            best = Math.Min(best, spent.TotalMicroseconds / count);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)count;
        }

        Console.WriteLine($"| {what} | {best:0.00} | {1e6 / best:0} | {allocated:0} |");
    }
}
