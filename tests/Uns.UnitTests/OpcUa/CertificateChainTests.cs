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
    public void What_is_only_judged_does_not_wait_and_what_was_never_met_can_be_accepted()
    {
        using var server = Make("server", null);
        Assert.Contains("not trusted", _store.Judge(server, null, out var isUnknown), StringComparison.Ordinal);
        Assert.True(isUnknown);
        Assert.Empty(_store.All());
        Assert.False(_store.Accept([1, 2, 3]));
        Assert.True(_store.Accept(server.RawData));
        Assert.Null(_store.Judge(server, null, out isUnknown));
        Assert.False(isUnknown);
        Assert.True(Assert.Single(_store.All()).IsTrusted);
        _clock.Advance(TimeSpan.FromDays(400));
        Assert.Contains("renew it there", _store.Judge(server, null, out isUnknown), StringComparison.Ordinal);
        Assert.False(isUnknown); // Accepting it would not help.
    }

    [Fact]
    public void A_certificate_that_waits_and_is_accepted_as_it_stands_waits_no_more()
    {
        using var server = Make("server", null);
        Assert.NotNull(_store.Check(server));
        Assert.False(Assert.Single(_store.All()).IsTrusted);
        Assert.True(_store.Accept(server.RawData));
        Assert.True(Assert.Single(_store.All()).IsTrusted);
        Assert.Null(_store.Check(server));
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

    [Fact]
    public void What_an_authority_took_back_is_refused_wherever_it_stands_in_the_chain()
    {
        using var root = Make("root", null, isAuthority: true);
        using var between = Make("between", root, isAuthority: true);
        using var direct = Make("direct", root);
        using var other = Make("other", root);
        using var nested = Make("nested", between);
        Accept(root);
        Assert.Null(_store.AddRevocations(List(root, 1, direct)));
        Assert.Contains("taken back", _store.Check(direct), StringComparison.Ordinal);
        Assert.Null(_store.Check(other));
        Assert.Null(_store.Check(nested, [between.RawData]));

        // A list of the authority in between, and then that authority itself.
        Assert.Contains("not signed by an accepted authority", _store.AddRevocations(List(between, 1, nested)), StringComparison.Ordinal);
        Assert.Null(_store.AddRevocations(List(root, 2, direct, between)));
        Assert.Contains("CN=between", _store.Check(nested, [between.RawData]), StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(_store.Revocations()).Count);
        Assert.Contains("A newer list", _store.AddRevocations(List(root, 1)), StringComparison.Ordinal);

        // A list whose time is over still counts.
        _clock.Advance(TimeSpan.FromDays(300));
        Assert.Contains("taken back", _store.Check(direct), StringComparison.Ordinal);
        Assert.True(Assert.Single(_store.Revocations()).Next < _clock.GetUtcNow());
    }

    [Fact]
    public void A_certificate_that_was_accepted_itself_is_refused_once_its_authority_took_it_back_and_a_forged_list_counts_for_nothing()
    {
        using var root = Make("root", null, isAuthority: true);
        using var leaf = Make("leaf", root);
        using var forger = Make("root", null, isAuthority: true);
        Accept(leaf);
        Assert.NotNull(_store.AddRevocations(List(root, 1, leaf)));
        Assert.Null(_store.Check(leaf));
        Accept(root);
        Assert.Contains("not signed", _store.AddRevocations(List(forger, 9, leaf)), StringComparison.Ordinal);
        Assert.Null(_store.Check(leaf));
        Assert.Null(_store.AddRevocations(List(root, 1, leaf)));
        Assert.Contains("taken back", _store.Check(leaf), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_lie_in_a_folder_in_DER_or_PEM_and_broken_ones_are_told()
    {
        using var root = Make("root", null, isAuthority: true);
        using var leaf = Make("leaf", root);
        var folder = Directory.CreateTempSubdirectory("uns-revoked-");
        try
        {
            var first = new CertificateStore(folder.FullName, _clock);
            Assert.NotNull(first.Check(root));
            Assert.True(first.Trust(CertificateStore.ThumbprintOf(root.RawData)));
            Assert.Null(first.Check(leaf));
            var der = List(root, 1, leaf);
            File.WriteAllText(Path.Combine(folder.FullName, "revoked", "root.crl"), PemEncoding.WriteString("X509 CRL", der));
            File.WriteAllBytes(Path.Combine(folder.FullName, "revoked", "broken.crl"), der[..^5]);
            var again = new CertificateStore(folder.FullName, _clock);
            Assert.Contains("taken back", again.Check(leaf), StringComparison.Ordinal);
            Assert.Contains("broken.crl cannot be read", Assert.Single(again.RevocationFaults()), StringComparison.Ordinal);
            Assert.Null(again.AddRevocations(List(root, 2, leaf)));
            Assert.Contains(new CertificateStore(folder.FullName, _clock).Revocations(), r => r.Count == 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Damaged_lists_are_refused_and_never_more()
    {
        using var root = Make("root", null, isAuthority: true);
        using var leaf = Make("leaf", root);
        Accept(root);
        var list = List(root, 1, leaf);
        var random = new Random(4714);
        for (var length = 0; length < list.Length; length++)
        {
            Assert.NotNull(_store.AddRevocations(list[..length]));
        }

        for (var round = 0; round < 2000; round++)
        {
            var damaged = (byte[])list.Clone();
            damaged[round % 2 == 0 ? random.Next(list.Length - 300) : list.Length - 1 - random.Next(256)] ^= (byte)(1 << random.Next(8));
            Assert.NotNull(_store.AddRevocations(damaged)); // The list, or the 256 bytes of its signature.
        }

        Assert.Null(_store.Check(leaf));
    }

    private static byte[] List(X509Certificate2 issuer, int day, params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
        {
            builder.AddEntry(certificate, Noon.AddDays(-1));
        }

        // The builder wants the marks of an authority that signs lists; a key that signs is all there is to it here.
        using var key = issuer.GetRSAPrivateKey()!;
        var keyId = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new X509SubjectKeyIdentifierExtension(issuer.PublicKey, false));
        return builder.Build(issuer.SubjectName, X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1), day, Noon.AddDays(day + 30), HashAlgorithmName.SHA256, keyId, Noon.AddDays(-10 + day));
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
