using Microsoft.Playwright;

namespace Uns.TestKit;

/// <summary>Debian's Chromium without a window, driven as a person would.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Browser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        return new Browser(playwright, browser);
    }

    /// <summary>Opens a page and waits until it is alive: drawn by the server, not only sent once.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="locale">What the browser's user reads, such as <c>zh-CN</c>; none: English.</param>
    /// <param name="width">Width of its window in px.</param>
    /// <param name="ready">What stands there then; the pages at the door are never alive.</param>
    public async Task<IPage> OpenAsync(Uri address, string? locale = null, int width = 1280, string ready = ".shell[data-live=yes]")
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 800 }, Locale = locale });
        page.SetDefaultTimeout(120_000); // A machine ten times slower passes too.
        await page.GotoAsync(address.ToString());
        await page.Locator(ready).WaitForAsync();
        return page;
    }

    /// <summary>Waits until the page's address is right, asked in the page itself: the driver's own mirror of it can miss a change.</summary>
    /// <param name="page">The page.</param>
    /// <param name="isRight">A condition on <c>url</c> in the browser's language.</param>
    /// <param name="asked">What the condition knows as <c>asked</c>.</param>
    /// <returns>The address.</returns>
    public static async Task<string> AddressAsync(IPage page, string isRight, string asked = "")
    {
        var found = await page.WaitForFunctionAsync($"asked => {{ const url = location.href; return {isRight} ? url : null; }}", asked);
        return await found.JsonValueAsync<string>();
    }

    /// <summary>Gives a file to a field once the page listens to it: what is given before is not heard of.</summary>
    /// <param name="page">The page.</param>
    /// <param name="field">The field.</param>
    /// <param name="give">Gives it.</param>
    public static async Task GiveFileAsync(IPage page, string field, Func<ILocator, Task> give)
    {
        await page.WaitForFunctionAsync("field => document.querySelector(field)?._blazorInputFileNextFileId !== undefined", field);
        await give(page.Locator(field));
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
