using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>The page and the API that tell how the edge nodes fare.</summary>
public sealed class SparkplugPageTests : IAsyncLifetime
{
    private const string Node = "/api/v1/sparkplug/nodes/plant/hub";
    private readonly ModbusSimulator _oven = new([new("40001", DataType.Int16, Signal.Constant(215))], TimeProvider.System);
    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        await _oven.StartAsync();
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[] { new { name = "Temperature", address = "40001", dataType = "Int16" } },
        });
        await _hub.ValueAsync("plant/hub/oven/Temperature", "215");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _oven.DisposeAsync();
    }

    [Fact]
    public async Task A_node_is_listed_opened_and_asked_for_a_rebirth_that_is_seen()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(_hub.Page, "/sparkplug"));
        var row = page.Locator("tr[data-node='plant/hub']");
        await row.GetByText("Online").WaitForAsync();
        await row.Locator("a").ClickAsync();
        await page.Locator("#timeline").GetByText("Device birth").First.WaitForAsync();
        await page.Locator("#devices").GetByText("oven").WaitForAsync();
        Assert.Equal(1, await page.Locator("#sessions tbody tr").CountAsync());
        Assert.Equal(0, await page.Locator("#timeline tbody tr").GetByText("Rebirth", new() { Exact = true }).CountAsync());
        await page.ClickAsync("#rebirth");
        await page.Locator("#said").WaitForAsync();
        await page.Locator("#timeline").GetByText("Rebirth", new() { Exact = true }).First.WaitForAsync();
        Assert.Equal("Online", await page.Locator("#state").InnerTextAsync());
    }

    [Fact]
    public async Task The_api_tells_timeline_sessions_aliases_and_who_broke_which_rule()
    {
        await using (var stranger = await PeerProcess.StartAsync("edge_node.js", _hub.MqttPort.ToString(), "Berlin", "line7"))
        {
            await _hub.ValueAsync("Berlin/line7/press/Count", "-12");
            await stranger.KillAsync();
            await _hub.EventuallyAsync(async () => !(await ReportAsync("Berlin", "line7")).GetProperty("info").GetProperty("isOnline").GetBoolean(), "the stranger's death is seen");
        }

        // The package registers its will with QoS 0, which the standard forbids.
        var breach = (await ReportAsync("Berlin", "line7")).GetProperty("timeline").EnumerateArray().Single(e => e.TryGetProperty("breach", out var b) && b.GetString() == "QosWrong");
        Assert.Equal("tck-id-payloads-ndeath-will-message-qos", breach.GetProperty("rule").GetString());
        var own = await _hub.Http.GetFromJsonAsync<JsonElement>(Node);
        Assert.Equal(["Birth", "DeviceBirth"], own.GetProperty("timeline").EnumerateArray().Select(e => e.GetProperty("kind").GetString()!).Where(k => k.EndsWith("Birth", StringComparison.Ordinal)).Distinct());
        Assert.Contains(own.GetProperty("aliases").EnumerateArray(), a => a.GetProperty("name").GetString() == "Temperature");
        Assert.Contains(own.GetProperty("devices").EnumerateArray(), d => d.GetProperty("id").GetString() == "oven" && d.GetProperty("isOnline").GetBoolean());
        Assert.NotEqual(JsonValueKind.Null, own.GetProperty("sessions")[0].GetProperty("born").ValueKind);
        Assert.Equal(HttpStatusCode.NotFound, (await _hub.Http.GetAsync("/api/v1/sparkplug/nodes/no/body")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _hub.Http.PostAsync("/api/v1/sparkplug/nodes/no/body/rebirth", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await _hub.Http.PostAsync(Node + "/rebirth", null)).StatusCode);
        await _hub.EventuallyAsync(
            async () => (await _hub.Http.GetFromJsonAsync<JsonElement>(Node)).GetProperty("timeline").EnumerateArray().Any(e => e.GetProperty("kind").GetString() == "Rebirth"),
            "the hub's own node is born again");
    }

    private Task<JsonElement> ReportAsync(string group, string node) => _hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/sparkplug/nodes/{group}/{node}");
}
