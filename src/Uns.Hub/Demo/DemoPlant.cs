using System.Net;
using System.Text.Json.Nodes;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Hub.Settings;
using Uns.Tags;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Demo;

/// <summary>
/// A small bottling plant: a Modbus filler, an S7 capper and a boiler with an OPC UA server, each a real server on a loopback
/// socket that the hub's connectors read over the wire like any other device.
/// </summary>
internal sealed class DemoPlant : IAsyncDisposable
{
    private const string Filling = "acme/berlin/bottling/line1";
    private const string Steam = "acme/berlin/utilities/steam";

    private readonly ModbusSimulator _filler;
    private readonly S7Simulator _capper;
    private readonly OpcUaSimulator _boiler;

    private DemoPlant(TimeProvider clock)
    {
        _filler = new ModbusSimulator(
            [
                new("40001", DataType.Float, new Signal(SignalShape.Sine, 18, 24, TimeSpan.FromSeconds(60))),
                new("40003", DataType.Float, new Signal(SignalShape.Walk, 2.5, 4.5, TimeSpan.FromSeconds(20), 1)),
                new("40005", DataType.UInt32, new Signal(SignalShape.Counter, 0, 4_000_000_000, TimeSpan.FromSeconds(2))),
                new("40007", DataType.Int16, null),
                new("10001", DataType.Boolean, new Signal(SignalShape.Square, 0, 1, TimeSpan.FromSeconds(30))),
                new("00001", DataType.Boolean, null),
            ],
            clock);
        _capper = new S7Simulator(
            [
                new("DB1.DBD0:REAL", DataType.Unknown, new Signal(SignalShape.Walk, 1.1, 1.9, TimeSpan.FromSeconds(15), 2)),
                new("DB1.DBD4:DINT", DataType.Unknown, new Signal(SignalShape.Counter, 0, 2_000_000_000, TimeSpan.FromSeconds(2))),
                new("DB1.DBX8.0:BOOL", DataType.Unknown, new Signal(SignalShape.Square, 0, 1, TimeSpan.FromSeconds(20))),
                new("DB1.DBW10:INT", DataType.Unknown, null),
                new("MW10:INT", DataType.Unknown, new Signal(SignalShape.Ramp, 0, 100, TimeSpan.FromSeconds(100))),
            ],
            clock);
        _boiler = new OpcUaSimulator(
            [
                new("Boiler/Level", DataType.Double, new Signal(SignalShape.Sine, 40, 80, TimeSpan.FromSeconds(90))),
                new("Boiler/SteamPressure", DataType.Double, new Signal(SignalShape.Walk, 7.5, 9.5, TimeSpan.FromSeconds(30), 3)),
                new("Boiler/Burner", DataType.Boolean, new Signal(SignalShape.Square, 0, 1, TimeSpan.FromSeconds(40))),
                new("Boiler/SetPoint", DataType.Double, null),
            ],
            clock);
    }

