using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Uns.Connectors.OpcUa.Security;
using Uns.Connectors.OpcUa.Wire;
using Uns.TestKit;

namespace Uns.UnitTests.OpcUa;

/// <summary>Chunks that are signed and encrypted, between two ends of a channel.</summary>
public sealed class UaSecurityTests
{
    public static TheoryData<string, int, int, int> Cases()
    {
        var cases = new TheoryData<string, int, int, int>();
        foreach (var policy in new[] { "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss" })
        {
            foreach (var mode in new[] { 2, 3 })
            {
                cases.Add(policy, mode, 2048, 2048);
                cases.Add(policy, mode, 3072, 2048);
                cases.Add(policy, mode, 2048, 4096);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bodies_of_every_length_arrive_as_they_were(string name, int mode, int clientBits, int serverBits)
    {
        using var ends = new Ends(name, (UaMode)mode, clientBits, serverBits);
        for (var length = 0; length <= 300; length += 7)
        {
            var body = RandomNumberGenerator.GetBytes(length);
            Check(ends.Client, ends.Server, "OPN", body);
            Check(ends.Server, ends.Client, "OPN", body);
            Check(ends.Client, ends.Server, "MSG", body);
            Check(ends.Server, ends.Client, "MSG", body);
        }

        foreach (var isOpen in new[] { true, false })
        {
            var most = ends.Client.MostBody(isOpen, 8192);
            Assert.InRange(ends.Client.Wrap(isOpen ? "OPN" : "MSG", 'F', 1, 2, 3, new byte[most]).Length, 7000, 8192);
        }
    }

    [Theory]
    [InlineData("Basic256Sha256", 2)]
    [InlineData("Basic256Sha256", 3)]
    [InlineData("Aes256_Sha256_RsaPss", 3)]
    public void A_message_changed_on_the_way_is_refused(string name, int mode)
    {
        using var ends = new Ends(name, (UaMode)mode, 2048, 2048);
        foreach (var kind in new[] { "MSG", "OPN" })
        {
            var chunk = ends.Server.Wrap(kind, 'F', 7, 8, 9, "hello"u8);
            // Type, length and channel are looked at by the channel itself, but signed all the same.
            for (var at = 8; at < chunk.Length; at += kind == "MSG" ? 1 : 13)
            {
                var changed = (byte[])chunk.Clone();
                changed[at] ^= 1;
                Assert.Throws<UaFormatException>(() => ends.Client.Unwrap(changed, kind == "OPN"));
            }

            for (var length = 12; length < chunk.Length; length += 11)
            {
                Assert.Throws<UaFormatException>(() => ends.Client.Unwrap(chunk.AsMemory(0, length), kind == "OPN"));
            }
        }
    }

    [Fact]
    public void The_token_before_is_understood_until_the_next_one_and_no_longer()
    {
        using var ends = new Ends("Basic256Sha256", UaMode.SignAndEncrypt, 2048, 2048);
        var old = ends.Server.Wrap("MSG", 'F', 1, 1, 1, "old"u8);
        ends.Renew(2);
        Assert.Equal("old", Text(ends.Client.Unwrap(old, isOpen: false)));
        Assert.Equal("new", Text(ends.Client.Unwrap(ends.Server.Wrap("MSG", 'F', 1, 2, 2, "new"u8), isOpen: false)));
        ends.Renew(3);
        Assert.Throws<UaFormatException>(() => ends.Client.Unwrap(old, isOpen: false));
    }

    [Fact]
    public void Random_bytes_are_refused_and_never_throw_anything_else()
    {
        using var ends = new Ends("Aes128_Sha256_RsaOaep", UaMode.SignAndEncrypt, 2048, 2048);
        var random = new Random(9);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(8, 200)];
            random.NextBytes(bytes);
            Assert.Throws<UaFormatException>(() => ends.Client.Unwrap(bytes, isOpen: round % 4 == 0));
        }
    }

    [Fact]
    public void Certificates_that_are_over_or_weak_are_refused_and_the_waiting_room_is_bounded()
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow);
        var store = new CertificateStore(null, clock);
        using var weak = Ends.Certificate(1024);
        Assert.Contains("1024 bits", store.Check(weak), StringComparison.Ordinal);
        using var good = Ends.Certificate(2048);
        Assert.Contains("not trusted", store.Check(good), StringComparison.Ordinal);
        var waiting = Assert.Single(store.All());
        Assert.True(store.Trust(waiting.Thumbprint.ToLowerInvariant()));
        Assert.Null(store.Check(good));
        clock.Advance(TimeSpan.FromDays(1000));
        Assert.Contains("is valid from", store.Check(good), StringComparison.Ordinal);
        Assert.False(store.Trust("../../etc/passwd"));
        Assert.False(store.Remove("../../etc/passwd"));
    }

    private static void Check(UaSecurity from, UaSecurity to, string kind, byte[] body)
    {
        var chunk = from.Wrap(kind, 'F', 1, 42, 43, body);
        Assert.Equal(chunk.Length, BitConverter.ToInt32(chunk, 4));
        var opened = to.Unwrap(chunk, kind == "OPN");
        Assert.Equal(42, BitConverter.ToInt32(opened.Span));
        Assert.Equal(43, BitConverter.ToInt32(opened.Span[4..]));
        Assert.Equal(body, opened.Span[8..].ToArray());
    }

    private static string Text(ReadOnlyMemory<byte> opened) => Encoding.ASCII.GetString(opened.Span[8..]);

    private sealed class Ends : IDisposable
    {
        private static readonly Dictionary<(int, int), X509Certificate2> Made = [];
        private static readonly Lock Gate = new();

        public Ends(string name, UaMode mode, int clientBits, int serverBits)
        {
            var policy = UaPolicy.Of($"http://opcfoundation.org/UA/SecurityPolicy#{name}")!;
            var (client, server) = (Shared(clientBits, 0), Shared(serverBits, 1));
            Client = UaSecurity.Of(policy, mode, client, server);
            Server = UaSecurity.Of(policy, mode, server, client);
            Renew(1);
        }

        public UaSecurity Client { get; }

        public UaSecurity Server { get; }

        public void Renew(uint token)
        {
            var (mine, theirs) = (Client.NewNonce(), Server.NewNonce());
            Client.Adopt(token, mine, theirs);
            Server.Adopt(token, theirs, mine);
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }

        public static X509Certificate2 Certificate(int bits)
        {
            using var key = RSA.Create(bits);
            var request = new CertificateRequest($"CN=test {bits}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        }

        // Keys take long to make: one of each size for each end.
        private static X509Certificate2 Shared(int bits, int end)
        {
            lock (Gate)
            {
                return Made.TryGetValue((bits, end), out var made) ? made : Made[(bits, end)] = Certificate(bits);
            }
        }
    }
}
