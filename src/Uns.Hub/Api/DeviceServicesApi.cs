using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Hub.Wiring;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>What some devices can do beside being read and written, over HTTP: browsing, methods, a history of their own.</summary>
internal static class DeviceServicesApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/v1/devices").WithTags("Devices");
        devices.MapGet("/{name}/browse", Browse)
            .WithName("BrowseDevice").WithSummary("One level of what a device offers: folders, values with type and browse path step, methods with inputs and outputs. below is an id of the level above.")
            .Produces<IReadOnlyList<BrowseEntry>>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapPost("/{name}/import/browse", ImportBrowsed)
            .WithName("ImportBrowsed").WithSummary("Makes tags of everything that a device offers below a place, with types and browse paths. Without apply=true nothing is changed: the answer says what would be.")
            .Produces<ImportView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        routes.MapGet("/api/v1/protocols/{protocol}/discover", Discover).WithTags("Devices")
            .WithName("DiscoverServers").WithSummary("The ways into the servers at an address, with the settings that a device needs for each. Nothing is entered.")
            .Produces<IReadOnlyList<DiscoveredWay>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapPost("/{name}/call", Call)
            .WithName("CallMethod").WithSummary("Calls a method of a device once. The device's setting Methods must allow it; a call whose answer is lost is not repeated.")
            .Produces<MethodAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
        devices.MapGet("/{name}/history", History)
            .WithName("GetDeviceHistory").WithSummary("What the device itself remembers of a tag or an address: values, changed values (modified=true), or an aggregate of each interval, worked out by the device.")
            .Produces<HistoryPage>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status502BadGateway);
    }

    private static async Task<IResult> Browse(string name, IDeviceBook book, CancellationToken cancellationToken, string? below = null)
    {
        if (book.Find(name) is not { } device)
        {
            return DeviceApi.NotRunning(name, book);
        }

        return await AnswerAsync(async () =>
        {
            IReadOnlyList<BrowseEntry> found = [];
            await book.LookAsync(device, async (connector, token) => found = await connector.BrowseAsync(below, token), cancellationToken);
            return Results.Ok(found);
        });
    }

    private static async Task<IResult> ImportBrowsed(
        string name, IDeviceBook book, ImportDesk desk, HttpContext context, CancellationToken cancellationToken, string? below = null, ImportMode mode = ImportMode.MergeSafe, bool apply = false)
    {
        if (book.Find(name) is not { } device)
        {
            return DeviceApi.NotRunning(name, book);
        }

        return await AnswerAsync(async () =>
        {
            TagOffer? offer = null;
            await book.LookAsync(device, async (connector, token) => offer = connector is IOffersTags giver ? await giver.OfferAsync(new(below), token) : null, cancellationToken);
            if (offer is null)
            {
                return Fault($"'{name}' speaks a protocol that names no tags.");
            }

            if (!offer.IsWhole && apply)
            {
                return Fault($"Only {offer.Rows.Count} tags were found in the time there was: nothing was changed. Give below, for a smaller part.");
            }

            var plan = desk.Plan(device, offer.Rows, mode);
            try
            {
                if (apply)
                {
                    await desk.ApplyAsync(plan, ApiAuthor.Of(context), "", cancellationToken);
                }
            }
            catch (ArgumentException faulty)
            {
                return Fault(faulty.Message);
            }

            return Results.Ok(ImportView.Of(offer.IsWhole ? "Browsed" : "Browsed in part", apply, plan));
        });
    }

    private static async Task<IResult> Discover(string protocol, string address, IEnumerable<IConnectorKind> kinds, TimeProvider clock, CancellationToken cancellationToken) =>
        kinds.FirstOrDefault(k => k.Protocol.Equals(protocol, StringComparison.OrdinalIgnoreCase)) is IDiscovers kind
            ? await AnswerAsync(async () => Results.Ok(await kind.DiscoverAsync(address, clock, cancellationToken)))
            : Fault($"'{protocol}' is no protocol whose servers can be asked: try opcua.");

    private static async Task<IResult> Call(string name, MethodCall call, IDeviceBook book, ILogBook log, HttpContext context, CancellationToken cancellationToken)
    {
        if (book.Find(name) is null || book.StatusOf(name) is null)
        {
            return DeviceApi.NotRunning(name, book);
        }

        if (call.Object is null || call.Method is null)
        {
            return Fault("object and method are missing: give the node ids of both.");
        }

        return await AnswerAsync(async () =>
        {
            MethodAnswer answer = null!;
            await book.ActAsync(
                name,
                $"Calling {call.Method}",
                async (connector, token) => answer = connector is ICallsMethods methods
                    ? await methods.CallAsync(call with { Arguments = call.Arguments ?? [] }, token)
                    : throw new WriteRefusedException($"'{name}' speaks a protocol without methods."),
                cancellationToken);
            log.Post(LogKinds.Write, name, $"{call.Method} of {call.Object} was called: {answer.Status}", ApiAuthor.Of(context));
            return Results.Ok(answer);
        });
    }

    private static async Task<IResult> History(
        string name, IDeviceBook book, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken,
        string? tag = null, string? address = null, bool modified = false, string? aggregate = null, string? interval = null, int most = 1000)
    {
        if (book.Find(name) is not { } device)
        {
            return DeviceApi.NotRunning(name, book);
        }

        address ??= device.Tags.FirstOrDefault(t => t.Name == tag)?.Address;
        var step = interval is null ? TimeSpan.Zero : SettingsReader.ParseDuration(interval) ?? TimeSpan.Zero;
        if (address is null)
        {
            return Fault(tag is null ? "tag is missing: give tag or address." : $"tag is '{tag}', which '{name}' does not have.");
        }

        if (most is < 1 or > HistoryAsk.MostValues)
        {
            return Fault($"most is {most}: give 1 to {HistoryAsk.MostValues}.");
        }

        if (aggregate is not null && (modified || step <= TimeSpan.Zero))
        {
            return Fault("an aggregate wants interval, such as 1m, and knows no modified.");
        }

        var ask = new HistoryAsk(address, from, to) { Modified = modified, Aggregate = aggregate, Interval = step, Most = most };
        return await AnswerAsync(async () =>
        {
            HistoryPage page = null!;
            await book.LookAsync(
                device,
                async (connector, token) => page = connector is IReadsHistory history ? await history.ReadHistoryAsync(ask, token) : new([], true, $"'{name}' speaks a protocol without a history."),
                cancellationToken);
            return page.Refusal is { } refusal ? Fault(refusal) : Results.Ok(page);
        });
    }

    private static async Task<IResult> AnswerAsync(Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (WriteRefusedException refused)
        {
            return Fault(refused.Message);
        }
        catch (ConnectorException lost)
        {
            return Results.Problem(lost.Message, statusCode: StatusCodes.Status502BadGateway);
        }
    }

    private static IResult Fault(string sentence) => Results.Problem(sentence, statusCode: StatusCodes.Status400BadRequest);
}
