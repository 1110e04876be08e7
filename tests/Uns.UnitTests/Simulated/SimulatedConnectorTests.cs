using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.Simulated;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Simulated;

public sealed class SimulatedConnectorTests
{
    private static readonly DateTimeOffset Midnight = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "0 50 false 0")]
    [InlineData(15, "25 100 false 25")]
    [InlineData(45, "75 0 true 75")]
    [InlineData(60, "0 50 false 0")]
    public async Task Values_are_a_function_of_the_time_of_day_whenever_the_device_was_started(int seconds, string values)
    {
        var plan = Plan(
            new ManualClock(Midnight + TimeSpan.FromSeconds(seconds)), "{}",
            ("a", "ramp(0, 100, 1m)", DataType.Int16), ("b", "sine(0, 100, 1m)", DataType.UInt32), ("c", "square(0, 1, 1m)", DataType.Boolean), ("d", "ramp(0, 100, 1m)", DataType.String));
        var sink = new RecordingSink();

        await plan.Connector.ReadAsync(plan.Groups[0], sink, CancellationToken.None);

        Assert.All(sink.Samples, s => Assert.Equal(TagQuality.Good, s.Quality));
        Assert.Equal(values, string.Join(' ', sink.Samples.Select(s => s.Value.ToString())));
    }

    [Fact]
    public async Task A_value_that_its_type_does_not_hold_is_bad_and_a_seed_shifts_all_signals()
    {
        (string, string, DataType)[] tags = [("a", "constant(300)", DataType.UInt8), ("b", "walk(0, 1, 1m)", DataType.Double)];
        var clock = new ManualClock(Midnight + TimeSpan.FromSeconds(20));
        var (one, other) = (new RecordingSink(), new RecordingSink());
        var (first, second) = (Plan(clock, "{}", tags), Plan(clock, """{ "Seed": 5 }""", tags));

        await first.Connector.ReadAsync(first.Groups[0], one, CancellationToken.None);
        await second.Connector.ReadAsync(second.Groups[0], other, CancellationToken.None);

        Assert.Equal("the value of constant(300) does not fit UInt8.", one.Last("a").Reason);
        Assert.InRange(one.Last("b").Value.Number, 0, 1);
        Assert.NotEqual(one.Last("b").Value, other.Last("b").Value);
    }

    [Fact]
    public async Task Under_a_worker_a_memory_keeps_what_is_written_and_a_signal_takes_nothing()
    {
        var clock = new ManualClock(Midnight);
        var device = Device("""{ "Latency": "200ms" }""", ("set", "memory(25)", DataType.Unknown), ("move", "sine(0, 1, 1m)", DataType.Unknown));
        var sink = new RecordingSink();
        var worker = new ConnectorWorker(device.Name, new SimulatedKind().Plan(device, clock), device.Tags, sink, clock, NullLogger<ConnectorWorker>.Instance);
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(stop.Token);
        await sink.WaitForAsync(s => s.Tag == "set" && s.Value.Number == 25, clock);

        await clock.TurnUntilAsync(worker.WriteAsync("set", TagValue.Of(30.5), stop.Token), TimeSpan.FromMilliseconds(100));
        await sink.WaitForAsync(s => s.Tag == "set" && s.Value.Number == 30.5, clock);
        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => clock.TurnUntilAsync(worker.WriteAsync("move", TagValue.Of(1.0), stop.Token), TimeSpan.FromMilliseconds(100)));

        Assert.Contains("is not writable", refused.Message, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task The_connection_test_passes_and_says_that_there_is_no_device()
    {
        var steps = await new ConnectionTest(TimeProvider.System).RunAsync(new SimulatedKind(), Device("{}", ("a", "constant(5)", DataType.Unknown)), CancellationToken.None);

        Assert.Equal(["Settings", "Protocol", "Identity", "First value", "Tag a"], steps.Select(s => s.Name));
        Assert.All(steps, s => Assert.True(s.Passed, s.Message));
        Assert.Contains("There is no device", steps[2].Message, StringComparison.Ordinal);
    }

    private static ConnectorPlan Plan(ManualClock clock, string settings, params (string Name, string Address, DataType Type)[] tags) =>
        new SimulatedKind().Plan(Device(settings, tags), clock);

    private static DeviceOptions Device(string settings, params (string Name, string Address, DataType Type)[] tags)
    {
        var device = new DeviceOptions
        {
            Name = "mixer",
            Protocol = "simulated",
            Settings = JsonNode.Parse(settings)!.AsObject(),
            Tags = [.. tags.Select(t => new TagOptions { Name = t.Name, Address = t.Address, DataType = t.Type })],
        };
        device = device with { Tags = [.. device.Tags.Select(t => t with { Writable = t.Address.StartsWith("memory", StringComparison.Ordinal) })] };
        Assert.Empty(new SimulatedKind().Check(device));
        return device;
    }
}
