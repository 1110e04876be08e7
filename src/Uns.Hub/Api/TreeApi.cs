using System.Text.Json;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>The namespace over HTTP: nodes, whole branches, changes as they come, and writes.</summary>
internal static class TreeApi
{
    /// <summary>Most values one answer of <c>/values</c> carries; a branch with more is asked for in parts.</summary>
    public const int MaximumValues = 100_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/tree/{**path}", Node)
            .WithName("GetNode").WithTags("Tree")
            .WithSummary("One node: its value and its children. An empty path is the root.")
            .Produces<NodeView>().ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapDelete("/api/v1/tree/{**path}", Forget)
            .WithName("ForgetStale").WithTags("Tree")
            .WithSummary("Takes out every stale value of a branch, and its retained topic. Living values stay.")
            .Produces<ForgottenView>().ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapGet("/api/v1/values", Values)
            .WithName("GetValues").WithTags("Tree")
            .WithSummary("All values of a branch, in order of their paths.")
            .Produces<IReadOnlyList<ValueView>>().ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapPut("/api/v1/values", Write)
            .WithName("WriteValue").WithTags("Tree")
            .WithSummary("Writes one value and waits for its effect to come back as data.")
            .Produces<WriteView>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests).ProducesProblem(StatusCodes.Status504GatewayTimeout);
        routes.MapGet("/api/v1/conflicts", (UnsTree tree) => tree.Conflicts())
            .WithName("GetConflicts").WithTags("Tree")
            .WithSummary("Metrics that were refused a place because another metric holds it.");
    }

    private static IResult Node(string? path, UnsTree tree, TimeProvider clock) =>
        tree.Find(path ?? "") is { } node ? Results.Ok(NodeView.Of(node, clock.GetUtcNow()))
        : Forwarded(tree, path ?? "", clock) is { } moved ? Results.Ok(NodeView.Of(moved, clock.GetUtcNow()) with { MovedTo = moved.Path })
        : NotFound(path, tree);

    private static IResult Forget(string? path, UnsTree tree, ILogBook log, HttpContext context)
    {
        if (tree.Find(path ?? "") is null)
        {
            return NotFound(path, tree);
        }

        var forgotten = tree.Forget(path ?? "");
        log.Post(LogKinds.Plant, path ?? "", $"{forgotten:N0} stale values were taken out", ApiAuthor.Of(context));
        return Results.Ok(new ForgottenView(forgotten));
    }

    private static IResult Values(string? path, UnsTree tree, TimeProvider clock)
    {
        if ((tree.Find(path ?? "") ?? Forwarded(tree, path ?? "", clock)) is not { } branch)
        {
            return NotFound(path, tree);
        }

        var now = clock.GetUtcNow();
        var values = branch.Values().Take(MaximumValues + 1).Select(node => ValueView.Of(node, now)).OfType<ValueView>().ToList();
        return values.Count <= MaximumValues
            ? Results.Ok(values)
            : Results.Problem($"The branch '{path}' has more than {MaximumValues} values: ask for a smaller one.", statusCode: StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> Write(
        WriteRequest request, IValueWriter writer, Settings.HubOptions options, TimeProvider clock, UnsTree tree, HttpContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Path))
        {
            return Results.Problem("The field 'path' is missing: give the value's path, e.g. acme/berlin/line1/speed.", statusCode: StatusCodes.Status400BadRequest);
        }

        var path = request.Path.Trim('/');
        var result = await writer.WriteAsync(path, request.Value, options.WriteAnswerTimeout, cancellationToken, ApiAuthor.Of(context));
        var status = result.Outcome switch
        {
            WriteOutcome.Done or WriteOutcome.Different => StatusCodes.Status200OK,
            WriteOutcome.NotFound => StatusCodes.Status404NotFound,
            WriteOutcome.NotWritable => StatusCodes.Status403Forbidden,
            WriteOutcome.BadValue => StatusCodes.Status400BadRequest,
            WriteOutcome.Offline => StatusCodes.Status409Conflict,
            WriteOutcome.Busy => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status504GatewayTimeout,
        };
        return status == StatusCodes.Status200OK
            ? Results.Ok(new WriteView(result.Outcome, result.Message, tree.Find(path) is { } node ? ValueView.Of(node, clock.GetUtcNow()) : null))
            : Results.Problem(result.Message, statusCode: status, title: result.Outcome.ToString());
    }

    // An old path is answered for as long as its topic goes on.
    private static UnsNode? Forwarded(UnsTree tree, string path, TimeProvider clock) =>
        tree.Map.ForwardedUntil(path.Trim('/')) > clock.GetUtcNow() && tree.MovedTo(path) is { } moved ? tree.Find(moved) : null;

    private static IResult NotFound(string? path, UnsTree tree) => Results.Problem(
        tree.MovedTo(path ?? "") is { } moved ? $"'{path}' has moved to '{moved}'." : $"There is no node '{path}': names are case-sensitive; GET /api/v1/tree shows the first level.",
        statusCode: StatusCodes.Status404NotFound);
}

/// <summary>What a client asks to be written.</summary>
/// <param name="Path">The value's path, without the topic prefix.</param>
/// <param name="Value">The new value in engineering units.</param>
internal sealed record WriteRequest(string Path, JsonElement Value);

/// <summary>How a write ended.</summary>
internal sealed record WriteView(WriteOutcome Outcome, string? Message, ValueView? Now);

/// <summary>How many values were taken out.</summary>
internal sealed record ForgottenView(int Forgotten);

