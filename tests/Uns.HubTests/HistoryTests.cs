using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>From a PLC's register to its past, over a restart and a renaming.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private readonly ModbusSimulator _pump = new([new("40001", DataType.Int16, null)], TimeProvider.System);
    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        await _pump.StartAsync();
        _hub = await HubProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _pump.DisposeAsync();
    }

    [Fact]
    public async Task A_value_has_a_past_that_survives_a_restart_and_a_new_name_and_shows_when_the_hub_was_down()
    {
        await _hub.SaveDeviceAsync("pump", Device("Speed", null));
        foreach (var value in new ushort[] { 5, 7, 9 })
        {
            _pump.SetRegister(ModbusTable.HoldingRegister, 0, value);
            await HistoryAsync("plant/hub/pump/Speed", changes => changes.Contains($"{value} Good", StringComparison.Ordinal));
        }

        var id = (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/pump")).GetProperty("device").GetProperty("tags")[0].GetProperty("id").GetString();
        await _hub.StopAsync();
        await _hub.StartAgainAsync();
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 11);
        var past = await HistoryAsync("plant/hub/pump/Speed", changes => changes.Contains("11 Good", StringComparison.Ordinal));
        Assert.Matches("5 Good .*7 Good .*9 Good .*(Gap|Stale).* 11 Good", past);

        Assert.Equal(1, (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/history/status")).GetProperty("series").GetInt32());
        await _hub.SaveDeviceAsync("pump", Device("Revolutions", id));
        _pump.SetRegister(ModbusTable.HoldingRegister, 0, 13);
        past = await HistoryAsync("plant/hub/pump/Revolutions", changes => changes.Contains("13 Good", StringComparison.Ordinal));
        Assert.Matches("5 Good .*11 Good .*13 Good", past);

        var csv = await _hub.Http.GetStringAsync("/api/v1/history?path=plant/hub/pump/Revolutions&format=csv");
        Assert.StartsWith("path,time,value,low,high,average,count,quality,unit\r\n", csv, StringComparison.Ordinal);
        Assert.Contains(",13,,,,1,Good,1/min\r\n", csv, StringComparison.Ordinal);
        var spans = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/history?path=plant/hub/pump/Revolutions&buckets=2");
        Assert.Equal(2, spans.GetProperty("series")[0].GetProperty("buckets").GetArrayLength());
    }

    [Theory]
    [InlineData("?path=plant/nope", HttpStatusCode.NotFound, "Nothing was recorded at 'plant/nope'")]
    [InlineData("", HttpStatusCode.BadRequest, "path=")]
    [InlineData("?path=a&from=yesterday", HttpStatusCode.BadRequest, "2026-01-31")]
    [InlineData("?path=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", HttpStatusCode.BadRequest, "not before")]
    [InlineData("?path=a&buckets=0", HttpStatusCode.BadRequest, "1 to 10000")]
    public async Task A_wrong_question_is_answered_in_words(string query, HttpStatusCode status, string said)
    {
        using var answer = await _hub.Http.GetAsync("/api/v1/history" + query);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<string> HistoryAsync(string path, Func<string, bool> holds)
    {
        var told = "";
        await _hub.EventuallyAsync(
            async () =>
            {
                using var answer = await _hub.Http.GetAsync($"/api/v1/history?path={path}");
                if (!answer.IsSuccessStatusCode)
                {
                    return false;
                }

                var series = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("series")[0];
                told = string.Join(' ', series.GetProperty("changes").EnumerateArray().Select(c => $"{c.GetProperty("value")} {c.GetProperty("quality")}"));
                return holds(told);
            },
            $"the history of {path} is as wanted", last: () => told);
        return told;
    }

    private object Device(string name, string? id) => new
    {
        protocol = "modbus",
        settings = new { Host = "127.0.0.1", _pump.EndPoint.Port },
        tags = new object[] { new { id = id ?? Guid.Empty.ToString(), name, address = "40001", dataType = "Int16", period = "00:00:00.1", unit = "1/min" } },
    };
}
