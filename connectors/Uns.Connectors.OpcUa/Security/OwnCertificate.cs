using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uns.Connectors.OpcUa.Security;

/// <summary>Our own application certificate and the one before it, in a folder or in memory. A renewal keeps the key.</summary>
/// <param name="folder">Where they lie; null keeps them in memory.</param>
/// <param name="clock">Says whether they are valid.</param>
internal sealed class OwnCertificate(string? folder, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365 * 5);

    private readonly Lock _gate = new();
    private X509Certificate2? _current;
    private X509Certificate2? _before;
    private bool _isLoaded;

    /// <summary>The certificate with its key; made when it is first asked for, and renewed when it has run out.</summary>
    public X509Certificate2 Current()
    {
        lock (_gate)
        {
            Load();
            if (_current is null)
            {
                using var key = RSA.Create(2048);
                _current = Keep(Make(key));
            }
            else if (IsOver(_current))
            {
                Replace();
            }

            return _current;
        }
    }

    /// <summary>The certificate before the last renewal, while it is valid: who has not accepted the new one yet still knows it. Null when there is none.</summary>
    public X509Certificate2? Before()
    {
        lock (_gate)
        {
            Load();
            return _before is null || IsOver(_before) ? null : _before;
        }
    }

    /// <summary>Makes a new certificate for the same key.</summary>
    public X509Certificate2 Renew()
    {
        Current();
        lock (_gate)
        {
            Replace();
            return _current!;
        }
    }

    private string FileOf(string name) => Path.Combine(folder!, name);

    private bool IsOver(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime() <= clock.GetUtcNow().UtcDateTime;

    // The one before is written first: whatever happens in between, a certificate is there.
    private void Replace()
    {
        var old = _current!;
        using var key = old.GetRSAPrivateKey()!;
        var made = Make(key);
        _before = old;
        if (folder is not null)
        {
            WriteKey("before.pfx", old);
        }

        _current = Keep(made);
    }

    private void Load()
    {
        if (!_isLoaded && folder is not null)
        {
            (_current, _before) = (Read("own.pfx"), Read("before.pfx"));
        }

        _isLoaded = true;
    }

    private X509Certificate2? Read(string name) =>
        File.Exists(FileOf(name)) ? X509CertificateLoader.LoadPkcs12FromFile(FileOf(name), null, X509KeyStorageFlags.Exportable) : null;

    // [OPC 10000-6, 6.2.2] Application URI and host in the subject alternative name; all four key usages.
    private X509Certificate2 Make(RSA key)
    {
        var request = new CertificateRequest("CN=Unified Namespace hub, O=uns", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(CertificateStore.ApplicationUri));
        names.AddDnsName(Dns.GetHostName());
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2"), new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = clock.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now + Lifetime);
    }

    private X509Certificate2 Keep(X509Certificate2 made)
    {
        if (folder is not null)
        {
            WriteKey("own.pfx", made);
            File.WriteAllBytes(FileOf("own.der"), made.RawData);
        }

        return made;
    }

    // Written aside and moved: a power cut leaves the old file or the new one.
    private void WriteKey(string name, X509Certificate2 certificate)
    {
        var creation = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; // The key is nobody else's.
        }

        using (var file = new FileStream(FileOf(name + ".new"), creation))
        {
            file.Write(certificate.Export(X509ContentType.Pkcs12));
            file.Flush(flushToDisk: true);
        }

        File.Move(FileOf(name + ".new"), FileOf(name), overwrite: true);
    }
}
