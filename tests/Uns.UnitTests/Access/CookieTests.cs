using Microsoft.AspNetCore.Http;
using Uns.Hub.Access;

namespace Uns.UnitTests.Access;

/// <summary>The cookie of a session, over plain HTTP and over TLS.</summary>
public sealed class CookieTests
{
    [Theory]
    [InlineData("http", "uns-session-8080=", false)]
    [InlineData("https", "__Host-uns-session-8080=", true)]
    public void It_goes_to_no_script_no_other_site_and_with_tls_over_tls_alone(string scheme, string begin, bool isSecure)
    {
        var context = new DefaultHttpContext { Request = { Scheme = scheme }, Connection = { LocalPort = 8080 } };
        Cookie.Set(context, "secret");
        var set = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith(begin + "secret; path=/;", set, StringComparison.Ordinal);
        Assert.Contains("httponly", set, StringComparison.Ordinal);
        Assert.Contains("samesite=strict", set, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", set, StringComparison.Ordinal);
        Assert.Equal(isSecure, set.Contains("secure;", StringComparison.Ordinal));
        context.Request.Headers.Cookie = begin + "secret";
        Assert.Equal("secret", Cookie.Read(context));
    }
}
