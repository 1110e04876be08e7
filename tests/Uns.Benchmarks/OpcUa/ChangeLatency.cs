using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors.OpcUa;
using Uns.Mqtt.Client;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.Benchmarks.OpcUa;

/// <summary>From the change of a value in a server to the JSON message at an MQTT subscriber: the whole road, the hub in a process of its own.</summary>
/// <remarks>Budget: 99 of 100 within the tag's period, which is the sampling and the publishing interval together, plus 20 ms.</remarks>
internal static class ChangeLatency
{
    private const int Tags = 50;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(7); // In no step with any period.

    /// <summary>Measures one period and prints a row.</summary>
    public static async Task RunAsync(TimeSpan period, int changes)
    {
        await using var plant = new OpcUaSimulator([.. Enumerable.Range(0, Tags).Select(i => new SimulatedVariable($"T{i}", DataType.Double, null))], TimeProvider.System);
        await plant.StartAsync();
        await using var hub = await HubProcess.StartAsync();
        await hub.SaveDeviceAsync("plc", new
        {
            protocol = "opcua",
            settings = new { Endpoint = plant.EndpointUrl },
            tags = Enumerable.Range(0, Tags).Select(i => new { name = $"T{i}", address = $"nsu=urn:uns:simulator;s=T{i}", dataType = "Double", period = period.ToString("c", CultureInfo.InvariantCulture) }).ToArray(),
        });
        for (var i = 0; i < Tags; i++)
        {
            await hub.ValueAsync($"plant/hub/plc/T{i}", "0");
        }

        var options = new MqttClientOptions { Host = "127.0.0.1", Port = hub.MqttPort, ClientId = "stopwatch" };
        await using var client = await MqttClient.ConnectAsync(options, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        await client.SubscribeAsync([new("uns/#")], CancellationToken.None);
        var (begun, seen) = (new long[changes + 1], new TimeSpan[changes + 1]);
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(client, begun, seen, stop.Token);
        using var pace = new PeriodicTimer(Every);
        for (var number = 1; number <= changes; number++)
        {
            await pace.WaitForNextTickAsync();
            Volatile.Write(ref begun[number], Stopwatch.GetTimestamp());
            plant.Set($"T{number % Tags}", TagValue.Of((double)number));
        }

        await Task.Delay(period + TimeSpan.FromSeconds(3));
        await stop.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var took = seen.Skip(1).Where(s => s > TimeSpan.Zero).Order().ToList();
        string Part(double share) => took[(int)Math.Min(took.Count - 1, took.Count * share)].TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        Console.WriteLine($"| {period.TotalMilliseconds:0} | {changes} | {changes - took.Count} | {Part(0.5)} | {Part(0.9)} | {Part(0.99)} | {took[^1].TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} |");
    }

    private static async Task ReadAsync(MqttClient client, long[] begun, TimeSpan[] seen, CancellationToken cancellationToken)
    {
        await foreach (var message in client.Messages.ReadAllAsync(cancellationToken))
        {
            var now = Stopwatch.GetTimestamp();
            using var json = JsonDocument.Parse(message.Payload);
            if (!message.Retain && message.Topic.Contains("/plc/T", StringComparison.Ordinal) && json.RootElement.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number
                && (int)value.GetDouble() is > 0 and var number && number < begun.Length && seen[number] == TimeSpan.Zero)
            {
                seen[number] = Stopwatch.GetElapsedTime(Volatile.Read(ref begun[number]), now);
            }
        }
    }
}
