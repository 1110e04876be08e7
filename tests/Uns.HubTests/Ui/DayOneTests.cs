using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>One hub, one browser and the plant's devices, which others have made, for all steps of the first day.</summary>
public sealed class DayOnePlant : HubWithBrowser
{
    /// <summary>A Modbus device made of pymodbus: an oven with a raw power value in 40003, a set-point in 40010 and a row of counters from 40100 on.</summary>
    public PeerProcess Oven { get; private set; } = null!;

    /// <summary>An OPC UA server made of node-opcua, with Line1.Speed.</summary>
    public PeerProcess Robot { get; private set; } = null!;

    /// <summary>A CPU made of snap7: DB1 and merkers.</summary>
    public PeerProcess Press { get; private set; } = null!;

    protected override async Task StartDevicesAsync()
    {
        Own(Oven = await PeerProcess.StartAsync("modbus_server.py"), Robot = await PeerProcess.StartAsync("opcua_server.js"), Press = await PeerProcess.StartAsync("s7_server.js"));
        await Oven.AskAsync("set hr:2 0 16812"); // 21.5 with its words swapped.
        await Oven.AskAsync($"set hr:99 {string.Join(' ', Enumerable.Range(100, 30))}");
        await Press.AskAsync("set m:10 00FA");
    }
}

/// <summary>What a plant engineer does on the first day, step by step, in a real browser against the real hub. Each step stands alone and has devices of its own.</summary>
public sealed class DayOneTests(DayOnePlant plant) : IClassFixture<DayOnePlant>
{
    private HubProcess Hub => plant.Hub;

    [Fact]
    public async Task Step_01_one_program_is_started_the_first_password_set_and_the_browser_shows_what_runs()
    {
        await using var fresh = await HubProcess.StartAsync(access: "users");
        var page = await plant.Browser.OpenAsync(fresh.Page, ready: "#claim");
        await page.FillAsync("#name", "Anna");
        await page.FillAsync("#password", "four words of mine");
        await page.FillAsync("#again", "four words of mine");
        await page.ClickAsync("#claim");
        await page.Locator("tr[data-area=Broker][data-state=Well]").WaitForAsync();
        await page.Locator("tr[data-area=History]").First.WaitForAsync();
    }

