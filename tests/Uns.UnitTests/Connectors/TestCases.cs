using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.Tags;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>The folders under <c>testcases</c> of each room: settings and device memory in, samples out.</summary>
public sealed class TestCases : IAsyncDisposable
{
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(5));
    private IAsyncDisposable? _simulator;

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var room in new[] { "Modbus", "S7" })
        {
            foreach (var folder in Directory.GetDirectories(Path.Combine(RoomFolder.Of(room), "testcases")).Order())
            {
                cases.Add(room, Path.GetFileName(folder));
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_memory_of_the_device_becomes_the_samples(string room, string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(RoomFolder.Of(room), "testcases", name, "case.json"));
        var wanted = JsonSerializer.Deserialize<Case>(text, RoomFolder.Json)!;
        var settings = wanted.Settings.DeepClone().AsObject();
        settings["Host"] = "127.0.0.1";
        settings["Port"] = await (room == "Modbus" ? SimulateModbusAsync(wanted) : SimulateS7Async(wanted));
        var kind = RoomFolder.Kind(room);
        var device = new DeviceOptions { Name = "device", Protocol = kind.Protocol, Settings = settings, Tags = wanted.Tags };
        Assert.Empty(kind.Check(device));

        var worker = new ConnectorWorker("device", kind.Plan(device, TimeProvider.System), device.Tags, _sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        var running = worker.RunAsync(_stop.Token);
        foreach (var tag in wanted.Tags)
        {
            await _sink.WaitForAsync(s => s.Tag == tag.Name);
        }

        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(
            wanted.Samples.OrderBy(s => s.Key, StringComparer.Ordinal),
            wanted.Tags.Select(t => KeyValuePair.Create(t.Name, Words(_sink.Last(t.Name)))).OrderBy(s => s.Key, StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_simulator?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stop.Dispose();
    }

    private static string Words(TagSample sample) => sample.Quality == TagQuality.Good
        ? sample.Value.Type is DataType.Float or DataType.Double ? ((float)sample.Value.Number).ToString("R", CultureInfo.InvariantCulture) : sample.Value.ToString()
        : $"bad: {sample.Reason}";

    private async Task<int> SimulateModbusAsync(Case wanted)
    {
        var simulator = new ModbusSimulator([], TimeProvider.System);
        _simulator = simulator;
        await simulator.StartAsync();
        var isOneBased = wanted.Settings["FirstAddress"]?.GetValue<string>() != "Zero";
        foreach (var (place, hex) in wanted.Memory)
        {
            Assert.Null(ModbusAddressReader.Read(place, isOneBased, out var address));
            simulator.SetRegister(address!.Table, address.Offset, Convert.ToUInt16(hex, 16));
        }

        return simulator.EndPoint.Port;
    }

    private async Task<int> SimulateS7Async(Case wanted)
    {
        var simulator = new S7Simulator([], TimeProvider.System);
        _simulator = simulator;
        await simulator.StartAsync();
        foreach (var (block, hex) in wanted.Memory)
        {
            simulator.SetBlock(int.Parse(block[2..], CultureInfo.InvariantCulture), Convert.FromHexString(hex));
        }

        return simulator.EndPoint.Port;
    }

    private sealed record Case(JsonObject Settings, IReadOnlyList<TagOptions> Tags, Dictionary<string, string> Memory, Dictionary<string, string> Samples);
}
