using Microsoft.AspNetCore.OpenApi;

namespace Uns.Hub.Api;

/// <summary>What the API says about itself.</summary>
internal static class OpenApiText
{
    public static void Describe(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info.Title = "Unified Namespace hub";
        document.Info.Version = "v1";
        document.Info.Description = "The plant's current values, the devices they come from, and the place of each in the plant. Errors are problem details with one sentence that says what to change.";
        document.Servers?.Clear(); // The same for every address it is served at.
        return Task.CompletedTask;
    });
}
