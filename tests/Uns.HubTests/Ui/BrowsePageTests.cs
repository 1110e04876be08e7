using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>What an OPC UA server of others offers, ticked in a real browser and made into tags.</summary>
public sealed class BrowsePageTests : HubWithBrowser
{
    private const int Wide = 250;
    private PeerProcess _server = null!;
    private FaultProxy _line = null!;

    protected override async Task StartDevicesAsync()
    {
        _server = await PeerProcess.StartAsync("opcua_server.js", "0", "wide", Wide.ToString());
        _line = new FaultProxy(new(IPAddress.Loopback, _server.Port));
        await _line.StartAsync();
        Own(_server, _line);
    }

    [Fact]
    public async Task A_whole_place_is_ticked_parts_of_it_taken_out_and_the_rest_saved_as_tags()
    {
        var page = await BrowseAsync("hall");
        await page.GetByLabel("Unfold Hall").ClickAsync();
        await Box(page, "Unit0").ClickAsync();
        await page.Locator("#browse-said.done").GetByText($"All {Wide} values below Unit0 are ticked.").WaitForAsync();
        await Item(page, "Unit0", "true").WaitForAsync();
        await Item(page, "Hall", "mixed").WaitForAsync();

        // A long level is drawn in parts; a row of neighbours goes with shift, by mouse and by key.
        await page.GetByLabel("Unfold Unit0").ClickAsync();
        await Item(page, "V000", "true").WaitForAsync();
        Assert.Equal(200, await page.Locator("[role=treeitem][aria-label^=V]").CountAsync());
        await Box(page, "V000").ClickAsync();
        await Item(page, "V000", "false").WaitForAsync();
        await Box(page, "V004").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Item(page, "V004", "false").WaitForAsync();
        await page.Locator("#picked-count").GetByText($"{Wide - 5} values ticked").WaitForAsync();
        await Item(page, "Unit0", "mixed").WaitForAsync();
        await Item(page, "V004").FocusAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("Space");
        await Item(page, "V003", "true").WaitForAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("Shift+Space");
        await Item(page, "V001", "true").WaitForAsync();
        await page.Locator("#picked-count").GetByText($"{Wide - 2} values ticked").WaitForAsync();

        await page.FillAsync("#pick-period", "fast");
        await page.ClickAsync("#make-tags");
        await page.Locator("#browse-said.fault").GetByText("The period is 'fast'").WaitForAsync();
        await page.FillAsync("#pick-period", "250ms");
        await page.ClickAsync("#make-tags");
        await page.Locator("#made").GetByText($"{Wide - 2} tags stand below now. They are not saved yet.").WaitForAsync();
        await page.Locator("#tag-range").GetByText($"1 to 100 of {Wide - 2} tags").WaitForAsync();
        await page.Locator("[role=treeitem][aria-label=V001]").GetByText("a tag already").WaitForAsync();
        Assert.Equal("Unit0/V001", await page.Locator(".tag-name").First.InputValueAsync());

        Assert.Equal(1, _line.Connections); // However much was unfolded and ticked.

        // What is wrong in a row that is not drawn comes into view.
        await page.ClickAsync("#tags-next");
        await page.Locator("#tag-range").GetByText("101 to 200").WaitForAsync();
        await page.Locator(".tag-period").First.FillAsync("never");
        await page.ClickAsync("#tags-before");
        await page.Locator("#tag-range").GetByText("1 to 100").WaitForAsync();
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").GetByText("Tags[100].Period is 'never'").WaitForAsync();
        await page.Locator(".tag-period.wrong").FillAsync("1s");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").WaitForAsync();
        await Hub.ValueAsync("plant/hub/hall/Unit0/V003", "1.5");
        var tags = await TagsAsync("hall");
        Assert.Equal(Wide - 2, tags.Count);
        Assert.Equal(("00:00:00.2500000", false, "/nsu=urn:plant;Hall/nsu=urn:plant;Unit0/nsu=urn:plant;V003"), (tags[2].GetProperty("period").GetString(), tags[2].GetProperty("writable").GetBoolean(), tags[2].GetProperty("browsePath").GetString()));
    }

