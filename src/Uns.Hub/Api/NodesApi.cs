using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>The Sparkplug edge nodes that the host application follows.</summary>
internal static class NodesApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/sparkplug/nodes", (HostApplication host) => host.Nodes())
            .WithTags("Sparkplug").WithName("GetNodes")
            .WithSummary("Every edge node seen: state, bdSeq, births, deaths, gaps, rebirth requests, rules broken, clock skew.");
        routes.MapGet("/api/v1/sparkplug/nodes/{group}/{node}", (string group, string node, HostApplication host) =>
                host.Report(new EdgeNodeId(group, node)) is { } report ? Results.Ok(report) : NotFound(group, node))
            .WithTags("Sparkplug").WithName("GetNodeReport")
            .WithSummary("One edge node: timeline, sessions that bdSeq pairs, rules broken with their ids, devices, alias table.")
            .Produces<NodeReport>().ProducesProblem(StatusCodes.Status404NotFound);
        routes.MapPost("/api/v1/sparkplug/nodes/{group}/{node}/rebirth", (string group, string node, HostApplication host, ILogBook log, HttpContext context) => Ask(group, node, host, log, context))
            .WithTags("Sparkplug").WithName("AskRebirth")
            .WithSummary("Asks an edge node to be born again. Its answer is seen in its timeline.")
            .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static IResult Ask(string group, string node, HostApplication host, ILogBook log, HttpContext context)
    {
        var id = new EdgeNodeId(group, node);
        if (host.Report(id) is null)
        {
            return NotFound(group, node);
        }

        host.AskRebirth(id);
        log.Post(LogKinds.Node, $"{group}/{node}", "the edge node was asked to be born again", ApiAuthor.Of(context));
        return Results.Accepted();
    }

    private static IResult NotFound(string group, string node) => Results.Problem($"No edge node '{group}/{node}' was seen.", statusCode: StatusCodes.Status404NotFound);
}
