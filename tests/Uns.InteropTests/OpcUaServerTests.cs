using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa.Server;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>The hub's OPC UA server, read and written by a client that this project did not write.</summary>
public sealed partial class OpcUaServerTests(OpcUaServerTests.ServedDemo demo) : IClassFixture<OpcUaServerTests.ServedDemo>
{
    private const string Boiler = "acme/berlin/utilities/steam/boiler";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData("None", "None", false)]
    [InlineData("None", "None", true)]
    [InlineData("Basic256Sha256", "Sign", false)]
    [InlineData("Basic256Sha256", "SignAndEncrypt", true)]
    [InlineData("Aes128_Sha256_RsaOaep", "Sign", true)]
    [InlineData("Aes128_Sha256_RsaOaep", "SignAndEncrypt", false)]
    [InlineData("Aes256_Sha256_RsaPss", "Sign", false)]
    [InlineData("Aes256_Sha256_RsaPss", "SignAndEncrypt", true)]
    public async Task Every_policy_browses_reads_writes_and_subscribes(string policy, string mode, bool isOperator)
    {
        var client = demo.Client;
        await demo.TrustAsync();
        await client.AskAsync($"connect {demo.Url} {policy} {mode}{(isOperator ? " operator secret" : "")}");
        try
        {
            var names = JsonDocument.Parse(await client.AskAsync($"browse {Node(Boiler)}")).RootElement.GetProperty("names").EnumerateArray().Select(n => n.GetString()).ToList();
            Assert.Equal(["Burner", "Level", "Set_point", "Steam_pressure"], names);
            Assert.Equal($"ns=2;s={Boiler}/Level", await client.AskAsync($"path {Uri.EscapeDataString($"{Boiler}/Level")}"));

            var level = JsonDocument.Parse(await client.AskAsync($"read {Node($"{Boiler}/Level")}")).RootElement;
            Assert.Equal(("Good", "Double"), (level.GetProperty("status").GetString(), level.GetProperty("type").GetString()));
            Assert.InRange(level.GetProperty("value").GetDouble(), 40, 80);

            var setPoint = Node($"{Boiler}/Set_point");
            var wanted = Random.Shared.Next(1, 12);
            Assert.Equal(isOperator ? "Good" : "BadUserAccessDenied", await client.AskAsync($"write {setPoint} Double {wanted}"));
            if (isOperator)
            {
                Assert.Equal(wanted, JsonDocument.Parse(await client.AskAsync($"read {setPoint}")).RootElement.GetProperty("value").GetDouble());
                await demo.Hub.ValueAsync($"{Boiler}/Set_point", $"{wanted}", Patience);
            }

            var moving = Node($"{Boiler}/Steam_pressure");
            Assert.Equal("ok", await client.AskAsync($"watch {moving}"));
            await demo.Hub.EventuallyAsync(
                async () => JsonDocument.Parse(await client.AskAsync($"changes {moving}")).RootElement.EnumerateArray().Select(c => c.GetProperty("value").GetDouble()).Distinct().Count() >= 3,
                "three changes are told", Patience);
        }
        finally
        {
            await client.AskAsync("close");
        }
    }

    [Fact]
    public async Task Endpoints_and_servers_are_told()
    {
        var endpoints = JsonDocument.Parse(await demo.Client.AskAsync($"endpoints {demo.Url}")).RootElement.EnumerateArray().Select(e => e.GetString()!).ToList();
        Assert.Equal(7, endpoints.Count);
        Assert.Equal("SignAndEncrypt Aes256_Sha256_RsaPss Anonymous+UserName", endpoints[0]);
        Assert.Contains("None None Anonymous+UserName", endpoints);
        Assert.Equal("[\"urn:uns:hub\"]", await demo.Client.AskAsync($"servers {demo.Url}"));
    }

    [Fact]
    public async Task A_wrong_password_and_a_stranger_are_told_no()
    {
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => demo.Client.AskAsync($"connect {demo.Url} None None operator wrong"));
        Assert.Contains("BadUserAccessDenied", wrong.Message, StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("uns-stranger-");
        try
        {
            await using var stranger = await PeerProcess.StartAsync("opcua_client.js", folder.FullName);
            await Assert.ThrowsAsync<InvalidOperationException>(() => stranger.AskAsync($"connect {demo.Url} Basic256Sha256 SignAndEncrypt"));
            Assert.Equal("ok", await stranger.AskAsync($"connect {demo.Url} None None"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_new_device_appears_and_values_come_in_parts_and_attributes_are_told()
    {
        var client = demo.Client;
        await client.AskAsync($"connect {demo.Url} None None");
        try
        {
            Assert.Equal("BadNodeIdUnknown", JsonDocument.Parse(await client.AskAsync($"read {Node("plant/hub/late/Temperature")}")).RootElement.GetProperty("status").GetString());
            await using var device = new ModbusSimulator(Enumerable.Range(1, 25).Select(i => new SimulatedRegister($"{40000 + i}", DataType.Int16, null)), TimeProvider.System);
            await device.StartAsync();
            await demo.Hub.SaveDeviceAsync("late", new
            {
                protocol = "modbus",
                settings = new { Host = "127.0.0.1", device.EndPoint.Port },
                tags = Enumerable.Range(1, 25).Select(i => new { name = $"t{i:D2}", address = $"{40000 + i}", dataType = "Int16" }).ToArray(),
            });
            await demo.Hub.NodeAsync("plant/hub/late/t25", _ => true, Patience);
            var browsed = JsonDocument.Parse(await client.AskAsync($"browse {Node("plant/hub/late")} 10")).RootElement;
            Assert.Equal((25, 3), (browsed.GetProperty("count").GetInt32(), browsed.GetProperty("parts").GetInt32()));

            var attributes = JsonDocument.Parse(await client.AskAsync($"attributes {Node($"{Boiler}/Set_point")}")).RootElement.EnumerateArray().Select(a => a.GetString()).ToList();
            Assert.Equal(["2", "2:Set_point", "locale=null text=Set_point", "ns=0;i=11", "-1", "3", "1"], attributes);
        }
        finally
        {
            await client.AskAsync("close");
        }
    }

    private static string Node(string path) => Uri.EscapeDataString($"ns=2;s={path}");

    /// <summary>The demo plant with its OPC UA server, and one node-opcua client.</summary>
    public sealed partial class ServedDemo : IAsyncLifetime
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("uns-opcua-");
        private bool _isTrusted;

        public HubProcess Hub { get; private set; } = null!;

        public PeerProcess Client { get; private set; } = null!;

        public string Url { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            var data = _folder.CreateSubdirectory("data");
            await File.WriteAllTextAsync(Path.Combine(data.FullName, "hub.json"), JsonSerializer.Serialize(new
            {
                opcua = "127.0.0.1:0",
                opcuaUsers = new[] { new { name = "operator", password = PasswordHash.Make("secret"), right = "write" } },
            }));
            Hub = await HubProcess.StartAsync("demo", data.FullName);
            Url = UrlLine().Match(Hub.Printed).Groups["url"].Value;
            Client = await PeerProcess.StartAsync("opcua_client.js", _folder.CreateSubdirectory("client").FullName);
            await Hub.NodeAsync($"{Boiler}/Set_point", node => node.GetProperty("quality").GetString() == "Good", Patience);
        }

        /// <summary>Lets the client in: it is refused once, then accepted as an administrator would.</summary>
        public async Task TrustAsync()
        {
            if (_isTrusted)
            {
                return;
            }

            await Assert.ThrowsAsync<InvalidOperationException>(() => Client.AskAsync($"connect {Url} Basic256Sha256 Sign"));
            foreach (var waiting in (await Hub.Http.GetFromJsonAsync<List<ServerCertificate>>("/api/v1/certificates"))!.Where(c => !c.IsTrusted))
            {
                (await Hub.Http.PostAsync($"/api/v1/certificates/{waiting.Thumbprint}/trust", null)).EnsureSuccessStatusCode();
            }

            _isTrusted = true;
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Hub.DisposeAsync();
            _folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"OPC UA: +(?<url>opc\.tcp://\S+)")]
    private static partial Regex UrlLine();
}
