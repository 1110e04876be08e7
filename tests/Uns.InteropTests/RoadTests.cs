using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>The whole road on servers and clients that this project did not write.</summary>
public sealed class RoadTests
{
    private const string Line = "acme/berlin/press/line1/";

    // The issue of a change: at most one period until it is read, and as much again to be everywhere.
    private static readonly TimeSpan Limit = Plant.Period * 2;

    [Fact]
    public async Task A_change_in_a_device_is_seen_as_ddata_as_json_by_rest_and_on_the_page_within_two_poll_periods()
    {
        await using var plant = await Plant.StartAsync();
        await using var ddata = MosquittoSubscriber.Sparkplug(plant.Hub.MqttPort, "spBv1.0/+/DDATA/#");
        await using var json = MosquittoSubscriber.Text(plant.Hub.MqttPort, "uns/#");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(plant.Hub.Page, "/?path=acme/berlin/press"));
        await json.ReadUntilAsync(l => l.StartsWith($"uns/{Line}robot/Speed", StringComparison.Ordinal), Limit * 5);

        await SeenEverywhereAsync(() => plant.Modbus.AskAsync("set hr:10 65459"), "oven", "Temperature", "-77");
        await SeenEverywhereAsync(() => plant.Modbus.AskAsync("set di:2 1"), "oven", "Door", "true");
        await SeenEverywhereAsync(() => plant.Modbus.AskAsync("set hr:20 16712 0"), "oven", "Total", "12.5");
        await SeenEverywhereAsync(() => plant.S7.AskAsync("set db1:4 41480000"), "press", "Force", "12.5");
        await SeenEverywhereAsync(() => plant.S7.AskAsync("set db1:8 fffffff4"), "press", "Strokes", "-12");
        await SeenEverywhereAsync(() => plant.OpcUa.AskAsync("set Speed 33.75"), "robot", "Speed", "33.75");

        async Task SeenEverywhereAsync(Func<Task<string>> change, string device, string tag, string value)
        {
            Assert.Equal("ok", await change());
            var sparkplug = ddata.ReadUntilAsync(l => IsData(l, device, value), Limit);
            var topic = json.ReadUntilAsync(l => l.StartsWith($"uns/{Line}{device}/{tag} {{\"value\":{value},", StringComparison.Ordinal), Limit);
            var rest = plant.Hub.NodeAsync($"{Line}{device}/{tag}", n => n.GetProperty("value").GetRawText() == value, Limit);
            var shown = page.Locator($"tr[data-path='{Line}{device}/{tag}'] td.value").GetByText(value, new() { Exact = true })
                .WaitForAsync(new() { Timeout = (float)Limit.TotalMilliseconds });
            await Task.WhenAll(sparkplug, topic, rest, shown);
            Assert.Contains("\"quality\":\"Good\"", await topic);
            Assert.Equal("Good", (await rest).GetProperty("quality").GetString());
        }
    }

    [Fact]
    public async Task A_write_reaches_each_device_as_dcmd_and_comes_back_as_data()
    {
        await using var plant = await Plant.StartAsync();
        await using var dcmd = MosquittoSubscriber.Sparkplug(plant.Hub.MqttPort, "spBv1.0/+/DCMD/#");
        await using var ready = MosquittoSubscriber.Text(plant.Hub.MqttPort, "uns/#");
        await ready.ReadLineAsync(TimeSpan.FromSeconds(20));

        await WriteAsync("oven/Temperature", -42, "hub/oven");
        Assert.Equal("65494", await plant.Modbus.AskAsync("get hr:10"));
        await WriteAsync("oven/Heater", true, "hub/oven");
        Assert.Equal("1", await plant.Modbus.AskAsync("get co:4"));
        await WriteAsync("press/Force", 1.5, "hub/press");
        Assert.Equal("3fc00000", await plant.S7.AskAsync("get db1:4:4"));
        await WriteAsync("press/Up", true, "hub/press");
        Assert.Equal("08", await plant.S7.AskAsync("get db1:0:1"));
        await WriteAsync("robot/Speed", 77.25, "hub/robot");
        Assert.Equal("77.25", await plant.OpcUa.AskAsync("get Speed"));
        await WriteAsync("robot/Name", "Füller", "hub/robot");
        Assert.Equal("Füller", await plant.OpcUa.AskAsync("get Name"));

        async Task WriteAsync(string path, object value, string target)
        {
            using var answer = await plant.Hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Line + path, value });
            var result = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("Done", result.GetProperty("outcome").GetString());
            await dcmd.ReadUntilAsync(l => l.Contains($"spBv1.0/plant/DCMD/{target}", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task A_write_from_the_page_reaches_the_device()
    {
        await using var plant = await Plant.StartAsync();
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(plant.Hub.Page, $"/?path={Line}oven/Temperature"));
        await page.FillAsync("#new-value", "123");
        await page.ClickAsync("#write");
        await page.ClickAsync("#confirm-write");
        await page.Locator("#write-result.done").WaitForAsync();
        Assert.Equal("123", await plant.Modbus.AskAsync("get hr:10"));
        Assert.Equal("123", await page.Locator("#current-value").InnerTextAsync());
        await page.FillAsync("#new-value", "501");
        await page.ClickAsync("#write");
        await page.ClickAsync("#confirm-write");
        await page.Locator("#write-result.fault").GetByText("give -100 to 500").WaitForAsync();
        Assert.Equal("123", await plant.Modbus.AskAsync("get hr:10"));
    }

    [Fact]
    public async Task A_device_that_dies_turns_stale_and_its_neighbours_go_on()
    {
        await using var plant = await Plant.StartAsync();
        await plant.S7.KillAsync();
        await plant.Hub.NodeAsync(Line + "press/Force", n => n.GetProperty("quality").GetString() != "Good");
        await plant.Modbus.AskAsync("set hr:10 9");
        await plant.Hub.ValueAsync(Line + "oven/Temperature", "9");
        using var status = await plant.Hub.Http.GetAsync("/api/v1/devices/press");
        var text = await status.Content.ReadAsStringAsync();
        Assert.Contains("Reconnecting", text);
        await using var again = await PeerProcess.StartAsync("s7_server.js", plant.S7.Port.ToString());
        await plant.Hub.ValueAsync(Line + "press/Force", "0", TimeSpan.FromSeconds(60));
    }

    private static bool IsData(string line, string device, string value)
    {
        var message = JsonDocument.Parse(line).RootElement;
        return message.GetProperty("topic").GetString() == $"spBv1.0/plant/DDATA/hub/{device}"
            && message.GetProperty("payload").GetProperty("metrics").EnumerateArray().Any(m => Same(m.GetProperty("value"), value));
    }

    // The package knows the type only from the birth: in data it shows 32 signed bits as unsigned.
    private static bool Same(JsonElement found, string value) =>
        found.GetRawText() == value || (found.ValueKind == JsonValueKind.Number && found.TryGetUInt32(out var bits) && ((int)bits).ToString() == value);
}