    [Fact]
    public async Task Step_02_a_device_is_added_and_the_test_names_every_step_and_the_one_that_fails()
    {
        var page = await OpenAsync("/devices/new");
        await page.SelectOptionAsync("#protocol", "modbus");
        await page.FillAsync("#name", "step02");
        await page.FillAsync("#setting-Host", "127.0.0.1");
        await page.FillAsync("#setting-Port", "1");
        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "failed" }).GetByText("connection refused").WaitForAsync();
        await page.FillAsync("#setting-Port", plant.Oven.Port.ToString());
        await page.ClickAsync("#add-tag");
        await page.Locator(".tag-name").FillAsync("Power");
        await page.Locator(".tag-address").FillAsync("40003:FLOAT#CDAB");
        await page.ClickAsync("#test");
        await page.Locator("#steps li").Filter(new() { HasText = "Tag Power" }).GetByText("21.5").WaitForAsync();
        Assert.Equal(0, await page.Locator("#steps .badge.bad").CountAsync());
        await page.ClickAsync("#save");
        await SaidAsync(page);
        await Hub.ValueAsync("plant/hub/step02/Power", "21.5");
    }

    [Fact]
    public async Task Step_03_what_is_there_is_browsed_and_becomes_tags()
    {
        var page = await OpenAsync("/devices/new");
        await page.SelectOptionAsync("#protocol", "opcua");
        await page.FillAsync("#name", "step03");
        await page.FillAsync("#setting-Endpoint", $"opc.tcp://127.0.0.1:{plant.Robot.Port}/plant");
        await page.ClickAsync("#browse");
        await page.GetByLabel("Tick Line1").ClickAsync();
        await page.Locator("#browse-said.done").WaitForAsync();
        await page.ClickAsync("#make-tags");
        await page.Locator("#made").WaitForAsync();
        await page.ClickAsync("#save");
        await SaidAsync(page);
        await Hub.ValueAsync("plant/hub/step03/Line1/Speed", "10.5");
    }

    [Fact]
    public async Task Step_03_the_tag_table_of_an_S7_CPU_is_pasted_in()
    {
        await Hub.SaveDeviceAsync("step03s7", new { protocol = "s7", settings = new { Host = "127.0.0.1", plant.Press.Port } });
        var page = await OpenAsync("/devices/step03s7/import");
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(File("PLCTags.csv", "Name;Path;Data Type;Logical Address;Comment;Hmi Visible;Hmi Accessible;Hmi Writeable\nOil;Press;Int;%MW10;Oil temperature;True;True;False\n")));
        await page.Locator("#format").GetByText("TIA Portal tag table").WaitForAsync();
        await page.ClickAsync("#apply");
        await SaidAsync(page);
        await Hub.ValueAsync("plant/hub/step03s7/Oil", "250");
    }

    [Fact]
    public async Task Step_04_the_list_I_have_is_imported_after_a_look_at_every_row()
    {
        await SaveAsync("step04");
        var page = await OpenAsync("/devices/step04/import");
        await Browser.GiveFileAsync(page, "#file", f => f.SetInputFilesAsync(File("tags.csv", "Tag Name,Address,Data Type,Client Access,Scan Rate\nOven.Temp,400011,Short,R/W,500\nOven.Bad,999999,Short,RO,500\n")));
        await page.Locator("#format").GetByText("Kepware CSV").WaitForAsync();
        await page.Locator("#rows tr[data-tag='Oven/Bad'][data-outcome=Unreadable]").WaitForAsync();
        Assert.Empty(await TagsAsync("step04"));
        await page.ClickAsync("#apply");
        await SaidAsync(page);
        Assert.Equal(["Oven/Temp"], (await TagsAsync("step04")).Select(t => t.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Step_05_many_tags_are_filtered_ticked_and_given_one_period()
    {
        await SaveAsync("step05", Counters(12));
        var page = await OpenAsync("/devices/step05/tags");
        await page.FillAsync("#filter", "Hall/Counter");
        await page.Locator("#filter").BlurAsync();
        await Browser.AddressAsync(page, "url.includes('filter=Hall%2FCounter')");
        await page.Locator("tr[data-tag='Hall/Counter 02'] .tick").ClickAsync();
        await page.Locator("tr[data-tag='Hall/Counter 08'] .tick").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await page.Locator("#ticked").GetByText("7 of 12 ticked").WaitForAsync();
        await page.FillAsync("#batch-period", "5s");
        await page.ClickAsync("#apply-batch");
        await page.Locator("#said.done").GetByText("Applied to 7 tags, not saved yet").WaitForAsync();
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("Saved as version").WaitForAsync();
        Assert.Equal(7, (await TagsAsync("step05")).Count(t => t.GetProperty("period").GetString() == "00:00:05"));
    }

    [Fact]
    public async Task Step_06_a_raw_register_is_seen_under_every_type_and_the_right_one_is_clicked()
    {
        await SaveAsync("step06", Tag("Count", "40010"));
        var page = await OpenAsync("/devices/step06/decoder?first=1&count=8");
        var cell = page.Locator("tr[data-address='HR3'] button[data-reading='Float CDAB']");
        await cell.GetByText("21.5").WaitForAsync();
        await cell.ClickAsync();
        await page.FillAsync("#tag-name", "Power");
        await page.ClickAsync("#make");
        await SaidAsync(page);
        await Hub.ValueAsync("plant/hub/step06/Power", "21.5");
    }

    [Fact]
    public async Task Step_07_a_tag_is_scaled_and_given_unit_limits_deadband_and_words()
    {
        await SaveAsync("step07", Tag("Level", "40103"));
        var page = await OpenAsync("/devices/step07");
        await page.GetByLabel("Factor", new() { Exact = true }).FillAsync("0.5");
        await page.GetByLabel("Offset", new() { Exact = true }).FillAsync("10");
        await page.GetByLabel("Unit", new() { Exact = true }).FillAsync("mm");
        await page.GetByLabel("Low", new() { Exact = true }).FillAsync("0");
        await page.GetByLabel("High", new() { Exact = true }).FillAsync("200");
        await page.GetByLabel("Deadband", new() { Exact = true }).FillAsync("0.5");
        await page.Locator(".tag-description").FillAsync("Water in the tank");
        await page.ClickAsync("#save");
        await SaidAsync(page);
        await Hub.ValueAsync("plant/hub/step07/Level", "61.5");
        await page.GotoAsync(new Uri(Hub.Page, "/namespace?path=plant/hub/step07/Level").ToString());
        await page.GetByText("Water in the tank").WaitForAsync();
        await page.Locator("#origin a").GetByText("step07").WaitForAsync();
        await page.Locator("#last-changes td").GetByText("61.5").WaitForAsync();
    }

    [Fact]
    public async Task Step_08_many_tags_are_placed_by_a_pattern_and_the_topics_are_shown_first()
    {
        await SaveAsync("step08", Counters(5));
        var page = await OpenAsync("/devices/step08/tags");
        await page.ClickAsync("#tick-all");
        await page.FillAsync("#pattern", "acme/berlin/{folder}/{device}/{name}");
        await page.ClickAsync("#preview");
        await page.Locator("#moves tr[data-tag='Hall/Counter 01']").GetByText("uns/acme/berlin/Hall/step08/Counter_01").WaitForAsync();
        Assert.Null(await Hub.NodeAsync("acme/berlin/Hall/step08/Counter_01"));
        await page.ClickAsync("#take-pattern");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("Saved as version").WaitForAsync();
        await Hub.ValueAsync("acme/berlin/Hall/step08/Counter_03", "103");
    }

    [Fact]
    public async Task Step_09_clashes_illegal_characters_and_changed_names_are_named()
    {
        await SaveAsync("step09", Tag("A/Temp", "40101"), Tag("B/Temp", "40102"), Tag("C 1/Speed", "40103"));
        var page = await OpenAsync("/devices/step09/tags");
        await page.ClickAsync("#tick-all");
        await page.FillAsync("#pattern", "acme/step09/{name}/x");
        await page.ClickAsync("#preview");
        await page.Locator("#pattern-fault").GetByText("above its last level").WaitForAsync();
        await page.FillAsync("#pattern", "acme/#/{name}");
        await page.ClickAsync("#preview");
        await page.Locator("#pattern-fault").GetByText("write no").WaitForAsync();
        await page.FillAsync("#pattern", "acme/step09/{name}");
        await page.ClickAsync("#preview");
        await page.Locator("#moves tr[data-tag='A/Temp']").GetByText("clash: step09:B/Temp would stand there too").WaitForAsync();
        await page.Locator("#moves tr[data-tag='C 1/Speed']").GetByText("'C 1' becomes C_1").WaitForAsync();
    }

    [Fact]
    public async Task Step_10_a_dry_run_lists_topics_messages_and_poll_load()
    {
        await SaveAsync("step10", Tag("Level", "40101"));
        var page = await OpenAsync("/devices/step10");
        await page.ClickAsync("#add-tag");
        await page.Locator(".tag-name").Nth(1).FillAsync("Flow");
        await page.Locator(".tag-address").Nth(1).FillAsync("40120");
        await page.ClickAsync("#into-draft");
        await page.FillAsync("#draft-name", "step ten");
        await page.ClickAsync("#keep");
        await page.Locator("#draft-bar").WaitForAsync();
        await page.ClickAsync("#draft-bar a");
        await page.Locator("#topics tr[data-topic='uns/plant/hub/step10/Flow'][data-outcome=Appears] code").GetByText("\"quality\":\"Good\"").WaitForAsync();
        await page.Locator("#loads tr[data-device=step10]").WaitForAsync();
        Assert.Single(await TagsAsync("step10"));
    }

    [Fact]
    public async Task Step_11_it_is_published_and_births_and_topics_appear()
    {
        await using var listener = PeerProcess.Start("mosquitto_sub", "-p", Hub.MqttPort.ToString(), "-v", "-t", "spBv1.0/plant/+/hub/step11", "-t", "uns/plant/hub/step11/#", "-F", "%t");
        await Hub.EventuallyAsync(async () => (await Hub.Http.GetStringAsync("/api/v1/mqtt/subscribers?topic=uns/plant/hub/step11/x")).Contains("uns/plant/hub/step11/#", StringComparison.Ordinal), "somebody listens");
        using var kept = await Hub.Http.PutAsJsonAsync("/api/v1/drafts/step eleven", new { devices = new[] { new { name = "step11", protocol = "modbus", settings = new { Host = "127.0.0.1", plant.Oven.Port }, tags = new[] { Tag("Level", "40104") } } } });
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());
        var page = await OpenAsync("/drafts/step eleven");
        await page.Locator("#things tr[data-thing=step11]").WaitForAsync();
        await page.ClickAsync("#publish");
        await page.Locator("#said.done").GetByText("Published as version").WaitForAsync();
        await listener.ReadUntilAsync(line => line == "spBv1.0/plant/DBIRTH/hub/step11", TimeSpan.FromSeconds(60));
        await listener.ReadUntilAsync(line => line == "uns/plant/hub/step11/Level", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Step_12_the_tree_is_watched_live_and_any_fragment_is_found()
    {
        await SaveAsync("step12", Tag("Boiler/Feed water", "40105"));
        await Hub.ValueAsync("plant/hub/step12/Boiler/Feed_water", "105");
        var page = await OpenAsync("/namespace");
        await page.Locator("#find").PressSequentiallyAsync("step12 eed_w");
        await page.Locator("#find-list li[data-tag$='step12/Boiler/Feed_water']").WaitForAsync();
        await page.Locator("#find").PressAsync("Enter");
        await page.Locator("#current-value").GetByText("105").WaitForAsync();
        await page.Locator(".badge.good").First.WaitForAsync();
        await page.Locator("#current-age").WaitForAsync();
    }

    [Fact]
    public async Task Step_13_two_tags_of_two_devices_are_drawn_together()
    {
        await SaveAsync("step13", Tag("Level", "40106"));
        await Hub.SaveDeviceAsync("step13b", new { protocol = "opcua", settings = new { Endpoint = $"opc.tcp://127.0.0.1:{plant.Robot.Port}/plant" }, tags = new[] { new { name = "Speed", address = "nsu=urn:plant;s=Line1.Speed", dataType = "Double" } } });
        await Hub.ValueAsync("plant/hub/step13/Level", "106");
        await Hub.ValueAsync("plant/hub/step13b/Speed", "10.5");
        var page = await OpenAsync("/trends?tag=plant/hub/step13/Level&tag=plant/hub/step13b/Speed&span=8h");
        await page.WaitForFunctionAsync("document.querySelectorAll('#chart path.line').length === 2");
        await page.ClickAsync("[data-span='1m']");
        await Browser.AddressAsync(page, "url.includes('span=1m')");
        await page.Locator("#figures tr[data-tag]").Nth(1).WaitForAsync();
    }

    [Fact]
    public async Task Step_14_an_alarm_with_delay_and_hysteresis_is_raised_and_acknowledged()
    {
        await SaveAsync("step14", Tag("Level", "40107"));
        await Hub.ValueAsync("plant/hub/step14/Level", "107");
        var page = await OpenAsync("/alarms/rule?path=plant/hub/step14/Level");
        await page.FillAsync("#name", "Step 14 high");
        await page.FillAsync("#limit", "100");
        await page.FillAsync("#hysteresis", "5");
        await page.FillAsync("#delay", "0.2");
        await page.ClickAsync("#save");
        await SaidAsync(page);
        await page.GotoAsync(new Uri(Hub.Page, "/alarms").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.Locator("tr[data-alarm='Step 14 high'][data-standing=Active] .acknowledge").ClickAsync();
        await page.Locator("tr[data-alarm='Step 14 high'][data-standing=Acknowledged]").WaitForAsync();
        await LoggedAsync("kind=operate", "acknowledged");
    }

    [Fact]
    public async Task Step_15_a_colleague_gets_lines_that_work_elsewhere()
    {
        await SaveAsync("step15", Tag("Level", "40108"));
        await Hub.ValueAsync("plant/hub/step15/Level", "108");
        var page = await OpenAsync("/namespace?path=plant/hub/step15/Level");
        var line = await page.Locator("#copy button[data-text^='mosquitto_sub']").GetAttributeAsync("data-text");
        await using var shell = PeerProcess.Start("sh", "-c", $"exec stdbuf -oL {line}");
        await shell.ReadUntilAsync(l => l.StartsWith("uns/plant/hub/step15/Level {", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Step_16_a_set_point_is_confirmed_written_read_back_and_logged()
    {
        await SaveAsync("step16", new { name = "SetPoint", address = "40010", dataType = "Int16", writable = true, low = 0, high = 600, unit = "rpm", period = "00:00:00.1" });
        await Hub.NodeAsync("plant/hub/step16/SetPoint", n => n.GetProperty("quality").GetString() == "Good");
        var page = await OpenAsync("/namespace?path=plant/hub/step16/SetPoint");
        await page.FillAsync("#new-value", "700");
        await page.ClickAsync("#write");
        await page.Locator("#confirm").GetByText("Range 0 to 600 rpm").WaitForAsync();
        await page.ClickAsync("#confirm-write");
        await page.Locator("#write-result.fault").GetByText("give 0 to 600 rpm").WaitForAsync();
        await page.FillAsync("#new-value", "300");
        await page.ClickAsync("#write");
        Assert.Equal("300", await page.InnerTextAsync("#wanted-value"));
        await page.ClickAsync("#cancel-write");
        Assert.Equal("0", await plant.Oven.AskAsync("get hr:9"));
        await page.ClickAsync("#write");
        await page.ClickAsync("#confirm-write");
        await page.Locator("#write-result.done").GetByText("the device reads 300 rpm at").WaitForAsync();
        Assert.Equal("300", await plant.Oven.AskAsync("get hr:9"));
        await LoggedAsync("kind=write&search=step16", "→ 300: done, the device reads 300");
        await LoggedAsync("kind=write&search=step16", "refused");
    }

    [Fact]
    public async Task Step_17_a_device_is_cloned_for_five_more_of_its_kind()
    {
        await Hub.SaveDeviceAsync("step17-08", new { protocol = "modbus", enabled = false, settings = new { Host = "10.99.0.8", Port = 502 }, tags = new[] { Tag("Level", "40101") } });
        var page = await OpenAsync("/devices/step17-08");
        await page.ClickAsync("#clone");
        await page.Locator("#clones tr[data-device=step17-13]").GetByText("10.99.0.13").WaitForAsync();
        Assert.Equal("step17-09", await page.InputValueAsync("#first"));
        await page.FillAsync("#place", "acme/step17/{device}");
        await page.Locator("#place").BlurAsync();
        await page.Locator("#clones").GetByText("uns/acme/step17/step17-13/Level").WaitForAsync();
        await page.Locator("#enabled").UncheckAsync();
        await page.ClickAsync("#save");
        await page.Locator("a[data-device=step17-13]").WaitForAsync();
        Assert.Equal("10.99.0.10", (await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/step17-10")).GetProperty("device").GetProperty("settings").GetProperty("host").GetString());
    }

    [Fact]
    public async Task Step_18_a_cable_is_pulled_the_value_is_marked_and_comes_back()
    {
        await using var cable = new FaultProxy(new(IPAddress.Loopback, plant.Oven.Port));
        await cable.StartAsync();
        await Hub.SaveDeviceAsync("step18", new { protocol = "modbus", settings = new { Host = "127.0.0.1", cable.EndPoint.Port, AnswerTimeout = "300ms" }, tags = new[] { Tag("Level", "40109") } });
        await Hub.ValueAsync("plant/hub/step18/Level", "109");
        var page = await OpenAsync("/namespace?path=plant/hub/step18/Level");
        await page.Locator("#current-value").GetByText("109").WaitForAsync();
        cable.HoldAnswers();
        await page.Locator(".badge.stale, .badge.bad").First.WaitForAsync();
        await page.Locator("#current-value").GetByText("109").WaitForAsync(); // The last value stands there, marked.
        cable.ReleaseAnswers();
        await page.Locator(".badge.good").First.WaitForAsync();
    }

    [Fact]
    public async Task Step_19_who_changed_what_is_seen_and_taken_back()
    {
        await SaveAsync("step19", Tag("Level", "40101"));
        var page = await OpenAsync("/devices/step19");
        await page.FillAsync("#author", "Anna");
        await page.Locator("#author").BlurAsync();
        await page.Locator(".tag-address").FillAsync("40102");
        await page.ClickAsync("#save");
        await SaidAsync(page);
        await page.GotoAsync(new Uri(Hub.Page, "/log?search=step19").ToString());
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        var row = page.Locator("#log tr[data-thing=step19]").First;
        await row.GetByText("Anna").WaitForAsync();
        await row.GetByText("Level: address 40101 → 40102").WaitForAsync();
        await row.Locator(".undo").ClickAsync();
        await page.ClickAsync("#undo-yes");
        await SaidAsync(page);
        Assert.Equal("40101", (await TagsAsync("step19"))[0].GetProperty("address").GetString());
    }

    [Fact]
    public async Task Step_20_everything_is_exported_and_restored_on_another_box()
    {
        await Hub.SaveDeviceAsync("step20", new { protocol = "opcua", enabled = false, settings = new { Endpoint = "opc.tcp://10.99.0.20:4840", User = "scada", Password = "hush-hush" }, tags = new[] { new { name = "Speed", address = "nsu=urn:plant;s=Line1.Speed", dataType = "Double" } } });
        var page = await OpenAsync("/backup");
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#export"));
        var file = (await download.PathAsync())!;
        Assert.DoesNotContain("hush-hush", await System.IO.File.ReadAllTextAsync(file), StringComparison.Ordinal);
        var whole = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#export-secrets"));
        Assert.Contains("hush-hush", await System.IO.File.ReadAllTextAsync((await whole.PathAsync())!), StringComparison.Ordinal);

        await using var other = await HubProcess.StartAsync();
        var there = await plant.Browser.OpenAsync(new Uri(other.Page, "/backup"));
        await Browser.GiveFileAsync(there, "#file", f => f.SetInputFilesAsync(File("wrong.json", "{\"format\":\"something else\"}")));
        await there.Locator("#said.fault").GetByText("wrong.json: This is no settings file").WaitForAsync();
        await Browser.GiveFileAsync(there, "#file", f => f.SetInputFilesAsync(file));
        await there.Locator("#differences li[data-thing=step20]").WaitForAsync();
        await there.Locator("#missing").GetByText("step20").WaitForAsync();
        Assert.Equal("[]", await other.Http.GetStringAsync("/api/v1/devices"));
        await there.ClickAsync("#apply");
        await SaidAsync(there);
        Assert.Contains("\"step20\"", await other.Http.GetStringAsync("/api/v1/devices"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_21_a_slow_device_says_why()
    {
        await using var slow = new FaultProxy(new(IPAddress.Loopback, plant.Oven.Port)) { AnswerDelay = TimeSpan.FromMilliseconds(400) };
        await slow.StartAsync();
        await Hub.SaveDeviceAsync("step21", new { protocol = "modbus", settings = new { Host = "127.0.0.1", slow.EndPoint.Port, AnswerTimeout = "20s" }, tags = new[] { new { name = "Level", address = "40110", dataType = "Int16", period = "00:00:00.1" } } });
        await Hub.ValueAsync("plant/hub/step21/Level", "110");
        var page = await OpenAsync("/devices/step21");
        await page.Locator("ul#findings li").First.WaitForAsync();
        await page.Locator("#round-trip").WaitForAsync();
        await page.Locator("#requests").GetByText("answered").WaitForAsync();
        await page.ClickAsync("#frames");
        await page.Locator("#frame-list tbody tr").First.WaitForAsync();
    }

    private static object Tag(string name, string address) => new { name, address, dataType = "Int16", period = "00:00:00.5" };

    private static object[] Counters(int count) => [.. Enumerable.Range(1, count).Select(at => Tag($"Hall/Counter {at:00}", $"{40100 + at}"))];

    private static FilePayload File(string name, string text) => new() { Name = name, MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes(text) };

    private static Task SaidAsync(IPage page) => page.Locator("#said.done").WaitForAsync();

    private Task<IPage> OpenAsync(string address) => plant.Browser.OpenAsync(new Uri(Hub.Page, address));

    private Task SaveAsync(string name, params object[] tags) => Hub.SaveDeviceAsync(name, new { protocol = "modbus", settings = new { Host = "127.0.0.1", plant.Oven.Port }, tags });

    private async Task<List<JsonElement>> TagsAsync(string name) => [.. (await Hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/devices/{name}")).GetProperty("device").GetProperty("tags").EnumerateArray()];

    private Task LoggedAsync(string query, string words) =>
        Hub.EventuallyAsync(async () => (await Hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/log?{query}")).EnumerateArray().Any(r => r.GetProperty("words").GetString()!.Contains(words, StringComparison.Ordinal)), $"the log says '{words}'");
}
