using System.Text;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.S7;
using Uns.Hub.Demo;
using Uns.Hub.Settings;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Hub;

/// <summary>A device made from a tag list, read over the wire by the connector that the list is for.</summary>
public sealed class SimulatedDeviceTests : IAsyncDisposable
{
    private const string List = "name,address,type,low,high\nlevel,40001,Float,10,90\ncount,40003,UInt16,,\nrunning,10001,Boolean,,\nnonsense,elsewhere,Int16,,\n";
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(1));
    private readonly ManualClock _clock = new();
    private SimulatedDevice? _device;
    private IConnector? _connector;
    private string _protocol = "";

    [Fact]
    public async Task Tags_move_within_their_limits_and_what_cannot_be_simulated_is_named()
    {
        await MakeAsync("modbus", List);
        Assert.Equal(3, _device!.Points);
        Assert.Contains("line 5, 'nonsense'", Assert.Single(_device.LeftOut), StringComparison.Ordinal);

        var levels = new List<double>();
        for (var second = 0; second < 30; second++)
        {
            levels.Add((await ReadAsync("level", "40001", DataType.Float)).Value.Number);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.All(levels, l => Assert.InRange(l, 10, 90));
        Assert.True(levels.Distinct().Count() > 20);
        Assert.Equal(30, (await ReadAsync("count", "40003", DataType.UInt16)).Value.Number);
    }

    [Fact]
    public async Task A_table_is_replayed_and_begins_anew()
    {
        await MakeAsync("modbus", List, "time,level,count\n0,11.5,1\n2,12.5,\n5,13.5,9\n");
        var seen = new List<string>();
        for (var second = 0; second < 8; second++)
        {
            seen.Add($"{(await ReadAsync("level", "40001", DataType.Float)).Value} {(await ReadAsync("count", "40003", DataType.UInt16)).Value}");
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["11.5 1", "11.5 1", "12.5 1", "12.5 1", "12.5 1", "13.5 9", "11.5 1", "11.5 1"], seen);
    }

    [Fact]
    public async Task An_OPC_UA_server_has_the_lists_own_node_ids_and_goes_wrong_when_told_to()
    {
        const string Nodes = "name,address,type,low,high,writable\nLine1/speed,nsu=urn:plant;s=Speed,Double,10,90,\nLine1/count,nsu=urn:plant;i=77,UInt16,,,\n"
            + "set,nsu=urn:plant;g=9f8e3c1a-0000-0000-0000-000000000001,Double,,,\nelsewhere,nsu=urn:other;s=x,Double,,,\nstate,i=2259,Int32,,,\ntimes,nsu=urn:plant;s=T,DateTime,,,\n";
        _device = SimulatedDevice.Make("opcua", Encoding.UTF8.GetBytes(Nodes), SignalShape.Ramp, null, ByteOrder.ABCD, TimeProvider.System, 0);
        await _device.StartAsync();
        Assert.Equal(3, _device.Points);
        Assert.Equal(["elsewhere", "state", "times"], _device.LeftOut.Select(l => l.Split('\'')[1]).Order());

        var kind = new OpcUaKind();
        var device = new DeviceOptions
        {
            Name = "plc",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = $"opc.tcp://{_device.EndPoint}", ["AnswerTimeout"] = "60s", ["KeepAlive"] = "1s" },
            Tags =
            [
                new() { Name = "speed", Address = "nsu=urn:plant;s=Speed", DataType = DataType.Double, Period = TimeSpan.FromMilliseconds(100) },
                new() { Name = "count", Address = "nsu=urn:plant;i=77", DataType = DataType.UInt16, Period = TimeSpan.FromMilliseconds(100) },
                new() { Name = "named", Address = "/nsu=urn:plant;Line1/nsu=urn:plant;speed", DataType = DataType.Double, Period = TimeSpan.FromMilliseconds(100) },
            ],
        };
        _connector = kind.Plan(device, TimeProvider.System).Connector;
        await _connector.ConnectAsync(_stop.Token);
        var sink = new RecordingSink();
        var listening = _connector.ListenAsync(sink, _stop.Token);
        foreach (var tag in device.Tags)
        {
            await sink.WaitForAsync(s => s.Tag == tag.Name && s.Quality == TagQuality.Good);
        }

        Assert.All(sink.Samples.Where(s => s.Tag == "speed"), s => Assert.InRange(s.Value.Number, 10, 90));
        sink.Clear();
        Assert.Equal("nsu=urn:plant;i=77 is refused.", _device.Do("refuse nsu=urn:plant;i=77"));
        Assert.Contains("BadNodeIdUnknown", (await sink.WaitForAsync(s => s.Tag == "count" && s.Quality == TagQuality.Bad)).Reason);
        Assert.Equal("All is well again.", _device.Do("heal"));
        Assert.Equal("Every request is answered by closing the connection.", _device.Do("reset"));
        await Assert.ThrowsAsync<ConnectorException>(() => listening);
        await _connector.DisconnectAsync();
        _device.Do("heal");
        _device.Do("delay 50ms");
        await _connector.ConnectAsync(_stop.Token);
        sink.Clear();
        await _connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, _stop.Token);
        Assert.All(device.Tags, t => Assert.Equal(TagQuality.Good, sink.Last(t.Name).Quality));
        foreach (var trouble in new[] { "silence", "wrong-ids" })
        {
            await _connector.DisconnectAsync();
            _device.Do("heal");
            _device.Do(trouble);
            await using var hasty = kind.Plan(device with { Settings = new JsonObject { ["Endpoint"] = $"opc.tcp://{_device.EndPoint}", ["AnswerTimeout"] = "300ms" } }, TimeProvider.System).Connector;
            Assert.Contains("did not answer", (await Assert.ThrowsAsync<ConnectorException>(() => hasty.ConnectAsync(_stop.Token))).Message, StringComparison.Ordinal);
        }

        _device.Do("heal");
    }

    [Fact]
    public async Task It_goes_wrong_when_told_to_and_is_well_again()
    {
        await MakeAsync("modbus", List);
        Assert.Equal("40001 is refused.", _device!.Do("refuse 40001"));
        Assert.Contains("exception 2", (await ReadAsync("level", "40001", DataType.Float)).Reason, StringComparison.Ordinal);
        Assert.Equal("All is well again.", _device.Do("heal"));
        Assert.Equal(TagQuality.Good, (await ReadAsync("level", "40001", DataType.Float)).Quality);
        foreach (var (word, reason) in new[] { ("silence", "did not answer"), ("wrong-ids", "did not answer"), ("reset", "closed the connection") })
        {
            _device.Do(word);
            var lost = await Assert.ThrowsAsync<ConnectorException>(() => ReadAsync("level", "40001", DataType.Float, "300ms"));
            Assert.Contains(reason, lost.Message, StringComparison.Ordinal);
            _device.Do("heal");
        }

        Assert.Equal("Every answer comes 20ms late.", _device.Do("delay 20ms"));
        Assert.StartsWith("'dance' is not known", _device.Do("dance"), StringComparison.Ordinal);
        Assert.StartsWith("'refuse nowhere' is not known", _device.Do("refuse nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_S7_is_made_from_the_source_of_its_block()
    {
        await MakeAsync("s7", "DATA_BLOCK \"DB1\"\nSTRUCT\n level : Real;\n on : Bool;\nEND_STRUCT;\nBEGIN\nEND_DATA_BLOCK");
        Assert.InRange((await ReadAsync("level", "DB1.DBD0:REAL", DataType.Unknown)).Value.Number, 0, 100);
        _device!.Do("refuse DB1.DBD0:REAL");
        Assert.Contains("code 0x05", (await ReadAsync("level", "DB1.DBD0:REAL", DataType.Unknown)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp", List, null, "give modbus, s7 or opcua")]
    [InlineData("modbus", "name,address\nx,elsewhere\n", null, "No tag of the list can be simulated: line 2, 'x'")]
    [InlineData("modbus", List, "time,level\n0,a\n", "Line 2 of --replay: level is 'a'")]
    [InlineData("modbus", List, "time,level\n1,1\n1,2\n", "the times must rise")]
    public void What_is_wrong_is_one_sentence(string protocol, string list, string? replay, string words)
    {
        var wrong = Assert.Throws<SettingException>(() => SimulatedDevice.Make(protocol, Encoding.UTF8.GetBytes(list), null, replay, ByteOrder.ABCD, _clock, 0));
        Assert.Contains(words, wrong.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connector is not null)
        {
            await _connector.DisposeAsync();
        }

        if (_device is not null)
        {
            await _device.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task MakeAsync(string protocol, string list, string? replay = null)
    {
        _device = SimulatedDevice.Make(protocol, Encoding.UTF8.GetBytes(list), null, replay, ByteOrder.ABCD, _clock, 0);
        await _device.StartAsync();
        _protocol = protocol;
    }

    // A connection for each read: what went wrong before does not linger.
    private async Task<TagSample> ReadAsync(string name, string address, DataType type, string answerTimeout = "20s")
    {
        if (_connector is not null)
        {
            await _connector.DisposeAsync();
        }

        IConnectorKind kind = _protocol == "s7" ? new S7Kind() : new ModbusKind();
        var device = new DeviceOptions
        {
            Name = "device",
            Protocol = _protocol,
            Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = _device!.EndPoint.Port, ["AnswerTimeout"] = answerTimeout },
            Tags = [new() { Name = name, Address = address, DataType = type }],
        };
        var plan = kind.Plan(device, TimeProvider.System);
        _connector = plan.Connector;
        var sink = new RecordingSink();
        await _connector.ConnectAsync(_stop.Token);
        await _connector.ReadAsync(plan.Groups[0], sink, _stop.Token);
        return sink.Last(name);
    }
}
