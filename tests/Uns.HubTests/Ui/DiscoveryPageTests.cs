using System.Net.Http.Json;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The ways into an OPC UA server of others are asked for, its certificate accepted and one way taken, in a real browser.</summary>
public sealed class DiscoveryPageTests : HubWithBrowser
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("uns-ways-");
    private PeerProcess _server = null!;

    protected override async Task StartDevicesAsync()
    {
        _server = await PeerProcess.StartAsync("opcua_server.js", "0", "secure", _folder.FullName);
        Own(_server);
    }

    [Fact]
    public async Task The_ways_in_are_listed_with_trust_and_a_click_fills_the_settings()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.SelectOptionAsync("#protocol", "opcua");
        await page.FillAsync("#name", "robot");
        await page.ClickAsync("#discover");
        await page.Locator("#discover-fault").GetByText("Type the server's host or address below first").WaitForAsync();
        await page.FillAsync("#setting-Endpoint", "127.0.0.1:1");
        await page.ClickAsync("#discover");
        await page.Locator("#discover-fault").GetByText("refused").WaitForAsync();

        await page.FillAsync("#setting-Endpoint", $"127.0.0.1:{_server.Port}");
        await page.PressAsync("#setting-Endpoint", "Enter");
        var best = page.Locator("#ways .way").First;
        await page.Locator("#ways .certificate").GetByText("Not accepted").WaitForAsync();
        Assert.Equal(("Aes256_Sha256_RsaPss", "SignAndEncrypt"), (await best.GetAttributeAsync("data-policy"), await best.GetAttributeAsync("data-mode")));
        Assert.Equal("None", await page.Locator("#ways .way").Last.GetAttributeAsync("data-policy"));
        await best.GetByText("lets in: anonymous, name and password, certificate").WaitForAsync();
        await best.Locator(".take-way").ClickAsync();
        await page.Locator("#way-taken").GetByText("Its certificate is still to be accepted.").WaitForAsync();
        Assert.Equal("Aes256Sha256RsaPss", await page.InputValueAsync("#setting-SecurityPolicy"));
        Assert.Equal($"opc.tcp://127.0.0.1:{_server.Port}/plant", await page.InputValueAsync("#setting-Endpoint"));
        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "failed" }).GetByText("is not trusted").WaitForAsync();

        await page.GetByText("Compare and accept").ClickAsync();
        var thumbprint = await page.Locator("#ways code").InnerTextAsync();
        await page.ClickAsync("[data-accept]");
        await page.Locator("#ways .certificate").GetByText("Trusted").WaitForAsync();
        await best.GetByText("Taken").WaitForAsync();
        var certificate = Assert.Single((await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/certificates")).EnumerateArray());
        Assert.Equal((thumbprint, true), (certificate.GetProperty("thumbprint").GetString(), certificate.GetProperty("isTrusted").GetBoolean()));
        await Hub.EventuallyAsync(async () => (await Hub.Http.GetStringAsync("/api/v1/log?kind=trust")).Contains(thumbprint, StringComparison.Ordinal), "the log names who was trusted");

        await page.ClickAsync("#browse");
        await page.GetByLabel("Unfold Line1").ClickAsync();
        await page.GetByLabel("Tick Speed").ClickAsync();
        await page.ClickAsync("#make-tags");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("Saved as version").WaitForAsync();
        await Hub.ValueAsync("plant/hub/robot/Line1/Speed", "10.5");
    }

    [Fact]
    public async Task A_password_that_a_draft_alone_knows_is_used_where_the_draft_is_tested()
    {
        var settings = new { Endpoint = $"opc.tcp://127.0.0.1:{_server.Port}/plant", SecurityPolicy = "Basic256Sha256", User = "operator", Password = "secret" };
        using var kept = await Hub.Http.PutAsJsonAsync("/api/v1/drafts/night", new { devices = new[] { new { name = "robot", protocol = "opcua", settings, tags = new[] { new { name = "Speed", address = "nsu=urn:plant;s=Line1.Speed", dataType = "Double" } } } } });
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/robot?draft=night"));
        Assert.NotEqual("secret", await page.InputValueAsync("#setting-Password"));
        await page.ClickAsync("#discover");
        await page.GetByText("Compare and accept").ClickAsync();
        await page.ClickAsync("[data-accept]");
        await page.Locator("#ways .certificate").GetByText("Trusted").WaitForAsync();
        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "Tag Speed" }).GetByText("10.5").WaitForAsync();
        Assert.Equal(0, await page.Locator("#steps .badge.bad").CountAsync());
        Assert.Equal("[]", await Hub.Http.GetStringAsync("/api/v1/devices"));
    }
}
