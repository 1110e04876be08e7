using Uns.Connectors;

namespace Uns.Hub.Api;

/// <summary>What a device tells beside its values, over HTTP: registers under every type, the blocks of its program, its clock.</summary>
internal static class DeviceLookApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/v1/devices").WithTags("Devices");
        devices.MapPost("/{name}/decode", Decode)
            .WithName("DecodeRegisters").WithSummary("Reads a range of a device without types and shows it under every type and byte order, with a hint how likely each is.")
            .Produces<DecodedRange>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapGet("/{name}/blocks", (string name, IDeviceBook book, IEnumerable<IConnectorKind> kinds, CancellationToken cancellationToken) =>
                LookAsync<ITellsBlocks>(name, book, kinds, "which do not tell the blocks of their program", async (kind, _, connector, token) =>
                    Results.Ok(await kind.ListBlocksAsync(connector, token)), cancellationToken))
            .WithName("GetDeviceBlocks").WithSummary("The blocks of a device's program; empty when the device does not tell.")
            .Produces<IReadOnlyList<DeviceBlock>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapGet("/{name}/blocks/{kind}/{number:int:range(0,65535)}", (string name, string kind, int number, IDeviceBook book, IEnumerable<IConnectorKind> kinds, CancellationToken cancellationToken) =>
                LookAsync<ITellsBlocks>(name, book, kinds, "which do not tell the blocks of their program", async (protocol, _, connector, token) =>
                    await protocol.DescribeBlockAsync(connector, kind, number, token) is { } facts
                        ? Results.Ok(facts)
                        : Results.Problem($"'{name}' tells of no block {kind}{number}.", statusCode: StatusCodes.Status404NotFound), cancellationToken))
            .WithName("GetDeviceBlock").WithSummary("One block of a device's program: size, version, author, and when it last changed.")
            .Produces<DeviceBlockFacts>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapGet("/{name}/clock", (string name, IDeviceBook book, IEnumerable<IConnectorKind> kinds, TimeProvider clock, CancellationToken cancellationToken) =>
                LookAsync<ITellsTime>(name, book, kinds, "which do not tell their time", async (kind, _, connector, token) =>
                    Results.Ok(ClockView.Of(await kind.ReadClockAsync(connector, token), clock.GetUtcNow())), cancellationToken))
            .WithName("GetDeviceClock").WithSummary("What a device's clock shows, and how far it is ahead of UTC.")
            .Produces<ClockView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
    }

    private static Task<IResult> Decode(string name, DecodeRequest request, IDeviceBook book, IEnumerable<IConnectorKind> kinds, CancellationToken cancellationToken) =>
        LookAsync<IDecodes>(name, book, kinds, "whose values have types: there is nothing to decode", async (kind, device, connector, token) =>
            Results.Ok(await kind.DecodeAsync(connector, device, request, token)), cancellationToken, (kind, device) => kind.Fault(device, request));

    // One look at a device, over the connection there is, or a short one of its own.
    private static async Task<IResult> LookAsync<T>(
        string name,
        IDeviceBook book,
        IEnumerable<IConnectorKind> kinds,
        string otherwise,
        Func<T, DeviceOptions, IConnector, CancellationToken, Task<IResult>> look,
        CancellationToken cancellationToken,
        Func<T, DeviceOptions, string?>? faultOf = null)
        where T : class
    {
        if (book.Find(name) is not { } device)
        {
            return DeviceApi.NotRunning(name, book);
        }

        if (kinds.First(k => k.Protocol.Equals(device.Protocol, StringComparison.OrdinalIgnoreCase)) is not T kind)
        {
            return Results.Problem($"'{name}' is one of the {device.Protocol} devices, {otherwise}.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (faultOf?.Invoke(kind, device) is { } fault)
        {
            return Results.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        try
        {
            IResult? found = null;
            await book.LookAsync(device, async (connector, token) => found = await look(kind, device, connector, token), cancellationToken);
            return found!;
        }
        catch (ConnectorException lost)
        {
            return Results.Problem(lost.Message, statusCode: StatusCodes.Status502BadGateway);
        }
    }
}

/// <summary>What a device's clock shows.</summary>
/// <param name="Shows">As the device shows it; it does not say in which zone. Null when the device does not tell.</param>
/// <param name="At">When it was read. UTC.</param>
/// <param name="AheadOfUtc">How far the shown time is ahead of UTC; its zone's offset, when the clock is right. Null when the device does not tell.</param>
internal sealed record ClockView(DateTime? Shows, DateTimeOffset At, TimeSpan? AheadOfUtc)
{
    public static ClockView Of(DateTime? shows, DateTimeOffset now) => new(shows, now, shows - now.UtcDateTime);
}
