using System.Text.Json;
using System.Text.Json.Serialization;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;

namespace Uns.UnitTests.Connectors;

/// <summary>What a connector's room shows to people is what its code does.</summary>
public sealed class RoomTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static TheoryData<string> Rooms => ["Modbus", "S7"];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void The_sample_is_a_device_without_faults(string room)
    {
        var device = JsonSerializer.Deserialize<DeviceOptions>(File.ReadAllText(Path.Combine(Folder(room), "sample.json")), Json)!;
        var kind = Kind(room);

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
        var readme = File.ReadAllText(Path.Combine(Folder(room), "README.md"));

        foreach (var field in Kind(room).Fields)
        {
            var value = field.Default.Length == 0 ? "" : $"`{field.Default}`";
            Assert.Contains($"| `{field.Name}` | {value} | {field.Help} |".Replace("|  |", "| |", StringComparison.Ordinal), readme, StringComparison.Ordinal);
        }

        Assert.Contains(File.ReadAllText(Path.Combine(Folder(room), "sample.json")).Trim(), readme, StringComparison.Ordinal);
    }

    private static IConnectorKind Kind(string room) => room == "Modbus" ? new ModbusKind() : new S7Kind();

    private static string Folder(string room)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Uns.sln")))
        {
            at = at.Parent;
        }

        return Path.Combine(at!.FullName, "connectors", $"Uns.Connectors.{room}");
    }
}
