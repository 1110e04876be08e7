using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Connectors.OpcUa.Security;
using Uns.Hub.Changes;
using Uns.Hub.Wiring;
using Uns.Tree;
using Uns.Ui.Access;
using Uns.Ui.Changes;
using Uns.Ui.Clients;
using Uns.Ui.Import;

namespace Uns.Hub.Access;

/// <summary>Puts people and roles between the network and everything else that is served over HTTP.</summary>
internal static class AccessWeb
{
    private const string SignOut = "/sign-out";

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<PeopleStore>();
        services.AddSingleton<SessionBook>();
        services.AddSingleton<TokenBook>();
        services.AddSingleton<HashLane>();
        services.AddSingleton<SignInBrake>();
        services.AddSingleton<PeopleBook>();
        services.AddSingleton<SetupToken>();
        services.AddSingleton<CallerBook>();
        services.AddSingleton<ICallers>(s => s.GetRequiredService<CallerBook>());
        services.AddSingleton<SignInDesk>();
        services.AddSingleton<ISignInDesk>(s => s.GetRequiredService<SignInDesk>());
        services.AddScoped<Visitor>();
        services.AddScoped<CircuitHandler, CircuitVisitor>();
        services.AddAuthentication(AccessHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, AccessHandler>(AccessHandler.SchemeName, null);
        var policies = services.AddAuthorizationBuilder();
        foreach (var role in Enum.GetValues<Role>())
        {
            policies.AddPolicy(role.ToString(), policy => policy.RequireRole(Enum.GetValues<Role>().Where(r => r >= role).Select(r => r.ToString())));
        }

        // What says nothing is shut.
        policies.SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireRole(nameof(Role.Administrator)).Build());
        AddBooks(services);
    }

    /// <summary>Between routing and what is served: who it is, whether a page of the hub asks, what he may do.</summary>
    public static void Use(WebApplication web)
    {
        web.UseAuthentication();
        web.Use(RefuseForeignPages);
        web.Use((context, next) =>
        {
            context.RequestServices.GetRequiredService<Visitor>().Take(context.User);
            return next(context);
        });
        web.UseAuthorization();
        web.MapPost(SignOut, SignOutAsync).AllowAnonymous().WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(16 * 1024)).ExcludeFromDescription();
    }

    // Pages get the books for their visitor; the hub's own parts name the classes and are not asked.
    private static void AddBooks(IServiceCollection services)
    {
        Guarded<ISettingsBook, SettingsBook>(services);
        Guarded<IDraftBook, DraftBook>(services);
        Guarded<IDeviceBook, DeviceBook>(services);
        Guarded<IImportDesk, ImportDesk>(services);
        Guarded<IAlarmBook, AlarmDesk>(services);
        Guarded<IValueWriter, TreeWriter>(services);
        Guarded<IClientBook, ClientBook>(services);
        Guarded<IServerTrust, CertificateStore>(services);
        Guarded<ISparkplugDoctor, SparkplugDoctor>(services);
        Guarded<IPeopleBook, PeopleBook>(services);
        Guarded<ITokenBook, TokenBook>(services);
        services.AddScoped<ILogBook, VisitorLog>();
    }

    private static void Guarded<TBook, T>(IServiceCollection services)
        where TBook : class
        where T : class, TBook => services.AddScoped(s => Guard<TBook>.Of(s.GetRequiredService<T>(), s.GetRequiredService<Visitor>()));

    // A browser sends the cookie along for pages of other ports of this host too, and says whose page asks.
    private static Task RefuseForeignPages(HttpContext context, RequestDelegate next)
    {
        var site = context.Request.Headers["Sec-Fetch-Site"].ToString();
        var foreign = context.Request.Headers.Origin.Count > 0
            ? IsOfAnotherPage(context.Request)
            : site is "cross-site" or "same-site" && !HttpMethods.IsGet(context.Request.Method);
        return foreign && context.Request.Headers.Authorization.Count == 0
            ? Results.Problem("A page of another site may not do that.", statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context)
            : next(context);
    }

    /// <summary>True for a request that a browser sends for a page that is not the hub's, or for one without an origin of its own such as a file.</summary>
    public static bool IsOfAnotherPage(HttpRequest request) => request.Headers.Origin is { Count: > 0 } origins
        && !(origins is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery forms, SignInDesk desk, Visitor visitor)
    {
        if (!await forms.IsRequestValidAsync(context))
        {
            return Results.Problem("The form is too old: load the page again.", statusCode: StatusCodes.Status400BadRequest);
        }

        await desk.SignOutAsync(context, visitor);
        return Results.Redirect("/sign-in");
    }
}
