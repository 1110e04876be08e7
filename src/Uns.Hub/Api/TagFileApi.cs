using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Hub.Wiring;

namespace Uns.Hub.Api;

/// <summary>Tag files in and out over HTTP.</summary>
internal static class TagFileApi
{
    private const long MostBytes = 100L << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/v1/devices").WithTags("Tag files");
        devices.MapPost("/{name}/import", Import)
            .WithName("ImportTags").WithSummary("Reads a tag file of any known kind into a device. Without apply=true nothing is changed: the answer says what would be.")
            .Accepts<byte[]>("application/octet-stream", "text/csv", "application/json")
            .Produces<ImportView>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MostBytes));
        devices.MapPost("/{name}/import/undo", Undo)
            .WithName("UndoImport").WithSummary("Takes the last import into a device back, unless the device was changed since.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        devices.MapGet("/{name}/export", (string name, IDeviceBook book, string? format) =>
                book.Find(name) is { } device ? Export([book.Conceal(device)], name, format) : NoDevice(name))
            .WithName("ExportDevice").WithSummary("The tags of one device as a file: format csv or json.")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").ProducesProblem(StatusCodes.Status404NotFound);
        devices.MapGet("/export", (IDeviceBook book, string? format) => Export([.. book.All().Select(book.Conceal)], "devices", format))
            .WithName("ExportDevices").WithSummary("The tags of all devices as a file: format csv or json.")
            .Produces<string>(StatusCodes.Status200OK, "text/csv");
    }

    private static async Task<IResult> Import(
        string name, HttpRequest request, IDeviceBook book, ImportDesk desk, CancellationToken cancellationToken, ImportMode mode = ImportMode.MergeSafe, bool apply = false, string? columns = null)
    {
        if (book.Find(name) is not { } device)
        {
            return NoDevice(name);
        }

        if (ReadColumns(columns, out var taken) is { } fault)
        {
            return Results.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        var reading = TagFileReader.Read(body.GetBuffer().AsMemory(0, (int)body.Length), taken);
        if (reading.Fault is { } unreadable)
        {
            return Results.Problem(unreadable, statusCode: StatusCodes.Status400BadRequest);
        }

        var plan = desk.Plan(device, reading.Rows, mode);
        if (apply)
        {
            try
            {
                await desk.ApplyAsync(plan, ApiAuthor.Of(request.HttpContext), "", cancellationToken);
            }
            catch (ArgumentException faulty)
            {
                return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
            }
        }

        return Results.Ok(ImportView.Of(reading.Format, apply, plan));
    }

    private static async Task<IResult> Undo(string name, ImportDesk desk, HttpContext context, CancellationToken cancellationToken) =>
        await desk.UndoAsync(name, ApiAuthor.Of(context), cancellationToken) is { } fault
            ? Results.Problem(fault, statusCode: StatusCodes.Status409Conflict)
            : Results.NoContent();

    // "name:Tag,address:Register"
    private static string? ReadColumns(string? text, out Dictionary<string, string> columns)
    {
        columns = new(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.IndexOf(':', StringComparison.Ordinal);
            if (at < 1 || at == pair.Length - 1)
            {
                return $"columns has '{pair}': give pairs such as name:Tag,address:Register.";
            }

            columns[pair[..at]] = pair[(at + 1)..];
        }

        return null;
    }

    private static IResult Export(IReadOnlyList<DeviceOptions> devices, string name, string? format) => (format ?? "csv").ToUpperInvariant() switch
    {
        "CSV" => Results.File(System.Text.Encoding.UTF8.GetBytes(CanonicalCsv.Write(devices)), "text/csv; charset=utf-8", $"{name}.csv"),
        "JSON" => Results.File(System.Text.Encoding.UTF8.GetBytes(CanonicalJson.Write(devices)), "application/json", $"{name}.json"),
        _ => Results.Problem($"format is '{format}': give csv or json.", statusCode: StatusCodes.Status400BadRequest),
    };

    private static IResult NoDevice(string name) =>
        Results.Problem($"There is no device '{name}': GET /api/v1/devices lists them.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>What an import did, or would do.</summary>
/// <param name="Format">The kind of file that was recognised.</param>
/// <param name="Applied">True when the device was changed.</param>
/// <param name="Counts">Rows by outcome.</param>
/// <param name="Rows">Every row.</param>
internal sealed record ImportView(string Format, bool Applied, IReadOnlyDictionary<string, int> Counts, IReadOnlyList<ImportRow> Rows)
{
    public static ImportView Of(string format, bool applied, ImportPlan plan) =>
        new(format, applied, Enum.GetValues<ImportOutcome>().ToDictionary(o => o.ToString(), plan.Count), plan.Rows);
}
