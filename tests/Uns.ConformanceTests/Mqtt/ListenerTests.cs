using System.Net;
using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Broker.Listeners;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>TLS with certificates that change while it runs.</summary>
public sealed class ListenerTests : IAsyncLifetime
{
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("uns-tls-");
    private readonly ManualClock _clock = new();
    private readonly List<IAsyncDisposable> _owned = [];

    private string Certificate => Path.Combine(_files.FullName, "server.pem");

    private string Key => Path.Combine(_files.FullName, "server.key");

    public ValueTask InitializeAsync()
    {
        Write("first");
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }

        _files.Delete(recursive: true);
    }

    [Fact]
    public async Task A_changed_certificate_meets_new_connections_and_a_bad_one_leaves_the_last_in_use()
    {
        var broker = await StartAsync(new TlsListenerOptions());
        Assert.Equal("CN=first", (await ConnectAsync(broker)).Subject);
        Write("second");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=second", (await ConnectAsync(broker)).Subject);
        await File.WriteAllTextAsync(Key, "no key");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=second", (await ConnectAsync(broker)).Subject);
        Write("third");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=third", (await ConnectAsync(broker)).Subject);
    }

    [Theory]
    [InlineData(ClientCertificateRule.Required, "trusted", true)]
    [InlineData(ClientCertificateRule.Required, "stranger", false)]
    [InlineData(ClientCertificateRule.Required, null, false)]
    [InlineData(ClientCertificateRule.Optional, null, true)]
    [InlineData(ClientCertificateRule.Optional, "trusted", true)]
    [InlineData(ClientCertificateRule.Optional, "stranger", false)]
    [InlineData(ClientCertificateRule.None, null, true)]
    public async Task Clients_show_the_certificates_that_the_rule_asks_for(ClientCertificateRule rule, string? shown, bool isLetIn)
    {
        using var trusted = TestCertificate.Make("trusted");
        using var stranger = TestCertificate.Make("stranger");
        var authorities = Path.Combine(_files.FullName, "authorities.pem");
        await File.WriteAllTextAsync(authorities, trusted.ExportCertificatePem());
        var broker = await StartAsync(new TlsListenerOptions { ClientCertificates = rule, ClientAuthorityFile = authorities });
        var attempt = ConnectAsync(broker, shown switch { "trusted" => trusted, "stranger" => stranger, _ => null });
        if (isLetIn)
        {
            await attempt;
        }
        else
        {
            await Assert.ThrowsAsync<MqttConnectException>(() => attempt);
        }
    }

    [Fact]
    public async Task The_access_gate_sees_the_trusted_certificate_and_names_its_client_after_it()
    {
        using var trusted = TestCertificate.Make("pump 7");
        var authorities = Path.Combine(_files.FullName, "authorities.pem");
        await File.WriteAllTextAsync(authorities, trusted.ExportCertificatePem());
        var broker = await StartAsync(new TlsListenerOptions { ClientCertificates = ClientCertificateRule.Optional, ClientAuthorityFile = authorities }, new CertificateGate());
        await ConnectAsync(broker, trusted, whileConnected: async () =>
        {
            var client = (await broker.FindClientAsync("secure"))!.Client;
            Assert.Equal(("CN=pump 7", ClientListener.Tls), (client.Principal, client.Connection!.Listener));
        });
        var refused = await Assert.ThrowsAsync<MqttConnectException>(() => ConnectAsync(broker));
        Assert.Equal(ReasonCode.NotAuthorized, refused.Reason);
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_named_at_start()
    {
        var other = Path.Combine(_files.FullName, "other.key");
        using (var key = RSA.Create(2048))
        {
            await File.WriteAllTextAsync(other, key.ExportPkcs8PrivateKeyPem());
        }

        var fault = await Assert.ThrowsAsync<ListenerException>(() => StartAsync(new TlsListenerOptions { KeyFile = other }));
        Assert.Contains(other, fault.Message, StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<ListenerException>(() => StartAsync(new TlsListenerOptions { KeyFile = other + "x" }));
        Assert.Contains("cannot be read", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pfx_and_TLS_1_2_are_spoken_and_TLS_1_1_is_not()
    {
        using var made = TestCertificate.Make("boxed");
        var pfx = Path.Combine(_files.FullName, "server.pfx");
        await File.WriteAllBytesAsync(pfx, made.Export(X509ContentType.Pfx, "secret"));
        var broker = await StartAsync(new TlsListenerOptions { CertificateFile = pfx, KeyFile = null, Password = "secret" });
        Assert.Equal("CN=boxed", (await ConnectAsync(broker, protocols: System.Security.Authentication.SslProtocols.Tls12)).Subject);
#pragma warning disable SYSLIB0039, CA5397, CA5398 // That it is refused is the point.
        await Assert.ThrowsAsync<MqttConnectException>(() => ConnectAsync(broker, protocols: System.Security.Authentication.SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397, CA5398
    }

    [Fact]
    public async Task A_third_party_client_publishes_and_subscribes_over_TLS()
    {
        var broker = await StartAsync(new TlsListenerOptions());
        var port = broker.TlsEndPoint!.Port.ToString();
        await using var publisher = PeerProcess.Start("mosquitto_pub", "-h", "localhost", "-p", port, "--cafile", Certificate, "-t", "a/b", "-m", "hello", "-q", "1", "-r");
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var deadline = new CancellationTokenSource(BrokerFixture.Patience);
        while (broker.Statistics.Retained == 0)
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }

        await using var subscriber = PeerProcess.Start("mosquitto_sub", "-h", "localhost", "-p", port, "--cafile", Certificate, "-t", "a/#", "-v", "-C", "1");
        Assert.Equal("a/b hello", await subscriber.ReadLineAsync(BrokerFixture.Patience));
    }

    [Fact, SupportedOSPlatform("linux")]
    public void A_key_that_everybody_may_read_is_named_at_start_and_one_of_its_owners_alone_is_not()
    {
        foreach (var (mode, isTold) in new[] { (UnixFileMode.UserRead | UnixFileMode.OtherRead, true), (UnixFileMode.UserRead | UnixFileMode.UserWrite, false) })
        {
            File.SetUnixFileMode(Key, mode);
            var log = new RecordedLog();
            _ = new TlsCertificates(new TlsListenerOptions { CertificateFile = Certificate, KeyFile = Key }, _clock, log);
            Assert.Equal(isTold, log.Entries.Any(e => e.Text.Contains(Key, StringComparison.Ordinal) && e.Text.Contains("chmod 600", StringComparison.Ordinal)));
        }
    }

    private void Write(string name) => TestCertificate.Write(name, Certificate, Key);

    private async Task<MqttBroker> StartAsync(TlsListenerOptions? tls, IAccessGate? gate = null)
    {
        tls = tls is null ? null : tls with
        {
            Address = IPAddress.Loopback,
            Port = 0,
            CertificateFile = tls.CertificateFile.Length > 0 ? tls.CertificateFile : Certificate,
            KeyFile = tls.CertificateFile.Length > 0 ? null : tls.KeyFile ?? Key,
        };
        var broker = new MqttBroker(new MqttBrokerOptions { Address = null, Tls = tls, Access = gate ?? new OpenGate() }, null, _clock, NullLogger<MqttBroker>.Instance);
        _owned.Add(broker);
        await broker.StartAsync();
        return broker;
    }

    private static async Task<X509Certificate2> ConnectAsync(
        MqttBroker broker, X509Certificate2? own = null, System.Security.Authentication.SslProtocols protocols = System.Security.Authentication.SslProtocols.None, Func<Task>? whileConnected = null)
    {
        X509Certificate2? met = null;
        using var keyed = own is null ? null : X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), null);
        var options = new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = broker.TlsEndPoint!.Port,
            ClientId = "secure",
            Tls = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = protocols,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => keyed!,
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                {
                    met = X509CertificateLoader.LoadCertificate(shown!.GetRawCertData());
                    return met.Subject.StartsWith("CN=", StringComparison.Ordinal); // Which one it is, is for the test to say.
                },
            },
        };
        await using var client = await MqttClient.ConnectAsync(options, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        if (whileConnected is not null)
        {
            await whileConnected();
        }

        await client.DisconnectAsync();
        return met!;
    }

    /// <summary>Lets in who shows a certificate, under its subject.</summary>
    private sealed class CertificateGate : IAccessGate
    {
        public int Version => 0;

        public ReasonCode Admit(ConnectPacket connect, ClientOrigin origin, out string principal)
        {
            principal = origin.Certificate?.Subject ?? "";
            return origin.Certificate is null ? ReasonCode.NotAuthorized : ReasonCode.Success;
        }

        public bool Authorize(string principal, AccessAction action, string topic) => true;
    }
}
