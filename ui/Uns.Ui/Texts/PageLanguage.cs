using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.Http;

namespace Uns.Ui.Texts;

/// <summary>Gives each page the language of its reader: what the address asks for with <c>?lang=</c>, else what was chosen before, else what the browser accepts.</summary>
public static class PageLanguage
{
    /// <summary>What the address says it with.</summary>
    public const string Query = "lang";

    /// <summary>Under which name the browser keeps the choice, for a year.</summary>
    public const string Cookie = "uns.language";

    /// <summary>Puts it before the pages. The API stays English.</summary>
    public static IApplicationBuilder UsePageLanguage(this IApplicationBuilder pages) => pages.Use(async (context, next) =>
    {
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var asked = context.Request.Query[Query].ToString();
        using (Language.Of(asked, context.Request.Cookies[Cookie], context.Request.Headers.AcceptLanguage.ToString()).Use())
        {
            if (Language.Find(asked) is { } chosen && chosen.Code != context.Request.Cookies[Cookie])
            {
                context.Response.Cookies.Append(Cookie, chosen.Code, new CookieOptions { MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, HttpOnly = true, Secure = context.Request.IsHttps, IsEssential = true });
            }

            await next(context);
        }
    });
}

/// <summary>Keeps an open page in the language in which it was opened, whichever way its reader's next word comes in.</summary>
internal sealed class PageLanguageKeeper : CircuitHandler
{
    private readonly Language _language = Language.Current;

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => async activity =>
    {
        using (_language.Use())
        {
            await next(activity);
        }
    };
}
