using System.Net.Http.Json;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>What a power cut leaves.</summary>
public sealed class RestartTests : IAsyncDisposable
{
    private const string Oven = "acme/berlin/hall/oven/";

    private readonly ModbusSimulator _oven = new([new("40001", DataType.Int16, Signal.Constant(215)), new("40002", DataType.Int16, null)], TimeProvider.System);

    public async ValueTask DisposeAsync() => await _oven.DisposeAsync();

    [Fact]
    public async Task Devices_tags_mapping_and_retained_values_come_back_after_a_kill()
    {
        await using var hub = await StartAsync();
        await using (var mark = MosquittoSubscriber.Text(hub.MqttPort, "uns/#"))
        {
            await mark.ReadUntilAsync(l => l.StartsWith($"uns/{Oven}Temperature {{\"value\":215,", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        }

        await hub.EventuallyAsync(() => Task.FromResult(Retained(hub)), "the retained value is on disk");
        await hub.KillAsync();
        await hub.StartAgainAsync();
        await hub.ValueAsync(Oven + "Temperature", "215");
        var rules = await hub.Http.GetStringAsync("/api/v1/mapping");
        Assert.Contains("acme/berlin/hall/{device}", rules);
        await using var late = MosquittoSubscriber.Text(hub.MqttPort, $"uns/{Oven}Temperature");
        Assert.Contains("\"value\":215", await late.ReadLineAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_cannot_be_read_after_a_restart_is_stale_in_every_view_and_keeps_its_value()
    {
        await using var hub = await StartAsync();
        await hub.EventuallyAsync(() => Task.FromResult(Retained(hub)), "the retained value is on disk");
        await hub.KillAsync();
        await _oven.DisposeAsync();
        await hub.StartAgainAsync();
        var node = await hub.NodeAsync(Oven + "Temperature", n => n.GetProperty("quality").GetString() == "Stale");
        Assert.Equal("215", node.GetProperty("value").GetRawText());
        await using var topic = MosquittoSubscriber.Text(hub.MqttPort, $"uns/{Oven}Temperature");
        var line = await topic.ReadUntilAsync(l => l.Contains("Stale", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.Contains("\"value\":215", line);
    }

    [Fact]
    public async Task A_removed_device_goes_stale_and_can_be_forgotten_topic_and_all()
    {
        await using var hub = await StartAsync();
        using var removed = await hub.Http.DeleteAsync("/api/v1/devices/oven");
        removed.EnsureSuccessStatusCode();
        await hub.NodeAsync(Oven + "Temperature", n => n.GetProperty("quality").GetString() == "Stale");
        await using var topics = MosquittoSubscriber.Text(hub.MqttPort, "uns/#");
        await topics.ReadUntilAsync(l => l.StartsWith($"uns/{Oven}Temperature {{", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        using var forgotten = await hub.Http.DeleteAsync("/api/v1/tree/acme");
        Assert.Equal("{\"forgotten\":2}", await forgotten.Content.ReadAsStringAsync());
        await topics.ReadUntilAsync(l => l.TrimEnd() == $"uns/{Oven}Temperature", TimeSpan.FromSeconds(20));
        Assert.Null(await hub.NodeAsync("acme"));
    }

    [Fact]
    public async Task A_stop_says_goodbye_and_the_next_start_repeats_no_bdseq()
    {
        await using var hub = await StartAsync();
        await using var node = MosquittoSubscriber.Sparkplug(hub.MqttPort, "spBv1.0/plant/#");
        var stopping = hub.StopAsync();
        var death = await node.ReadUntilAsync(l => l.Contains("NDEATH", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        Assert.Contains("\"name\":\"bdSeq\"", death);
        Assert.Contains("\"value\":0", death);
        Assert.Equal(0, await stopping);
        await hub.StartAgainAsync();
        await hub.ValueAsync(Oven + "Temperature", "215");
        var nodes = await hub.Http.GetFromJsonAsync<System.Text.Json.JsonElement>("/api/v1/sparkplug/nodes");
        Assert.Equal(1, nodes[0].GetProperty("bdSeq").GetInt32());
    }

    private async Task<HubProcess> StartAsync()
    {
        await _oven.StartAsync();
        var hub = await HubProcess.StartAsync();
        using var mapped = await hub.Http.PutAsJsonAsync("/api/v1/mapping", new[] { new { group = "plant", device = "oven", path = "acme/berlin/hall/{device}" } });
        mapped.EnsureSuccessStatusCode();
        await hub.SaveDeviceAsync("oven", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
            tags = new object[]
            {
                new { name = "Temperature", address = "40001", dataType = "Int16", period = "00:00:00.2" },
                new { name = "SetPoint", address = "40002", dataType = "Int16", period = "00:00:00.2", writable = true },
            },
        });
        await hub.ValueAsync(Oven + "Temperature", "215");
        return hub;
    }

    // Values leave with QoS 0 and are kept within a second: the test looks until the file has them.
    private static bool Retained(HubProcess hub)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(hub.Data, "hub.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM mqtt_retained WHERE topic = $topic";
        command.Parameters.AddWithValue("$topic", $"uns/{Oven}Temperature");
        return (long)command.ExecuteScalar()! == 1;
    }
}
