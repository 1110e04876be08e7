using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>A cell's hub whose edge node speaks to the site's hub over a line that is cut: what the cell's device did meanwhile is not lost.</summary>
public sealed class CutLineTests : IAsyncLifetime
{
    private const string Path = "plant/cell/pump/Strokes";
    private readonly ModbusSimulator _pump = new([new("40001", DataType.Int16, null)], TimeProvider.System);
    private readonly string _data = Directory.CreateTempSubdirectory("uns-cell-").FullName;
    private HubProcess _site = null!;
    private HubProcess _cell = null!;
    private FaultProxy _line = null!;

    public async ValueTask InitializeAsync()
    {
        await _pump.StartAsync();
        _site = await HubProcess.StartAsync();
        _line = new FaultProxy(new(IPAddress.Loopback, _site.MqttPort));
        await _line.StartAsync();
        await File.WriteAllTextAsync(System.IO.Path.Combine(_data, "hub.json"), $$"""{ "nodeId": "cell", "edgeBrokers": ["127.0.0.1:{{_line.EndPoint.Port}}"] }""");
        _cell = await HubProcess.StartAsync(data: _data);
        await _cell.SaveDeviceAsync("pump", new
        {
            protocol = "modbus",
            settings = new { Host = "127.0.0.1", _pump.EndPoint.Port },
            tags = new object[] { new { name = "Strokes", address = "40001", dataType = "Int16", period = "00:00:00.1" } },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _cell.DisposeAsync();
        await _line.DisposeAsync();
        await _site.DisposeAsync();
        await _pump.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Every_value_of_a_cut_line_is_in_the_sites_history_in_its_order_also_when_the_cell_was_killed_meanwhile()
    {
        await _site.ValueAsync(Path, "0");
        _line.HoldAnswers();
        _line.Cut();
        await _site.NodeAsync(Path, n => n.GetProperty("quality").GetString() == "Stale");
        await CountAsync(1, 8);
        await _cell.KillAsync();
        await _cell.StartAgainAsync();
        await _cell.EventuallyAsync(async () => (await _cell.Http.GetStringAsync("/api/v1/health")).Contains($"{_line.EndPoint.Port}", StringComparison.Ordinal), "the cell's first page names the broker it does not reach");
        await ReadAsync(times: 2);
        await CountAsync(9, 16);
        _line.ReleaseAnswers();
        await _site.ValueAsync(Path, "16");

        var wanted = Enumerable.Range(1, 16).Select(n => n.ToString(CultureInfo.InvariantCulture));
        var told = "";
        await _site.EventuallyAsync(
            async () =>
            {
                var answer = await _site.Http.GetFromJsonAsync<JsonElement>($"/api/v1/history?path={Path}");
                var good = answer.GetProperty("series")[0].GetProperty("changes").EnumerateArray().Where(c => c.GetProperty("quality").GetString() == "Good");
                told = string.Join(' ', good.Select(c => c.GetProperty("value").ToString()));
                return wanted.All(told.Split(' ').Contains);
            },
            "the site's history holds every value", last: () => told);
        Assert.Equal(wanted, told.Split(' ').Distinct().Where(v => v != "0"));
    }

    private async Task CountAsync(int first, int last)
    {
        for (var value = first; value <= last; value++)
        {
            _pump.SetRegister(ModbusTable.HoldingRegister, 0, (ushort)value);
            await ReadAsync(times: 2); // The first one may have begun before.
        }

        await ReadAsync(times: 20); // By then the last value is on the cell's disk too.
    }

    private async Task ReadAsync(int times)
    {
        var before = await ReadsAsync();
        await _cell.EventuallyAsync(async () => await ReadsAsync() >= before + times, $"the register is read {times} times more");
    }

    private async Task<long> ReadsAsync() => (await _cell.Http.GetStringAsync("/metrics")).Split('\n')
        .Where(l => l.StartsWith("uns_device_reads_total{", StringComparison.Ordinal)).Select(l => long.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture)).FirstOrDefault();
}
