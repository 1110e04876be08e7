using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;

namespace Uns.UnitTests.Connectors.Diagnostics;

public sealed class PollBudgetTests
{
    [Fact]
    public void A_group_that_cannot_keep_its_period_is_told_in_a_sentence()
    {
        // 34 blocks, far apart, of one register each.
        var device = Modbus("{}", [.. Enumerable.Range(0, 34).Select(i => Tag($"HR{(i * 200) + 1}", 1))]);

        var budget = PollBudget.Of(new ModbusKind().Plan(device, TimeProvider.System), _ => TimeSpan.FromMilliseconds(50));

        var group = Assert.Single(budget.Groups);
        Assert.Equal((34, 34, 1.7, 1.7), (group.Requests, group.Tags, group.Busy.TotalSeconds, group.Expected.TotalSeconds));
        Assert.Equal(34, budget.RequestsPerSecond, 6);
        Assert.Equal(34 * (12 + 11), budget.BytesPerSecond, 6);
        Assert.StartsWith("The 1 s group will take 1.7 s: 34 requests need 1.7 s of each cycle.", Assert.Single(budget.Warnings), StringComparison.Ordinal);
        Assert.Equal("HR1", group.Reads[0].What);
    }

    [Fact]
    public void With_time_enough_nothing_is_warned_of_and_blocks_are_named()
    {
        var device = Modbus("{}", [.. Enumerable.Range(1, 40).Select(i => Tag($"HR{i}", 1)), Tag("2!C1", 5)]);

        var budget = PollBudget.Of(new ModbusKind().Plan(device, TimeProvider.System), station => station == 1 ? TimeSpan.FromMilliseconds(10) : null);

        Assert.Empty(budget.Warnings);
        Assert.Equal("HR1 to HR40", budget.Groups[0].Reads[0].What);
        Assert.Equal(TimeSpan.FromSeconds(1), budget.Groups[0].Expected);
        Assert.Equal([(1, true, 10.0), (2, false, 20.0)], budget.Stations.Select(s => (s.Station, s.IsMeasured, s.RoundTrip.TotalMilliseconds)));
        Assert.Equal(1.2, budget.RequestsPerSecond, 6);
    }

    [Fact]
    public void A_second_connection_halves_the_cycle()
    {
        TagOptions[] tags = [.. Enumerable.Range(0, 30).Select(i => Tag($"{(i % 2) + 1}!HR{(i * 200) + 1}", 1))];
        PollBudget With(int connections) =>
            PollBudget.Of(new ModbusKind().Plan(Modbus($$"""{"Connections":{{connections}}}""", tags), TimeProvider.System), _ => TimeSpan.FromMilliseconds(60));

        Assert.Equal(1.8, With(1).Groups[0].Expected.TotalSeconds, 6);
        Assert.Equal([0.9, 0.9], With(2).Groups.Select(g => Math.Round(g.Busy.TotalSeconds, 6)));
        Assert.Contains(With(2).Warnings, w => w.Contains("busy for 90", StringComparison.Ordinal));
    }

    [Fact]
    public void A_serial_line_is_reckoned_by_its_speed_and_a_pause_counts()
    {
        var device = Modbus("""{"Line":"Serial","SerialPort":"/dev/ttyUSB0","Framing":"Rtu","BaudRate":9600,"Pause":"10ms"}""", [.. Enumerable.Range(1, 100).Select(i => Tag($"HR{i}", 1))]);

        var group = Assert.Single(PollBudget.Of(new ModbusKind().Plan(device, TimeProvider.System), _ => null).Groups);

        // 8 bytes out, 205 back, 11 bits each at 9600 baud, 20 ms to think, 10 ms of pause.
        Assert.Equal((213 * 11 / 9.6) + 30, group.Busy.TotalMilliseconds, 3);
    }

    [Fact]
    public void Messages_of_an_S7_are_reckoned_and_named()
    {
        var device = new DeviceOptions
        {
            Name = "cpu",
            Protocol = "s7",
            Settings = new() { ["Host"] = "127.0.0.1" },
            Tags = [.. Enumerable.Range(0, 3).Select(i => Tag($"DB{i + 1}.DBD4:REAL", 1))],
        };

        var budget = PollBudget.Of(new S7Kind().Plan(device, TimeProvider.System), _ => null);

        Assert.Equal("DB1 bytes 4 to 7, DB2 bytes 4 to 7, DB3 bytes 4 to 7", Assert.Single(Assert.Single(budget.Groups).Reads).What);
        Assert.Equal(3, budget.Groups[0].Tags);
    }

    private static TagOptions Tag(string address, int seconds) => new() { Name = address, Address = address, Period = TimeSpan.FromSeconds(seconds) };

    private static DeviceOptions Modbus(string settings, IReadOnlyList<TagOptions> tags)
    {
        var json = (JsonObject)JsonNode.Parse(settings)!;
        json["Host"] = "127.0.0.1";
        return new() { Name = "press", Protocol = "modbus", Settings = json, Tags = tags };
    }
}
