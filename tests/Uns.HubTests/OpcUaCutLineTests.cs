using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>
/// The cable between the hub and an OPC UA server that this project did not write is pulled. What the server's queue kept is in history to the last
/// change, each with the time at which it happened; what nobody kept is a gap that is seen.
/// </summary>
public sealed class OpcUaCutLineTests : IAsyncLifetime
{
    private const string Count = "plant/hub/robot/Count";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private HubProcess _hub = null!;
    private PeerProcess _robot = null!;
    private FaultProxy _line = null!;

    public async ValueTask InitializeAsync()
    {
        _robot = await PeerProcess.StartAsync("opcua_server.js");
        _line = new FaultProxy(new(IPAddress.Loopback, _robot.Port));
        await _line.StartAsync();
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("robot", new
        {
            protocol = "opcua",

            // The longest life that settings give a subscription: ten minutes without a word from us.
            settings = new { Endpoint = $"opc.tcp://127.0.0.1:{_line.EndPoint.Port}/plant", KeepAlive = "1m", AnswerTimeout = "20s", QueueSize = 100 },
            tags = new[] { new { name = "Count", address = "nsu=urn:plant;s=Line1.Count", dataType = "Int32", period = "00:00:00.05" } },
        });
        await _hub.ValueAsync(Count, "7");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _line.DisposeAsync();
        await _robot.DisposeAsync();
    }

    [Fact]
    public async Task Every_change_of_a_pulled_cable_is_in_history_with_its_own_time()
    {
        await CountAsync(101, 110);
        await _hub.ValueAsync(Count, "110", Limit);
        _line.Unplug();
        var since = DateTimeOffset.UtcNow;
        await CountAsync(111, 140);
        _line.Cut(); // Both ends learn of it at last.
        await _hub.NodeAsync(Count, n => n.GetProperty("quality").GetString() == "Stale" && n.GetProperty("reason").GetString()!.Length > 0, Limit);
        var until = DateTimeOffset.UtcNow;
        await CountAsync(141, 160);
        _line.PlugIn();
        await _hub.ValueAsync(Count, "160", Limit);
        await CountAsync(161, 165);
        await _hub.ValueAsync(Count, "165", Limit);

        var changes = await HistoryAsync(found => Good(found).Contains(165));
        Assert.Equal(Enumerable.Range(101, 65), Good(changes).Where(v => v > 100));
        var during = changes.Where(c => c.Quality == "Good" && c.Value is >= 111 and <= 140).ToList();
        Assert.All(during, c => Assert.InRange(c.Time, since.AddSeconds(-1), until));
        Assert.Equal(during.Count, during.Select(c => c.Time).Distinct().Count());
        Assert.Contains(changes, c => c.Quality == "Stale" && c.Time >= since); // Meanwhile nobody could know.
    }

    [Fact]
    public async Task What_nobody_kept_is_a_gap_that_is_seen()
    {
        await CountAsync(201, 203);
        await _hub.ValueAsync(Count, "203", Limit);
        _line.Unplug();
        _line.Cut();
        await _hub.NodeAsync(Count, n => n.GetProperty("quality").GetString() == "Stale", Limit);

        // The server starts anew: its subscriptions are over, and what their queues held.
        var port = _robot.Port.ToString(CultureInfo.InvariantCulture);
        await CountAsync(204, 210);
        await _robot.DisposeAsync();
        _robot = await PeerProcess.StartAsync("opcua_server.js", port);
        await CountAsync(300, 300);
        _line.PlugIn();
        await _hub.ValueAsync(Count, "300", Limit);

        var changes = await HistoryAsync(found => Good(found).Contains(300));
        var last = changes.FindLastIndex(c => c is { Quality: "Good", Value: 203 });
        Assert.DoesNotContain(Good(changes), v => v is > 203 and < 300);
        Assert.NotEqual("Good", changes[last + 1].Quality);
        Assert.Equal(300, changes[^1].Value);
        Assert.True(changes[^1].Time >= changes[last + 1].Time, "The gap ends before it begins.");
    }

    private static IEnumerable<int> Good(IEnumerable<Change> changes) => changes.Where(c => c is { Quality: "Good", Value: not null }).Select(c => c.Value!.Value).Distinct();

    // Each value stays until the server has looked at it.
    private async Task CountAsync(int first, int last)
    {
        foreach (var part in Enumerable.Range(first, last - first + 1).Chunk(10))
        {
            Assert.Equal("ok", await _robot.AskAsync($"count Count {part[0]} {part[^1]}"));
        }
    }

    private async Task<List<Change>> HistoryAsync(Func<List<Change>, bool> isWhole)
    {
        List<Change> found = [];
        await _hub.EventuallyAsync(
            async () =>
            {
                var answer = await _hub.Http.GetFromJsonAsync<JsonElement>($"/api/v1/history?path={Count}");
                found = [.. answer.GetProperty("series")[0].GetProperty("changes").EnumerateArray().Select(Change.Of)];
                return isWhole(found);
            },
            "history holds the last value", Limit, () => string.Join(' ', found));
        return found;
    }

    private sealed record Change(DateTimeOffset Time, int? Value, string Quality)
    {
        public static Change Of(JsonElement change) => new(
            change.GetProperty("time").GetDateTimeOffset(), change.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null, change.GetProperty("quality").GetString()!);
    }
}
