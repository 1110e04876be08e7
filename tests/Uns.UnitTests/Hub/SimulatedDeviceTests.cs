using System.Text;
using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
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
    [InlineData("opcua", List, null, "give modbus or s7")]
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
