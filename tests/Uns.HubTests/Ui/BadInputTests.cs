using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>Names that want to be more than names, files that are too large, and a hub that goes away under an open page: no script runs, no work is lost.</summary>
public sealed class BadInputTests : HubWithBrowser
{
    private static readonly string[] OddNames =
    [
        "<script>window.hacked=1</script>", "\" onmouseover=\"window.hacked=1", "it's 'quoted' `so` ${1-1} {{2}}", "🌡️ Öfen 温度", "\u202Etxet esrever\u202C", "&lt;b&gt; &amp; %3Cb%3E", "a\\b|c?d=e&f", new('x', 400),
    ];

    [Fact]
    public async Task Odd_names_are_shown_as_they_are_on_every_page_and_run_nothing()
    {
        var tags = OddNames.Select((name, at) => new { name, address = $"{40001 + at}", dataType = "Int16", unit = name.Length < 50 ? name : "m", description = name }).ToArray();
        const string Device = "<img src=x onerror=window.hacked=1>";
        await Hub.SaveDeviceAsync(Uri.EscapeDataString(Device), new { name = Device, protocol = "modbus", settings = new { Host = "127.0.0.1", Port = 1 }, tags });
        var address = Uri.EscapeDataString(Device);
        using var alarm = await Hub.Http.PostAsJsonAsync("/api/v1/alarms/rules", new { name = "<b onclick=1>", path = "plant/hub/x", kind = "High", limit = 1, text = OddNames[0] });
        using var draft = await Hub.Http.PutAsJsonAsync($"/api/v1/drafts/{Uri.EscapeDataString("<i>draft")}", new { removedDevices = new[] { Device } });
        Assert.True(alarm.IsSuccessStatusCode && draft.IsSuccessStatusCode);
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices"));
        foreach (var (path, locator) in new[]
        {
            ("/devices", "a[data-device]"), ($"/devices/{address}", ".tag-name"), ($"/devices/{address}/tags", "#many tr[data-tag]"), ($"/devices/{address}/clone", "#clones"), ("/log", "#log tr[data-thing]"),
            ("/drafts", "#drafts a"), ($"/drafts/{Uri.EscapeDataString("<i>draft")}", "#things tr[data-thing]"), ("/versions", "#versions tr[data-version]"), ("/alarms?show=all", "#alarms tr[data-alarm]"), ("/mapping", "#add-rule"), ("/", ".health"),
        })
        {
            await page.GotoAsync(new Uri(Hub.Page, path).ToString());
            await page.Locator(".shell[data-live=yes]").WaitForAsync();
            await page.Locator(locator).First.WaitForAsync();
            Assert.True(await page.EvaluateAsync<bool>("window.hacked === undefined && document.querySelectorAll('main img, main script, main b[onclick], main i').length === 0"), path);
        }

        // A name that is kept comes back to the letter.
        await page.GotoAsync(new Uri(Hub.Page, $"/devices/{address}").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        foreach (var (name, at) in OddNames.Select((name, at) => (name, at)))
        {
            Assert.Equal(name, await page.Locator(".tag-name").Nth(at).InputValueAsync());
        }
    }

    [Fact]
    public async Task A_name_of_a_thousand_characters_is_refused_in_words_and_stays_typed()
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        var name = new string('n', 1000);
        await page.FillAsync("#name", name);
        await page.FillAsync("#setting-Host", "127.0.0.1");
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").GetByText("has 1000 characters: give at most 512").WaitForAsync();
        Assert.Equal(name, await page.InputValueAsync("#name"));
        await page.FillAsync("#name", "a\u0007b");
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").GetByText("U+0007").WaitForAsync();
    }

    [Fact]
    public async Task A_settings_file_that_is_too_large_or_of_no_kind_changes_nothing()
    {
        var large = Path.Combine(Hub.Data, "large.json");
        await using (var file = File.Create(large))
        {
            file.SetLength(101L << 20);
        }

        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/backup"));
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(large));
        await page.Locator("#said.fault").GetByText("large.json has 101 MiB").WaitForAsync();
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(new FilePayload { Name = "picture.json", MimeType = "application/json", Buffer = [1, 2, 3, 0, 255, 7] }));
        await page.Locator("#said.fault").GetByText("picture.json: This is no settings file").WaitForAsync();
        Assert.Equal(0, await page.Locator("#apply").CountAsync());
    }

    [Fact]
    public async Task A_hub_that_restarts_under_an_open_page_costs_nobody_what_was_typed()
    {
        await Hub.SaveDeviceAsync("press", new { protocol = "modbus", settings = new { Host = "127.0.0.1", Port = 1 }, tags = new[] { new { name = "Temp", address = "40001", dataType = "Int16" } } });
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/press"));
        await page.ClickAsync("#add-tag");
        await page.Locator(".tag-name").Nth(1).FillAsync("Typed for twenty minutes");
        await page.Locator(".tag-address").Nth(1).FillAsync("40077");
        await page.Locator(".tag-description").First.FillAsync("Behind the door");
        await page.Locator(".tag-description").First.BlurAsync();
        await page.WaitForFunctionAsync("(sessionStorage.getItem('uns.typed:press:') ?? '').includes('Behind the door')");
        await page.Locator(".tag-description").Nth(1).PressSequentiallyAsync("And this was not even left"); // The field is still being typed in.
        await page.EvaluateAsync("window.isOld = true");

        await Hub.KillAsync();
        await Hub.StartAgainAsync(samePorts: true);
        await page.WaitForFunctionAsync("window.isOld === undefined && document.querySelector('.shell[data-live=yes]') !== null");
        await page.ClickAsync("#take-typed");
        await page.Locator("#said.done").GetByText("This is what you had typed").WaitForAsync();
        await page.WaitForFunctionAsync("document.querySelectorAll('.tag-description')[1]?.value === 'And this was not even left'");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("2 tags").WaitForAsync();
        var tags = (await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press")).GetProperty("device").GetProperty("tags");
        Assert.Equal("Behind the door", tags[0].GetProperty("description").GetString());
        Assert.Equal(("Typed for twenty minutes", "And this was not even left"), (tags[1].GetProperty("name").GetString(), tags[1].GetProperty("description").GetString()));
        await page.WaitForFunctionAsync("sessionStorage.getItem('uns.typed:press:') === null");
    }
}
