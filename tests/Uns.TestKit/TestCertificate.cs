using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uns.TestKit;

/// <summary>Self-signed certificates for <c>localhost</c> and <c>127.0.0.1</c>, good for servers and clients, valid for a month.</summary>
public static class TestCertificate
{
    public static X509Certificate2 Make(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    /// <summary>Makes one and writes it with its key as PKCS #12.</summary>
    public static void WritePkcs12(string name, string file, string password)
    {
        using var made = Make(name);
        File.WriteAllBytes(file, made.Export(X509ContentType.Pkcs12, password));
        OnlyForOwner(file);
    }

    /// <summary>Makes one and writes it and its key as PEM.</summary>
    public static void Write(string name, string certificateFile, string keyFile)
    {
        using var made = Make(name);
        File.WriteAllText(certificateFile, made.ExportCertificatePem());
        File.WriteAllText(keyFile, made.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        OnlyForOwner(keyFile);
    }

    private static void OnlyForOwner(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
