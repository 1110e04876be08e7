using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Uns.Hub.Api;

/// <summary>What the API says about itself.</summary>
internal static class OpenApiText
{
    private const string Token = "token";
    private const string Session = "session";

    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Unified Namespace hub";
            document.Info.Version = "v1";
            document.Info.Description = "The plant's current values, the devices they come from, and the place of each in the plant. Errors are problem details with one sentence that says what to change. "
                + "Each operation names its least role: viewer, operator, engineer, administrator; each may do all that the ones before it may.";
            document.Servers?.Clear(); // The same for every address it is served at.
            document.AddComponent(Token, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token from the page /people." });
            document.AddComponent(Session, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = "uns-session-8080",
                Description = "The cookie of who signed in at the page; the number is the page's port, and __Host- stands before it with TLS.",
            });
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().FirstOrDefault()?.Policy is { } role)
            {
                operation.Description = $"Role: {role.ToLower(CultureInfo.InvariantCulture)}.";
                operation.Security = [new() { [new OpenApiSecuritySchemeReference(Token, context.Document)] = [] }, new() { [new OpenApiSecuritySchemeReference(Session, context.Document)] = [] }];
                operation.Responses ??= [];
                operation.Responses.TryAdd("401", new OpenApiResponse { Description = "Nobody is signed in, or the token is not valid." });
                operation.Responses.TryAdd("403", new OpenApiResponse { Description = "The role does not allow it." });
            }

            return Task.CompletedTask;
        });
    }
}
