using System.Globalization;

namespace Uns.Hub.Access;

/// <summary>The cookie that a browser holds for a session. It goes to no other site and to no script; the port in its name keeps two hubs on one machine apart.</summary>
internal static class Cookie
{
    /// <summary>Sets it.</summary>
    public static void Set(HttpContext context, string secret) => context.Response.Cookies.Append(Name(context), secret, Options(context));

    /// <summary>Takes it back.</summary>
    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name(context), Options(context));

    /// <summary>What a request brings; null when it brings none.</summary>
    public static string? Read(HttpContext context) => context.Request.Cookies[Name(context)];

    // With TLS the browser itself holds to the prefix: set by this host, for all of it, over TLS.
    private static string Name(HttpContext context) =>
        (context.Request.IsHttps ? "__Host-" : "") + "uns-session-" + context.Connection.LocalPort.ToString(CultureInfo.InvariantCulture);

    private static CookieOptions Options(HttpContext context) => new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/" };
}
