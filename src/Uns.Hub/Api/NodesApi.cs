using Uns.Sparkplug.Host;

namespace Uns.Hub.Api;

/// <summary>The Sparkplug edge nodes that the host application follows.</summary>
internal static class NodesApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/sparkplug/nodes", (HostApplication host) => host.Nodes())
            .WithTags("Sparkplug").WithName("GetNodes")
            .WithSummary("Every edge node seen: state, bdSeq, births, deaths, gaps, rebirth requests, decode errors.");
}