    [Fact]
    public async Task Names_that_clash_or_that_no_topic_can_carry_are_said_before_anything_is_saved()
    {
        var page = await BrowseAsync("odd");
        await page.GetByLabel("Unfold Hall").ClickAsync();
        await page.GetByLabel("Unfold Odd").ClickAsync();
        await page.GetByLabel("Unfold Unit1").ClickAsync();
        await page.FillAsync("#browse-filter", "odd.v000");
        await Item(page, "Unit1").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.FillAsync("#browse-filter", "V00");
        await page.Locator("#tick-shown").GetByText("Tick the 11 values found").ClickAsync();
        await page.FillAsync("#browse-filter", "");
        await Box(page, "A+B#1").ClickAsync();
        await Box(page, "<b>bold</b>").ClickAsync();
        await page.Locator("#picked-count").GetByText("13 values ticked").WaitForAsync();
        Assert.Equal(0, await page.Locator("#space b").CountAsync());
        await page.SelectOptionAsync("#naming", "LastOnly");
        await page.ClickAsync("#make-tags");
        await page.Locator("#made-notes li").Filter(new() { HasText = "V000_2" }).GetByText("V000 is another tag's name").WaitForAsync();
        await page.Locator("#made-notes li").GetByText("'A+B#1' becomes A_B_1").WaitForAsync();
        Assert.Equal(3, await page.Locator("#made-notes li").CountAsync());
        Assert.Equal("[]", await Hub.Http.GetStringAsync("/api/v1/devices"));
        await page.ClickAsync("#take-out");
        await page.Locator("tr.tag").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await Item(page, "A+B#1", "false").WaitForAsync();
    }

    [Fact]
    public async Task A_device_that_does_not_answer_is_left_alone_by_one_click_and_asked_again_by_another()
    {
        var page = await BrowseAsync("slow", timeout: "1m");
        await page.GetByLabel("Unfold Hall").ClickAsync();
        await Item(page, "Unit1").WaitForAsync();
        _line.HoldAnswers();
        await Box(page, "Unit1").ClickAsync();
        await page.Locator("#walk").GetByText("Asking for all below Unit1").WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("#browse-said.fault").GetByText("Cancelled: nothing more was ticked.").WaitForAsync();
        await Item(page, "Unit1", "false").WaitForAsync();
        _line.ReleaseAnswers();
        await Box(page, "Unit0").ClickAsync();
        await page.Locator("#browse-said.done").GetByText("below Unit0 are ticked").WaitForAsync();
        await Box(page, "Odd").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await page.Locator("#browse-said.done").GetByText($"All {Wide + 3} values below 2 places are ticked.").WaitForAsync();
        await Item(page, "Hall", "true").WaitForAsync();
    }

    private async Task<IPage> BrowseAsync(string name, string timeout = "5s")
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/devices/new"));
        await page.SelectOptionAsync("#protocol", "opcua");
        await page.FillAsync("#name", name);
        await page.FillAsync("#setting-Endpoint", $"opc.tcp://127.0.0.1:{_line.EndPoint.Port}/plant");
        await page.FillAsync("#setting-AnswerTimeout", timeout);
        await page.ClickAsync("#browse");
        await Item(page, "Hall", "false").WaitForAsync();
        return page;
    }

    private static ILocator Item(IPage page, string name, string? ticked = null) => page.Locator($"[role=treeitem][aria-label='{name}']{(ticked is null ? "" : $"[aria-checked={ticked}]")}");

    private static ILocator Box(IPage page, string name) => page.GetByLabel($"Tick {name}", new() { Exact = true });

    private async Task<List<JsonElement>> TagsAsync(string device) =>
        [.. (await Hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/devices/{device}")).GetProperty("device").GetProperty("tags").EnumerateArray()];
}
