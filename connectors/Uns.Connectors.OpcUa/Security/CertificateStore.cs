using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Our own application certificate and the servers' that were accepted, as files in a folder. Nothing is trusted by itself.</summary>
/// <remarks>OPC 10000-2, 8.1.3. Certificates that were met and not accepted wait in <c>rejected</c>, at most <see cref="MostRejected"/>, the oldest go first.</remarks>
public sealed class CertificateStore : IServerTrust
{
    /// <summary>Most certificates that wait to be accepted.</summary>
    public const int MostRejected = 500;

    /// <summary>The application's URI, in the certificate and in every session.</summary>
    public const string ApplicationUri = "urn:uns:hub";

    private readonly Lock _gate = new();
    private readonly string? _folder;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, byte[]> _trusted = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Thumbprint, byte[] Bytes)> _rejected = [];
    private readonly OwnCertificate _own;
    private readonly RevocationLists _revoked;

    /// <summary>Opens a store.</summary>
    /// <param name="folder">Where it lies; null keeps all in memory.</param>
    /// <param name="clock">Says whether certificates are valid.</param>
    public CertificateStore(string? folder, TimeProvider clock)
    {
        (_folder, _clock, _own) = (folder, clock, new(folder, clock));
        if (folder is not null)
        {
            Directory.CreateDirectory(Path.Combine(folder, "trusted"));
            Directory.CreateDirectory(Path.Combine(folder, "rejected"));
            foreach (var file in Directory.GetFiles(Path.Combine(folder, "trusted"), "*.der"))
            {
                var bytes = File.ReadAllBytes(file);
                _trusted[ThumbprintOf(bytes)] = bytes;
            }

            _rejected.AddRange(new DirectoryInfo(Path.Combine(folder, "rejected")).GetFiles("*.der").OrderBy(f => f.LastWriteTimeUtc)
                .Select(f => File.ReadAllBytes(f.FullName)).Select(b => (ThumbprintOf(b), b)));
        }

        _revoked = new(folder is null ? null : Path.Combine(folder, "revoked"));
    }

    /// <summary>Our certificate with its key; made when it is first asked for, and renewed when it has run out.</summary>
    public X509Certificate2 Own() => _own.Current();

    /// <summary>Our certificate before the last renewal, with its key, while it is valid; null when there is none.</summary>
    public X509Certificate2? OwnBefore() => _own.Before();

    /// <inheritdoc/>
    public IReadOnlyList<ServerCertificate> All()
    {
        lock (_gate)
        {
            return [.. _trusted.Values.Select(b => View(b, isTrusted: true)), .. _rejected.Select(r => View(r.Bytes, isTrusted: false))];
        }
    }

    /// <inheritdoc/>
    public bool Trust(string thumbprint)
    {
        lock (_gate)
        {
            var at = _rejected.FindIndex(r => r.Thumbprint.Equals(thumbprint, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
            {
                return false;
            }

            var (key, bytes) = _rejected[at];
            Accept(key, bytes);
            return true;
        }
    }

    /// <inheritdoc/>
    public bool Accept(byte[] certificate)
    {
        try
        {
            using var read = X509CertificateLoader.LoadCertificate(certificate);
            lock (_gate)
            {
                Accept(ThumbprintOf(read.RawData), read.RawData);
            }

            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public bool Remove(string thumbprint)
    {
        lock (_gate)
        {
            Drop("trusted", thumbprint);
            Drop("rejected", thumbprint);
            return _trusted.Remove(thumbprint) | (_rejected.RemoveAll(r => r.Thumbprint.Equals(thumbprint, StringComparison.OrdinalIgnoreCase)) > 0);
        }
    }

    /// <inheritdoc/>
    public byte[] OwnCertificate() => Own().RawData;

    /// <inheritdoc/>
    public ServerCertificate OwnView() => View(Own().RawData, isTrusted: true);

    /// <inheritdoc/>
    public ServerCertificate RenewOwn() => View(_own.Renew().RawData, isTrusted: true);

    /// <inheritdoc/>
    public IReadOnlyList<RevocationView> Revocations()
    {
        lock (_gate)
        {
            return [.. _revoked.All.Select(l => new RevocationView(l.Issuer.Name, l.From, l.Next, l.Count))];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> RevocationFaults()
    {
        lock (_gate)
        {
            return _revoked.Unreadable;
        }
    }

    /// <inheritdoc/>
    public string? AddRevocations(byte[] list)
    {
        lock (_gate)
        {
            return _revoked.Add(list, l => _trusted.Values.Any(t => IsSigned(l, t)));
        }
    }

    /// <summary>Decides on a peer's certificate.</summary>
    /// <param name="certificate">The application's own.</param>
    /// <param name="authorities">What it sent of its authorities, from its own issuer upwards.</param>
    /// <returns>Null when it may be talked to; else why not, with what to do. What nobody accepted yet is put with those that wait.</returns>
    /// <remarks>OPC 10000-4, 6.1.3. Trusted is what was accepted itself, and what an accepted authority has issued. A certificate on the revocation list of its authority is refused, also when it was accepted itself.</remarks>
    internal string? Check(X509Certificate2 certificate, IReadOnlyList<byte[]>? authorities = null)
    {
        lock (_gate)
        {
            var refusal = Judge(certificate, authorities, out var isUnknown);
            var thumbprint = ThumbprintOf(certificate.RawData);
            if (isUnknown && !_rejected.Exists(r => r.Thumbprint == thumbprint))
            {
                _rejected.Add((thumbprint, certificate.RawData));
                Write("rejected", thumbprint, certificate.RawData);
                if (_rejected.Count > MostRejected)
                {
                    Drop("rejected", _rejected[0].Thumbprint);
                    _rejected.RemoveAt(0);
                }
            }

            return refusal;
        }
    }

    /// <summary>Decides on a peer's certificate as <see cref="Check"/> does, and keeps nothing.</summary>
    /// <param name="certificate">The application's own.</param>
    /// <param name="authorities">What it sent of its authorities, from its own issuer upwards.</param>
    /// <param name="isUnknown">True when nothing is wrong with it but that nobody accepted it.</param>
    /// <returns>Null when it may be talked to; else why not, with what to do.</returns>
    internal string? Judge(X509Certificate2 certificate, IReadOnlyList<byte[]>? authorities, out bool isUnknown)
    {
        isUnknown = false;
        var thumbprint = ThumbprintOf(certificate.RawData);
        using var key = certificate.GetRSAPublicKey();
        if (key is null || key.KeySize < 2048)
        {
            return $"its certificate has {(key is null ? "no RSA key" : $"a key of {key.KeySize} bits")}: give it one of 2048 to 4096 bits.";
        }

        var now = _clock.GetUtcNow().UtcDateTime;
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
        {
            return $"its certificate is valid from {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd} only: renew it there, or set the clocks.";
        }

        lock (_gate)
        {
            var isIssued = IsIssuedByTrusted(certificate, authorities ?? [], out var revoked);
            if (revoked is not null)
            {
                return $"the certificate of {revoked} was taken back by its authority: renew it there.";
            }

            if (_trusted.ContainsKey(thumbprint) || isIssued)
            {
                return null;
            }
        }

        isUnknown = true;
        return $"its certificate ({certificate.Subject}, SHA-256 {thumbprint}) is not trusted: compare the thumbprint at its owner and accept it.";
    }

    // Every link is checked: signatures, times, and that each issuer may issue at all. Only accepted certificates are anchors.
    private bool IsIssuedByTrusted(X509Certificate2 certificate, IReadOnlyList<byte[]> authorities, out string? revoked)
    {
        revoked = null;
        var made = new List<X509Certificate2>();
        try
        {
            made.AddRange(_trusted.Values.Select(X509CertificateLoader.LoadCertificate));
            var anchors = made.Where(c => c.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority)).ToArray();
            if (anchors.Length == 0)
            {
                return false;
            }

            var between = authorities.Select(X509CertificateLoader.LoadCertificate).ToArray();
            made.AddRange(between);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = _clock.GetUtcNow().UtcDateTime;
            chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
            chain.ChainPolicy.ExtraStore.AddRange(between);
            var isWhole = chain.Build(certificate);
            // Each against the one above it, and the first also against every accepted authority: a peer that shows no chain does not get away.
            var links = isWhole ? chain.ChainElements.Zip(chain.ChainElements.Skip(1), (below, above) => (Below: below.Certificate, Above: above.Certificate)) : [];
            revoked = links.Concat(anchors.Select(a => (Below: certificate, Above: a)))
                .Where(l => l.Below.IssuerName.RawData.AsSpan().SequenceEqual(l.Above.SubjectName.RawData) && _revoked.IsRevoked(l.Below, l.Above))
                .Select(l => l.Below.Subject).FirstOrDefault();
            return isWhole;
        }
        catch (CryptographicException)
        {
            return false; // One of those that were sent is no certificate.
        }
        finally
        {
            made.ForEach(c => c.Dispose());
        }
    }

    private void Accept(string thumbprint, byte[] certificate)
    {
        Write("trusted", thumbprint, certificate);
        _trusted[thumbprint] = certificate;
        Drop("rejected", thumbprint);
        _rejected.RemoveAll(r => r.Thumbprint == thumbprint);
    }

    private static bool IsSigned(RevocationList list, byte[] authority)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(authority);
        return list.IsSignedBy(certificate);
    }

    /// <summary>SHA-256 of a certificate, in hexadecimal.</summary>
    internal static string ThumbprintOf(byte[] certificate) => Convert.ToHexString(SHA256.HashData(certificate));

    private static ServerCertificate View(byte[] bytes, bool isTrusted)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(bytes);
        return new(ThumbprintOf(bytes), certificate.Subject, new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()), isTrusted);
    }

    private void Write(string folder, string thumbprint, byte[] bytes)
    {
        if (_folder is not null)
        {
            File.WriteAllBytes(Path.Combine(_folder, folder, $"{thumbprint}.der"), bytes);
        }
    }

    private void Drop(string folder, string thumbprint)
    {
        // A thumbprint comes from outside: only a hexadecimal one names a file here.
        if (_folder is not null && thumbprint.All(char.IsAsciiHexDigit))
        {
            File.Delete(Path.Combine(_folder, folder, $"{thumbprint.ToUpperInvariant()}.der"));
        }
    }
}
