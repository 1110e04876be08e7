using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.S7.Wire;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.S7;

public sealed class S7ConnectorTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly PollGroup Group = new(0, TimeSpan.FromSeconds(1));
    private readonly RecordingSink _sink = new();
    private readonly List<IAsyncDisposable> _open = [];
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(5));

    [Theory]
    [InlineData(240)]
    [InlineData(480)]
    [InlineData(960)]
    public async Task Every_area_and_type_is_written_and_read_back(int pduBytes)
    {
        var simulator = await SimulateAsync();
        simulator.PduBytes = pduBytes;
        simulator.SetBlock(1, new byte[2000]);
        (string Address, TagValue Value)[] points =
        [
            ("DB1.DBX0.5", TagValue.Of(true)),
            ("DB1.DBB1:BYTE", TagValue.OfInteger(DataType.UInt8, 200)),
            ("DB1.DBW2:INT", TagValue.OfInteger(DataType.Int16, -12345)),
            ("DB1.DBD4:REAL", TagValue.Of(-1.25f)),
            ("DB1.DBB8:LREAL", TagValue.Of(Math.E)),
            ("DB1.DBB16:LINT", TagValue.OfInteger(DataType.Int64, long.MinValue)),
            ("DB1.DBB30:STRING(20)", TagValue.Of("Grüße")),
            ("DB1.DBB60:DTL", TagValue.Of(new DateTimeOffset(2026, 2, 28, 1, 2, 3, 456, TimeSpan.Zero))),
            ("DB1.DBB100:WSTRING(500)", TagValue.Of(new string('Ω', 499) + "€")),
            ("M10.3", TagValue.Of(true)),
            ("MW20:UINT", TagValue.OfInteger(DataType.UInt16, 65535)),
            ("I0.7", TagValue.Of(true)),
            ("PQW12:INT", TagValue.OfInteger(DataType.Int16, -3)),
            ("PIB14", TagValue.OfInteger(DataType.UInt8, 77)),
            ("QD4:DINT", TagValue.OfInteger(DataType.Int32, -99999)),
            ("T5", TagValue.OfInteger(DataType.Int32, 1270)),
            ("T6:S5TIME[2]", TagValue.OfObject(DataType.Int32Array, new[] { 10, 990_000 })),
            ("C9", TagValue.OfInteger(DataType.UInt16, 321)),
            ("DB1.DBW1200:INT[300]", TagValue.OfObject(DataType.Int16Array, Enumerable.Range(-150, 300).Select(i => (short)i).ToArray())),
            ("DB1.DBX1900.0:BOOL[16]", TagValue.OfObject(DataType.BooleanArray, Enumerable.Range(0, 16).Select(i => i % 3 == 0).ToArray())),
            ("DB1.DBB1910:LTIME", TagValue.OfInteger(DataType.Int64, -1)),
        ];
        var connector = await ConnectAsync(simulator.EndPoint, [.. points.Select(p => p.Address)]);

        foreach (var (address, value) in points)
        {
            await connector.WriteAsync(address, value, _stop.Token).WaitAsync(Deadline);
        }

        await connector.ReadAsync(Group, _sink, _stop.Token);
        Assert.All(points, p => Assert.Equal(p.Value, _sink.Last(p.Address).Value));
    }

    [Fact]
    public async Task Blocks_of_every_length_are_read_at_every_size()
    {
        var bytes = new byte[2000];
        new Random(1).NextBytes(bytes);
        foreach (var pduBytes in new[] { 240, 480, 960 })
        {
            var simulator = await SimulateAsync();
            simulator.PduBytes = pduBytes;
            simulator.SetBlock(1, bytes);
            var connector = await ConnectAsync(simulator.EndPoint, [.. Enumerable.Range(0, 2000).Select(i => $"DB1.DBB{i}")]);
            _sink.Clear();

            await connector.ReadAsync(Group, _sink, _stop.Token);

            Assert.Equal(bytes, _sink.Samples.OrderBy(s => int.Parse(s.Tag[7..])).Select(s => (byte)s.Value.Integer));
        }
    }

    [Fact]
    public async Task Tags_beyond_the_end_of_a_block_go_bad_alone()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[50]);
        var connector = await ConnectAsync(simulator.EndPoint, [.. Enumerable.Range(0, 30).Select(i => $"DB1.DBW{i * 2}")]);

        await connector.ReadAsync(Group, _sink, _stop.Token);

        Assert.Equal(25, _sink.Samples.Count(s => s.Quality == TagQuality.Good));
        Assert.Equal(5, _sink.Samples.Count(s => s.Quality == TagQuality.Bad));
        Assert.Contains("code 0x05, address out of range", _sink.Last("DB1.DBW50").Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x03, "Permit access with PUT/GET")]
    [InlineData(0x0A, "Optimized block access")]
    [InlineData(0x05, "out of range")]
    public async Task A_refused_item_turns_its_tag_bad_and_says_what_to_set(byte code, string words)
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[50]);
        simulator.SetBlock(2, new byte[50]);
        simulator.CodeFor = (_, block, _) => block == 2 ? code : (byte)0;
        var connector = await ConnectAsync(simulator.EndPoint, ["DB1.DBW0", "DB2.DBW0"]);

        await connector.ReadAsync(Group, _sink, _stop.Token);

        Assert.Equal(TagQuality.Good, _sink.Last("DB1.DBW0").Quality);
        Assert.Contains(words, _sink.Last("DB2.DBW0").Reason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WriteRefusedException>(() => connector.WriteAsync("DB2.DBW0", TagValue.OfInteger(DataType.UInt16, 1), _stop.Token));
    }

    [Fact]
    public async Task A_text_set_up_too_long_does_not_overwrite_what_lies_behind_it()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, [5, 0, 0, 0, 0, 0, 0, 77, 78, 0, 0, 0]);
        var connector = await ConnectAsync(simulator.EndPoint, ["DB1.DBB0:STRING(10)"]);

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => connector.WriteAsync("DB1.DBB0:STRING(10)", TagValue.Of("sixsix"), _stop.Token));
        Assert.Contains("room for 5 characters", refused.Message, StringComparison.Ordinal);
        await connector.WriteAsync("DB1.DBB0:STRING(10)", TagValue.Of("five5"), _stop.Token);

        Assert.Equal("05056669766535" + "4D4E000000", Convert.ToHexString(simulator.Block(1)));
    }

    [Fact]
    public async Task A_block_downloaded_anew_comes_back_by_itself()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, [0, 1]);
        var connector = await ConnectAsync(simulator.EndPoint, ["DB1.DBW0"]);

        simulator.RemoveBlock(1);
        await connector.ReadAsync(Group, _sink, _stop.Token);
        Assert.Equal(TagQuality.Bad, _sink.Last("DB1.DBW0").Quality);

        simulator.SetBlock(1, [0, 2]);
        await connector.ReadAsync(Group, _sink, _stop.Token);
        Assert.Equal("2", _sink.Last("DB1.DBW0").Value.ToString());
    }

    [Fact]
    public async Task A_timeout_closes_the_connection_so_that_a_late_answer_has_nowhere_to_go()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, [0, 1]);
        simulator.SetBlock(2, [0, 2]);
        var proxy = new FaultProxy(simulator.EndPoint);
        _open.Add(proxy);
        await proxy.StartAsync();
        var connector = await ConnectAsync(proxy.EndPoint, ["DB1.DBW0"], """{"AnswerTimeout":"600ms"}""");

        proxy.HoldAnswers();
        var lost = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(Group, _sink, _stop.Token));
        Assert.Contains("did not answer within 600 ms", lost.Message, StringComparison.Ordinal);
        proxy.ReleaseAnswers();
        lost = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(Group, _sink, _stop.Token));
        Assert.Contains("not connected", lost.Message, StringComparison.Ordinal);

        await connector.ConnectAsync(_stop.Token);
        await connector.ReadAsync(Group, _sink, _stop.Token);
        Assert.Equal("1", Assert.Single(_sink.Samples).Value.ToString());
    }

    [Fact]
    public async Task A_CPU_says_who_it_is_and_frames_are_told_in_words()
    {
        var simulator = await SimulateAsync([new("DB1.DBD4:REAL", DataType.Unknown, Signal.Constant(21.5))]);
        var device = Device(simulator.EndPoint, ["DB1.DBD4:REAL", "DB7.DBW0"], "{}");
        var kind = new S7Kind();
        var steps = await new ConnectionTest(TimeProvider.System).RunAsync(kind, device, _stop.Token);
        Assert.StartsWith(
            "Order number 6ES7 315-2EH14-0AB0, Firmware V3.2.6, Station Simulator, Serial number S C-0000000001, Type CPU 315-2 PN/DP, State RUN, Clock 20",
            steps.Single(s => s.Name == "Identity").Message,
            StringComparison.Ordinal);

        var plan = kind.Plan(device, TimeProvider.System);
        _open.Add(plan.Connector);
        await plan.Connector.ConnectAsync(_stop.Token);
        await plan.Connector.ReadAsync(Group, _sink, _stop.Token);

        Assert.Equal(
            [
                "connection asked for", "connection confirmed",
                "job 1: agree on the size of messages", "answer 1: agree on the size of messages, 20 bytes",
                "job 2: read DB1 bytes 4 to 7, DB7 bytes 0 to 1", "answer 2: read, 26 bytes",
            ],
            plan.Traffic.Frames().Select(f => kind.Explain(device, f)));
        Assert.Equal((3, 2), ((int)plan.Traffic.Read().Requests, (int)plan.Traffic.Read().Answers));
    }

    [Fact]
    public async Task An_answer_with_another_reference_is_never_taken()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, [0, 1]);
        var connector = await ConnectAsync(simulator.EndPoint, ["DB1.DBW0"]);
        simulator.FaultFor = _ => new(ReferenceShift: 1);

        await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(Group, _sink, _stop.Token));

        Assert.Empty(_sink.Samples);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Fragmented_and_dribbled_answers_are_put_together(int pieceBytes)
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
        var proxy = new FaultProxy(simulator.EndPoint) { AnswerPieceBytes = pieceBytes };
        _open.Add(proxy);
        await proxy.StartAsync();
        simulator.FaultFor = _ => new(FragmentBytes: 11);
        var connector = await ConnectAsync(proxy.EndPoint, [.. Enumerable.Range(0, 100).Select(i => $"DB1.DBB{i}")]);

        await connector.ReadAsync(Group, _sink, _stop.Token);

        Assert.All(_sink.Samples, s => Assert.Equal(s.Tag[7..], s.Value.ToString()));
    }

    [Fact]
    public async Task A_full_CPU_is_named_and_left_alone_for_ten_seconds()
    {
        var simulator = await SimulateAsync();
        simulator.MostConnections = 0;

        var full = await Assert.ThrowsAsync<ConnectorException>(() => ConnectAsync(simulator.EndPoint, ["MW0"]));

        Assert.Contains("no free connection", full.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(10), full.RetryNotBefore);
    }

    [Fact]
    public async Task A_CPU_without_PUT_GET_is_named_and_left_alone_for_a_minute()
    {
        var simulator = await SimulateAsync();
        var connector = await ConnectAsync(simulator.EndPoint, ["MW0"]);
        simulator.FaultFor = _ => new(Error: 0x8104);

        var refused = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(Group, _sink, _stop.Token));

        Assert.Contains("Permit access with PUT/GET", refused.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(60), refused.RetryNotBefore);
    }

    [Theory]
    [InlineData(0x8104, 60)]
    [InlineData(0xD241, 60)]
    [InlineData(0xD401, 60)]
    [InlineData(0x8500, 0)]
    [InlineData(0x8304, 0)]
    public async Task Only_what_somebody_must_change_first_is_left_alone_for_a_minute(int error, int seconds)
    {
        var simulator = await SimulateAsync();
        var connector = await ConnectAsync(simulator.EndPoint, ["MW0"]);
        simulator.FaultFor = _ => new(Error: (ushort)error);

        var refused = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(Group, _sink, _stop.Token));

        Assert.Contains($"error 0x{error:X4}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(seconds), refused.RetryNotBefore);
    }

    [Theory]
    [InlineData("DB1.DBW0:INT", 0x8500)]
    [InlineData("DB1.DBW0:INT", 0xD241)] // reading is free, writing is protected
    [InlineData("DB1.DBB10:STRING(10)", 0x8500)]
    [InlineData("DB1.DBW100:INT[400]", 0x8104)] // several messages
    public async Task A_write_that_is_refused_as_a_whole_is_refused_and_the_connection_stays(string address, int error)
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[1000]);
        var connector = await ConnectAsync(simulator.EndPoint, [address]);
        simulator.FaultFor = job => job.Span[S7Pdu.JobHeaderBytes] == S7Pdu.WriteFunction ? new(Error: (ushort)error) : null;
        var value = address.EndsWith(']') ? TagValue.OfObject(DataType.Int16Array, new short[400])
            : address.EndsWith(')') ? TagValue.Of("text") : TagValue.OfInteger(DataType.Int16, 7);

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => connector.WriteAsync(address, value, _stop.Token));

        Assert.StartsWith($"'{address}' (", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"was not written: 127.0.0.1:{simulator.EndPoint.Port}, error 0x{error:X4}", refused.Message, StringComparison.Ordinal);
        await connector.ReadAsync(Group, _sink, _stop.Token);
        Assert.Equal(TagQuality.Good, _sink.Last(address).Quality);

        simulator.FaultFor = null;
        await connector.WriteAsync(address, value, _stop.Token);
    }

    [Fact]
    public async Task An_array_of_which_a_part_was_written_says_so()
    {
        var simulator = await SimulateAsync();
        simulator.SetBlock(1, new byte[1000]);
        var connector = await ConnectAsync(simulator.EndPoint, ["DB1.DBW0:INT[400]"]);
        simulator.CodeFor = (_, _, at) => at == 0 ? (byte)0x05 : (byte)0;

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(
            () => connector.WriteAsync("DB1.DBW0:INT[400]", TagValue.OfObject(DataType.Int16Array, Enumerable.Repeat((short)-1, 400).ToArray()), _stop.Token));

        var held = simulator.Block(1).Take(800).Count(b => b == 0xFF);
        Assert.InRange(held, 1, 799);
        Assert.StartsWith($"The last {held} of 800 bytes were written, and no more: 'DB1.DBW0:INT[400]'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_a_worker_a_CPU_that_goes_and_comes_back_turns_bad_and_good()
    {
        var simulator = await SimulateAsync([new("DB1.DBD0:REAL", DataType.Unknown, Signal.Constant(21.5))]);
        var device = Device(simulator.EndPoint, ["DB1.DBD0:REAL"], "{}");
        var plan = new S7Kind().Plan(device, TimeProvider.System);
        var worker = new ConnectorWorker("press", plan, device.Tags, _sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        var running = worker.RunAsync(_stop.Token);
        Assert.Equal(21.5, (await _sink.WaitForAsync(s => s.Quality == TagQuality.Good)).Value.Number);

        _sink.Clear();
        simulator.DropConnections();
        await _sink.WaitForAsync(s => s.Quality == TagQuality.Bad);
        await _sink.WaitForAsync(s => s.Quality == TagQuality.Good);

        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData("02")]
    [InlineData("0300000502F0")] // shorter than its headers
    [InlineData("03000007FFF080")] // a header longer than the frame
    public void Frames_that_are_no_ISO_on_TCP_are_named(string hex)
    {
        Assert.False(Cotp.TryRead(Convert.FromHexString(hex), out _, out var fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public void Hostile_bytes_never_throw()
    {
        var random = new Random(4);
        var bytes = new byte[200];
        for (var round = 0; round < 200_000; round++)
        {
            random.NextBytes(bytes);
            bytes[0] = 3;
            bytes[2] = 0;
            _ = Cotp.TryRead(bytes.AsSpan(0, random.Next(bytes.Length)), out _, out _);
            bytes[0] = 0x32;
            _ = S7Pdu.CheckAck(bytes.AsSpan(0, random.Next(bytes.Length)), 1, 4, out _);
            ReadOnlySpan<byte> data = bytes.AsSpan(0, random.Next(bytes.Length));
            while (S7Pdu.TryTakeItem(ref data, out _, out _))
            {
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var one in Enumerable.Reverse(_open))
        {
            await one.DisposeAsync().AsTask().WaitAsync(Deadline);
        }

        _stop.Dispose();
    }

    private static DeviceOptions Device(IPEndPoint end, string[] addresses, string settings)
    {
        var json = (JsonObject)JsonNode.Parse(settings)!;
        json["Host"] = end.Address.ToString();
        json["Port"] = end.Port;
        return new()
        {
            Name = "press",
            Protocol = "s7",
            Settings = json,
            Tags = [.. addresses.Select(a => new TagOptions { Name = a, Address = a, Period = TimeSpan.FromMilliseconds(50) })],
        };
    }

    private async Task<S7Simulator> SimulateAsync(IEnumerable<SimulatedPoint>? points = null)
    {
        var simulator = new S7Simulator(points ?? [], TimeProvider.System);
        _open.Add(simulator);
        await simulator.StartAsync();
        return simulator;
    }

    private async Task<IConnector> ConnectAsync(IPEndPoint end, string[] addresses, string settings = "{}")
    {
        var connector = new S7Kind().Plan(Device(end, addresses, settings), TimeProvider.System).Connector;
        _open.Add(connector);
        await connector.ConnectAsync(_stop.Token);
        return connector;
    }
}
