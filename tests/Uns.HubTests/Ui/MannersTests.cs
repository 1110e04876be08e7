using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The pages by keys alone, and on a small screen.</summary>
public sealed class MannersTests
{
    private static readonly string[] Pages =
    [
        "/", "/namespace?path=acme/berlin", "/namespace?path=acme/berlin/utilities/steam/boiler/Level", "/trends?tag=acme/berlin/utilities/steam/boiler/Level", "/alarms?show=all", "/alarms/rule", "/devices", "/devices/filler",
        "/devices/filler/tags", "/devices/filler/import", "/devices/filler/clone", "/mapping", "/log", "/drafts", "/versions", "/backup", "/sparkplug", "/clients", "/certificates",
    ];

    [Fact]
    public async Task The_tree_a_draft_and_a_menu_go_by_keys()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        await hub.NodeAsync("acme/berlin/utilities/steam/boiler/Level", n => n.GetProperty("quality").GetString() == "Good");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/namespace?path=acme"));
        await FocusedAsync(page, "acme", async () => await page.Locator("[role=treeitem][aria-label=acme]").FocusAsync());
        await FocusedAsync(page, "alarms", () => page.Keyboard.PressAsync("ArrowDown"));
        await FocusedAsync(page, "berlin", () => page.Keyboard.PressAsync("ArrowDown"));
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Locator("[role=treeitem][aria-label=berlin][aria-expanded=true]").WaitForAsync();
        await FocusedAsync(page, "bottling", () => page.Keyboard.PressAsync("ArrowRight"));
        await FocusedAsync(page, "utilities", () => page.Keyboard.PressAsync("u"));
        await FocusedAsync(page, "berlin", () => page.Keyboard.PressAsync("ArrowLeft"));
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Locator("[role=treeitem][aria-label=berlin][aria-expanded=false]").WaitForAsync();
        await FocusedAsync(page, "acme", () => page.Keyboard.PressAsync("Home"));
        await FocusedAsync(page, "berlin", () => page.Keyboard.PressAsync("End"));
        await page.Keyboard.PressAsync("Enter");
        await Browser.AddressAsync(page, "url.endsWith('path=acme%2Fberlin')");
        await page.Locator("[role=treeitem][aria-label=berlin][aria-selected=true][tabindex='0']").WaitForAsync(); // The address changes before the page does.

        // The focus is seen wherever the tab key leads.
        for (var step = 0; step < 20; step++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.NotEqual("none", await page.EvaluateAsync<string>("(() => { const e = document.activeElement, inner = e.querySelector(':scope > .row') ?? e; return e === document.body ? 'page' : getComputedStyle(inner).outlineStyle; })()"));
        }

        // A draft's name: Escape leaves it, Enter takes it.
        await page.GotoAsync(new Uri(hub.Page, "/devices/filler").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#into-draft").PressAsync("Enter");
        await page.Locator("#draft-name").PressSequentiallyAsync("summer");
        await page.Locator("#draft-name").PressAsync("Escape");
        await page.Locator("#into-draft").PressAsync("Enter");
        await page.Locator("#draft-name").FillAsync("summer");
        await page.Locator("#draft-name").PressAsync("Enter");
        await page.Locator("#draft-bar").WaitForAsync();
    }

    [Fact]
    public async Task A_screen_of_480_px_shows_every_page_without_moving_sideways()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        await hub.NodeAsync("acme/berlin/utilities/steam/boiler/Level", n => n.GetProperty("quality").GetString() == "Good");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(hub.Page, width: 480);
        var wide = new List<string>();
        foreach (var address in Pages)
        {
            await page.GotoAsync(new Uri(hub.Page, address).ToString());
            await page.Locator(".shell[data-live=yes]").WaitForAsync();
            await page.Locator("h1").First.WaitForAsync();
            var width = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            if (width > 480)
            {
                wide.Add($"{address}: {width} px, {await page.EvaluateAsync<string>("[...document.querySelectorAll('main *, header *')].filter(e => e.getBoundingClientRect().right > 481 && !e.closest('.values, .tags, .tree, .decoder, nav, .chart')).slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ')")}");
            }

            Assert.NotEqual("", await page.TitleAsync());
        }

        Assert.Empty(wide);
    }

    private static async Task FocusedAsync(IPage page, string name, Func<Task> act)
    {
        await act();
        await page.WaitForFunctionAsync("name => document.activeElement?.getAttribute('aria-label') === name", name);
    }
}
