namespace Uns.Connectors;

/// <summary>A certificate of a server, as people decide on it.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate, in hexadecimal.</param>
/// <param name="Subject">Whom it names.</param>
/// <param name="NotBefore">Valid from, UTC.</param>
/// <param name="NotAfter">Valid until, UTC.</param>
/// <param name="IsTrusted">True once somebody accepted it.</param>
public sealed record ServerCertificate(string Thumbprint, string Subject, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool IsTrusted);

/// <summary>The revocation list of one authority.</summary>
/// <param name="Issuer">The authority.</param>
/// <param name="From">When the list was made. UTC.</param>
/// <param name="Next">When a newer one is promised; null when it is not said. UTC.</param>
/// <param name="Count">How many certificates it takes back.</param>
public sealed record RevocationView(string Issuer, DateTimeOffset From, DateTimeOffset? Next, int Count);

/// <summary>Which servers the connectors talk to over secure channels. Nothing is trusted by itself.</summary>
public interface IServerTrust
{
    /// <summary>The certificates met so far: the accepted ones, then those that wait.</summary>
    IReadOnlyList<ServerCertificate> All();

    /// <summary>Accepts a certificate that waits.</summary>
    /// <returns>False when none of that thumbprint waits.</returns>
    bool Trust(string thumbprint);

    /// <summary>Accepts a certificate that somebody has looked at, also one that was never met.</summary>
    /// <param name="certificate">In DER.</param>
    /// <returns>False when it is no certificate.</returns>
    bool Accept(byte[] certificate);

    /// <summary>Takes back the trust in a certificate, or forgets one that waits.</summary>
    /// <returns>False when there is none of that thumbprint.</returns>
    bool Remove(string thumbprint);

    /// <summary>Our own certificate, to be accepted by the servers, in DER.</summary>
    byte[] OwnCertificate();

    /// <summary>Our own certificate, as people look at it.</summary>
    ServerCertificate OwnView();

    /// <summary>
    /// Makes a new own certificate for the same key. It is shown at the next connection; a server that has not accepted it yet is shown the one before, for as
    /// long as that is valid.
    /// </summary>
    ServerCertificate RenewOwn();

    /// <summary>What authorities have taken back.</summary>
    IReadOnlyList<RevocationView> Revocations();

    /// <summary>Files of revocation lists that cannot be read, each in one sentence.</summary>
    IReadOnlyList<string> RevocationFaults();

    /// <summary>Takes the revocation list of an accepted authority in, in DER or PEM; an older one goes.</summary>
    /// <returns>Null when it was taken; else why not.</returns>
    string? AddRevocations(byte[] list);
}
