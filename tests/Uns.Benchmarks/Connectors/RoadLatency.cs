using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Benchmarks.Sparkplug;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Benchmarks.Connectors;

/// <summary>How long a change in a device takes to an MQTT subscriber: device, connector, edge node, broker and subscriber are the hub's own, over sockets.</summary>
/// <remarks>Budget: 99 of 100 changes within one poll period and 20 ms.</remarks>
internal static class RoadLatency
{
    private const int Tags = 200;
    private static readonly string[] Topics = ["spBv1.0/bench/DBIRTH/node/device", "spBv1.0/bench/DDATA/node/device"];

    /// <summary>Measures and prints one line of a table.</summary>
    /// <param name="protocol">One of <see cref="DeviceOf"/>.</param>
    /// <param name="period">Between two reads.</param>
    /// <param name="changes">How many values are changed, at random moments.</param>
    public static async Task RunAsync(string protocol, TimeSpan period, int changes)
    {
        await using var device = await DeviceOf(protocol);
        await using var broker = new MqttBroker(new MqttBrokerOptions { Address = IPAddress.Loopback, Port = 0 }, null, TimeProvider.System, NullLogger<MqttBroker>.Instance);
        await broker.StartAsync();
        var line = new MqttClientOptions { Host = "127.0.0.1", Port = broker.EndPoint.Port };
        await using var subscriber = await MqttClient.ConnectAsync(line with { ClientId = "subscriber" }, null, TimeProvider.System, NullLogger.Instance, default);
        await subscriber.SubscribeAsync([new SubscriptionRequest("spBv1.0/#")], default);
        var arrivals = new Arrivals();
        _ = arrivals.ListenAsync(subscriber);

        using var stop = new CancellationTokenSource();
        var node = new EdgeNodePublisher(new EdgeNodeOptions { GroupId = "bench", NodeId = "node", StartWithin = TimeSpan.Zero }, [line with { ClientId = "node" }], new CountedConnects(), null, TimeProvider.System, NullLogger<EdgeNodePublisher>.Instance);
        var options = new DeviceOptions
        {
            Name = "device",
            Protocol = protocol,
            Settings = device.Settings,
            Tags = [.. Enumerable.Range(0, Tags).Select(i => new TagOptions { Name = $"t{i}", Address = device.AddressOf(i), DataType = DataType.Int32, Period = period })],
        };
        var plan = device.Kind.Plan(options, TimeProvider.System);
        node.SetDevice("device", plan.Tags);
        var worker = new ConnectorWorker("device", plan, options.Tags, new Way(node), TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        node.DeviceOnline("device");
        Task[] running = [Task.Run(() => node.RunAsync(stop.Token)), Task.Run(() => worker.RunAsync(stop.Token))];
        // All is born and read once before the first change.
        await arrivals.AllKnownAsync(Tags);
        var times = await ChangeAsync(device, arrivals, changes, period);
        await stop.CancelAsync();
        await Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default);
        times.Sort();
        double At(double part) => times[(int)Math.Min(times.Count - 1, Math.Ceiling(times.Count * part))].TotalMilliseconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {protocol} | {period.TotalMilliseconds:0} ms | {changes:#,0} | {At(0.5):0.0} ms | {At(0.9):0.0} ms | {At(0.99):0.0} ms | {At(1):0.0} ms | {(At(0.99) <= period.TotalMilliseconds + 20 ? "kept" : $"{At(0.99) - period.TotalMilliseconds - 20:0.0} ms above")} |"));
    }

    private static async Task<List<TimeSpan>> ChangeAsync(IDevice device, Arrivals arrivals, int changes, TimeSpan period)
    {
        var random = new Random(5);
        var begun = new ConcurrentDictionary<int, long>();
        var times = new List<TimeSpan>();
        arrivals.OnValue = (value, at) =>
        {
            if (begun.TryRemove(value, out var from))
            {
                lock (times)
                {
                    times.Add(Stopwatch.GetElapsedTime(from, at));
                }
            }
        };
        for (var change = 1; change <= changes; change++)
        {
            // Another tag each time, so that each has been told before it changes again; moments that have nothing to do with the reads'.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(5, period.TotalMilliseconds / 50) + (random.NextDouble() * 15)), TimeProvider.System);
            begun[change] = Stopwatch.GetTimestamp();
            device.Set(change % Tags, change);
        }

        for (var waited = 0; !begun.IsEmpty && waited < 600; waited++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return begun.IsEmpty ? times : throw new InvalidOperationException($"{begun.Count} of {changes} changes never arrived.");
    }

    // To measure another protocol, add it here.
    private static async Task<IDevice> DeviceOf(string protocol)
    {
        switch (protocol)
        {
            case "modbus":
                var meter = new ModbusSimulator([], TimeProvider.System);
                await meter.StartAsync();
                return new Meter(meter);
            case "s7":
                var cpu = new S7Simulator([new($"DB1.DBD{Tags * 4}:DINT", DataType.Unknown, null)], TimeProvider.System);
                await cpu.StartAsync();
                return new Cpu(cpu);
            default:
                throw new ArgumentException($"'{protocol}' is not known: give modbus or s7.", nameof(protocol));
        }
    }

    /// <summary>A simulated device whose 32-bit values can be set.</summary>
    private interface IDevice : IAsyncDisposable
    {
        IConnectorKind Kind { get; }

        JsonObject Settings { get; }

        string AddressOf(int tag);

        void Set(int tag, int value);
    }

    private sealed class Meter(ModbusSimulator meter) : IDevice
    {
        public IConnectorKind Kind { get; } = new ModbusKind();

        public JsonObject Settings => new() { ["Host"] = "127.0.0.1", ["Port"] = meter.EndPoint.Port };

        public string AddressOf(int tag) => $"HR{(tag * 2) + 1}";

        // The upper half stays zero: a value is never half written.
        public void Set(int tag, int value) => meter.SetRegister(ModbusTable.HoldingRegister, (tag * 2) + 1, (ushort)value);

        public ValueTask DisposeAsync() => meter.DisposeAsync();
    }

    private sealed class Cpu(S7Simulator cpu) : IDevice
    {
        public IConnectorKind Kind { get; } = new S7Kind();

        public JsonObject Settings => new() { ["Host"] = "127.0.0.1", ["Port"] = cpu.EndPoint.Port };

        public string AddressOf(int tag) => $"DB1.DBD{tag * 4}:DINT";

        public void Set(int tag, int value)
        {
            var block = cpu.Block(1);
            (block[(tag * 4) + 2], block[(tag * 4) + 3]) = ((byte)(value >> 8), (byte)value);
            cpu.SetBlock(1, block);
        }

        public ValueTask DisposeAsync() => cpu.DisposeAsync();
    }

    private sealed class Way(EdgeNodePublisher node) : ITagSink
    {
        public void Add(in TagSample sample) => node.Offer("device", sample);
    }

    private sealed class Arrivals
    {
        private readonly ConcurrentDictionary<ulong, bool> _known = [];

        public Action<int, long>? OnValue { get; set; }

        public async Task ListenAsync(MqttClient subscriber)
        {
            await foreach (var message in subscriber.Messages.ReadAllAsync())
            {
                var at = Stopwatch.GetTimestamp();
                if (!Topics.Contains(message.Topic))
                {
                    continue;
                }

                foreach (var metric in PayloadReader.Read(message.Payload.Span).Metrics.Where(m => !m.IsNull && m.Alias is not null))
                {
                    _known[metric.Alias!.Value] = true;
                    OnValue?.Invoke((int)metric.Value.Bits, at);
                }
            }
        }

        public async Task AllKnownAsync(int tags)
        {
            while (_known.Count < tags)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
