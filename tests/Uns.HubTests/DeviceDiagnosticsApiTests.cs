using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.S7;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>Why a device is as it is, its frames, its cost and its registers, asked of a running hub.</summary>
public sealed class DeviceDiagnosticsApiTests : IAsyncLifetime
{
    private readonly ModbusSimulator _oven = new(
        [new("40001", DataType.Float, Signal.Constant(21.5)), new("40010", DataType.Int16, Signal.Constant(7))], TimeProvider.System);

    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync()
    {
        await _oven.StartAsync();
        _hub = await HubProcess.StartAsync();
        await _hub.SaveDeviceAsync("oven", Oven());
        await _hub.ValueAsync("plant/hub/oven/Temperature", "21.5");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _oven.DisposeAsync();
    }

    [Fact]
    public async Task Figures_frames_and_registers_are_told()
    {
        var found = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/oven/diagnostics");
        Assert.Equal("Running", found.GetProperty("status").GetProperty("state").GetString());
        Assert.True(found.GetProperty("traffic").GetProperty("requests").GetInt64() > 0);
        Assert.True(TimeSpan.Parse(found.GetProperty("traffic").GetProperty("roundTrip50").GetString()!) > TimeSpan.Zero);
        Assert.Equal(1, found.GetProperty("groups")[0].GetProperty("requests").GetInt32());
        Assert.True(found.GetProperty("budget").GetProperty("stations")[0].GetProperty("isMeasured").GetBoolean());

        var frames = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/oven/frames");
        Assert.Equal("Sent", frames[0].GetProperty("kind").GetString());
        Assert.Contains("read holding registers HR1 to HR2", frames[0].GetProperty("words").GetString(), StringComparison.Ordinal);
        Assert.Equal("Received", frames[1].GetProperty("kind").GetString());
        Assert.EndsWith("41AC0000", frames[1].GetProperty("hex").GetString(), StringComparison.Ordinal);

        using var decoded = await _hub.Http.PostAsJsonAsync("/api/v1/devices/oven/decode", new { first = 1, count = 4 });
        var places = (await decoded.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("places");
        Assert.Equal(4, places.GetArrayLength());
        var likely = Assert.Single(places[0].GetProperty("readings").EnumerateArray(), r => r.GetProperty("likelihood").GetString() == "Likely");
        Assert.Equal(("21.5", "HR1#ABCD", "Float"), (likely.GetProperty("text").GetString(), likely.GetProperty("address").GetString(), likely.GetProperty("dataType").GetString()));
    }

    [Fact]
    public async Task The_blocks_and_the_clock_of_a_CPU_are_told()
    {
        await using var cpu = new S7Simulator([], TimeProvider.System) { Password = "secret" };
        cpu.SetBlock(7, new byte[120]);
        await cpu.StartAsync();
        await _hub.SaveDeviceAsync("press", new
        {
            protocol = "s7",
            settings = new { Host = "127.0.0.1", cpu.EndPoint.Port, Password = "secret" },
            tags = new object[] { new { name = "Strokes", address = "DB7.DBW0" } },
        });
        await _hub.ValueAsync("plant/hub/press/Strokes", "0");

        var blocks = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press/blocks");
        Assert.Equal(["OB1", "DB7"], blocks.EnumerateArray().Select(b => $"{b.GetProperty("kind").GetString()}{b.GetProperty("number").GetInt32()}"));
        var facts = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press/blocks/DB/7");
        Assert.Equal(120, facts.GetProperty("bytes").GetInt32());
        var clock = await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices/press/clock");
        Assert.InRange(TimeSpan.Parse(clock.GetProperty("aheadOfUtc").GetString()!), TimeSpan.FromMinutes(-5), TimeSpan.FromMinutes(5));
        Assert.DoesNotContain("secret", await _hub.Http.GetStringAsync("/api/v1/devices/press"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_is_reckoned_before_it_is_saved()
    {
        using var answer = await _hub.Http.PostAsJsonAsync("/api/v1/devices/budget", new
        {
            name = "new",
            protocol = "modbus",
            settings = new { Host = "127.0.0.1" },
            tags = Enumerable.Range(0, 85).Select(i => new { name = $"t{i}", address = $"HR{(i * 200) + 1}" }),
        });

        var budget = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(85, budget.GetProperty("requestsPerSecond").GetDouble(), 3);
        Assert.StartsWith("The 1 s group will take 1.7 s", budget.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/devices")).GetArrayLength());
    }

    [Theory]
    [InlineData("/api/v1/devices/nope/diagnostics", null, HttpStatusCode.NotFound, "no device 'nope'")]
    [InlineData("/api/v1/devices/nope/frames", null, HttpStatusCode.NotFound, "no device 'nope'")]
    [InlineData("/api/v1/devices/nope/blocks", null, HttpStatusCode.NotFound, "no device 'nope'")]
    [InlineData("/api/v1/devices/oven/blocks", null, HttpStatusCode.BadRequest, "do not tell the blocks of their program")]
    [InlineData("/api/v1/devices/oven/clock", null, HttpStatusCode.BadRequest, "do not tell their time")]
    [InlineData("/api/v1/devices/nope/decode", "{}", HttpStatusCode.NotFound, "no device 'nope'")]
    [InlineData("/api/v1/devices/oven/decode", "{\"count\":1000}", HttpStatusCode.BadRequest, "The count is 1000: give 1 to 125.")]
    public async Task What_cannot_be_told_is_one_sentence(string path, string? body, HttpStatusCode status, string words)
    {
        using var content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = content is null ? await _hub.Http.GetAsync(path) : await _hub.Http.PostAsync(path, content);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private object Oven() => new
    {
        protocol = "modbus",
        settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
        tags = new object[] { new { name = "Temperature", address = "40001", dataType = "Float" } },
    };
}
