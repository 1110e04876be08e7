using System.Text.Json;
using System.Text.Json.Serialization;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Connectors.Simulated;

namespace Uns.UnitTests.Connectors;

/// <summary>Where a connector's room lies, and how its files are read.</summary>
internal static class RoomFolder
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static IConnectorKind Kind(string room) => room switch { "Modbus" => new ModbusKind(), "S7" => new S7Kind(), "Simulated" => new SimulatedKind(), _ => new OpcUaKind() };

    public static string Of(string room)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Uns.sln")))
        {
            at = at.Parent;
        }

        return Path.Combine(at!.FullName, "connectors", $"Uns.Connectors.{room}");
    }
}
