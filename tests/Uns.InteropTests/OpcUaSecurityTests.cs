using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.InteropTests;

/// <summary>The secure policies of OPC UA against a server that this project did not write.</summary>
public sealed class OpcUaSecurityTests(OpcUaSecurityTests.SecureServer server) : IClassFixture<OpcUaSecurityTests.SecureServer>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Basic256Sha256", "Sign", "", "")]
    [InlineData("Basic256Sha256", "SignAndEncrypt", "operator", "secret")]
    [InlineData("Aes128Sha256RsaOaep", "Sign", "operator", "secret")]
    [InlineData("Aes128Sha256RsaOaep", "SignAndEncrypt", "", "")]
    [InlineData("Aes256Sha256RsaPss", "Sign", "", "")]
    [InlineData("Aes256Sha256RsaPss", "SignAndEncrypt", "operator", "secret")]
    [InlineData("None", "Sign", "operator", "secret")]
    public async Task Each_policy_reads_writes_and_browses_once_the_certificate_is_accepted(string policy, string mode, string user, string password)
    {
        var store = new CertificateStore(null, TimeProvider.System);
        await using var connector = Connector(store, policy, mode, user, password);
        using var limit = new CancellationTokenSource(Deadline);
        if (policy != "None")
        {
            var refused = await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token));
            Assert.Contains("is not trusted", refused.Message, StringComparison.Ordinal);
            var waiting = Assert.Single(store.All());
            Assert.False(waiting.IsTrusted);
            Assert.True(store.Trust(waiting.Thumbprint));
        }

        await connector.ConnectAsync(limit.Token);
        await connector.WriteAsync("Speed", TagValue.Of(42.25), limit.Token);
        var sink = new RecordingSink();
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, limit.Token);
        Assert.Equal(42.25, sink.Last("Speed").Value.Number);
        Assert.Equal("42.25", await server.Peer.AskAsync("get Speed"));
        Assert.NotEmpty(await connector.BrowseAsync(null, limit.Token));
        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task A_user_is_known_by_a_certificate()
    {
        var folder = Directory.CreateTempSubdirectory("uns-user-");
        try
        {
            var file = Path.Combine(folder.FullName, "user.pfx");
            TestCertificate.WritePkcs12("operator", file, "opens");
            await using var connector = Connector(await TrustingAsync(), "Basic256Sha256", "SignAndEncrypt", "", "opens", file);
            using var limit = new CancellationTokenSource(Deadline);
            await connector.ConnectAsync(limit.Token);
            var sink = new RecordingSink();
            await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, limit.Token);
            Assert.Equal(TagQuality.Good, sink.Last("Speed").Quality);
            await connector.DisconnectAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Structures_become_json_and_enumerations_their_names()
    {
        await using var connector = Connector(
            new CertificateStore(null, TimeProvider.System), "None", "Sign", "", "", "",
            new() { Name = "Status", Address = "i=2256", DataType = DataType.String }, new() { Name = "State", Address = "i=2259", DataType = DataType.String },
            new() { Name = "Number", Address = "i=2259", DataType = DataType.Int32 });
        using var limit = new CancellationTokenSource(Deadline);
        await connector.ConnectAsync(limit.Token);
        var sink = new RecordingSink();
        var listening = connector.ListenAsync(sink, limit.Token);
        var status = await sink.WaitForAsync(s => s.Tag == "Status");
        Assert.True(status.Quality == TagQuality.Good, status.Reason);
        var json = JsonNode.Parse(status.Value.Text!)!;
        Assert.Equal("Running", (string?)json["State"]);
        Assert.Contains("NodeOPCUA", (string?)json["BuildInfo"]!["ProductName"], StringComparison.OrdinalIgnoreCase);
        Assert.True(DateTimeOffset.Parse((string)json["StartTime"]!, System.Globalization.CultureInfo.InvariantCulture) <= DateTimeOffset.UtcNow);
        Assert.Equal("Running", (await sink.WaitForAsync(s => s.Tag == "State")).Value.Text);
        Assert.Equal(0, (await sink.WaitForAsync(s => s.Tag == "Number")).Value.Integer);

        var shownServer = Assert.Single(await connector.BrowseAsync(null, limit.Token), r => r.Name == "Server");
        var shown = await connector.BrowseAsync(shownServer.Id, limit.Token);
        Assert.Equal(DataType.String, Assert.Single(shown, r => r.Name == "ServerStatus").DataType);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
        await connector.DisconnectAsync();
    }

    [Theory]
    [InlineData("operator", "wrong")]
    [InlineData("nobody", "secret")]
    public async Task A_wrong_password_is_told_as_such(string user, string password)
    {
        var store = await TrustingAsync();
        await using var connector = Connector(store, "Basic256Sha256", "SignAndEncrypt", user, password);
        using var limit = new CancellationTokenSource(Deadline);

        var refused = await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token));

        Assert.Contains("BadUserAccessDenied", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_certificate_and_trust_outlive_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("uns-pki-");
        try
        {
            var store = new CertificateStore(folder.FullName, TimeProvider.System);
            using var limit = new CancellationTokenSource(Deadline);
            await using (var connector = Connector(store, "Basic256Sha256", "SignAndEncrypt", "", ""))
            {
                await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token));
            }

            Assert.True(store.Trust(Assert.Single(store.All()).Thumbprint));
            var again = new CertificateStore(folder.FullName, TimeProvider.System);
            Assert.True(Assert.Single(again.All()).IsTrusted);
            Assert.Equal(store.Own().Thumbprint, again.Own().Thumbprint);
            await using (var connector = Connector(again, "Basic256Sha256", "SignAndEncrypt", "", ""))
            {
                await connector.ConnectAsync(limit.Token);
                await connector.DisconnectAsync();
            }

            Assert.True(again.Remove(again.All()[0].Thumbprint));
            Assert.Empty(new CertificateStore(folder.FullName, TimeProvider.System).All());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_certificate_is_accepted_on_the_page_and_the_password_never_comes_out()
    {
        await using var hub = await HubProcess.StartAsync();
        await hub.SaveDeviceAsync("robot", new
        {
            protocol = "opcua",
            settings = new { Endpoint = $"opc.tcp://127.0.0.1:{server.Peer.Port}/plant", SecurityPolicy = "Aes256Sha256RsaPss", User = "operator", Password = "secret" },
            tags = new object[] { new { name = "Name", address = "nsu=urn:plant;s=Line1.Name", dataType = "String" } },
        });
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/certificates"));
        while (await page.Locator("tr[data-thumbprint]").CountAsync() == 0)
        {
            await page.ReloadAsync(); // The device meets the server within moments.
            await page.Locator(".shell[data-live=yes]").WaitForAsync();
        }

        await page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await page.Locator("#said").GetByText("is trusted").WaitForAsync();
        await hub.ValueAsync("plant/hub/robot/Name", "filler", TimeSpan.FromMinutes(3));

        foreach (var path in new[] { "/api/v1/devices", "/api/v1/devices/robot", "/api/v1/devices/robot/export?format=json", "/api/v1/devices/export?format=json" })
        {
            var text = await hub.Http.GetStringAsync(path);
            Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        }

        // What the API gave is saved again: the mark stands for the password that is known.
        var shown = await hub.Http.GetStringAsync("/api/v1/devices/robot");
        var device = JsonNode.Parse(shown)!["device"]!.ToJsonString();
        Assert.Contains(DeviceSecrets.Mark, device, StringComparison.Ordinal);
        using var saved = await hub.Http.PutAsync("/api/v1/devices/robot", new StringContent(device, System.Text.Encoding.UTF8, "application/json"));
        saved.EnsureSuccessStatusCode();
        await server.Peer.AskAsync("set Name again");
        await hub.ValueAsync("plant/hub/robot/Name", "again", TimeSpan.FromMinutes(3));
        await server.Peer.AskAsync("set Name filler");
    }

    private async Task<CertificateStore> TrustingAsync()
    {
        var store = new CertificateStore(null, TimeProvider.System);
        await using var connector = Connector(store, "Basic256Sha256", "SignAndEncrypt", "", "");
        using var limit = new CancellationTokenSource(Deadline);
        await Assert.ThrowsAsync<ConnectorException>(() => connector.ConnectAsync(limit.Token));
        store.Trust(Assert.Single(store.All()).Thumbprint);
        return store;
    }

    private IConnector Connector(CertificateStore store, string policy, string mode, string user, string password, string userCertificate = "", params TagOptions[] more)
    {
        var kind = new OpcUaKind(store);
        var device = new DeviceOptions
        {
            Name = "robot",
            Protocol = "opcua",
            Settings = new JsonObject
            {
                ["Endpoint"] = $"opc.tcp://127.0.0.1:{server.Peer.Port}/plant",
                ["SecurityPolicy"] = policy,
                ["SecurityMode"] = mode,
                ["User"] = user,
                ["Password"] = password,
                ["UserCertificate"] = userCertificate,
                ["AnswerTimeout"] = "20s",
            },
            Tags = [new() { Name = "Speed", Address = "nsu=urn:plant;s=Line1.Speed", DataType = DataType.Double, Writable = true }, .. more],
        };
        Assert.Empty(kind.Check(device));
        return kind.Plan(device, TimeProvider.System).Connector;
    }

    /// <summary>One server for all tests: it makes its keys at the start, which takes seconds.</summary>
    public sealed class SecureServer : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("uns-peer-pki-");

        public PeerProcess Peer { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Peer = await PeerProcess.StartAsync("opcua_server.js", "0", "secure", _folder.FullName);

        public async ValueTask DisposeAsync()
        {
            await Peer.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }
}
