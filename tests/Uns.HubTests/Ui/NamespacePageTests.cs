using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The namespace page in a real browser: a value is found by a word, its lines are copied and work, and who listens is named.</summary>
public sealed class NamespacePageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_value_is_found_by_its_description_its_lines_work_elsewhere_and_its_subscribers_are_named()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        await hub.NodeAsync("acme/berlin/bottling/line1/filler/Temperature", node => node.TryGetProperty("quality", out var quality) && quality.GetString() == "Good");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/namespace"));
        await page.Locator("#find").PressSequentiallyAsync("INLET temp");
        await page.Locator("#find-list li[data-tag$='filler/Temperature']").WaitForAsync();
        await page.Locator("#find").PressAsync("Enter");
        await page.Locator("h1").GetByText("Temperature").WaitForAsync();
        await page.Locator("#subscribers").GetByText("Nobody now.").WaitForAsync();

        // The line for the shell is run as it stands.
        var line = await page.Locator("#copy button[data-text^='mosquitto_sub']").GetAttributeAsync("data-text");
        await using var shell = PeerProcess.Start("sh", "-c", $"exec stdbuf -oL {line} -i 'mes/7 & co'");
        await shell.ReadUntilAsync(l => l.StartsWith("uns/acme/berlin/bottling/line1/filler/Temperature {", StringComparison.Ordinal), Limit);
        await page.Locator("#subscribers a").GetByText("mes/7 & co").WaitForAsync();
        var call = await page.Locator("#copy button[data-text^='curl']").GetAttributeAsync("data-text");
        using var http = new HttpClient();
        Assert.Contains("inlet", await http.GetStringAsync(new Uri(Regex.Match(call!, "'(.*)'").Groups[1].Value)), StringComparison.Ordinal);

        await page.Locator("#subscribers a").ClickAsync();
        await page.Locator("#subscriptions").GetByText("uns/acme/berlin/bottling/line1/filler/Temperature").WaitForAsync();
        await page.GoBackAsync();
        await shell.KillAsync();
        await page.Locator("#subscribers").GetByText("Nobody now.").WaitForAsync(new() { State = WaitForSelectorState.Visible });
    }
}
