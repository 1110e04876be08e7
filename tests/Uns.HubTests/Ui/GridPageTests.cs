using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>How a table is searched, sorted and leafed through stands in the address: the page that is sent to a colleague, reloaded or gone back to is the same.</summary>
public sealed class GridPageTests : HubWithBrowser
{
    private const int Devices = 103;

    protected override async Task PrepareAsync()
    {
        for (var n = 0; n < Devices; n++)
        {
            await Hub.SaveDeviceAsync($"press{n:000}", new { protocol = "simulated", enabled = false, settings = new { }, tags = Enumerable.Range(0, n % 50).Select(t => new { name = $"t{t}", address = "constant(1)" }).ToArray() });
        }
    }

    [Fact]
    public async Task What_was_chosen_of_a_table_is_there_again_by_its_address()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices"));
        await FirstAsync(page, "press000");
        Assert.Equal(100, await page.Locator("#devices tbody tr").CountAsync());
        await page.ClickAsync("#devices-next");
        await Browser.AddressAsync(page, "url.endsWith('/devices?page=2')");
        await FirstAsync(page, "press100");

        // Another order begins at the first page; figures begin with the largest.
        await page.ClickAsync("#devices [data-sort=tags]");
        await Browser.AddressAsync(page, "url.endsWith('/devices?sort=-tags')");
        await FirstAsync(page, "press049");
        await page.Locator("th[aria-sort=descending] [data-sort=tags]").WaitForAsync();
        await page.ClickAsync("#devices [data-sort=name]");
        await Browser.AddressAsync(page, "url.endsWith('?sort=name')");
        await page.ClickAsync("#devices [data-sort=name]");
        await Browser.AddressAsync(page, "url.endsWith('?sort=-name')");
        await FirstAsync(page, "press102");
        await page.Locator("#devices-search").PressSequentiallyAsync("SS01 disabled");
        await Browser.AddressAsync(page, "new URL(url).searchParams.get('search') === 'SS01 disabled'");
        await FirstAsync(page, "press019");
        Assert.Equal(10, await page.Locator("#devices tbody tr").CountAsync());

        await page.ReloadAsync();
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await FirstAsync(page, "press019");
        Assert.Equal("SS01 disabled", await page.InputValueAsync("#devices-search"));
        Assert.Equal(10, await page.Locator("#devices tbody tr").CountAsync());
        await page.GoBackAsync();
        await FirstAsync(page, "press000");

        // An address that asks for nonsense gets the table as it is.
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices?sort=%3Cb%3E&page=99999999999999&search="));
        await FirstAsync(page, "press000");
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/clients?sort=-subscriptions"));
        await page.Locator("#clients th[aria-sort=descending]").WaitForAsync();
        await page.Locator("#clients [data-client='host-uns-hub'] a").ClickAsync();
        await Browser.AddressAsync(page, "url.includes('sort=-subscriptions') && url.includes('id=host-uns-hub')");
        await page.Locator("#client h2").First.WaitForAsync();
        await page.Locator("#clients th[aria-sort=descending]").WaitForAsync();
    }

    private static Task FirstAsync(IPage page, string device) => page.Locator($"#devices tbody tr:first-child a[data-device={device}]").WaitForAsync();
}
