using Uns.Connectors;
using Uns.Hub.Wiring;
using Uns.Ui.Changes;

namespace Uns.Hub.Api;

/// <summary>The certificates of OPC UA servers, and our own, over HTTP.</summary>
internal static class CertificatesApi
{
    private const long MostListBytes = 4L << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var certificates = routes.MapGroup("/api/v1/certificates").WithTags("Certificates");
        certificates.MapGet("", (IServerTrust trust) => trust.All())
            .WithName("GetCertificates").WithSummary("Certificates of servers: the accepted ones, then those that wait to be accepted.");
        certificates.MapGet("/own", (IServerTrust trust) => Results.File(trust.OwnCertificate(), "application/pkix-cert", "uns-hub.der"))
            .WithName("GetOwnCertificate").WithSummary("Our own certificate in DER, for the servers to accept.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/pkix-cert");
        certificates.MapGet("/own/state", (IServerTrust trust) => trust.OwnView())
            .WithName("GetOwnCertificateState").WithSummary("Our own certificate: thumbprint and until when it is valid.");
        certificates.MapPost("/own/renew", RenewOwn)
            .WithName("RenewOwnCertificate").WithSummary("Makes a new own certificate for the same key. Servers have to accept it; until they do, they are shown the one before, while that is valid.");
        certificates.MapGet("/events", (CertificateWatch watch) => watch.Events())
            .WithName("GetCertificateEvents").WithSummary("What was told of certificates that come to their end, the oldest first.");
        certificates.MapGet("/revocations", (IServerTrust trust) => trust.Revocations())
            .WithName("GetRevocationLists").WithSummary("What authorities have taken back.");
        certificates.MapPost("/revocations", AddRevocations)
            .WithName("AddRevocationList").WithSummary("Takes the revocation list of an accepted authority in, in DER or PEM; an older one goes.")
            .Accepts<byte[]>("application/pkix-crl", "application/octet-stream")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest)
            .WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MostListBytes));
        certificates.MapPost("/{thumbprint}/trust", (string thumbprint, IServerTrust trust, ILogBook log, HttpContext context) => Done(trust.Trust(thumbprint), thumbprint, "accepted", log, context))
            .WithName("TrustCertificate").WithSummary("Accepts a server's certificate by its SHA-256 thumbprint.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
        certificates.MapDelete("/{thumbprint}", (string thumbprint, IServerTrust trust, ILogBook log, HttpContext context) => Done(trust.Remove(thumbprint), thumbprint, "not trusted any more", log, context))
            .WithName("RemoveCertificate").WithSummary("Takes back the trust in a certificate, or forgets one that waits. A connection that stands goes on.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static ServerCertificate RenewOwn(IServerTrust trust, ILogBook log, HttpContext context)
    {
        var renewed = trust.RenewOwn();
        log.Post(LogKinds.Trust, renewed.Thumbprint, "our own certificate was renewed", ApiAuthor.Of(context));
        return renewed;
    }

    private static async Task<IResult> AddRevocations(HttpRequest request, IServerTrust trust, ILogBook log, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        if (trust.AddRevocations(body.ToArray()) is { } fault)
        {
            return Results.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        log.Post(LogKinds.Trust, "revocation list", "taken in", ApiAuthor.Of(request.HttpContext));
        return Results.NoContent();
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
