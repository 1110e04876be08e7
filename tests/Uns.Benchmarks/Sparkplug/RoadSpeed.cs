using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Hub.Republish;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Tree;

namespace Uns.Benchmarks.Sparkplug;

/// <summary>
/// The whole way of data through one process: edge nodes publish DDATA with 20 metrics each over a socket; broker, host, tree,
/// and 20 retained JSON messages back into the broker.
/// </summary>
/// <remarks>Budget: 50,000 DDATA/s and core.</remarks>
internal static class RoadSpeed
{
    private const int Metrics = 20;
    private const string Received = "$SYS/broker/publish/messages/received";

    /// <summary>Measures at several rates and prints a line for each.</summary>
    /// <param name="seconds">How long each load lasts.</param>
    /// <param name="nodes">How many edge nodes there are: the data goes round among them.</param>
    /// <param name="cores">Cores that the process may use, from the last one down; 0: all.</param>
    /// <param name="rates">DDATA a second, of all nodes together.</param>
    public static async Task RunAsync(int seconds, int nodes, int cores, int[] rates)
    {
        Console.WriteLine("| edge nodes | cores | DDATA/s sent | JSON messages per DDATA | us of CPU per DDATA | DDATA/s and core | last values wrong |");
        Console.WriteLine("| --: | --: | --: | --: | --: | --: | --: |");
        foreach (var rate in rates)
        {
            await RunAsync(rate, seconds, nodes, cores);
        }
    }

    /// <summary>The parts: prints where the broker listens and serves until it is ended.</summary>
    public static async Task ServeAsync()
    {
        var clock = TimeProvider.System;
        await using var broker = new MqttBroker(
            new() { Address = IPAddress.Loopback, Port = 0, SysInterval = TimeSpan.FromSeconds(1) }, null, clock, NullLogger<MqttBroker>.Instance);
        await broker.StartAsync();
        MqttClientOptions Own(string id) => new() { Host = "this process", ClientId = id, Connect = _ => new(broker.ConnectInProcess()) };
        var tree = new UnsTree(clock);
        var host = new HostApplication(new() { HostId = "road" }, Own("host"), tree, clock, NullLogger<HostApplication>.Instance);
        var topics = new UnsRepublisher(tree, Own("topics"), "uns", clock, NullLogger<UnsRepublisher>.Instance);
        Console.WriteLine($"Broker: {broker.EndPoint} ");
        await Task.WhenAll(host.RunAsync(CancellationToken.None), topics.RunAsync(CancellationToken.None));
    }

