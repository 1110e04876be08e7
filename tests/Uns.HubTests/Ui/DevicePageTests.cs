using Microsoft.Playwright;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A plant engineer's first minutes, in a real browser.</summary>
public sealed class DevicePageTests : HubWithBrowser
{
    private readonly ModbusSimulator _oven = new([new("40001", DataType.Int16, Signal.Constant(215)), new("40002", DataType.Int16, null)], TimeProvider.System);
    private readonly OpcUaSimulator _robot = new([new("Arm/Speed", DataType.Double, Signal.Constant(1.25))], TimeProvider.System);
    protected override async Task StartDevicesAsync()
    {
        Own(_oven, _robot);
        await _oven.StartAsync();
        await _robot.StartAsync();
    }

    [Fact]
    public async Task A_device_is_added_tested_saved_and_seen_and_survives_a_restart()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.SelectOptionAsync("#protocol", "modbus");
        await page.FillAsync("#name", "oven");
        await page.FillAsync("#place", "acme/berlin/hall/line1/oven");
        await page.FillAsync("#setting-Host", "127.0.0.1");
        await page.FillAsync("#setting-Port", _oven.EndPoint.Port.ToString());
        await AddTagAsync(page, 0, "Temperature", "40001", "Int16");
        await AddTagAsync(page, 1, "Set point", "40002", "Int16");
        await page.Locator(".tag-writable").Nth(1).CheckAsync();

        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "Tag Temperature" }).GetByText("215").WaitForAsync();
        Assert.Equal(0, await page.Locator("#steps .badge.bad").CountAsync());
        await page.ClickAsync("#save");
        await page.Locator("#said.done").WaitForAsync();

        await Hub.ValueAsync("acme/berlin/hall/line1/oven/Temperature", "215");
        await page.GotoAsync(new Uri(Hub.Page, "/namespace?path=acme").ToString());
        await page.Locator("tr[data-path='acme/berlin/hall/line1/oven/Temperature'] td.value").GetByText("215").WaitForAsync();

        await Hub.KillAsync();
        await Hub.StartAgainAsync();
        await Hub.ValueAsync("acme/berlin/hall/line1/oven/Temperature", "215");
        var again = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/oven"));
        Assert.Equal("acme/berlin/hall/line1/oven", await again.InputValueAsync("#place"));
        Assert.Equal("Set point", await again.Locator(".tag-name").Nth(1).InputValueAsync());
        Assert.True(await again.Locator(".tag-writable").Nth(1).IsCheckedAsync());
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_words_and_nothing_typed_is_lost()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.FillAsync("#name", "oven");
        await page.FillAsync("#setting-Host", "127.0.0.1");
        await page.FillAsync("#setting-Port", "70000");
        await AddTagAsync(page, 0, "Temperature", "nonsense", "Int16");
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").WaitForAsync();
        var said = await page.InnerTextAsync("#said");
        Assert.Contains("Settings.Port is 70000", said);
        Assert.Contains("Tags[0].Address", said);
        Assert.Equal("nonsense", await page.Locator(".tag-address").InputValueAsync());
        Assert.Equal("70000", await page.InputValueAsync("#setting-Port"));
        Assert.Contains("wrong", await page.GetAttributeAsync("#setting-Port", "class"));
        Assert.Equal("[]", await Hub.Http.GetStringAsync("/api/v1/devices"));
    }

    [Fact]
    public async Task A_test_names_the_step_that_fails()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.FillAsync("#name", "oven");
        await page.FillAsync("#setting-Host", "127.0.0.1");
        await page.FillAsync("#setting-Port", "1");
        await page.ClickAsync("#test");
        var failed = page.Locator("#steps li").Filter(new() { HasText = "failed" });
        await failed.WaitForAsync();
        Assert.Contains("connection refused", await failed.InnerTextAsync());
    }

    [Fact]
    public async Task An_opc_ua_server_is_browsed_and_a_variable_becomes_a_tag()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.SelectOptionAsync("#protocol", "opcua");
        await page.FillAsync("#name", "robot");
        await page.FillAsync("#setting-Endpoint", _robot.EndpointUrl);
        await page.ClickAsync("#browse");
        await page.GetByLabel("Unfold Arm").ClickAsync();
        await page.GetByLabel("Tick Speed").ClickAsync();
        await page.ClickAsync("#make-tags");
        await page.Locator("#made").WaitForAsync();
        Assert.Equal("Arm/Speed", await page.Locator(".tag-name").InputValueAsync());
        await page.ClickAsync("#save");
        await page.Locator("#said.done").WaitForAsync();
        await Hub.ValueAsync("plant/hub/robot/Arm/Speed", "1.25");
    }

    [Fact]
    public async Task Names_with_markup_are_shown_as_text()
    {
        await Hub.SaveDeviceAsync("evil", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[] { new { name = "<img src=x onerror=window.hacked=1>", address = "40001", dataType = "Int16", unit = "<b>", description = "\"><script>window.hacked=1</script>" } },
        });
        await Hub.EventuallyAsync(async () => (await Hub.Http.GetStringAsync("/api/v1/values")).Contains("onerror", StringComparison.Ordinal), "the tag is in the tree");
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=plant/hub/evil"));
        await page.Locator("tr[data-path] td.value").GetByText("215").WaitForAsync();
        await page.Locator("tr[data-path] td a").First.ClickAsync();
        await page.Locator("#current-value").WaitForAsync();
        Assert.True(await page.EvaluateAsync<bool>("window.hacked === undefined"));
    }

    private static async Task AddTagAsync(IPage page, int row, string name, string address, string type)
    {
        await page.ClickAsync("#add-tag");
        await page.Locator(".tag-name").Nth(row).FillAsync(name);
        await page.Locator(".tag-address").Nth(row).FillAsync(address);
        await page.Locator(".tag-type").Nth(row).SelectOptionAsync(type);
    }
}
