using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>Who makes a change over HTTP.</summary>
internal static class ApiAuthor
{
    /// <summary>The header that names the author.</summary>
    public const string Header = "X-Author";

    /// <summary>The name in the header; without one the address the request came from.</summary>
    public static string Of(HttpContext context) =>
        PageAuthor.Clean(context.Request.Headers[Header].ToString()) is { Length: > 0 } name ? name : $"API from {context.Connection.RemoteIpAddress?.ToString() ?? "this machine"}";

    /// <summary>The note of a change made by a request.</summary>
    public static ChangeNote Note(HttpContext context, string comment = "", ChangeWay way = ChangeWay.Direct) => new(Of(context), comment, way);
}
