using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Drafts over HTTP: begun, looked at, published, thrown away.</summary>
internal static class DraftApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var drafts = routes.MapGroup("/api/v1/drafts").WithTags("Changes");
        drafts.MapGet("", (IDraftBook book) => book.All().Select(DraftRow.Of))
            .WithName("GetDrafts").WithSummary("All drafts.").Produces<IReadOnlyList<DraftRow>>();
        drafts.MapGet("/{name}", Impact)
            .WithName("GetDraft").WithSummary("What a draft would do: settings, topics with examples, clients that would notice, poll load.")
            .Produces<DraftImpactView>().ProducesProblem(StatusCodes.Status404NotFound);
        drafts.MapPut("/{name}", Save)
            .WithName("SaveDraft").WithSummary("Lays a change into a draft; a name that is not known begins one.")
            .Produces<DraftRow>().ProducesProblem(StatusCodes.Status400BadRequest);
        drafts.MapPost("/{name}/publish", Publish)
            .WithName("PublishDraft").WithSummary("Puts a draft in force in one step. Where draft and plant both changed the same, mineWins=true or false must say whose word counts.")
            .Produces<SettingsVersion>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        drafts.MapDelete("/{name}", async (string name, IDraftBook book, HttpContext context, CancellationToken cancellationToken) =>
                await book.DiscardAsync(name, ApiAuthor.Of(context), cancellationToken) ? Results.NoContent() : NoDraft(name))
            .WithName("DiscardDraft").WithSummary("Throws a draft away.").Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> Impact(string name, IDraftBook book, ChangeImpact impact, ISettingsBook settings, CancellationToken cancellationToken, bool mineWins = true) =>
        book.View(name, mineWins) is { } view
            ? Results.Ok(new DraftImpactView(DraftRow.Of(view.Draft), view.Clashes, [.. settings.Check(view.Change).Select(f => f.ToString())], await impact.OfAsync(view.Before, view.After, cancellationToken)))
            : NoDraft(name);

    private static async Task<IResult> Save(string name, PlantChange change, IDraftBook book, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Ok(DraftRow.Of(await book.SaveAsync(name, change, ApiAuthor.Of(context), opened: null, cancellationToken)));
        }
        catch (ArgumentException faulty)
        {
            return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> Publish(string name, IDraftBook book, HttpContext context, CancellationToken cancellationToken, string? comment = null, bool? mineWins = null)
    {
        if (book.View(name, mineWins ?? true) is not { } view)
        {
            return NoDraft(name);
        }

        if (view.Clashes.Count > 0 && mineWins is null)
        {
            return Results.Problem($"Others changed the same things since: {string.Join("; ", view.Clashes.Take(10))}. Give mineWins=true or mineWins=false.", statusCode: StatusCodes.Status409Conflict);
        }

        try
        {
            return Results.Ok(await book.PublishAsync(name, ApiAuthor.Note(context, comment ?? ""), view, cancellationToken));
        }
        catch (SettingsFaultException faulty)
        {
            return Results.Problem(faulty.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (SettingsClashException clash)
        {
            return Results.Problem(clash.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static IResult NoDraft(string name) => Results.Problem($"There is no draft '{name}': GET /api/v1/drafts lists them.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>One draft.</summary>
internal sealed record DraftRow(string Name, int Base, int Revision, string Author, DateTimeOffset SavedAt, IReadOnlyList<string> Devices)
{
    public static DraftRow Of(Draft draft) =>
        new(draft.Name, draft.Base, draft.Revision, draft.Author, draft.SavedAt, [.. draft.Content.Change.Devices.Select(d => d.Name), .. draft.Content.Change.RemovedDevices]);
}

/// <summary>What a draft would do.</summary>
internal sealed record DraftImpactView(DraftRow Draft, IReadOnlyList<string> Clashes, IReadOnlyList<string> Faults, ImpactReport Impact);
