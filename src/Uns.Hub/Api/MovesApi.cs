using Uns.Tree;
using Uns.Ui;
using Uns.Ui.Changes;
using Uns.Ui.Clients;

namespace Uns.Hub.Api;

/// <summary>Values and branches that stand elsewhere now, over HTTP: looked at before, made, given another date.</summary>
internal static class MovesApi
{
    private const string Root = "/api/v1/moves";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Root, List)
            .WithTags("Changes").WithName("GetMoves").WithSummary("What was moved: from, to, until when the old topics go on, how many values, and who subscribes to the old topics still or did lately.")
            .Produces<IReadOnlyList<MoveView>>();
        routes.MapPost(Root + "/preview", async (MoveRequest request, MovePlan plan, ISettingsBook settings, CancellationToken cancellationToken) =>
                Results.Ok(await PreviewAsync(request, plan, settings.Now, cancellationToken)))
            .WithTags("Changes").WithName("PreviewMove").WithSummary("What moving a value or a branch would do: old and new topics, clashes, alarms that go along, who subscribes. Nothing is changed.")
            .Produces<MovePreview>();
        routes.MapPost(Root, Make)
            .WithTags("Changes").WithName("Move")
            .WithSummary("Moves a value, or a branch with all below it. Its old topics go on with 'movedTo' in each message until 'until'; without 'until' they end at once. The same again with another date changes the date.")
            .Produces<SettingsVersion>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static Task<MovePreview> PreviewAsync(MoveRequest request, MovePlan plan, PlantSettings shown, CancellationToken cancellationToken) =>
        plan.OfAsync(shown, request.From ?? "", request.To ?? "", request.Until, cancellationToken);

    private static async Task<IResult> Make(MoveRequest request, MovePlan plan, ISettingsBook settings, HttpContext context, CancellationToken cancellationToken)
    {
        var now = settings.Now;
        var known = now.Mapping.FirstOrDefault(r => r.IsMove && r.From == request.From?.Trim('/') && r.Path == request.To?.Trim('/'));
        var preview = known is null ? await PreviewAsync(request, plan, now, cancellationToken) : null;
        if (preview?.Faults is { Count: > 0 } faults)
        {
            return Results.Problem(string.Join(" ", faults), statusCode: StatusCodes.Status400BadRequest);
        }

        try
        {
            var change = preview?.Change ?? new PlantChange { Mapping = [.. now.Mapping.Select(r => r == known ? r with { Until = request.Until?.ToUniversalTime() } : r)] };
            return Results.Ok(await settings.ChangeAsync(change, ApiAuthor.Note(context, request.Comment ?? ""), now, cancellationToken));
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

    private static async Task<IResult> List(UnsTree tree, IEquipmentMapBook mapping, AffectedClients clients, UiOptions options, CancellationToken cancellationToken)
    {
        var views = new List<MoveView>();
        foreach (var move in MovedPlaces.Of(tree, mapping.Rules))
        {
            views.Add(new(move.Row.From!, move.Row.Path, move.Row.Until, move.Paths.Count, await clients.OfAsync(move.Paths.Select(p => $"{options.TopicPrefix}/{p}"), cancellationToken)));
        }

        return Results.Ok(views);
    }
}

/// <summary>A move that is asked for.</summary>
/// <param name="From">Path of the value or branch.</param>
/// <param name="To">Its new path.</param>
/// <param name="Until">Until when the old topics go on; missing: they end at once.</param>
/// <param name="Comment">Why, for the log.</param>
internal sealed record MoveRequest(string? From, string? To, DateTimeOffset? Until, string? Comment);

/// <summary>One move that was made.</summary>
/// <param name="From">Where it stood.</param>
/// <param name="To">Where it stands.</param>
/// <param name="Until">Until when the old topics go on; missing: they ended with the move.</param>
/// <param name="Values">How many values moved by it.</param>
/// <param name="Subscribers">Who subscribes to the old topics still, or did lately.</param>
internal sealed record MoveView(string From, string To, DateTimeOffset? Until, int Values, IReadOnlyList<AffectedClient> Subscribers);
