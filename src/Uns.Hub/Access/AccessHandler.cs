using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.Extensions.Options;
using Uns.Ui.Access;

namespace Uns.Hub.Access;

/// <summary>Finds out who makes a request: by the cookie of a session, or the token of a program. Whoever may not is told what to do; a page leads to where one signs in.</summary>
internal sealed class AccessHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    Settings.HubOptions hub, CallerBook callers, SessionBook sessions, TokenBook tokens, SignInDesk desk)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "uns";

    private const string Bearer = "Bearer ";

    private string? _refusal;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Find());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (IsPage)
        {
            Response.Redirect(desk.IsUnclaimed ? "/first-password" : $"/sign-in?return={Uri.EscapeDataString(Request.Path + Request.QueryString)}");
            return Task.CompletedTask;
        }

        Response.Headers.WWWAuthenticate = "Bearer";
        return Results.Problem(_refusal ?? (desk.IsUnclaimed
            ? $"The hub has no password yet. Open {Request.Scheme}://{Request.Host}/first-password in a browser and set the first one."
            : "Sign in, or send the header 'Authorization: Bearer TOKEN' with a token from the page /people."), statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var least = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<Microsoft.AspNetCore.Authorization.IAuthorizeData>()
            .Select(a => Enum.TryParse<Role>(a.Policy, out var role) ? role : Role.Administrator).DefaultIfEmpty(Role.Administrator).Max() ?? Role.Administrator;
        var caller = Context.User.FindFirstValue(Visitor.KeyClaim) is { } key ? callers.Find(key) : null;
        return Results.Problem(
            caller is null ? "You are signed out." : Visitor.Refusal(caller, least), statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(Context);
    }

    private bool IsPage => Context.GetEndpoint()?.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    private AuthenticateResult Find()
    {
        if (hub.IsOpen)
        {
            return Known(CallerBook.OpenKey);
        }

        // A token that is not valid is not made good by a cookie beside it.
        if (Request.Headers.Authorization.ToString() is { Length: > 0 } shown)
        {
            if (shown.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && tokens.Enter(shown[Bearer.Length..].Trim()) is { } token)
            {
                return Known(token.Key);
            }

            _refusal = "The header Authorization holds no valid token: it was revoked, its time is over, or it never was one.";
            return AuthenticateResult.Fail(_refusal);
        }

        return Cookie.Read(Context) is { } secret && sessions.Enter(secret) is { } session ? Known(session.Key) : AuthenticateResult.NoResult();
    }

    private AuthenticateResult Known(string key)
    {
        if (callers.Find(key) is not { } caller)
        {
            return AuthenticateResult.NoResult();
        }

        var identity = new ClaimsIdentity(
            [new(Visitor.KeyClaim, key), new(ClaimTypes.NameIdentifier, key), new(ClaimTypes.Name, caller.Name), new(ClaimTypes.Role, caller.Role.ToString())], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