    private static async Task RunAsync(int rate, int seconds, int count, int cores)
    {
        using var process = Process.Start(OwnProcess.Of("road-parts"))!;
        try
        {
            if (cores > 0)
            {
                Confine(process, cores);
            }

            var port = await PortAsync(process.StandardOutput);
            await using var nodes = await ConnectAsync(port, "nodes");
            await using var figures = await ConnectAsync(port, "figures");
            await figures.SubscribeAsync([new SubscriptionRequest(Received)], CancellationToken.None);
            await QuietAsync(figures); // By now the host hears the nodes.
            await BearAsync(nodes, count);
            var (_, reached) = await LoadAsync(nodes, count, Math.Min(rate, 5_000), 20, round: 1); // The births took 0 and 1. Until the code is compiled for good.
            var before = await QuietAsync(figures);
            process.Refresh();
            var (cpu, begun) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            var (sent, last) = await LoadAsync(nodes, count, rate, seconds, reached);
            var elapsed = Stopwatch.GetElapsedTime(begun);
            var after = await QuietAsync(figures);
            process.Refresh();
            var each = (process.TotalProcessorTime - cpu).TotalMicroseconds / sent;
            var wrong = await WrongAsync(port, count, last);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {count:#,0} | {(cores > 0 ? cores : Environment.ProcessorCount)} | {sent / elapsed.TotalSeconds:#,0} | {(after - before - sent) / (double)sent:0.0} | {each:0.0} | {1e6 / each:#,0} | {wrong} |"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    // All threads: the affinity of a process is that of the threads it makes from then on.
    private static void Confine(Process process, int cores)
    {
        var mask = ((1L << cores) - 1) << (Environment.ProcessorCount - cores);
        using var tool = Process.Start(new ProcessStartInfo("taskset", ["-a", "-p", mask.ToString("x", CultureInfo.InvariantCulture), process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        tool.WaitForExit();
    }

    // Whole rounds, so that every node ends with the same value.
    private static async Task<(long Sent, int Last)> LoadAsync(MqttClient nodes, int count, int rate, int seconds, int round)
    {
        var payloads = Enumerable.Range(0, 256).Select(seq => PayloadWriter.Write(SparkplugLoad.Data(Metrics, seq, value: seq, DateTimeOffset.UtcNow))).ToArray();
        var topics = Enumerable.Range(0, count).Select(n => $"spBv1.0/Plant/DDATA/Line {n}/oven").ToArray();
        var begun = Stopwatch.GetTimestamp();
        var sent = 0L;
        for (var elapsed = 0.0; elapsed < seconds || sent % count != 0;)
        {
            elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            var due = elapsed < seconds ? elapsed * rate : (sent + count - 1) / count * count;
            for (; sent < due; sent++)
            {
                var node = (int)(sent % count);
                round = node == 0 ? (round + 1) % 256 : round;
                await nodes.PublishAsync(topics[node], payloads[round]);
            }

            await Task.Delay(1);
        }

        return (sent, round);
    }

    private static async Task BearAsync(MqttClient nodes, int count)
    {
        var (node, device) = (SparkplugLoad.NodeBirth(), SparkplugLoad.Write(1, SparkplugLoad.Born(Metrics)));
        for (var n = 0; n < count; n++)
        {
            await nodes.PublishAsync($"spBv1.0/Plant/NBIRTH/Line {n}", node);
            await nodes.PublishAsync($"spBv1.0/Plant/DBIRTH/Line {n}/oven", device);
        }
    }

    // The figure is told when it has changed: all is quiet when none has come for longer than the report's interval.
    private static async Task<long> QuietAsync(MqttClient figures)
    {
        var last = 0L;
        while (true)
        {
            using var quiet = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            try
            {
                last = long.Parse(Encoding.UTF8.GetString((await figures.Messages.ReadAsync(quiet.Token)).Payload.Span), CultureInfo.InvariantCulture);
            }
            catch (OperationCanceledException)
            {
                return last;
            }
        }
    }

    // What stands retained must be what was sent last: value seq + n in metric n of every node.
    private static async Task<int> WrongAsync(int port, int count, int last)
    {
        await using var reader = await ConnectAsync(port, "reader");
        await reader.SubscribeAsync([new SubscriptionRequest("uns/#")], CancellationToken.None);
        var right = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await foreach (var message in reader.Messages.ReadAllAsync(patience.Token))
            {
                var unit = message.Topic.Split("/unit");
                if (unit.Length == 2)
                {
                    using var json = JsonDocument.Parse(message.Payload);
                    right += json.RootElement.GetProperty("value").GetDouble() == last + int.Parse(unit[1].Split('/')[0], CultureInfo.InvariantCulture) ? 1 : 0;
                    if (right == count * Metrics)
                    {
                        break;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What is missing is counted as wrong.
        }

        return (count * Metrics) - right;
    }

    private static Task<MqttClient> ConnectAsync(int port, string id) =>
        MqttClient.ConnectAsync(new() { Host = "127.0.0.1", Port = port, ClientId = id }, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private static async Task<int> PortAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Broker:", StringComparison.Ordinal))
            {
                return IPEndPoint.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]).Port;
            }
        }

        throw new InvalidOperationException("The process ended before it listened.");
    }
}
