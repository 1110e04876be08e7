using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>Who changed what, taken back; drafts, published; versions, restored; two engineers at one device.</summary>
public sealed class ChangePageTests : HubWithBrowser
{
    [Fact]
    public async Task A_change_stands_in_the_log_with_its_author_and_is_taken_back_after_a_restart()
    {
        await SaveAsync("press", "40001");
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/press"));
        await page.FillAsync("#author", "Anna <b>");
        await page.Locator("#author").BlurAsync();
        await page.Locator(".tag-address").FillAsync("40077");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").WaitForAsync();

        await Hub.KillAsync();
        await Hub.StartAgainAsync();
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/log?search=40077"));
        var row = page.Locator("#log tr[data-thing=press]").First;
        Assert.Contains("Oven/Temp: address 40001 → 40077", await row.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Anna <b>", await row.InnerTextAsync(), StringComparison.Ordinal);
        await row.Locator(".undo").ClickAsync();
        await page.ClickAsync("#undo-yes");
        await page.Locator("#said.done").WaitForAsync();
        Assert.Equal("40001", await AddressAsync());

        // Changed again since: the first change cannot be taken back any more, and the page says who is in the way.
        await SaveAsync("press", "40099");
        await page.GotoAsync(new Uri(Hub.Page, "/log?search=added").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#log .undo").First.ClickAsync();
        await page.ClickAsync("#undo-yes");
        await page.Locator("#said.fault").GetByText("Device 'press' was changed after that by tester").WaitForAsync();
        Assert.Equal("40099", await AddressAsync());
    }

    [Fact]
    public async Task A_draft_survives_a_restart_shows_what_it_does_and_is_published_in_one_step()
    {
        await SaveAsync("press", "40001");
        await using var listener = PeerProcess.Start("mosquitto_sub", "-p", Hub.MqttPort.ToString(), "-i", "mes-7", "-t", "uns/plant/hub/press/#");
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/press"));
        await page.FillAsync("#place", "acme/berlin/press");
        await page.ClickAsync("#into-draft");
        await page.FillAsync("#draft-name", "line 3");
        await page.ClickAsync("#keep");
        await page.Locator("#draft-bar").WaitForAsync();
        await page.ClickAsync("#add-tag");
        await page.Locator(".tag-name").Nth(1).FillAsync("Oven/Light");
        await page.Locator(".tag-address").Nth(1).FillAsync("40005");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("2 tags").WaitForAsync();
        Assert.Equal(1, (await DeviceAsync()).GetProperty("tags").GetArrayLength());

        await Hub.KillAsync();
        await Hub.StartAgainAsync(samePorts: true);
        await Hub.EventuallyAsync(async () => (await Hub.Http.GetStringAsync("/api/v1/mqtt/clients")).Contains("mes-7", StringComparison.Ordinal), "the listener is back");
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/drafts"));
        await page.Locator("#drafts a").GetByText("line 3").ClickAsync();
        await page.Locator("#topics tr[data-outcome=Moves]").GetByText("uns/acme/berlin/press/Oven/Temp").WaitForAsync();
        await page.Locator("#topics tr[data-outcome=Appears][data-topic='uns/acme/berlin/press/Oven/Light'] code").GetByText("\"quality\":\"Good\"").WaitForAsync();
        await page.Locator("#affected").GetByText("mes-7").WaitForAsync();
        await page.Locator("#loads tr[data-device=press]").WaitForAsync();
        await page.FillAsync("#comment", "as agreed on Monday");
        await page.ClickAsync("#publish");
        await page.Locator("#said.done").GetByText("Published as version").WaitForAsync();
        Assert.Equal(2, (await DeviceAsync()).GetProperty("tags").GetArrayLength());
        Assert.Equal("[]", await Hub.Http.GetStringAsync("/api/v1/drafts"));

        // The version before it is compared with it, and brought back.
        await page.GotoAsync(new Uri(Hub.Page, "/versions").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#versions tr").GetByText("as agreed on Monday").WaitForAsync();
        await page.Locator("#versions .show").First.ClickAsync();
        await page.Locator("#differences li[data-thing=press]").GetByText("tag removed: Oven/Light").WaitForAsync();
        await page.ClickAsync("#restore");
        await page.Locator("#restore").GetByText("Really").WaitForAsync();
        await page.ClickAsync("#restore");
        await page.Locator("#said.done").WaitForAsync();
        Assert.Equal(1, (await DeviceAsync()).GetProperty("tags").GetArrayLength());
    }

    [Fact]
    public async Task Of_two_engineers_at_one_device_the_second_is_told_and_both_lose_nothing()
    {
        await SaveAsync("press", "40001");
        var anna = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/press"));
        var boris = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/press"));
        await anna.FillAsync("#author", "Anna");
        await anna.Locator(".tag-address").FillAsync("40007");
        await anna.ClickAsync("#save");
        await anna.Locator("#said.done").WaitForAsync();

        await boris.Locator(".tag-description").FillAsync("In the middle of the oven");
        await boris.ClickAsync("#save");
        await boris.Locator("#clash").GetByText("Anna changed press since you opened it").WaitForAsync();
        Assert.Contains("40001 → 40007", await boris.InnerTextAsync("#clash"), StringComparison.Ordinal);
        Assert.Equal("In the middle of the oven", await boris.Locator(".tag-description").InputValueAsync());
        await boris.ClickAsync("#save-both");
        await boris.Locator("#said.done").WaitForAsync();
        var tag = (await DeviceAsync()).GetProperty("tags")[0];
        Assert.Equal(("40007", "In the middle of the oven"), (tag.GetProperty("address").GetString(), tag.GetProperty("description").GetString()));

        // Both change the same: the choice is the second one's.
        await anna.ReloadAsync();
        await anna.Locator(".shell[data-live=yes]").WaitForAsync();
        await anna.Locator(".tag-address").FillAsync("40008");
        await boris.Locator(".tag-address").FillAsync("40009");
        await boris.ClickAsync("#save");
        await boris.Locator("#said.done").WaitForAsync();
        await anna.ClickAsync("#save");
        await anna.Locator("#clash li").GetByText("Oven/Temp address: yours is 40008, theirs is 40009").WaitForAsync();
        await anna.ClickAsync("#save-theirs");
        await anna.Locator("#said.done").WaitForAsync();
        Assert.Equal("40009", await anna.Locator(".tag-address").InputValueAsync());
        Assert.Equal("40009", await AddressAsync());
    }

    private async Task SaveAsync(string name, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/devices/{name}")
        {
            Content = JsonContent.Create(new { protocol = "modbus", settings = new { Host = "127.0.0.1", Port = 1 }, tags = new[] { new { name = "Oven/Temp", address, dataType = "Int16" } } }),
        };
        request.Headers.Add("X-Author", "tester");
        using var answer = await Hub.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<JsonElement> DeviceAsync() => (await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press")).GetProperty("device");

    private async Task<string?> AddressAsync() => (await DeviceAsync()).GetProperty("tags")[0].GetProperty("address").GetString();
}
