using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Uns.Connectors.OpcUa.Security;
using Uns.TestKit;

namespace Uns.UnitTests.OpcUa;

/// <summary>Certificates that an accepted authority has issued.</summary>
public sealed class CertificateChainTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualClock _clock = new(Noon);
    private readonly CertificateStore _store;

    public CertificateChainTests() => _store = new CertificateStore(null, _clock);

    [Fact]
    public void What_an_accepted_authority_issued_is_trusted_and_what_a_stranger_issued_is_not()
    {
        using var root = Make("root", null, isAuthority: true);
        using var between = Make("between", root, isAuthority: true);
        using var stranger = Make("stranger", null, isAuthority: true);
        using var direct = Make("direct", root);
        using var nested = Make("nested", between);
        using var foreign = Make("foreign", stranger);
        Accept(root);

        Assert.Null(_store.Check(direct));
        Assert.Null(_store.Check(nested, [between.RawData, root.RawData]));
        Assert.Contains("not trusted", _store.Check(nested), StringComparison.Ordinal); // A link is missing.
        Assert.Contains("not trusted", _store.Check(foreign, [stranger.RawData]), StringComparison.Ordinal);
        Assert.Contains("not trusted", _store.Check(foreign, [[1, 2, 3]]), StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromDays(400));
        Assert.NotNull(_store.Check(direct));
    }

    [Fact]
    public void A_server_that_was_accepted_is_no_authority()
    {
        using var server = Make("server", null);
        using var issued = Make("issued", server);
        Accept(server);
        Assert.Null(_store.Check(server));
        Assert.Contains("not trusted", _store.Check(issued, [server.RawData]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_on_the_wire_is_taken_apart()
    {
        using var root = Make("root", null, isAuthority: true);
        using var leaf = Make("leaf", root);
        Assert.Equal([leaf.RawData, root.RawData], UaCertificates.Split([.. leaf.RawData, .. root.RawData]));
        Assert.Equal(leaf.RawData, UaCertificates.Leaf([.. leaf.RawData, .. root.RawData]));
        foreach (var broken in new byte[][] { [], [1], leaf.RawData[..^1], [.. leaf.RawData, 7], [.. Enumerable.Repeat(leaf.RawData, 11).SelectMany(b => b)] })
        {
            Assert.Throws<CryptographicException>(() => UaCertificates.Split(broken));
        }

        Assert.Equal(["urn:test:leaf"], UaCertificates.Uris(leaf));
    }

    private static X509Certificate2 Make(string name, X509Certificate2? issuer, bool isAuthority = false)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"urn:test:{name}"));
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        if (isAuthority)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        }

        if (issuer is null)
        {
            return request.CreateSelfSigned(Noon.AddDays(-10), Noon.AddDays(365));
        }

        using var signing = issuer.GetRSAPrivateKey()!;
        using var made = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForRSA(signing, RSASignaturePadding.Pkcs1), Noon.AddDays(-9), Noon.AddDays(360), RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }

    private void Accept(X509Certificate2 certificate)
    {
        Assert.NotNull(_store.Check(certificate));
        Assert.True(_store.Trust(CertificateStore.ThumbprintOf(certificate.RawData)));
    }
}
