using Microsoft.Playwright;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>Two tags of two devices over one stretch of time, in a real browser.</summary>
public sealed class TrendPageTests : HubWithBrowser
{
    private readonly ModbusSimulator _oven = new([new("40001", DataType.Float, new Signal(SignalShape.Sine, 18, 24, TimeSpan.FromSeconds(20)))], TimeProvider.System);
    private readonly OpcUaSimulator _robot = new([new("Arm/Speed", DataType.Double, new Signal(SignalShape.Sine, 0, 2, TimeSpan.FromSeconds(10)))], TimeProvider.System);
    protected override async Task StartDevicesAsync()
    {
        Own(_oven, _robot);
        await _oven.StartAsync();
        await _robot.StartAsync();
    }

    [Fact]
    public async Task Two_tags_of_two_devices_are_found_drawn_zoomed_exported_and_shared()
    {
        await Hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[] { new { name = "Temperature", address = "40001", dataType = "Float", period = "00:00:00.2", unit = "°C", description = "Air in the oven" } },
        });
        await Hub.SaveDeviceAsync("robot", new
        {
            protocol = "opcua",
            settings = new { Endpoint = _robot.EndpointUrl },
            tags = new object[] { new { name = "Speed", address = "nsu=urn:uns:simulator;s=Arm.Speed", dataType = "Double", unit = "m/s" } },
        });
        await Hub.NodeAsync("plant/hub/oven/Temperature", n => n.GetProperty("quality").GetString() == "Good");
        await Hub.NodeAsync("plant/hub/robot/Speed", n => n.GetProperty("quality").GetString() == "Good");

        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=plant/hub/robot/Speed"));
        await page.ClickAsync("#trend");
        await page.Locator("#figures tr[data-tag='plant/hub/robot/Speed']").WaitForAsync();
        await page.Locator("#pick").PressSequentiallyAsync("oven AIR");
        await page.Locator("li[data-tag='plant/hub/oven/Temperature']").WaitForAsync();
        await page.Locator("#pick").PressAsync("Enter");
        await page.Locator("#figures tr[data-tag='plant/hub/oven/Temperature']").WaitForAsync();
        await Browser.AddressAsync(page, "url.includes('tag=plant%2Fhub%2Frobot%2FSpeed&tag=plant%2Fhub%2Foven%2FTemperature')");

        await page.ClickAsync("[data-span='1m']");
        await Browser.AddressAsync(page, "url.includes('span=1m')");
        await page.WaitForFunctionAsync("document.querySelectorAll('#chart path.line').length === 2 && [...document.querySelectorAll('#chart path.line')].every(l => (l.getAttribute('d').match(/V/g) ?? []).length >= 3)");
        Assert.Equal(["m/s", "°C"], await page.Locator("#chart text.unit").AllTextContentsAsync());
        var first = await page.GetAttributeAsync("#chart path.line.t0", "d");
        await page.WaitForFunctionAsync("before => document.querySelector('#chart path.line.t0').getAttribute('d') !== before", first); // It is live.

        await page.Locator("#chart[data-watched=yes]").WaitForAsync();
        var box = (await page.Locator("#chart").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width * .5f), box.Y + 50);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * .8f), box.Y + 60);
        await page.Mouse.UpAsync();
        var zoomed = await Browser.AddressAsync(page, "url.includes('to=') && !url.includes('span=1m')");
        await page.Locator("#chart").PressAsync("-");
        await Browser.AddressAsync(page, "url !== asked", zoomed);
        await page.Locator("#chart").PressAsync("Home");
        await Browser.AddressAsync(page, "!url.includes('to=')");
        await page.Locator("#range", new() { HasText = "following the clock" }).WaitForAsync();

        var csv = await Hub.Http.GetStringAsync(await page.GetAttributeAsync("#csv", "href"));
        Assert.Contains("plant/hub/robot/Speed,", csv, StringComparison.Ordinal);
        Assert.Contains("plant/hub/oven/Temperature,", csv, StringComparison.Ordinal);
        var picture = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#png"));
        Assert.Equal("trend.png", picture.SuggestedFilename);
        Assert.True(new FileInfo((await picture.PathAsync())!).Length > 5000);

        // The address is all that another one needs.
        var other = await Browser.OpenAsync(new Uri(zoomed));
        await other.Locator("#figures tr[data-tag]").Nth(1).WaitForAsync();
        await other.Locator("#chart path.line").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await other.GetByLabel("Take out plant/hub/robot/Speed").ClickAsync();
        await other.Locator("#figures tr[data-tag='plant/hub/robot/Speed']").WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }
}
