using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.InteropTests;

/// <summary>Every kind of S7 item against a server that this project did not write.</summary>
public sealed class S7TypeTests
{
    // How this server lays out its timers and counters is not told: those are read back over the wire alone.
    private static readonly (string Address, TagValue Value, string Place, string Hex)[] Points =
    [
        ("T5", TagValue.OfInteger(DataType.Int32, 1270), "", ""),
        ("C9", TagValue.OfInteger(DataType.UInt16, 321), "", ""),
        ("DB1.DBW20:INT[3]", TagValue.OfObject(DataType.Int16Array, new short[] { -1, 2, -3 }), "db1:20:6", "ffff0002fffd"),
        ("DB1.DBB30:STRING(10)", TagValue.Of("Füller"), "db1:30:8", "0a0646fc6c6c6572"),
        ("DB1.DBX50.0:BOOL[8]", TagValue.OfObject(DataType.BooleanArray, new[] { true, false, false, false, false, true, false, true }), "db1:50:1", "a1"),
        ("DB1.DBB60:LTIME", TagValue.OfInteger(DataType.Int64, 1_500_000_000), "db1:60:8", "0000000059682f00"),
        ("MW4:S5TIME", TagValue.OfInteger(DataType.Int32, 10_000), "m:4:2", "1100"),
        ("DB1.DBX70.3", TagValue.Of(true), "db1:70:1", "08"),
        ("QW6:INT", TagValue.OfInteger(DataType.Int16, -2), "q:6:2", "fffe"),
    ];

    [Fact]
    public async Task Snap7_is_read_and_written_in_every_kind_of_item()
    {
        await using var peer = await PeerProcess.StartAsync("s7_server.js");
        var device = new DeviceOptions
        {
            Name = "press",
            Protocol = "s7",
            Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = peer.Port, ["AnswerTimeout"] = "10s" },
            Tags = [.. Points.Select((p, i) => new TagOptions { Name = $"tag{i}", Address = p.Address, Writable = true })],
        };
        var kind = new S7Kind();
        Assert.Empty(kind.Check(device));
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await connector.ConnectAsync(limit.Token);

        var identity = (await connector.IdentifyAsync(limit.Token))!.ToString();
        Assert.Contains("Order number 6ES7 315-2EH14-0AB0", identity, StringComparison.Ordinal);
        Assert.Contains("Type CPU 315-2 PN/DP", identity, StringComparison.Ordinal);
        Assert.Contains("State RUN", identity, StringComparison.Ordinal);

        for (var index = 0; index < Points.Length; index++)
        {
            await connector.WriteAsync($"tag{index}", Points[index].Value, limit.Token);
        }

