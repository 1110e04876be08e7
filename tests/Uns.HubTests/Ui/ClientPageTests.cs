using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The clients page in a real browser, with Debian's mosquitto clients.</summary>
public sealed class ClientPageTests
{
    [Fact]
    public async Task A_client_is_found_seen_whole_disconnected_after_a_question_and_its_session_dropped()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var watcher = Subscriber(hub, "-t", "wills/#", "-F", "%t %p", "-d");
        await watcher.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        await using var subscriber = Subscriber(
            hub, "-i", "pump/7 & co", "-c", "-q", "1", "-t", "plant/<b>/+", "-t", "plant/speed", "--will-topic", "wills/pump", "--will-payload", "dead", "-d");
        await subscriber.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/clients"));
        await page.Locator("tr[data-client='host-uns-hub']").GetByText("Connected").WaitForAsync();
        await page.Locator("#search").PressSequentiallyAsync("PUMP/");
        await page.Locator("tr[data-client='host-uns-hub']").WaitForAsync(new() { State = Microsoft.Playwright.WaitForSelectorState.Detached });
        Assert.Equal(1, await page.Locator("tr[data-client]").CountAsync());
        await page.Locator("tr[data-client] a").ClickAsync();
        await page.Locator("#subscriptions").GetByText("plant/<b>/+").WaitForAsync();
        Assert.Contains("wills/pump, QoS 0, 4 bytes", await page.InnerTextAsync("#client"));
        await Browser.AddressAsync(page, "url.includes('search=PUMP')");

        await page.ClickAsync("#disconnect");
        await page.ClickAsync("#no");
        await page.ClickAsync("#disconnect");
        await page.Locator("#question").GetByText("Disconnect it now?").WaitForAsync();
        await page.ClickAsync("#yes");
        await page.Locator("#said.done").GetByText("was disconnected").WaitForAsync();
        await watcher.ReadUntilAsync(l => l == "wills/pump dead", Limit);

        // Debian's client comes back by itself: its session has outlived the connection, until it is dropped with it.
        await page.Locator("tr[data-client]").GetByText("Connected").WaitForAsync();
        await page.ClickAsync("#drop");
        await page.ClickAsync("#yes");
        await page.Locator("#said.done").GetByText("is gone").WaitForAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.querySelector('#subscriptions b') === null"));
    }

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static PeerProcess Subscriber(HubProcess hub, params string[] options) =>
        PeerProcess.Start("stdbuf", ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", hub.MqttPort.ToString(), .. options]);
}
