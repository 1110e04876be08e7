using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>An alarm from its rule to its end, in a real browser, over a restart.</summary>
public sealed class AlarmPageTests
{
    [Fact]
    public async Task An_alarm_is_set_raised_acknowledged_gone_and_remembered_and_is_a_node_of_the_namespace()
    {
        await using var oven = new ModbusSimulator([new("40001", DataType.Int16, null)], TimeProvider.System);
        await oven.StartAsync();
        await using var hub = await HubProcess.StartAsync();
        await hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", oven.EndPoint.Port },
            tags = new object[] { new { name = "Temperature", address = "40001", dataType = "Int16", period = "00:00:00.1", unit = "°C" } },
        });
        await hub.ValueAsync("plant/hub/oven/Temperature", "0");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(hub.Page, "/namespace?path=plant/hub/oven/Temperature"));
        await page.ClickAsync("#alarm");
        await page.Locator("#name").WaitForAsync();
        Assert.Equal("plant/hub/oven/Temperature", await page.InputValueAsync("#path"));
        await page.FillAsync("#name", "Oven hot");
        await page.FillAsync("#limit", "eighty");
        await page.ClickAsync("#save");
        await page.Locator("#said.fault").GetByText("Limit is 'eighty'").WaitForAsync();
        await page.FillAsync("#limit", "80");
        await page.FillAsync("#hysteresis", "5");
        await page.FillAsync("#delay", "0.3");
        await page.SelectOptionAsync("#priority", "High");
        await page.FillAsync("#text", "Open the door");
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("above 80 °C for 0.3 s").WaitForAsync();
        await hub.ValueAsync("plant/hub/alarms/Oven_hot/Standing", "Normal");

        oven.SetRegister(ModbusTable.HoldingRegister, 0, 90);
        await hub.ValueAsync("plant/hub/alarms/Oven_hot/Standing", "Active");
        await page.GotoAsync(hub.Page.ToString());
        await page.Locator("tr[data-area=Alarms][data-state=Wrong]").GetByText("Oven hot (high, active): plant/hub/oven/Temperature is 90.").WaitForAsync();
        await page.Locator("tr[data-area=Alarms][data-state=Wrong]").GetByText("Mend").ClickAsync();
        await page.Locator("tr[data-alarm='Oven hot'][data-standing=Active]").GetByText("Open the door").WaitForAsync();
        await page.Locator(".shell[data-live=yes]").WaitForAsync();
        await page.ClickAsync(".acknowledge");
        await page.Locator("tr[data-alarm='Oven hot'][data-standing=Acknowledged]").WaitForAsync();
        await hub.ValueAsync("plant/hub/alarms/Oven_hot/Acknowledged", "True");

        await hub.StopAsync();
        await hub.StartAgainAsync();
        await hub.ValueAsync("plant/hub/alarms/Oven_hot/Standing", "Acknowledged");
        oven.SetRegister(ModbusTable.HoldingRegister, 0, 20);
        await hub.ValueAsync("plant/hub/alarms/Oven_hot/Standing", "Normal");
        var again = await browser.OpenAsync(new Uri(hub.Page, "/alarms"));
        await again.GetByText("No alarm is open.").WaitForAsync();
        await again.ClickAsync("[data-show=all]");
        await again.Locator("tr[data-alarm='Oven hot'][data-standing=Normal]").WaitForAsync();
        await again.Locator(".shelve").SelectOptionAsync("60");
        await again.Locator("tr[data-alarm='Oven hot'][data-standing=Shelved]").WaitForAsync();
        await again.ClickAsync("[data-show=history]");
        await again.Locator("#history tr[data-what=Shelved]").WaitForAsync();
        Assert.Equal(["Shelved", "Gone", "Acknowledged", "Raised"], (await again.Locator("#history tbody tr td:nth-child(4)").AllInnerTextsAsync()).Select(t => t.Trim()));

        var alarms = await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/alarms");
        var id = Assert.Single(alarms.EnumerateArray()).GetProperty("rule").GetProperty("id").GetGuid();
        using var removed = await hub.Http.DeleteAsync($"/api/v1/alarms/rules/{id}");
        Assert.True(removed.IsSuccessStatusCode);
        Assert.Equal(0, (await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/alarms")).GetArrayLength());
        using var faulty = await hub.Http.PostAsJsonAsync("/api/v1/alarms/rules", new { name = "a/b" });
        Assert.Contains("Path is empty", await faulty.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