        var sink = new RecordingSink();
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), sink, limit.Token);
        for (var index = 0; index < Points.Length; index++)
        {
            var (address, value, place, hex) = Points[index];
            var sample = sink.Last($"tag{index}");
            Assert.True(sample.Quality == TagQuality.Good, $"{address}: {sample.Reason}");
            Assert.Equal(value, sample.Value);
            if (place.Length > 0)
            {
                Assert.Equal(hex, await peer.AskAsync($"get {place}"));
            }
        }

        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task Snap7_takes_many_writes_in_one_message_and_each_has_an_end_of_its_own()
    {
        await using var peer = await PeerProcess.StartAsync("s7_server.js");
        string[] addresses = [.. Enumerable.Range(0, 17).Select(i => $"DB1.DBB{100 + (i * 3)}:USINT"), "DB1.DBX160.1", "M20.6", "DB5.DBW0"];
        var plan = new S7Kind().Plan(Cpu(peer, addresses), TimeProvider.System);
        await using var connector = plan.Connector;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await connector.ConnectAsync(limit.Token);
        var requests = plan.Traffic.Read().Requests;

        var writes = addresses.Select((a, i) => new TagWrite(a, plan.RawTypes[i] == DataType.Boolean ? TagValue.Of(true) : TagValue.OfInteger(plan.RawTypes[i], i + 1))).ToList();
        await connector.WriteManyAsync(writes, limit.Token);

        Assert.Equal(addresses[..^1], writes.Where(w => w.IsConfirmed).Select(w => w.Tag));
        Assert.Contains("DB5.DBW0", writes[^1].Refusal?.Message, StringComparison.Ordinal);
        Assert.Equal(1, plan.Traffic.Read().Requests - requests);
        Assert.Equal(string.Concat(Enumerable.Range(1, 17).Select(i => $"{i:x2}0000"))[..^4], await peer.AskAsync("get db1:100:49"));
        Assert.Equal("02", await peer.AskAsync("get db1:160:1"));
        Assert.Equal("40", await peer.AskAsync("get m:20:1"));
        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task Snap7_tells_its_blocks_and_its_clock_and_takes_the_password()
    {
        await using var peer = await PeerProcess.StartAsync("s7_server.js");
        var kind = new S7Kind();
        var device = Cpu(peer, ["DB1.DBW0"]);
        device.Settings["Password"] = "secret";
        await using var connector = kind.Plan(device, TimeProvider.System).Connector;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var before = DateTime.Now;
        await connector.ConnectAsync(limit.Token);

        Assert.Equal(new DeviceBlock("DB", 1, "DB"), Assert.Single(await kind.ListBlocksAsync(connector, limit.Token)));
        var facts = await kind.DescribeBlockAsync(connector, "DB", 1, limit.Token);
        Assert.Equal((256, 348), (facts?.Bytes, (int?)facts?.LoadBytes));
        Assert.Equal("0.1 1999-11-18", $"{facts?.Version} {facts?.CodeChanged:yyyy-MM-dd}");
        // A block that is not there is not asked for: this server answers that with a header it has not filled in.
        var shown = await kind.ReadClockAsync(connector, limit.Token);
        Assert.NotNull(shown);
        Assert.InRange(shown.Value, before.AddSeconds(-2), before.AddMinutes(2)); // It shows the machine's own time.
        Assert.Equal("1", await peer.AskAsync("passwords"));
        await connector.DisconnectAsync();
    }

    [Fact]
    public async Task Snap7_as_a_client_reads_blocks_and_clock_of_the_simulated_CPU_and_unlocks_it()
    {
        await using var simulator = new S7Simulator([], TimeProvider.System) { Password = "secret" };
        simulator.SetBlock(1, [0, 42]);
        simulator.SetBlock(300, new byte[77]);
        await simulator.StartAsync();
        await using var client = await PeerProcess.StartAsync("snap7_client.js", simulator.EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Contains("\"DBCount\":2", await client.AskAsync("blocks"), StringComparison.Ordinal);
        Assert.Equal("[1,300]", await client.AskAsync("list DB"));
        var info = await client.AskAsync("info DB 300");
        Assert.Contains("\"MC7Size\":77", info, StringComparison.Ordinal);
        Assert.Contains("\"Author\":\"Uns", info, StringComparison.Ordinal);
        Assert.Contains("2026", info, StringComparison.Ordinal);
        Assert.Contains(DateTime.UtcNow.ToString("yyyy", System.Globalization.CultureInfo.InvariantCulture), await client.AskAsync("clock"), StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync("password wrong"));
        Assert.Contains("Invalid password", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync("read"));
        Assert.Equal("true", await client.AskAsync("password secret"));
        Assert.Equal("[0,42]", await client.AskAsync("read"));
    }

    [Fact]
    public async Task Nodes7_reads_and_writes_the_simulated_CPU()
    {
        await using var simulator = new S7Simulator(
            [
                new("DB1.DBD4:REAL", DataType.Unknown, Signal.Constant(12.5)),
                new("DB1.DBW8:INT", DataType.Unknown, null),
                new("DB1.DBX10.3", DataType.Unknown, Signal.Constant(1)),
                new("DB1.DBB20:STRING(10)", DataType.Unknown, Signal.Constant(42)),
                new("MW4:INT", DataType.Unknown, Signal.Constant(-7)),
            ],
            TimeProvider.System);
        await simulator.StartAsync();
        await using var client = await PeerProcess.StartAsync("nodes7_client.js", simulator.EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("12.5", await client.AskAsync("read DB1,REAL4"));
        Assert.Equal("true", await client.AskAsync("read DB1,X10.3"));
        Assert.Equal("\"42\"", await client.AskAsync("read DB1,S20.10"));
        Assert.Equal("-7", await client.AskAsync("read MI4"));
        Assert.Equal("ok", await client.AskAsync("write DB1,INT8 -1234"));
        Assert.Equal("-1234", await client.AskAsync("read DB1,INT8"));
        Assert.Equal("FB2E", Convert.ToHexString(simulator.Block(1).AsSpan(8, 2)));
    }

    private static DeviceOptions Cpu(PeerProcess peer, string[] addresses) => new()
    {
        Name = "press",
        Protocol = "s7",
        Settings = new JsonObject { ["Host"] = "127.0.0.1", ["Port"] = peer.Port, ["AnswerTimeout"] = "30s" },
        Tags = [.. addresses.Select(a => new TagOptions { Name = a, Address = a, Writable = true })],
    };
}