    /// <summary>Starts the devices on free loopback ports.</summary>
    public static async Task<DemoPlant> StartAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var plant = new DemoPlant(clock);
        await plant._filler.StartAsync();
        await plant._capper.StartAsync();
        await plant._boiler.StartAsync();
        return plant;
    }

    /// <summary>Tells the hub where the devices listen this time. What someone has changed of them otherwise stays.</summary>
    public async Task InstallAsync(ISettingsBook settings, HubOptions options, CancellationToken cancellationToken)
    {
        var now = settings.Now;
        var change = new PlantChange
        {
            Devices = [Install(now, Filler(), Tcp(_filler.EndPoint)), Install(now, Capper(), Tcp(_capper.EndPoint)), Install(now, Boiler(), new JsonObject { ["Endpoint"] = _boiler.EndpointUrl })],
            Mapping = Place(now.Mapping, options),
            Alarms = [.. Watched.Where(a => now.Device(a.Device) is null && now.Alarms.All(there => !there.Name.Equals(a.Rule.Name, StringComparison.OrdinalIgnoreCase))).Select(a => a.Rule)],
        };
        await settings.ChangeAsync(change, new ChangeNote("demo", "where the simulated devices listen", ChangeWay.Start), opened: null, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _filler.DisposeAsync();
        await _capper.DisposeAsync();
        await _boiler.DisposeAsync();
    }

    private static JsonObject Tcp(IPEndPoint endPoint) => new() { ["Host"] = endPoint.Address.ToString(), ["Port"] = endPoint.Port };

    private static DeviceOptions Install(PlantSettings now, DeviceOptions fresh, JsonObject where)
    {
        var device = now.Device(fresh.Name) ?? fresh;
        var settings = (JsonObject)device.Settings.DeepClone();
        foreach (var (name, value) in where)
        {
            settings[name] = value!.DeepClone();
        }

        return device with { Settings = settings };
    }

    // They come with their device: one that somebody took out does not come back.
    private static (string Device, AlarmRule Rule)[] Watched =>
    [
        ("filler", new AlarmRule
        {
            Name = "Product too warm", Path = $"{Filling}/filler/Temperature", Kind = AlarmKind.High, Limit = 23, Hysteresis = 0.5, Delay = TimeSpan.FromSeconds(2),
            Text = "Foams in the bottle: open the cooling water.",
        }),
        ("capper", new AlarmRule
        {
            Name = "Caps run out", Path = $"{Filling}/capper/Hopper", Kind = AlarmKind.Low, Limit = 15, Hysteresis = 10, Priority = AlarmPriority.Low, Text = "Fill the hopper.",
        }),
        ("boiler", new AlarmRule
        {
            Name = "Steam not seen", Path = $"{Steam}/boiler/Steam_pressure", Kind = AlarmKind.Stale, Delay = TimeSpan.FromSeconds(30), Priority = AlarmPriority.High, Text = "Look at the gauge on site.",
        }),
    ];

    private static IReadOnlyList<EquipmentRule> Place(IReadOnlyList<EquipmentRule> rules, HubOptions options) =>
    [
        .. rules,
        .. new[] { ("filler", $"{Filling}/filler"), ("capper", $"{Filling}/capper"), ("boiler", $"{Steam}/boiler"), (AlarmTags.DeviceName, "acme/alarms") }
            .Where(p => !rules.Any(r => r.Group == options.GroupId && r.Node == options.NodeId && r.Device == p.Item1))
            .Select(p => new EquipmentRule { Group = options.GroupId, Node = options.NodeId, Device = p.Item1, Path = p.Item2 }),
    ];

    private static DeviceOptions Filler() => new()
    {
        Name = "filler",
        Protocol = "modbus",
        Tags =
        [
            Tag("Temperature", "40001", DataType.Float, "°C", "Product temperature at the filler's inlet", deadband: 0.05),
            Tag("Pressure", "40003", DataType.Float, "bar", "Bowl pressure", deadband: 0.01),
            Tag("Bottles", "40005", DataType.UInt32, "", "Bottles filled since start"),
            Tag("Speed/SetPoint", "40007", DataType.Int16, "bottles/min", "Wanted speed") with { Writable = true, Low = 0, High = 600 },
            Tag("Running", "10001", DataType.Boolean, "", "The filler is running"),
            Tag("Start", "00001", DataType.Boolean, "", "Start command") with { Writable = true },
        ],
    };

    private static DeviceOptions Capper() => new()
    {
        Name = "capper",
        Protocol = "s7",
        Tags =
        [
            Tag("Torque", "DB1.DBD0:REAL", DataType.Float, "Nm", "Closing torque", deadband: 0.01),
            Tag("Caps", "DB1.DBD4:DINT", DataType.Int32, "", "Caps set since start"),
            Tag("Running", "DB1.DBX8.0:BOOL", DataType.Boolean, "", "The capper is running"),
            Tag("Torque/SetPoint", "DB1.DBW10:INT", DataType.Int16, "Nm", "Wanted torque, given in hundredths to the PLC") with { Writable = true, Factor = 0.01, Low = 0, High = 5 },
            Tag("Hopper", "MW10:INT", DataType.Int16, "%", "Level of the cap hopper"),
        ],
    };

    private static DeviceOptions Boiler() => new()
    {
        Name = "boiler",
        Protocol = "opcua",
        Tags =
        [
            Tag("Level", "nsu=urn:uns:simulator;s=Boiler.Level", DataType.Double, "%", "Water level in the drum", deadband: 0.1),
            Tag("Steam pressure", "nsu=urn:uns:simulator;s=Boiler.SteamPressure", DataType.Double, "bar", "Pressure in the steam main", deadband: 0.01),
            Tag("Burner", "nsu=urn:uns:simulator;s=Boiler.Burner", DataType.Boolean, "", "The burner is on"),
            Tag("Set point", "nsu=urn:uns:simulator;s=Boiler.SetPoint", DataType.Double, "bar", "Wanted steam pressure") with { Writable = true, Low = 0, High = 12 },
        ],
    };

    private static TagOptions Tag(string name, string address, DataType type, string unit, string description, double deadband = 0) =>
        new() { Name = name, Address = address, DataType = type, Unit = unit, Description = description, Deadband = deadband };
}
