using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>What runs and what is wrong, as it is read in the morning.</summary>
public sealed class HomePageTests
{
    [Fact]
    public async Task A_device_that_goes_is_told_with_its_reason_and_leads_to_its_page()
    {
        await using var oven = new ModbusSimulator([new("40001", DataType.Int16, null)], TimeProvider.System);
        await oven.StartAsync();
        await using var hub = await HubProcess.StartAsync();
        await using var proxy = new FaultProxy(oven.EndPoint);
        await proxy.StartAsync();
        await hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", proxy.EndPoint.Port },
            tags = new object[] { new { name = "Temperature", address = "40001", dataType = "Int16", period = "00:00:00.1" } },
        });
        await hub.ValueAsync("plant/hub/oven/Temperature", "0");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(hub.Page);
        await page.Locator("tr[data-area=Devices][data-state=Well]").GetByText("1 of 1 device is read").WaitForAsync();
        Assert.Equal(0, await page.Locator("tr[data-state=Wrong]").CountAsync());
        foreach (var area in new[] { "Sparkplug", "Values", "Broker", "History", "Disk" })
        {
            Assert.True(await page.Locator($"tr[data-area={area}]").CountAsync() > 0, $"{area} is not told.");
        }

        await proxy.DisposeAsync();
        var wrong = page.Locator("tr[data-area=Devices][data-state=Wrong]");
        await wrong.GetByText("oven is not read").WaitForAsync();
        Assert.Contains("wrong", await page.InnerTextAsync("#verdict"), StringComparison.Ordinal);
        await wrong.GetByText("Mend").ClickAsync();
        await Browser.AddressAsync(page, "url.endsWith('/devices/oven')");
    }

    [Fact]
    public async Task An_old_address_of_the_namespace_still_leads_there()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/?path=acme/berlin"));
        await Browser.AddressAsync(page, "url.endsWith('/namespace?path=acme%2Fberlin')");
        await page.GetByText("There is no node").WaitForAsync();
    }
}
