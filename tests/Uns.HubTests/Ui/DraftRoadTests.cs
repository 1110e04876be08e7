using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A tag file, a register and an alarm go into one draft, and by one publishing into one version.</summary>
public sealed class DraftRoadTests : HubWithBrowser
{
    private readonly ModbusSimulator _oven = new(
        [new("40001", DataType.Int16, Signal.Constant(7)), new("40003:FLOAT#CDAB", DataType.Unknown, Signal.Constant(21.5))], TimeProvider.System);

    protected override async Task StartDevicesAsync()
    {
        Own(_oven);
        await _oven.StartAsync();
    }

    protected override async Task PrepareAsync()
    {
        await Hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[] { new { name = "Count", address = "40001", dataType = "Int16" } },
        });
        await Hub.ValueAsync("plant/hub/oven/Count", "7");
    }

    [Fact]
    public async Task A_tag_file_a_register_and_an_alarm_are_kept_in_a_draft_and_published_as_one_version()
    {
        var version = await VersionAsync();
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/oven/import"));
        await GiveAsync(page);
        await page.Locator("#rows tr[data-tag='Heat/Level'][data-outcome=New]").WaitForAsync();
        await page.ClickAsync("#into-draft");
        await page.FillAsync("#draft-name", "winter");
        await page.ClickAsync("#keep");
        await page.Locator("#said.done").GetByText("Kept in draft winter: 1 new. The plant is as it was.").WaitForAsync();
        await page.Locator("#draft-bar").GetByText("winter").WaitForAsync();
        await Browser.AddressAsync(page, "url.endsWith('/devices/oven/import?draft=winter')");
        Assert.Equal(["Count"], await TagsAsync());

        // One step back, and again.
        await page.ClickAsync("#undo");
        await page.Locator("#said.done").GetByText("was taken back").WaitForAsync();
        await page.Locator("#rows tr[data-tag='Heat/Level'][data-outcome=New]").WaitForAsync();
        await page.ClickAsync("#apply");
        await page.Locator("#said.done").GetByText("Kept in draft winter: 1 new.").WaitForAsync();
        await page.Locator("#rows tr[data-tag='Heat/Level'][data-outcome=Same]").WaitForAsync();

        // From the plant's page into a draft that has it already: what it does there is shown first.
        await page.GotoAsync(new Uri(Hub.Page, "/devices/oven/import").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await GiveAsync(page);
        await page.Locator("#rows tr[data-tag='Heat/Level'][data-outcome=New]").WaitForAsync();
        await page.ClickAsync("#into-draft");
        await page.FillAsync("#draft-name", "winter");
        await page.ClickAsync("#keep");
        await page.Locator("#said.fault").GetByText("In draft winter the device is not as it is in the plant.").WaitForAsync();
        await page.Locator("#rows tr[data-tag='Heat/Level'][data-outcome=Same]").WaitForAsync();

        await page.GotoAsync(new Uri(Hub.Page, "/devices/oven/decoder?first=1&count=8&draft=winter").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("#draft-bar").GetByText("winter").WaitForAsync();
        await page.Locator("tr[data-address='HR3'] button[data-reading='Float CDAB']").GetByText("21.5").ClickAsync();
        await page.FillAsync("#tag-name", "heat/level");
        await page.ClickAsync("#make");
        await page.Locator("#said.fault").GetByText("has a tag heat/level already").WaitForAsync();
        await page.FillAsync("#tag-name", "Heat/Power");
        await page.PressAsync("#tag-name", "Enter");
        await page.Locator("#said.done").GetByText("Kept in draft winter").WaitForAsync();

        await page.GotoAsync(new Uri(Hub.Page, "/drafts/winter").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.ClickAsync("#add-alarm");
        await page.Locator("#draft-bar").GetByText("winter").WaitForAsync();
        await page.Locator("#pick").PressSequentiallyAsync("oven heat");
        await page.Locator("#pick-list [data-tag='plant/hub/oven/Heat/Level'][data-drafted=yes]").WaitForAsync();
        await page.Locator("#pick-list [data-tag='plant/hub/oven/Heat/Power']").GetByText("in this draft").ClickAsync();
        await page.Locator("#path-help").GetByText("the draft brings it, from oven:Heat/Power").WaitForAsync();
        Assert.Equal("plant/hub/oven/Heat/Power", await page.InputValueAsync("#path"));
        await page.FillAsync("#name", "Oven hot");
        await page.FillAsync("#limit", "20");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("There Oven hot watches plant/hub/oven/Heat/Power, above 20.").WaitForAsync();
        await Browser.AddressAsync(page, "url.includes('id=') && url.includes('draft=winter')");
        Assert.Equal("[]", await Hub.Http.GetStringAsync("/api/v1/alarms"));
        Assert.Equal(version, await VersionAsync());

        await page.ClickAsync("#draft-bar a");
        await page.Locator("#things tr[data-thing=oven]").GetByText("Heat/Power").WaitForAsync();
        await page.Locator("#topics tr[data-topic='uns/plant/hub/oven/Heat/Level'][data-outcome=Appears]").WaitForAsync();
        await page.Locator("#topics tr[data-topic='uns/plant/hub/alarms/Oven_hot/Active'][data-outcome=Appears]").GetByText("alarms:Oven hot/Active").WaitForAsync();
        await page.Locator("#things tr[data-thing='Oven hot'] a").ClickAsync();
        await page.Locator("#limit").WaitForAsync();
        Assert.Equal("20", await page.InputValueAsync("#limit"));
        await page.ClickAsync("#draft-bar a");
        await page.ClickAsync("#publish");
        await page.Locator("#said.done").GetByText($"Published as version {version + 1}").WaitForAsync();
        await Hub.ValueAsync("plant/hub/oven/Heat/Power", "21.5");
        await Hub.ValueAsync("plant/hub/oven/Heat/Level", "7");
        await Hub.ValueAsync("plant/hub/alarms/Oven_hot/Standing", "Active");
        Assert.Equal(["Count", "Heat/Level", "Heat/Power"], await TagsAsync());
    }

    [Fact]
    public async Task A_draft_that_others_changed_is_not_overwritten_by_an_alarm_that_was_opened_before()
    {
        using var begun = await Hub.Http.PutAsJsonAsync("/api/v1/drafts/night", new { alarms = new[] { new { id = Alarm, name = "Oven cold", path = "plant/hub/oven/Count", kind = "Low", limit = 3 } } });
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync());
        var page = await Browser.OpenAsync(new Uri(Hub.Page, $"/alarms/rule?id={Alarm}&draft=night"));
        Assert.Equal("Oven cold", await page.InputValueAsync("#name"));
        using var changed = await Hub.Http.PutAsJsonAsync("/api/v1/drafts/night", new { alarms = new[] { new { id = Alarm, name = "Oven cold", path = "plant/hub/oven/Count", kind = "Low", limit = 4 } } });
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
        await page.FillAsync("#limit", "5");
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").GetByText("changed alarm Oven cold since you opened it").WaitForAsync();
        Assert.Equal("5", await page.InputValueAsync("#limit"));
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("below 5").WaitForAsync();
        await page.ClickAsync("#remove");
        await page.ClickAsync("#remove");
        await Browser.AddressAsync(page, "url.endsWith('/drafts/night')");
        await page.GetByText("The plant is already as this draft wants it.").WaitForAsync();

        // A draft that the address names and nobody began is begun by the first saving, and the page says so.
        await page.GotoAsync(new Uri(Hub.Page, "/devices/oven/decoder?first=1&count=8&draft=unborn").ToString());
        await page.Locator("#draft-bar").GetByText("There is no draft unborn").WaitForAsync();
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("tr[data-address='HR3'] button[data-reading='Float CDAB']").GetByText("21.5").ClickAsync();
        await page.ClickAsync("#make");
        await page.Locator("#draft-bar").GetByText("This is draft unborn").WaitForAsync();
    }

    private static Task GiveAsync(IPage page) => Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(
        new FilePayload { Name = "oven.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes("Tag Name,Address,Data Type,Client Access,Scan Rate\nHeat.Level,400001,Short,RO,500\n") }));

    private static Guid Alarm { get; } = Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057");

    private async Task<string[]> TagsAsync() =>
        [.. (await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/oven")).GetProperty("device").GetProperty("tags").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)];

    private async Task<int> VersionAsync() => (await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/versions"))[0].GetProperty("number").GetInt32();
}
