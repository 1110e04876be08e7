using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>Makes the README's pictures from the running demo, so that they show what there is.</summary>
public sealed class PictureTests
{
    [Fact]
    public async Task The_demo_looks_as_the_readme_shows_it()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        await hub.NodeAsync("acme/berlin/utilities/steam/boiler/Level", n => n.GetProperty("quality").GetString() == "Good");
        await hub.NodeAsync("acme/berlin/bottling/line1/filler/Bottles", n => n.GetProperty("value").GetInt64() > 0);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/namespace?path=acme/berlin"));
        await page.WaitForFunctionAsync("document.querySelectorAll('tr[data-path] .badge.good').length === 15"); // All three devices, whichever is read last.
        Assert.Equal(15, await page.Locator("tr[data-path]").CountAsync());
        Assert.Equal(0, await page.Locator(".badge.bad, .badge.stale").CountAsync());
        await KeepAsync(page, "namespace.png");
        await page.GotoAsync(new Uri(hub.Page, "/devices/filler").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "Tag Temperature" }).WaitForAsync();
        await KeepAsync(page, "device.png");
        await page.GotoAsync(new Uri(hub.Page, "/trends?tag=acme/berlin/bottling/line1/filler/Temperature&tag=acme/berlin/utilities/steam/boiler/Level&span=1m").ToString());
        await page.WaitForFunctionAsync("document.querySelectorAll('#chart path.line').length === 2 && [...document.querySelectorAll('#chart path.line')].every(l => (l.getAttribute('d').match(/V/g) ?? []).length >= 12)");
        await KeepAsync(page, "trends.png");
        await page.GotoAsync(new Uri(hub.Page, "/alarms?show=all").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#alarms .acknowledge").First.WaitForAsync(); // The plant runs into one of its alarms within a minute.
        Assert.Equal(3, await page.Locator("#alarms tr[data-alarm]").CountAsync());
        await KeepAsync(page, "alarms.png");
    }

    [Fact]
    public async Task A_servers_address_space_looks_as_the_readme_shows_it()
    {
        string[] bowls = ["Bowl 1", "Bowl 2"];
        await using var line = new OpcUaSimulator(
            [
                .. bowls.SelectMany(b => new SimulatedVariable[]
                {
                    new($"Filler/{b}/Level", DataType.Double, Signal.Constant(61.5)), new($"Filler/{b}/Pressure", DataType.Double, Signal.Constant(2.1)), new($"Filler/{b}/Valve open", DataType.Boolean, null),
                }),
                new("Filler/Carousel/Bottles", DataType.Int64, Signal.Constant(184_200)), new("Filler/Carousel/Speed", DataType.Double, Signal.Constant(420)),
                new("Capper/Torque", DataType.Double, Signal.Constant(1.8)), new("Labeller/Running", DataType.Boolean, null),
            ],
            TimeProvider.System);
        await line.StartAsync();
        await using var hub = await HubProcess.StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/devices/new"));
        await page.SelectOptionAsync("#protocol", "opcua");
        await page.FillAsync("#name", "line1");
        await page.FillAsync("#setting-Endpoint", line.EndpointUrl);
        await page.ClickAsync("#browse");
        await page.GetByLabel("Tick Filler").ClickAsync();
        await page.Locator("#browse-said.done").GetByText("All 8 values below Filler are ticked.").WaitForAsync();
        await page.GetByLabel("Unfold Filler").ClickAsync();
        await page.GetByLabel("Unfold Bowl 1").ClickAsync();
        await page.GetByLabel("Tick Valve open").ClickAsync();
        await page.GetByLabel("Unfold Carousel").ClickAsync();
        await page.Locator("[role=treeitem][aria-label=Filler][aria-checked=mixed]").WaitForAsync();
        await page.Locator("[role=treeitem][aria-label=Bottles]").WaitForAsync();
        await page.EvaluateAsync("scrollTo(0, document.body.scrollHeight)");
        await KeepAsync(page, "browse.png");
    }

    // The pictures in the tree change only when asked: each run would differ in its values.
    private static async Task KeepAsync(Microsoft.Playwright.IPage page, string name)
    {
        var file = Path.Combine(PeerProcess.Root(), "docs", name);
        var picture = await page.ScreenshotAsync();
        Assert.True(picture.Length > 10_000);
        if (!File.Exists(file) || Environment.GetEnvironmentVariable("UNS_RENEW_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, picture);
        }
    }
}
