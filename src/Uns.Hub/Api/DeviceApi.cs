using Uns.Connectors;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Devices, their test, the protocols, and the mapping table over HTTP.</summary>
internal static class DeviceApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/v1/devices").WithTags("Devices");
        devices.MapGet("", (IDeviceBook book) => book.All().Select(d => DeviceView.Of(d, book)))
            .WithName("GetDevices").WithSummary("All devices with their state.");
        devices.MapGet("/{name}", (string name, IDeviceBook book) => book.Find(name) is { } device ? Results.Ok(DeviceView.Of(device, book)) : NoDevice(name))
            .WithName("GetDevice").WithSummary("One device with its settings, tags and state.")
            .Produces<DeviceView>().ProducesProblem(StatusCodes.Status404NotFound);
        devices.MapPut("/{name}", Save)
            .WithName("SaveDevice").WithSummary("Adds or changes a device and (re)starts it alone. Nothing is saved when anything is wrong.")
            .Produces<DeviceView>().ProducesValidationProblem();
        devices.MapDelete("/{name}", Remove)
            .WithName("RemoveDevice").WithSummary("Stops and forgets a device. Its values become stale.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        devices.MapPost("/test", Test)
            .WithName("TestDevice").WithSummary("Tries a device in named steps without saving it.")
            .Produces<IReadOnlyList<TestStep>>();
        routes.MapGet("/api/v1/protocols", (IEnumerable<IConnectorKind> kinds) => kinds.Select(k => new ProtocolView(k.Protocol, k.Title, k.SampleAddress, k.Fields)))
            .WithTags("Devices").WithName("GetProtocols").WithSummary("The protocols and their settings.");
        routes.MapGet("/api/v1/mapping", (IEquipmentMapBook book) => book.Rules)
            .WithTags("Mapping").WithName("GetMapping").WithSummary("The mapping table, in the order in which its rows are tried.");
        routes.MapPut("/api/v1/mapping", SaveMapping)
            .WithTags("Mapping").WithName("SaveMapping").WithSummary("Saves the whole mapping table and puts it in force.")
            .Produces<IReadOnlyList<EquipmentRule>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> Save(string name, DeviceOptions device, IDeviceBook book, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        device = device.Name.Length == 0 ? device with { Name = name } : device;
        if (device.Name != name)
        {
            return Fault("Name", $"is '{device.Name}', but the address says '{name}': give both the same name.");
        }

        var faults = book.Check(device);
        if (faults.Count > 0)
        {
            return Faulty(faults);
        }

        await settings.ChangeAsync(new PlantChange { Devices = [device] }, ApiAuthor.Note(context), opened: null, cancellationToken);
        return Results.Ok(DeviceView.Of(book.Find(name) ?? device, book));
    }

    private static async Task<IResult> Remove(string name, IDeviceBook book, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        if (book.Find(name) is null)
        {
            return NoDevice(name);
        }

        await settings.ChangeAsync(new PlantChange { RemovedDevices = [name] }, ApiAuthor.Note(context), opened: null, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> Test(DeviceOptions device, IDeviceBook book, IEnumerable<IConnectorKind> kinds, TimeProvider clock, CancellationToken cancellationToken)
    {
        var kind = kinds.FirstOrDefault(k => k.Protocol.Equals(device.Protocol, StringComparison.OrdinalIgnoreCase));
        return kind is null
            ? Fault("Protocol", $"is '{device.Protocol}': give one of {string.Join(", ", kinds.Select(k => k.Protocol).Order())}.")
            : Results.Ok(await new ConnectionTest(clock).RunAsync(kind, book.Complete(device), cancellationToken));
    }

    private static async Task<IResult> SaveMapping(IReadOnlyList<EquipmentRule> rules, IEquipmentMapBook book, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            await settings.ChangeAsync(new PlantChange { Mapping = rules }, ApiAuthor.Note(context), opened: null, cancellationToken);
            return Results.Ok(book.Rules);
        }
        catch (ArgumentException faulty)
        {
            return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>The answer to a device with faults: each under its own setting.</summary>
    internal static IResult Faulty(IEnumerable<SettingFault> faults) =>
        Results.ValidationProblem(faults.GroupBy(f => f.Path).ToDictionary(g => g.Key, g => g.Select(f => f.ToString()).ToArray()));

    /// <summary>The answer about a device that does not run.</summary>
    internal static IResult NotRunning(string name, IDeviceBook book) => book.Find(name) is null
        ? NoDevice(name)
        : Results.Problem($"Device '{name}' does not run: enable it, or mend its settings.", statusCode: StatusCodes.Status404NotFound);

    private static IResult NoDevice(string name) =>
        Results.Problem($"There is no device '{name}': GET /api/v1/devices lists them.", statusCode: StatusCodes.Status404NotFound);

    private static IResult Fault(string setting, string sentence) =>
        Results.ValidationProblem(new Dictionary<string, string[]> { [setting] = [$"{setting} {sentence}"] });
}

/// <summary>One device with its state; <c>status</c> is missing while the device is disabled or cannot run.</summary>
internal sealed record DeviceView(DeviceOptions Device, ConnectorStatus? Status, IReadOnlyList<SettingFault> Faults)
{
    public static DeviceView Of(DeviceOptions device, IDeviceBook book) => new(book.Conceal(device), book.StatusOf(device.Name), book.Check(device));
}

/// <summary>One protocol as a form needs it.</summary>
internal sealed record ProtocolView(string Protocol, string Title, string SampleAddress, IReadOnlyList<SettingField> Fields);
