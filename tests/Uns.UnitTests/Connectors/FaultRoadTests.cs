using System.Net;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Connectors;

/// <summary>Whatever a network does to answers, over real sockets: a value is the right one or none.</summary>
public sealed class FaultRoadTests
{
    private const int Reads = 100_000;
    private const int Tags = 40;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("modbus", "Tcp")]
    [InlineData("s7", "")]
    public async Task No_wrong_value_in_100_000_reads_through_a_bad_network(string protocol, string framing)
    {
        await using var device = await StartAsync(protocol);
        await using var proxy = new RoughProxy(device.EndPoint, seed: 11, late: AnswerTimeout + TimeSpan.FromMilliseconds(50), lateEvery: 2500);
        proxy.Start();
        using var limit = new CancellationTokenSource(Deadline);
        var plan = Plan(protocol, framing, proxy.EndPoint);
        await using var connector = plan.Connector;
        var sink = new CheckingSink();
        var (reads, lost) = (0, 0);
        var isOpen = false;
        for (var round = 0; reads < Reads; round++)
        {
            try
            {
                if (!isOpen)
                {
                    await connector.ConnectAsync(limit.Token);
                    isOpen = true;
                }

                var group = plan.Groups[round % plan.Groups.Count];
                await connector.ReadAsync(group, sink, limit.Token);
                reads++;
            }
            catch (ConnectorException)
            {
                lost++;
                reads += isOpen ? 1 : 0;
                isOpen = false;
                await connector.DisconnectAsync();
            }
        }

        Assert.Empty(sink.Wrong);
        Assert.True(sink.Good > 0 && lost > 0 && proxy.HasDealtAll, $"{sink.Good} good, {sink.Bad} bad, {lost} connections lost; {proxy.Dealt}.");
        // It recovers by itself: after all that, every tag is read once more.
        for (var good = sink.Good; sink.Good < good + (Tags * plan.Groups.Count);)
        {
            try
            {
                await connector.DisconnectAsync();
                await connector.ConnectAsync(limit.Token);
                foreach (var group in plan.Groups)
                {
                    await connector.ReadAsync(group, sink, limit.Token);
                }
            }
            catch (ConnectorException)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }

    // Each word of the device holds its own place: a value that came from another request is seen.
    private static async Task<(IPEndPoint EndPoint, IAsyncDisposable Device)> SimulateAsync(string protocol)
    {
        if (protocol == "s7")
        {
            var cpu = new S7Simulator([], TimeProvider.System) { MostConnections = 1000 };
            for (var block = 1; block <= 4; block++)
            {
                cpu.SetBlock(block, [.. Enumerable.Range(0, Tags * 10).SelectMany(i => (byte[])[(byte)block, (byte)i])]);
            }

            await cpu.StartAsync();
            return (cpu.EndPoint, cpu);
        }

        var meter = new ModbusSimulator([], TimeProvider.System);
        for (var place = 0; place < 5000; place++)
        {
            meter.SetRegister(ModbusTable.HoldingRegister, place, (ushort)(((place / 1000) + 1 << 8) | (place % 1000 & 0xFF)));
        }

        await meter.StartAsync();
        return (meter.EndPoint, meter);
    }

    private static async Task<RunningDevice> StartAsync(string protocol)
    {
        var (end, device) = await SimulateAsync(protocol);
        return new(end, device);
    }

    private static ConnectorPlan Plan(string protocol, string framing, IPEndPoint end)
    {
        var settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = end.Port, ["AnswerTimeout"] = AnswerTimeout.ToString("c"), ["ConnectTimeout"] = "30s" };
        if (framing.Length > 0)
        {
            (settings["Framing"], settings["Retries"]) = (framing, 1);
        }

        // Four groups of one block each: their answers have the same length, so that only their ids tell them apart.
        var tags = Enumerable.Range(1, 4).SelectMany(block => Enumerable.Range(0, Tags).Select(i => new TagOptions
        {
            Name = $"{block}.{i}",
            Address = protocol == "s7" ? $"DB{block}.DBW{i * 2}" : $"HR{((block - 1) * 1000) + i + 1}",
            DataType = DataType.UInt16,
            Period = TimeSpan.FromSeconds(block),
        }));
        var device = new DeviceOptions { Name = "device", Protocol = protocol, Settings = settings, Tags = [.. tags] };
        IConnectorKind kind = protocol == "s7" ? new S7Kind() : new ModbusKind();
        Assert.Empty(kind.Check(device));
        return kind.Plan(device, TimeProvider.System);
    }

    private sealed record RunningDevice(IPEndPoint EndPoint, IAsyncDisposable Device) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Device.DisposeAsync();
    }

    private sealed class CheckingSink : ITagSink
    {
        public long Good { get; private set; }

        public long Bad { get; private set; }

        public List<string> Wrong { get; } = [];

        public void Add(in TagSample sample)
        {
            if (sample.Quality != TagQuality.Good)
            {
                Bad++;
                return;
            }

            Good++;
            var place = sample.Tag.Split('.');
            if (sample.Value.Integer != ((int.Parse(place[0]) << 8) | int.Parse(place[1])) && Wrong.Count < 20)
            {
                Wrong.Add($"{sample.Tag} is {sample.Value}");
            }
        }
    }
}
