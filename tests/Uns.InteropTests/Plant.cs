using System.Net.Http.Json;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>Three devices that this project did not write, and the hub that reads them.</summary>
public sealed class Plant : IAsyncDisposable
{
    /// <summary>Between two reads of every tag here.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(4);

    private Plant(PeerProcess modbus, PeerProcess s7, PeerProcess opcua, HubProcess hub) => (Modbus, S7, OpcUa, Hub) = (modbus, s7, opcua, hub);

    public PeerProcess Modbus { get; }

    public PeerProcess S7 { get; }

    public PeerProcess OpcUa { get; }

    public HubProcess Hub { get; }

    /// <summary>Starts all four and waits until every tag is good.</summary>
    public static async Task<Plant> StartAsync()
    {
        var modbus = PeerProcess.StartAsync("modbus_server.py");
        var s7 = PeerProcess.StartAsync("s7_server.js");
        var opcua = PeerProcess.StartAsync("opcua_server.js");
        var hub = HubProcess.StartAsync();
        var plant = new Plant(await modbus, await s7, await opcua, await hub);
        await plant.InstallAsync();
        return plant;
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await Modbus.DisposeAsync();
        await S7.DisposeAsync();
        await OpcUa.DisposeAsync();
    }

    private async Task InstallAsync()
    {
        object Rule(string device) => new { group = "plant", node = "hub", device, path = $"acme/berlin/press/line1/{device}" };
        using var mapped = await Hub.Http.PutAsJsonAsync("/api/v1/mapping", new[] { Rule("oven"), Rule("press"), Rule("robot") });
        mapped.EnsureSuccessStatusCode();
        var period = Period.ToString("c");
        await Hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", Modbus.Port },
            tags = new object[]
            {
                new { name = "Temperature", address = "40011", dataType = "Int16", period, writable = true, low = -100, high = 500 },
                new { name = "Door", address = "10003", dataType = "Boolean", period },
                new { name = "Heater", address = "00005", dataType = "Boolean", period, writable = true },
                new { name = "Total", address = "40021", dataType = "Float", period },
            },
        });
        await Hub.SaveDeviceAsync("press", new
        {
            protocol = "s7",
            settings = new { Host = "127.0.0.1", S7.Port },
            tags = new object[]
            {
                new { name = "Force", address = "DB1.DBD4:REAL", period, writable = true },
                new { name = "Strokes", address = "DB1.DBD8:DINT", period },
                new { name = "Up", address = "DB1.DBX0.3:BOOL", period, writable = true },
            },
        });
        await Hub.SaveDeviceAsync("robot", new
        {
            protocol = "opcua",
            settings = new { Endpoint = $"opc.tcp://127.0.0.1:{OpcUa.Port}/plant" },
            tags = new object[]
            {
                new { name = "Speed", address = "nsu=urn:plant;s=Line1.Speed", dataType = "Double", period, writable = true },
                new { name = "Name", address = "nsu=urn:plant;s=Line1.Name", dataType = "String", period, writable = true },
            },
        });
        await Hub.ValueAsync("acme/berlin/press/line1/oven/Temperature", "0");
        await Hub.ValueAsync("acme/berlin/press/line1/press/Force", "0");
        await Hub.ValueAsync("acme/berlin/press/line1/robot/Speed", "10.5");
    }
}
