namespace Uns.Connectors;

/// <summary>A certificate of a server, as people decide on it.</summary>
/// <param name="Thumbprint">SHA-256 of the certificate, in hexadecimal.</param>
/// <param name="Subject">Whom it names.</param>
/// <param name="NotBefore">Valid from, UTC.</param>
/// <param name="NotAfter">Valid until, UTC.</param>
/// <param name="IsTrusted">True once somebody accepted it.</param>
public sealed record ServerCertificate(string Thumbprint, string Subject, DateTimeOffset NotBefore, DateTimeOffset NotAfter, bool IsTrusted);

/// <summary>Which servers the connectors talk to over secure channels. Nothing is trusted by itself.</summary>
public interface IServerTrust
{
    /// <summary>The certificates met so far: the accepted ones, then those that wait.</summary>
    IReadOnlyList<ServerCertificate> All();

    /// <summary>Accepts a certificate that waits.</summary>
    /// <returns>False when none of that thumbprint waits.</returns>
    bool Trust(string thumbprint);

    /// <summary>Takes back the trust in a certificate, or forgets one that waits.</summary>
    /// <returns>False when there is none of that thumbprint.</returns>
    bool Remove(string thumbprint);

    /// <summary>Our own certificate, to be accepted by the servers, in DER.</summary>
    byte[] OwnCertificate();
}
