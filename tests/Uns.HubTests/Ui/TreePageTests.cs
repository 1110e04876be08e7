using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A level of 10,000 in a real browser: it scrolls as one list, keys reach lines that are not drawn, and nothing moves under the mouse.</summary>
public sealed class TreePageTests : HubWithBrowser
{
    private const string Mill = "plant/hub/mill";

    protected override async Task PrepareAsync()
    {
        await SaveAsync("mill", 10_000);
        await Hub.NodeAsync($"{Mill}/t09999", _ => true);
    }

    [Fact]
    public async Task A_level_of_10_000_is_one_list_of_which_little_is_drawn()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, $"/namespace?path={Mill}/t05000"));
        await InViewAsync(page, "t05000");
        Assert.Equal("10000", await page.GetAttributeAsync("[role=treeitem][aria-selected=true]", "aria-setsize"));
        Assert.Equal("5001", await page.GetAttributeAsync("[role=treeitem][aria-selected=true]", "aria-posinset"));
        Assert.InRange(await page.Locator("[role=treeitem]").CountAsync(), 20, 310);
        Assert.Equal(10_003 * 30, await page.EvaluateAsync<int>("document.querySelector('[role=tree]').clientHeight"));

        // By the wheel or the bar: what comes into view is drawn, wherever it is.
        foreach (var (share, name) in new[] { (1.0, "t09999"), (0.0, "plant"), (0.5, "t05000"), (0.51, "t05100") })
        {
            await page.EvaluateAsync("share => { const box = document.querySelector('.lines'); box.scrollTop = share * (box.scrollHeight - box.clientHeight); }", share);
            await InViewAsync(page, name);
        }

        // A line that is picked elsewhere is brought into view.
        await page.Locator("#find").PressSequentiallyAsync("mill/t07777");
        await page.Locator($"#find-list li[data-tag='{Mill}/t07777']").ClickAsync();
        await page.Locator("h1").GetByText("t07777").WaitForAsync();
        await InViewAsync(page, "t07777");
        await page.GoBackAsync();
        await InViewAsync(page, "t05000");
    }

    [Fact]
    public async Task Keys_reach_lines_that_are_not_drawn_and_the_focus_outlives_scrolling()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + Mill));
        await page.Locator("[role=treeitem][aria-label=mill]").FocusAsync();
        await KeyAsync(page, "ArrowRight", "t00000");
        await KeyAsync(page, "End", "t09999");
        await KeyAsync(page, "ArrowUp", "t09998");
        await KeyAsync(page, "ArrowLeft", "mill");
        await KeyAsync(page, "t", "t00000");
        await KeyAsync(page, "End", "t09999");
        await KeyAsync(page, "M", "mill"); // On from the top.
        await KeyAsync(page, "PageDown", null);
        await KeyAsync(page, "Home", "plant");
        await KeyAsync(page, "End", "t09999");

        // Scrolled away, the focus stays, and the next key comes back to it.
        await page.EvaluateAsync("document.querySelector('.lines').scrollTop = 30 * 3000");
        await InViewAsync(page, "t02999");
        Assert.Equal("t09999", await FocusedAsync(page));
        await KeyAsync(page, "ArrowUp", "t09998");
        Assert.Equal(1, await page.Locator("[role=treeitem][tabindex='0']").CountAsync());

        // The focused line goes: the focus passes to the one that took its place.
        await KeyAsync(page, "End", "t09999");
        await SaveAsync("mill", 9_000);
        await page.WaitForFunctionAsync("document.activeElement?.getAttribute('aria-label') === 't08999'");
    }

    [Fact]
    public async Task No_line_moves_under_the_mouse_until_it_leaves_or_asks()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + Mill));
        await page.Locator($"button.name[data-path='{Mill}/t00002']").HoverAsync();
        await SaveAsync("drill", 3);
        await page.Locator("#show-lines").WaitForAsync();
        Assert.Equal(0, await page.Locator("[role=treeitem][aria-label=drill]").CountAsync());
        Assert.True(await page.Locator($"button.name[data-path='{Mill}/t00002']").EvaluateAsync<bool>("line => line.matches(':hover')"));

        // Its own click is served at once.
        await page.Locator($"li[data-path='{Mill}'] button.fold").ClickAsync();
        await page.Locator("[role=treeitem][aria-label=drill]").WaitForAsync();
        await page.Locator("#show-lines").WaitForAsync(new() { State = WaitForSelectorState.Detached });

        // And what came meanwhile is shown when the mouse leaves.
        await page.Locator("[role=treeitem][aria-label=hub] button.name").HoverAsync();
        await SaveAsync("lathe", 3);
        await page.Locator("#show-lines").WaitForAsync();
        await page.Locator("h1").HoverAsync();
        await page.Locator("[role=treeitem][aria-label=lathe]").WaitForAsync();

        // While nobody is there, lines that come above those in view do not push them down.
        await page.Locator($"li[data-path='{Mill}'] button.fold").ClickAsync();
        await page.Locator("h1").HoverAsync();
        await page.EvaluateAsync("document.activeElement.blur(); document.querySelector('.lines').scrollTop = 30 * 500");
        await InViewAsync(page, "t00500");
        const string FirstInView = "[...document.querySelectorAll('[role=treeitem]')].find(i => i.getBoundingClientRect().top >= document.querySelector('.lines').getBoundingClientRect().top).getAttribute('aria-label')";
        var first = await page.EvaluateAsync<string>(FirstInView);
        await SaveAsync("anvil", 3);
        await page.Locator("[role=tree][data-count='10006']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        Assert.Equal(first, await page.EvaluateAsync<string>(FirstInView));
    }

    private static async Task InViewAsync(IPage page, string name) => await page.WaitForFunctionAsync(
        "name => { const item = document.querySelector(`[role=treeitem][aria-label='${name}']`)?.getBoundingClientRect(), box = document.querySelector('.lines').getBoundingClientRect(); return item && item.top >= box.top - 1 && item.bottom <= box.bottom + 1; }", name);

    private static Task<string?> FocusedAsync(IPage page) => page.EvaluateAsync<string?>("document.activeElement?.getAttribute('aria-label')");

    // Presses a key and waits for the focus to be on a line in view: the named one, or any other than before.
    private static async Task KeyAsync(IPage page, string key, string? name)
    {
        var before = await FocusedAsync(page);
        await page.Keyboard.PressAsync(key);
        await page.WaitForFunctionAsync("([name, before]) => { const at = document.activeElement?.getAttribute('aria-label'); return name === null ? at && at !== before : at === name; }", new[] { name, before });
        await InViewAsync(page, (await FocusedAsync(page))!);
    }

    private Task SaveAsync(string device, int tags) => Hub.SaveDeviceAsync(device, new
    {
        protocol = "simulated",
        settings = new { },
        tags = Enumerable.Range(0, tags).Select(n => new { name = $"t{n:00000}", address = "constant(7)", dataType = "Double", period = "01:00:00" }).ToArray(),
    });
}
