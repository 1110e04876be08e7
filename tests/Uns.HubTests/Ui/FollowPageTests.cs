using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>One value is followed from the device to a subscriber; a branch is moved with its subscriber in sight; who subscribed is known after a restart.</summary>
public sealed class FollowPageTests : HubWithBrowser
{
    private const string Speed = "plant/hub/pump/Speed";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly ModbusSimulator _pump = new([new("40001", DataType.Int16, null), new("40002", DataType.Int16, null)], TimeProvider.System);

    protected override async Task StartDevicesAsync()
    {
        await _pump.StartAsync();
        Own(_pump);
    }

    protected override async Task PrepareAsync()
    {
        await Hub.SaveDeviceAsync("pump", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _pump.EndPoint.Port },
            tags = new object[]
            {
                new { name = "Speed", address = "40001", dataType = "Int16", period = "00:00:00.2", unit = "1/min" },
                new { name = "Level", address = "40002", dataType = "Int16", period = "00:00:00.2", deadband = 10 },
            },
        });
        await Hub.ValueAsync(Speed, "0");
        await Hub.ValueAsync("plant/hub/pump/Level", "0");
    }

    [Fact]
    public async Task A_value_is_followed_from_the_devices_answer_to_a_subscriber_and_what_is_not_sent_says_why()
    {
        await using var scada = Listen("scada 3");
        await scada.ReadUntilAsync(l => l.StartsWith($"uns/{Speed} ", StringComparison.Ordinal), Limit);
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + Speed));
        await page.ClickAsync("#follow");
        await page.Locator("#quiet").GetByText("report by exception").WaitForAsync();
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 1450);
        await page.Locator("#road li[data-station=Delivered] [data-client='scada 3']").WaitForAsync();
        await page.Locator("#road h2").GetByText("1450 at").WaitForAsync();
        var stations = await page.Locator("#road li").EvaluateAllAsync<string[]>("all => all.map(one => one.dataset.station)");
        Assert.Equal(["Asked", "Answered", "Decoded", "Passed", "Sent", "Broker", "Host", "Tree", "Topic", "Delivered"], stations);
        Assert.Contains("poll group was due", await page.InnerTextAsync("#road li[data-station=Asked]"), StringComparison.Ordinal);
        Assert.Contains("seq ", await page.InnerTextAsync("#road li[data-station=Sent]"), StringComparison.Ordinal);
        Assert.Contains("the hub's own", await page.InnerTextAsync("#road li[data-station=Broker]"), StringComparison.Ordinal);

        // The same by the API: steps in the order of time, and a change that the deadband holds back.
        var road = (await TraceAsync(Speed)).GetProperty("roads")[0];
        var times = road.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("afterMs").GetDouble()).ToList();
        Assert.Equal(times.Order(), times);
        Assert.Equal(0, times[0]);
        await TraceAsync("plant/hub/pump/Level");
        _pump.SetRegister(ModbusTable.HoldingRegister, 1, 3);
        await Hub.EventuallyAsync(
            async () => (await TraceAsync("plant/hub/pump/Level")).TryGetProperty("quiet", out var quiet) && quiet.GetProperty("why").GetString()!.Contains("less than the deadband of 10", StringComparison.Ordinal),
            "the trace says that the deadband holds the value back", Limit);
        using var left = await Hub.Http.DeleteAsync("/api/v1/trace/plant/hub/pump/Level");
        Assert.True(left.IsSuccessStatusCode);
        using var unknown = await Hub.Http.GetAsync("/api/v1/trace/plant/nope");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task A_branch_is_moved_with_old_and_new_topics_and_its_subscriber_in_sight()
    {
        await using var mes = Listen("mes-7");
        await mes.ReadUntilAsync(l => l.StartsWith($"uns/{Speed} ", StringComparison.Ordinal), Limit);
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=plant/hub/pump"));
        await page.ClickAsync("#move");
        await page.Locator("#to").WaitForAsync();
        await page.FillAsync("#author", "Anna");
        await page.Locator("#author").BlurAsync();
        await page.FillAsync("#to", "acme//pump");
        await page.Locator("#faults").GetByText("empty level").WaitForAsync();
        await page.FillAsync("#to", "acme/berlin/pump 7");
        await page.Locator("#faults").GetByText("write pump_7").WaitForAsync();
        await page.FillAsync("#to", "acme/berlin/pump_7");
        await page.Locator("#topics tr[data-topic='uns/acme/berlin/pump_7/Speed']").GetByText("uns/plant/hub/pump/Speed").WaitForAsync();
        await page.Locator("#affected tr[data-client=mes-7]").WaitForAsync();
        await page.ClickAsync("#save");
        await page.Locator("#said.done").GetByText("has moved to acme/berlin/pump_7").WaitForAsync();
        await mes.ReadUntilAsync(l => l.StartsWith($"uns/{Speed} ", StringComparison.Ordinal) && l.Contains("\"movedTo\":\"uns/acme/berlin/pump_7/Speed\"", StringComparison.Ordinal), Limit);
        Assert.Contains("Anna", await Hub.Http.GetStringAsync("/api/v1/log?kind=mapping"), StringComparison.Ordinal);

        page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + Speed));
        await page.ClickAsync("#moved a");
        await page.Locator(".former").GetByText("goes on until").WaitForAsync();

        // The old topics are ended by hand.
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/mapping"));
        var row = page.Locator("#moves tr[data-from='plant/hub/pump']");
        await row.Locator("[data-client=mes-7]").WaitForAsync();
        await row.Locator(".end").ClickAsync();
        await row.Locator(".end").GetByText("Really").ClickAsync();
        await page.Locator("#moves-said.done").GetByText("have ended").WaitForAsync();
        await mes.ReadUntilAsync(l => l.Trim() == $"uns/{Speed}", Limit);
    }

    [Fact]
    public async Task Who_subscribed_is_known_after_a_restart_and_who_was_cut_off_by_whom_stands_in_the_log()
    {
        await using (var visitor = Listen("visitor-9"))
        {
            await visitor.ReadUntilAsync(l => l.StartsWith($"uns/{Speed} ", StringComparison.Ordinal), Limit);
            using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/mqtt/clients/visitor-9");
            request.Headers.Add("X-Author", "Boris");
            using var cut = await Hub.Http.SendAsync(request);
            Assert.True(cut.IsSuccessStatusCode);
            await visitor.KillAsync();
        }

        using var rebirth = await Hub.Http.PostAsync("/api/v1/sparkplug/nodes/plant/hub/rebirth", null);
        Assert.True(rebirth.IsSuccessStatusCode);
        await Hub.EventuallyAsync(async () => await GoneAsync() is not null, "the ledger knows that the visitor has gone", Limit);
        await Hub.StopAsync();
        await Hub.StartAgainAsync();
        await Hub.ValueAsync(Speed, "0");
        var gone = (await GoneAsync())!.Value;
        Assert.Equal("uns/#", gone.GetProperty("filter").GetString());
        Assert.True(gone.GetProperty("firstSeen").GetDateTimeOffset() <= gone.GetProperty("lastSeen").GetDateTimeOffset());
        var page = await Browser.OpenAsync(new Uri(Hub.Page, "/namespace?path=" + Speed));
        await page.Locator("#past-subscribers [data-client=visitor-9]").WaitForAsync();
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/log?kind=client"));
        var row = page.Locator("#log tr[data-thing=visitor-9]").First;
        Assert.Contains("Boris", await row.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("was disconnected", await row.InnerTextAsync(), StringComparison.Ordinal);
        page = await Browser.OpenAsync(new Uri(Hub.Page, "/log?kind=node"));
        await page.Locator("#log tr[data-thing='plant/hub']").GetByText("asked to be born again").WaitForAsync();

        async Task<JsonElement?> GoneAsync()
        {
            var lately = await Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/mqtt/subscribers/lately?topic=uns/" + Speed);
            return lately.EnumerateArray().Where(s => s.GetProperty("clientId").GetString() == "visitor-9" && !s.GetProperty("isNow").GetBoolean()).Select(s => (JsonElement?)s).FirstOrDefault();
        }
    }

    private PeerProcess Listen(string clientId) => MosquittoSubscriber.Text(Hub.MqttPort, "uns/#", "-i", clientId);

    private Task<JsonElement> TraceAsync(string path) => Hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/trace/" + path);
}
