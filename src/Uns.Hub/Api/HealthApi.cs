using Uns.Hub.Wiring;

namespace Uns.Hub.Api;

/// <summary>Is the process alive, and does the road stand?</summary>
internal static class HealthApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => new HealthView("live", []))
            .WithTags("Operation").WithName("GetLive").WithSummary("200 while the process answers.");
        routes.MapGet("/health/ready", (RoadHealth road) =>
            {
                var faults = road.Faults();
                var view = new HealthView(faults.Count == 0 ? "ready" : "not ready", [.. faults.Select(f => f.ToString())]);
                return faults.Count == 0 ? Results.Ok(view) : Results.Json(view, statusCode: StatusCodes.Status503ServiceUnavailable);
            })
            .WithTags("Operation").WithName("GetReady")
            .WithSummary("200 when broker, edge node, host application and JSON topics stand; else 503 and what is missing. An edge node at a broker elsewhere is not waited for.")
            .Produces<HealthView>().Produces<HealthView>(StatusCodes.Status503ServiceUnavailable);
        routes.MapGet("/api/v1/health", (Ui.Health.IPlantHealth health) => health.Lines)
            .WithTags("Operation").WithName("GetHealth").WithSummary("What runs and what is wrong, in sentences, with the page that mends it and since when.");
    }
}

/// <summary>The state in a word, and what is missing in sentences.</summary>
internal sealed record HealthView(string Status, IReadOnlyList<string> Faults);
