using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A vendor's tag file, dropped on the page.</summary>
public sealed class ImportPageTests
{
    private const string Kepware =
        "Tag Name,Address,Data Type,Client Access,Scan Rate,Eng Units\nOven.Temp,400011,Short,R/W,500,°C\nOven.Door,00005,Boolean,RO,500,\nOven.Bad,999999,Short,RO,500,\nOven.<b>Odd</b>,400013,Quad,RO,500,\n";

    [Fact]
    public async Task A_file_is_recognised_tried_out_applied_and_taken_back()
    {
        await using var hub = await HubProcess.StartAsync();
        await hub.SaveDeviceAsync("press", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", Port = 1 },
            tags = new object[] { new { name = "Oven/Temp", address = "40099", dataType = "Int16" } },
        });
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/devices/press"));
        await page.ClickAsync("#import");
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(new FilePayload { Name = "kepware.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(Kepware) }));
        await page.Locator("#format").GetByText("Kepware CSV").WaitForAsync();
        await page.Locator("#rows tr[data-tag='Oven/Temp'][data-outcome=Clashing]").GetByText("already").WaitForAsync();
        Assert.Contains("99", await page.Locator("#rows tr[data-tag='Oven/Bad'][data-outcome=Unreadable]").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Apply 1 change", await page.InnerTextAsync("#apply"), StringComparison.Ordinal);
        await page.SelectOptionAsync("#mode", "MergeOverwrite");
        await page.Locator("#rows tr[data-tag='Oven/Temp'][data-outcome=Changed]").GetByText("40099 became 400011").WaitForAsync();
        await page.ClickAsync("[data-outcome=Unreadable].btn");
        await page.Locator("#rows tr[data-tag='Oven/Temp']").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Equal(0, await page.Locator("#rows b").CountAsync());
        Assert.Equal("40099", await AddressAsync()); // Tried out only.

        await page.ClickAsync("#apply");
        await page.Locator("#said.done").GetByText("1 new, 1 changed. 2 rows were left out.").WaitForAsync();
        Assert.Equal("400011", await AddressAsync());
        await page.ClickAsync("#undo");
        await page.Locator("#said.done").GetByText("was taken back").WaitForAsync();
        Assert.Equal("40099", await AddressAsync());
        Assert.True(await page.Locator("#undo").IsDisabledAsync());

        var export = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#csv"));
        Assert.Contains("40099", await File.ReadAllTextAsync((await export.PathAsync())!), StringComparison.Ordinal);

        async Task<string?> AddressAsync() =>
            (await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press")).GetProperty("device").GetProperty("tags")[0].GetProperty("address").GetString();
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_of_no_kind_is_refused_in_words()
    {
        await using var hub = await HubProcess.StartAsync();
        await hub.SaveDeviceAsync("press", new { protocol = "modbus", settings = new { Host = "127.0.0.1", Port = 1 }, tags = Array.Empty<object>() });
        var large = Path.Combine(hub.Data, "large.csv");
        await using (var file = File.Create(large))
        {
            file.SetLength(101L << 20);
        }

        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/devices/press/import"));
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(large));
        await page.Locator("#said.fault").GetByText("large.csv has 101 MiB").WaitForAsync();
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(new FilePayload { Name = "picture.csv", MimeType = "text/csv", Buffer = [1, 2, 3, 0, 255, 7] }));
        await page.Locator("#said.fault").GetByText("picture.csv:").WaitForAsync();
        Assert.Equal(0, await page.Locator("#apply").CountAsync());
    }
}
