using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>The log over HTTP: who did what, and taking it back.</summary>
internal static class LogApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/log", Read)
            .WithTags("Changes").WithName("GetLog")
            .WithSummary("Who did what, newest first: rows that hold 'search', of one 'kind' (device, mapping, alarm, write, operate, trust, draft, plant, client, node, access), older than the row 'before', at most 'limit' (1 to 1000, 200 unless given).")
            .Produces<IReadOnlyList<LogRow>>().ProducesProblem(StatusCodes.Status400BadRequest);
        routes.MapPost("/api/v1/versions/{number:int}/undo", Undo)
            .WithTags("Changes").WithName("UndoVersion").WithSummary("Takes one change of the settings back, unless its things were changed since.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> Read(ILogBook log, CancellationToken cancellationToken, string? search = null, string? kind = null, long? before = null, int limit = 200)
    {
        if (limit is < 1 or > 1000)
        {
            return Results.Problem($"limit is {limit}: give 1 to 1000.", statusCode: StatusCodes.Status400BadRequest);
        }

        return kind is { Length: > 0 } && LogKinds.All.All(k => k.Kind != kind)
            ? Results.Problem($"kind is '{kind}': give one of {string.Join(", ", LogKinds.All.Select(k => k.Kind))}.", statusCode: StatusCodes.Status400BadRequest)
            : Results.Ok(await log.ReadAsync(new LogFilter(search ?? "", kind ?? "", before, limit), cancellationToken));
    }

    private static async Task<IResult> Undo(int number, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken) =>
        await settings.UndoAsync(number, ApiAuthor.Of(context), cancellationToken) is { } fault ? Results.Problem(fault, statusCode: StatusCodes.Status409Conflict) : Results.NoContent();
}
