using Uns.Connectors;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>The certificates of OPC UA servers, and our own, over HTTP.</summary>
internal static class CertificatesApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var certificates = routes.MapGroup("/api/v1/certificates").WithTags("Certificates");
        certificates.MapGet("", (IServerTrust trust) => trust.All())
            .WithName("GetCertificates").WithSummary("Certificates of servers: the accepted ones, then those that wait to be accepted.");
        certificates.MapGet("/own", (IServerTrust trust) => Results.File(trust.OwnCertificate(), "application/pkix-cert", "uns-hub.der"))
            .WithName("GetOwnCertificate").WithSummary("Our own certificate in DER, for the servers to accept.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-cert");
        certificates.MapPost("/{thumbprint}/trust", (string thumbprint, IServerTrust trust, ILogBook log, HttpContext context) => Done(trust.Trust(thumbprint), thumbprint, "accepted", log, context))
            .WithName("TrustCertificate").WithSummary("Accepts a server's certificate by its SHA-256 thumbprint.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        certificates.MapDelete("/{thumbprint}", (string thumbprint, IServerTrust trust, ILogBook log, HttpContext context) => Done(trust.Remove(thumbprint), thumbprint, "not trusted any more", log, context))
            .WithName("RemoveCertificate").WithSummary("Takes back the trust in a certificate, or forgets one that waits. A connection that stands goes on.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static IResult Done(bool done, string thumbprint, string words, ILogBook log, HttpContext context)
    {
        if (!done)
        {
            return None(thumbprint);
        }

        log.Post(LogKinds.Trust, thumbprint, words, ApiAuthor.Of(context));
        return Results.NoContent();
    }

    private static IResult None(string thumbprint) =>
        Results.Problem($"No such certificate waits or is trusted: '{thumbprint}'. GET /api/v1/certificates lists them.", statusCode: StatusCodes.Status404NotFound);
}
