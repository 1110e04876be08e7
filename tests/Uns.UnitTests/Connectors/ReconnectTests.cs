using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>A device that is lost again and again costs neither sockets nor memory.</summary>
/// <remarks>UNS_RECONNECTS sets how often; 500 unless set.</remarks>
[Collection(Alone.Name)]
public sealed class ReconnectTests
{
    private static readonly int Times = int.Parse(Environment.GetEnvironmentVariable("UNS_RECONNECTS") ?? "500", CultureInfo.InvariantCulture);

    // Of one connection, once for all: what grows with each would be above it many times over.
    private const long MostGrowth = 2_000_000;

    [Theory]
    [InlineData("modbus")]
    [InlineData("s7")]
    public async Task Sockets_and_memory_stay_flat_however_often_a_device_is_lost(string protocol)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        var (end, drop, simulator) = await StartAsync(protocol);
        await using var device = simulator;
        var plan = Plan(protocol, end);
        await using var connector = plan.Connector;
        for (var warm = 0; warm < 50; warm++)
        {
            await LoseAsync(plan, drop, warm, limit.Token);
        }

        var (sockets, memory) = (Sockets(), GC.GetTotalMemory(forceFullCollection: true));
        for (var time = 0; time < Times; time++)
        {
            await LoseAsync(plan, drop, time, limit.Token);
        }

        await connector.DisconnectAsync();
        // The simulator closes its side in its own time.
        await Waiting.ReachAsync(() => Sockets() <= sockets + 2, limit.Token);

        var grown = GC.GetTotalMemory(forceFullCollection: true) - memory;
        Assert.True(grown < MostGrowth, $"{Times} connections left {grown} bytes behind.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{protocol}: {Times} reconnects, {Sockets() - sockets} sockets and {grown} bytes more.");
    }

    // Connects, reads, and loses the device: by its own end, by the device's, or in the midst of a read.
    private static async Task LoseAsync(ConnectorPlan plan, Action drop, int time, CancellationToken cancellationToken)
    {
        var sink = new RecordingSink();
        try
        {
            await plan.Connector.ConnectAsync(cancellationToken);
            await plan.Connector.ReadAsync(plan.Groups[0], sink, cancellationToken);
            Assert.NotEmpty(sink.Samples);
            if (time % 3 == 1)
            {
                drop();
                await plan.Connector.ReadAsync(plan.Groups[0], sink, cancellationToken);
            }
        }
        catch (ConnectorException)
        {
            // It was lost, as it should be.
        }

        if (time % 3 != 2)
        {
            await plan.Connector.DisconnectAsync();
        }
    }

    private static int Sockets() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(f => File.ResolveLinkTarget(f, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true);

    private static async Task<(IPEndPoint, Action, IAsyncDisposable)> StartAsync(string protocol)
    {
        if (protocol == "s7")
        {
            var cpu = new S7Simulator([], TimeProvider.System) { MostConnections = 1000 };
            cpu.SetBlock(1, [0, 1]);
            await cpu.StartAsync();
            return (cpu.EndPoint, cpu.DropConnections, cpu);
        }

        var meter = new ModbusSimulator([], TimeProvider.System);
        await meter.StartAsync();
        return (meter.EndPoint, meter.DropConnections, meter);
    }

    private static ConnectorPlan Plan(string protocol, IPEndPoint end)
    {
        var device = new DeviceOptions
        {
            Name = "device",
            Protocol = protocol,
            Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = end.Port, ["AnswerTimeout"] = "30s", ["ConnectTimeout"] = "30s" },
            Tags = [new() { Name = "a", Address = protocol == "s7" ? "DB1.DBW0" : "HR1" }],
        };
        IConnectorKind kind = protocol == "s7" ? new S7Kind() : new ModbusKind();
        return kind.Plan(device, TimeProvider.System);
    }
}

/// <summary>Tests that count what the whole process holds: no other runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
