using Microsoft.Playwright;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>Which type is this register, and why is this device slow: both asked in a real browser.</summary>
public sealed class DecoderPageTests : HubWithBrowser
{
    private readonly ModbusSimulator _oven = new(
        [new("40001", DataType.Int16, Signal.Constant(7)), new("40003:FLOAT#CDAB", DataType.Unknown, Signal.Constant(21.5))], TimeProvider.System);

    protected override async Task StartDevicesAsync()
    {
        Own(_oven);
        await _oven.StartAsync();
    }

    protected override async Task PrepareAsync()
    {
        await Hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[] { new { name = "Count", address = "40001", dataType = "Int16" } },
        });
        await Hub.ValueAsync("plant/hub/oven/Count", "7");
    }

    [Fact]
    public async Task A_register_is_seen_under_every_order_and_a_click_makes_the_tag()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/oven/decoder?first=1&count=8"));
        var cell = page.Locator("tr[data-address='HR3'] button[data-reading='Float CDAB']");
        await cell.GetByText("21.5").WaitForAsync();
        Assert.Contains("likely", await cell.GetAttributeAsync("class"));
        Assert.Equal("unlikely", await page.Locator("tr[data-address='HR3'] button[data-reading='Float ABCD']").GetAttributeAsync("class"));

        await cell.ClickAsync();
        await page.FillAsync("#tag-name", "Heat/Power");
        await page.ClickAsync("#make");
        await page.Locator("#said.done").WaitForAsync();

        await Hub.ValueAsync("plant/hub/oven/Heat/Power", "21.5");
        await page.SelectOptionAsync("#width", "16");
        await page.Locator("tr[data-address='HR1'] button[data-reading='Int16 ABCD']").GetByText("7").WaitForAsync();
        await Browser.AddressAsync(page, "url.includes('width=16')");

        // What is no number in the address, or typed into a field of numbers, is as if nothing stood there.
        await page.FillAsync("#count", "1e2");
        await page.Locator("#count").BlurAsync();
        await Browser.AddressAsync(page, "url.includes('count=1e2')");
        await page.Locator("#count").EvaluateAsync("async field => { while (field.value !== '24') await new Promise(next => setTimeout(next, 20)); }");
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/oven/decoder?first=x&count=99999999999&unit=%3Cb%3E"));
        await page.Locator("tr[data-address='HR1']").WaitForAsync();
        Assert.Equal("24", await page.InputValueAsync("#count"));
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/versions?number=abc"));
        await page.Locator("#versions tr[data-version]").First.WaitForAsync();
    }

    [Fact]
    public async Task The_devices_page_tells_how_it_does_and_shows_frames_and_load()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/oven"));
        await page.Locator("#health #state").GetByText("Running").WaitForAsync();
        await page.Locator("#findings").WaitForAsync();
        await page.Locator("#health .budget-row .bar-fill.measured").WaitForAsync();
        await page.ClickAsync("#frames");
        await page.Locator("#frame-list td").GetByText("read holding registers HR1 (function 3)").First.WaitForAsync();

        await page.FillAsync("#setting-AnswerTimeout", "500ms");
        await page.ClickAsync("#budget");
        await page.Locator("#budget-card .budget-row").GetByText("1 tags in 1 requests").WaitForAsync();
        Assert.Equal("500ms", await page.InputValueAsync("#setting-AnswerTimeout"));
    }
}
