using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>A branch gets another place: its old topics go on, its trend and its alarm follow, over restarts, until the date.</summary>
public sealed class MoveTests : IAsyncLifetime
{
    private const string OldPlace = "plant/hub/pump";
    private const string NewPlace = "acme/berlin/pump";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly ModbusSimulator _pump = new([new("40001", DataType.Int16, null)], TimeProvider.System);
    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        await _pump.StartAsync();
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("pump", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _pump.EndPoint.Port },
            tags = new object[] { new { name = "Speed", address = "40001", dataType = "Int16", period = "00:00:00.1" } },
        });
        await _hub.ValueAsync(OldPlace + "/Speed", "0");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _pump.DisposeAsync();
    }

    [Fact]
    public async Task A_branch_moves_and_its_old_topics_go_on_with_the_new_one_beside_each_value_until_the_date()
    {
        await using var mes = Listen("mes-7");
        await mes.ReadUntilAsync(l => l.StartsWith($"uns/{OldPlace}/Speed|{{\"value\":0,", StringComparison.Ordinal), Limit);
        using var alarm = await _hub.Http.PostAsJsonAsync("/api/v1/alarms/rules", new { name = "Too fast", path = OldPlace + "/Speed", kind = "High", limit = 1000 });
        Assert.True(alarm.IsSuccessStatusCode, await alarm.Content.ReadAsStringAsync());

        var until = DateTimeOffset.UtcNow.AddDays(30);
        var preview = await Answer(await _hub.Http.PostAsJsonAsync("/api/v1/moves/preview", new { from = OldPlace, to = NewPlace, until }));
        Assert.Equal($"uns/{NewPlace}/Speed", preview.GetProperty("topics")[0].GetProperty("to").GetString());
        Assert.Equal("mes-7", preview.GetProperty("clients")[0].GetProperty("clientId").GetString());
        Assert.Equal("Too fast", preview.GetProperty("alarms")[0].GetString());
        Assert.NotNull(await _hub.NodeAsync(OldPlace));

        await Answer(await Move(until));
        await _hub.ValueAsync(NewPlace + "/Speed", "0");
        await mes.ReadUntilAsync(l => Forwarded(l, 0), Limit);
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 1450);
        await mes.ReadUntilAsync(l => Forwarded(l, 1450), Limit);

        // The alarm, the trend and whoever asks by the old path find the value where it is.
        await _hub.EventuallyAsync(
            async () => (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/alarms")).EnumerateArray().Any(a => a.ToString().Contains(NewPlace + "/Speed", StringComparison.Ordinal) && a.ToString().Contains("\"isActive\":true", StringComparison.Ordinal)),
            "the alarm watches the new place", Limit);
        var past = await _hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/history?path={OldPlace}/Speed");
        Assert.Equal(NewPlace + "/Speed", past.GetProperty("series")[0].GetProperty("path").GetString());
        Assert.Contains(past.GetProperty("series")[0].GetProperty("changes").EnumerateArray(), c => c.GetProperty("value").ToString() == "0");
        Assert.Equal(NewPlace + "/Speed", (await _hub.NodeAsync(OldPlace + "/Speed"))!.Value.GetProperty("movedTo").GetString());

        await _hub.KillAsync();
        await _hub.StartAgainAsync(samePorts: true);
        await _hub.ValueAsync(NewPlace + "/Speed", "1450");
        await using var later = Listen("late-8");
        await later.ReadUntilAsync(l => Forwarded(l, 1450), Limit);
        await _hub.EventuallyAsync(
            async () => (await _hub.Http.GetStringAsync("/api/v1/moves")) is var moves && moves.Contains("\"late-8\"", StringComparison.Ordinal) && moves.Contains("\"mes-7\"", StringComparison.Ordinal),
            "the moves name who listens at the old place", Limit);

        // The date is set to now.
        await Answer(await Move(null));
        await later.ReadUntilAsync(l => l.StartsWith($"uns/{OldPlace}/Speed||", StringComparison.Ordinal), Limit);
        using var gone = await _hub.Http.GetAsync($"/api/v1/tree/{OldPlace}/Speed");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Contains($"has moved to '{NewPlace}/Speed'", await gone.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains($"what stood at {OldPlace}", await _hub.Http.GetStringAsync("/api/v1/log?kind=mapping"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_move_that_cannot_be_made_is_refused_in_words_and_one_that_was_made_is_taken_back()
    {
        foreach (var (to, said) in new[] { ("a//b", "empty level"), (OldPlace, "stands already"), ("a/b c", "b_c") })
        {
            using var refused = await _hub.Http.PostAsJsonAsync("/api/v1/moves", new { from = OldPlace, to });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(said, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var nothing = await _hub.Http.PostAsJsonAsync("/api/v1/moves", new { from = "plant/nope", to = "a/b" });
        Assert.Contains("Nothing stands at 'plant/nope'", JsonDocument.Parse(await nothing.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);

        var version = (await Answer(await Move(DateTimeOffset.UtcNow.AddDays(30)))).GetProperty("number").GetInt32();
        await _hub.ValueAsync(NewPlace + "/Speed", "0");
        await Answer(await _hub.Http.PostAsync($"/api/v1/versions/{version - 1}/restore", null));
        await _hub.ValueAsync(OldPlace + "/Speed", "0");
        Assert.Null(await _hub.NodeAsync(NewPlace + "/Speed"));
        await using var listener = Listen("other-9");
        var message = await listener.ReadUntilAsync(l => l.StartsWith($"uns/{OldPlace}/Speed|", StringComparison.Ordinal), Limit);
        Assert.DoesNotContain("movedTo", message, StringComparison.Ordinal);
    }

    private static bool Forwarded(string line, int value) =>
        line.StartsWith($"uns/{OldPlace}/Speed|{{\"value\":{value},", StringComparison.Ordinal)
        && line.Contains($"\"movedTo\":\"uns/{NewPlace}/Speed\"", StringComparison.Ordinal) && line.Contains($"moved-to:uns/{NewPlace}/Speed", StringComparison.Ordinal);

    private PeerProcess Listen(string clientId) =>
        PeerProcess.Start("mosquitto_sub", "-h", "127.0.0.1", "-p", _hub.MqttPort.ToString(), "-V", "5", "-i", clientId, "-t", $"uns/{OldPlace}/#", "-F", "%t|%p|%P");

    private static async Task<JsonElement> Answer(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return await answer.Content.ReadFromJsonAsync<JsonElement>();
        }
    }

    private Task<HttpResponseMessage> Move(DateTimeOffset? until) => _hub.Http.PostAsJsonAsync("/api/v1/moves", new { from = OldPlace, to = NewPlace, until, comment = "as agreed" });
}
