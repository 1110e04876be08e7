using System.Text.Json;
using Uns.Connectors;

namespace Uns.UnitTests.Connectors;

/// <summary>What a connector's room shows to people is what its code does.</summary>
public sealed class RoomTests
{
    public static TheoryData<string> Rooms => ["Modbus", "S7", "OpcUa", "Simulated"];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void The_sample_is_a_device_without_faults(string room)
    {
        var device = JsonSerializer.Deserialize<DeviceOptions>(File.ReadAllText(Path.Combine(RoomFolder.Of(room), "sample.json")), RoomFolder.Json)!;
        var kind = RoomFolder.Kind(room);

        Assert.Equal(kind.Protocol, device.Protocol);
        Assert.Empty(kind.Check(device));
        var plan = kind.Plan(device, TimeProvider.System);
        Assert.Equal(device.Tags.Select(t => t.Name), plan.Tags.Select(t => t.Name));
        Assert.NotEmpty(plan.Groups);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void The_README_shows_every_setting_with_its_default_and_the_whole_sample(string room)
    {
        var readme = File.ReadAllText(Path.Combine(RoomFolder.Of(room), "README.md"));

        foreach (var field in RoomFolder.Kind(room).Fields)
        {
            var value = field.Default.Length == 0 ? "" : $"`{field.Default}`";
            Assert.Contains($"| `{field.Name}` | {value} | {field.Help} |".Replace("|  |", "| |", StringComparison.Ordinal), readme, StringComparison.Ordinal);
        }

        Assert.Contains(File.ReadAllText(Path.Combine(RoomFolder.Of(room), "sample.json")).Trim(), readme, StringComparison.Ordinal);
    }
}
