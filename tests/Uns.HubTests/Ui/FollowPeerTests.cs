using System.Text.Json;
using Microsoft.Playwright;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>One value is followed on controllers that this project did not write: an S7 that is asked, an OPC UA server that tells.</summary>
public sealed class FollowPeerTests : HubWithBrowser
{
    private const string Oil = "plant/hub/press/Oil";
    private const string Speed = "plant/hub/robot/Speed";
    private static readonly string[] FromTheEdge = ["Decoded", "Passed", "Sent", "Broker", "Host", "Tree", "Topic", "Delivered"];
    private PeerProcess _press = null!;
    private PeerProcess _robot = null!;

    protected override async Task StartDevicesAsync() => Own(_press = await PeerProcess.StartAsync("s7_server.js"), _robot = await PeerProcess.StartAsync("opcua_server.js"));

    protected override async Task PrepareAsync()
    {
        await Hub.SaveDeviceAsync("press", new
        {
            protocol = "s7",
            settings = new { Host = "127.0.0.1", _press.Port },
            tags = new object[] { new { name = "Oil", address = "DB1.DBW2", dataType = "Int16", period = "00:00:00.2" } },
        });
        await Hub.SaveDeviceAsync("robot", new
        {
            protocol = "opcua",
            settings = new { Endpoint = $"opc.tcp://127.0.0.1:{_robot.Port}/plant" },
            tags = new object[] { new { name = "Speed", address = "nsu=urn:plant;s=Line1.Speed", dataType = "Double", period = "00:00:00.1" } },
        });
        await Hub.ValueAsync(Oil, "0");
        await Hub.ValueAsync(Speed, "10.5");
    }

    [Fact]
    public async Task A_register_of_an_S7_is_followed_from_the_request_to_a_subscriber()
    {
        await using var scada = MosquittoSubscriber.Text(Hub.MqttPort, "uns/#", "-i", "scada 5");
        await scada.ReadUntilAsync(l => l.StartsWith($"uns/{Oil} ", StringComparison.Ordinal), TimeSpan.FromMinutes(2));
        var page = await FollowAsync(Oil);
        await page.Locator("#quiet").GetByText("report by exception").WaitForAsync();
        await _press.AskAsync("set db1:2 05dc");
        await page.Locator("#road h2").GetByText("1500 at").WaitForAsync();
        await page.Locator("#road li[data-station=Delivered] [data-client='scada 5']").WaitForAsync();
        string[] stations = ["Asked", "Answered", .. FromTheEdge];
        Assert.Equal(stations, await StationsAsync(page));
        var asked = await page.InnerTextAsync("#road li[data-station=Asked]");
        Assert.Contains("the 200 ms poll group was due; one request", asked, StringComparison.Ordinal);
        Assert.Contains("DB1", asked, StringComparison.Ordinal);
        Assert.Matches("answered with [0-9]+ bytes: .", await page.InnerTextAsync("#road li[data-station=Answered]"));
        await InOrderAsync(Oil, 10);
    }

    [Fact]
    public async Task A_change_that_an_OPC_UA_server_tells_is_followed_from_its_message_to_a_subscriber()
    {
        await using var scada = MosquittoSubscriber.Text(Hub.MqttPort, "uns/#", "-i", "scada 6");
        await scada.ReadUntilAsync(l => l.StartsWith($"uns/{Speed} ", StringComparison.Ordinal), TimeSpan.FromMinutes(2));
        var page = await FollowAsync(Speed);
        await page.Locator("#waiting").WaitForAsync(); // Nobody asks here: until it tells, there is nothing to see.
        await _robot.AskAsync("set Speed 1450.5");
        await page.Locator("#road h2").GetByText("1450.5 at").WaitForAsync();
        await page.Locator("#road li[data-station=Delivered] [data-client='scada 6']").WaitForAsync();
        string[] stations = ["Answered", .. FromTheEdge];
        Assert.Equal(stations, await StationsAsync(page));
        var told = await page.InnerTextAsync("#road li[data-station=Answered]");
        Assert.Contains("told by the device itself", told, StringComparison.Ordinal);
        Assert.Contains("Publish", told, StringComparison.Ordinal);
        await InOrderAsync(Speed, 9);
    }

    private async Task<IPage> FollowAsync(string path)
    {
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + path));
        await page.ClickAsync("#follow");
        await page.Locator("#followed").WaitForAsync();
        return page;
    }

    private static async Task<string[]> StationsAsync(IPage page) => await page.Locator("#road li").EvaluateAllAsync<string[]>("all => all.map(one => one.dataset.station)");

    // The same by the API, each step behind the one before, and the first at zero.
    private async Task InOrderAsync(string path, int steps)
    {
        using var trace = JsonDocument.Parse(await Hub.Http.GetStringAsync("/api/v1/trace/" + path));
        var times = trace.RootElement.GetProperty("roads")[0].GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("afterMs").GetDouble()).ToList();
        Assert.Equal(steps, times.Count);
        Assert.Equal(0, times[0]);
        Assert.Equal(times.Order(), times);
    }
}
