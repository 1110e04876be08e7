using System.Text;
using System.Text.Json;
using Uns.Connectors;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Versions of the settings over HTTP; all of them in one file, out and in.</summary>
internal static class SettingsApi
{
    private const long MostBytes = 100L << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/versions", async (ISettingsBook settings, CancellationToken cancellationToken, int limit = 100) => limit is >= 1 and <= 500
                ? Results.Ok(await settings.VersionsAsync(limit, cancellationToken))
                : Results.Problem($"limit is {limit}: give 1 to 500.", statusCode: StatusCodes.Status400BadRequest))
            .WithTags("Changes").WithName("GetVersions").WithSummary("Versions of the settings, newest first: at most 'limit' (1 to 500, 100 unless given).")
            .Produces<IReadOnlyList<SettingsVersion>>().ProducesProblem(StatusCodes.Status400BadRequest);
        routes.MapGet("/api/v1/versions/{number:int}", Version)
            .WithTags("Changes").WithName("GetVersion").WithSummary("What is different between a version and the settings in force, in words.")
            .Produces<IReadOnlyList<ThingChange>>().ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapPost("/api/v1/versions/{number:int}/restore", Restore)
            .WithTags("Changes").WithName("RestoreVersion").WithSummary("Makes the settings what they were in a version.")
            .Produces<SettingsVersion>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status400BadRequest);
        routes.MapGet("/api/v1/settings", Export)
            .WithTags("Changes").WithName("ExportSettings").WithSummary("Devices, tags, mapping and alarms in one file. Passwords are left out unless secrets=true.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/json");
        routes.MapPost("/api/v1/settings", Import)
            .WithTags("Changes").WithName("ImportSettings").WithSummary("Makes the settings those of a file. Without apply=true nothing is changed: the answer says what would be.")
            .Accepts<byte[]>("application/json").Produces<SettingsImportView>().ProducesProblem(StatusCodes.Status400BadRequest)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MostBytes));
    }

    private static async Task<IResult> Version(int number, ISettingsBook settings, CancellationToken cancellationToken) =>
        await settings.ReadAsync(number, cancellationToken) is { } then ? Results.Ok(settings.Compare(settings.Now, then)) : NoVersion(number);

    private static async Task<IResult> Restore(int number, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        if (await settings.ReadAsync(number, cancellationToken) is not { } then)
        {
            return NoVersion(number);
        }

        try
        {
            var version = await settings.ChangeAsync(settings.Now.To(then), ApiAuthor.Note(context, $"version {number} restored", ChangeWay.Restore), opened: null, cancellationToken);
            return Results.Ok(version);
        }
        catch (SettingsFaultException faulty)
        {
            return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static IResult Export(ISettingsBook settings, IDeviceBook devices, TimeProvider clock, bool secrets = false)
    {
        var now = settings.Now;
        var file = SettingsFileText.Write(secrets ? now : now with { Devices = [.. now.Devices.Select(devices.Conceal)] }, settings.Current.Number, clock.GetUtcNow());
        return Results.File(Encoding.UTF8.GetBytes(file), "application/json", SettingsFileText.Name(clock.GetUtcNow()));
    }

    private static async Task<IResult> Import(HttpRequest request, ISettingsBook settings, IDeviceBook devices, CancellationToken cancellationToken, bool apply = false)
    {
        PlantSettings wanted;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        try
        {
            wanted = SettingsFileText.Read(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
        catch (JsonException unreadable)
        {
            return Results.Problem(unreadable.Message, statusCode: StatusCodes.Status400BadRequest);
        }

        var now = settings.Now;
        wanted = SettingsFileText.Complete(wanted, devices);
        var change = now.To(wanted);
        var faults = settings.Check(change).Select(f => f.ToString()).ToList();
        var differences = settings.Compare(now, wanted);
        var missing = SettingsFileText.Missing(wanted, devices);
        if (!apply)
        {
            return Results.Ok(new SettingsImportView(false, differences, faults, missing));
        }

        if (faults.Count > 0)
        {
            return Results.Problem(string.Join(" ", faults.Take(10)), statusCode: StatusCodes.Status400BadRequest);
        }

        await settings.ChangeAsync(change, ApiAuthor.Note(request.HttpContext, "settings from a file", ChangeWay.Restore), opened: null, cancellationToken);
        return Results.Ok(new SettingsImportView(true, differences, [], missing));
    }

    private static IResult NoVersion(int number) => Results.Problem($"There is no version {number}: GET /api/v1/versions lists them.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>What a settings file did, or would do.</summary>
/// <param name="Applied">True when it was done.</param>
/// <param name="Changes">What is different, in words.</param>
/// <param name="Faults">What keeps it from being done; empty when nothing does.</param>
/// <param name="Missing">Devices whose password is not in the file, nor known here.</param>
internal sealed record SettingsImportView(bool Applied, IReadOnlyList<ThingChange> Changes, IReadOnlyList<string> Faults, IReadOnlyList<string> Missing);
