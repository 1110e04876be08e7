using Uns.Ui.Access;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Who makes a change over HTTP.</summary>
internal static class ApiAuthor
{
    /// <summary>The header that names the author.</summary>
    public const string Header = "X-Author";

    /// <summary>Who is signed in. While nobody is asked: the name that was given, or that in the header, or the address the request came from.</summary>
    /// <param name="context">The request.</param>
    /// <param name="given">A name that the request gives; believed while nobody is asked.</param>
    public static string Of(HttpContext context, string? given = null) =>
        context.RequestServices.GetRequiredService<Visitor>().Now is { Kind: not CallerKind.Anybody } caller ? caller.LogName
        : PageAuthor.Clean(given ?? context.Request.Headers[Header].ToString()) is { Length: > 0 } name ? name
        : $"API from {context.Connection.RemoteIpAddress?.ToString() ?? "this machine"}";

    /// <summary>The note of a change made by a request.</summary>
    public static ChangeNote Note(HttpContext context, string comment = "", ChangeWay way = ChangeWay.Direct) => new(Of(context), comment, way);
}
