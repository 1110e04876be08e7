using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>The hub's edge nodes as <c>hub.json</c> wants them.</summary>
public sealed class EdgeNodeSettingsTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string _data = Directory.CreateTempSubdirectory("uns-hub-").FullName;
    private readonly ModbusSimulator _oven = new([new("40001", DataType.Int16, new Signal(SignalShape.Counter, 0, 30_000, TimeSpan.FromMilliseconds(100)))], TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _oven.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Each_device_has_an_edge_node_of_its_own_which_lives_and_dies_with_it()
    {
        await using var hub = await StartAsync("""{ "edgeNodePerDevice": true }""");
        await using var births = MosquittoSubscriber.Text(hub.MqttPort, "spBv1.0/+/+/#", "-F", "%t");
        await SaveAsync(hub, "oven");
        await SaveAsync(hub, "kiln");
        foreach (var name in new[] { "oven", "kiln" })
        {
            await hub.NodeAsync($"plant/hub-{name}/{name}/Strokes", n => n.TryGetProperty("quality", out var quality) && quality.GetString() == "Good");
        }

        await births.ReadUntilAsync(l => l.StartsWith("spBv1.0/plant/NBIRTH/hub-", StringComparison.Ordinal), Limit);
        using var removed = await hub.Http.DeleteAsync("/api/v1/devices/oven");
        removed.EnsureSuccessStatusCode();
        await births.ReadUntilAsync(l => l.StartsWith("spBv1.0/plant/NDEATH/hub-oven", StringComparison.Ordinal), Limit);
        await births.ReadUntilAsync(l => l.StartsWith("spBv1.0/plant/DDATA/hub-kiln/kiln", StringComparison.Ordinal), Limit);
    }

    [Fact]
    public async Task What_nobody_heard_before_a_kill_is_told_as_history_once_the_primary_host_is_there()
    {
        await using var hub = await StartAsync("""{ "primaryHost": "scada" }""");
        await SaveAsync(hub, "oven");
        await hub.EventuallyAsync(async () => (await hub.Http.GetStringAsync("/metrics")).Split('\n').Any(IsKept), "samples are on disk");
        await hub.KillAsync();
        await hub.StartAgainAsync();
        await using var data = MosquittoSubscriber.Sparkplug(hub.MqttPort, "spBv1.0/plant/+/hub/oven");
        var online = $"{{\"online\":true,\"timestamp\":{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}";
        await using var scada = PeerProcess.Start("mosquitto_pub", "-h", "127.0.0.1", "-p", $"{hub.MqttPort}", "-t", "spBv1.0/STATE/scada", "-q", "1", "-r", "-m", online);
        await data.ReadUntilAsync(l => l.Contains("/DBIRTH/", StringComparison.Ordinal), Limit);
        await data.ReadUntilAsync(l => l.Contains("/DDATA/", StringComparison.Ordinal) && l.Contains("\"isHistorical\":true", StringComparison.Ordinal), Limit);
    }

    private static bool IsKept(string line) => line.StartsWith("uns_edge_samples_kept_total ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal);

    private async Task<HubProcess> StartAsync(string settings)
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "hub.json"), settings);
        await _oven.StartAsync();
        return await HubProcess.StartAsync(data: _data);
    }

    private Task SaveAsync(HubProcess hub, string name) => hub.SaveDeviceAsync(name, new
    {
        protocol = "modbus",
        settings = new { Host = "127.0.0.1", _oven.EndPoint.Port },
        tags = new object[] { new { name = "Strokes", address = "40001", dataType = "Int16", period = "00:00:00.2" } },
    });
}
