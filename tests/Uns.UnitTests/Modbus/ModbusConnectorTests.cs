using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Modbus;

public sealed class ModbusConnectorTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly RecordingSink _sink = new();
    private readonly List<IAsyncDisposable> _open = [];
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromMinutes(5));

    [Fact]
    public async Task Every_table_and_type_is_read_and_written_over_a_socket()
    {
        var simulator = await SimulateAsync();
        simulator.SetBit(ModbusTable.DiscreteInput, 7, true);
        simulator.SetRegister(ModbusTable.InputRegister, 0, 0xFFFE);
        var connector = await ConnectAsync(
            simulator.EndPoint,
            ["C1", "DI8", "IR1:INT", "HR1:UINT", "HR2:FLOAT#CDAB", "HR4:DOUBLE", "HR8:LINT#WS", "HR20.5", "HR30[8]", "7!HR40:DINT"]);

        await WriteAsync(connector, "C1", TagValue.Of(true));
        await WriteAsync(connector, "HR1:UINT", TagValue.OfInteger(DataType.UInt16, 65535));
        await WriteAsync(connector, "HR2:FLOAT#CDAB", TagValue.Of(1.5f));
        await WriteAsync(connector, "HR4:DOUBLE", TagValue.Of(Math.PI));
        await WriteAsync(connector, "HR8:LINT#WS", TagValue.OfInteger(DataType.Int64, long.MinValue + 1));
        await WriteAsync(connector, "HR20.5", TagValue.Of(true));
        await WriteAsync(connector, "HR30[8]", TagValue.Of("Grüße"));
        await WriteAsync(connector, "7!HR40:DINT", TagValue.OfInteger(DataType.Int32, -70000));
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token);

        Assert.All(_sink.Samples, s => Assert.Equal(TagQuality.Good, s.Quality));
        Assert.Equal(
            "true true -2 65535 1.5 3.141592653589793 -9223372036854775807 true Grüße -70000",
            string.Join(' ', new[] { "C1", "DI8", "IR1:INT", "HR1:UINT", "HR2:FLOAT#CDAB", "HR4:DOUBLE", "HR8:LINT#WS", "HR20.5", "HR30[8]", "7!HR40:DINT" }
                .Select(t => _sink.Last(t).Value.ToString())));
        Assert.Equal(0x0020, simulator.Register(ModbusTable.HoldingRegister, 19));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bit_of_a_register_is_written_with_and_without_the_mask_function(bool knowsMask)
    {
        var simulator = await SimulateAsync();
        simulator.KnowsMaskWrite = knowsMask;
        simulator.SetRegister(ModbusTable.HoldingRegister, 0, 0xF00F);
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1.4", "HR1.15"]);

        await WriteAsync(connector, "HR1.4", TagValue.Of(true));
        await WriteAsync(connector, "HR1.15", TagValue.Of(false));

        Assert.Equal(0x701F, simulator.Register(ModbusTable.HoldingRegister, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_verified_write_compares_what_the_device_holds_with_and_without_function_23(bool knowsReadWrite)
    {
        var simulator = await SimulateAsync();
        simulator.KnowsReadWrite = knowsReadWrite;
        var functions = new List<byte>();
        simulator.FaultFor = (_, pdu) =>
        {
            functions.Add(pdu.Span[0]);
            return null;
        };
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1:DINT", "HR5"], """{ "VerifyWrites": true, "AnswerTimeout": "10s" }""");

        await WriteAsync(connector, "HR1:DINT", TagValue.OfInteger(DataType.Int32, -5));
        await WriteAsync(connector, "HR5", TagValue.OfInteger(DataType.UInt16, 7));

        Assert.Equal((0xFFFB, 7), (simulator.Register(ModbusTable.HoldingRegister, 1), simulator.Register(ModbusTable.HoldingRegister, 4)));
        Assert.Equal(knowsReadWrite ? [23, 23] : new byte[] { 23, 16, 3, 6, 3 }, functions);
    }

    [Fact]
    public async Task A_device_that_holds_another_value_after_the_write_is_told_apart()
    {
        // Its register moves by itself: what is read back is not what was sent.
        var simulator = await SimulateAsync([new("HR1", DataType.UInt16, Signal.Constant(100))]);
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1"], """{ "VerifyWrites": true, "AnswerTimeout": "10s" }""");
        simulator.KnowsReadWrite = false;

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => WriteAsync(connector, "HR1", TagValue.OfInteger(DataType.UInt16, 7)));

        Assert.Contains("was sent 7, and the device holds 100", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_tags_in_a_hole_go_bad_and_the_hole_is_remembered()
    {
        var simulator = await SimulateAsync();
        simulator.IsMissing = (_, offset) => offset == 57;
        var connector = await ConnectAsync(simulator.EndPoint, [.. Enumerable.Range(1, 100).Select(i => $"HR{i}")]);
        var group = new PollGroup(0, TimeSpan.FromSeconds(1));

        await connector.ReadAsync(group, _sink, _stop.Token);

        Assert.InRange(simulator.Requests, 2, 20);
        var bad = Assert.Single(_sink.Samples, s => s.Quality == TagQuality.Bad);
        Assert.Equal("HR58", bad.Tag);
        Assert.Equal("1!HR58 was refused with exception 2, illegal data address: the device has nothing at this address.", bad.Reason);
        Assert.Equal(100, _sink.Samples.Count);

        var before = simulator.Requests;
        await connector.ReadAsync(group, _sink, _stop.Token);
        await connector.ReadAsync(group, _sink, _stop.Token);
        var perRead = (simulator.Requests - before) / 2;
        Assert.InRange(perRead, 2, 8);
        Assert.Equal(TagQuality.Bad, _sink.Last("HR58").Quality);
        Assert.Equal(TagQuality.Good, _sink.Last("HR59").Quality);
    }

    [Fact]
    public async Task A_device_that_refused_everything_while_it_started_is_read_in_whole_blocks_again()
    {
        var simulator = await SimulateAsync();
        var clock = new ManualClock();
        var device = Device(simulator.EndPoint, [.. Enumerable.Range(1, 100).Select(i => $"HR{i}")], "{}");
        var connector = new ModbusKind().Plan(device, clock).Connector;
        _open.Add(connector);
        await connector.ConnectAsync(_stop.Token);
        var group = new PollGroup(0, TimeSpan.FromSeconds(1));
        simulator.IsMissing = (_, _) => true;
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.All(_sink.Samples, s => Assert.Equal(TagQuality.Bad, s.Quality));

        simulator.IsMissing = null;
        clock.Advance(TimeSpan.FromSeconds(5));
        _sink.Clear();
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.All(_sink.Samples, s => Assert.Equal(TagQuality.Good, s.Quality));

        var before = simulator.Requests;
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.Equal(1, simulator.Requests - before);
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task A_clock_that_is_set_makes_no_rest_longer_or_shorter(int hours)
    {
        var simulator = await SimulateAsync();
        var clock = new ManualClock();
        var connector = new ModbusKind().Plan(Device(simulator.EndPoint, ["HR1", "2!HR1", "3!HR1"], "{}"), clock).Connector;
        _open.Add(connector);
        await connector.ConnectAsync(_stop.Token);
        var group = new PollGroup(0, TimeSpan.FromSeconds(1));
        // Unit 2 is silent for its gateway and rests a second; a register of unit 3 is refused and rests five.
        simulator.FaultFor = (unit, _) => unit switch { 2 => new(Exception: 11), 3 => new(Exception: 2), _ => null };
        await connector.ReadAsync(group, _sink, _stop.Token);
        simulator.FaultFor = null;

        clock.SetWall(TimeSpan.FromHours(hours));
        clock.Advance(TimeSpan.FromSeconds(0.9));
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.Equal([TagQuality.Good, TagQuality.Bad, TagQuality.Bad], Qualities());
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.Equal([TagQuality.Good, TagQuality.Good, TagQuality.Bad], Qualities());
        clock.Advance(TimeSpan.FromSeconds(4));
        await connector.ReadAsync(group, _sink, _stop.Token);
        Assert.Equal([TagQuality.Good, TagQuality.Good, TagQuality.Good], Qualities());

        TagQuality[] Qualities() => [_sink.Last("HR1").Quality, _sink.Last("2!HR1").Quality, _sink.Last("3!HR1").Quality];
    }

    [Theory]
    [InlineData(1, "exception 1, illegal function")]
    [InlineData(4, "exception 4, device failure")]
    [InlineData(5, "exception 5, acknowledge")]
    [InlineData(6, "exception 6, device busy")]
    [InlineData(8, "exception 8, memory parity error")]
    [InlineData(10, "exception 10, gateway path")]
    [InlineData(11, "exception 11, gateway target")]
    [InlineData(99, "exception 99")]
    public async Task A_refusal_turns_its_tags_bad_and_names_code_and_meaning(byte code, string words)
    {
        var simulator = await SimulateAsync();
        simulator.FaultFor = (unit, _) => unit == 2 ? new(Exception: code) : null;
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1", "2!HR1"]);

        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token);

        Assert.Equal(TagQuality.Good, _sink.Last("HR1").Quality);
        Assert.Equal(TagQuality.Bad, _sink.Last("2!HR1").Quality);
        Assert.Contains(words, _sink.Last("2!HR1").Reason, StringComparison.Ordinal);
        Assert.InRange(simulator.Requests, 2, 4);
    }

    [Fact]
    public async Task One_silent_unit_rests_and_does_not_hold_up_the_others()
    {
        var simulator = await SimulateAsync();
        simulator.FaultFor = (unit, _) => unit == 9 ? new(IsSilent: true) : null;
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1", "9!HR1", "9!HR100"], """{"AnswerTimeout":"600ms"}""");
        var group = new PollGroup(0, TimeSpan.FromSeconds(1));

        await connector.ReadAsync(group, _sink, _stop.Token);
        var asked = simulator.Requests;
        await connector.ReadAsync(group, _sink, _stop.Token);

        Assert.Equal(3, asked); // the good one, and the silent one twice
        Assert.Equal(1, simulator.Requests - asked);
        Assert.Equal(TagQuality.Good, _sink.Last("HR1").Quality);
        Assert.Contains("unit 9 did not answer", _sink.Last("9!HR100").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_late_answer_never_meets_another_request()
    {
        var simulator = await SimulateAsync();
        var random = new Random(5);
        // Each register holds its own number: a value in the wrong place would show.
        for (var offset = 0; offset < 2000; offset++)
        {
            simulator.SetRegister(ModbusTable.HoldingRegister, offset, (ushort)(offset + 1));
        }

        simulator.FaultFor = (_, _) => new(Delay: TimeSpan.FromMilliseconds(random.Next(0, 25)));
        string[] addresses = [.. Enumerable.Range(0, 20).Select(i => $"{(i % 2) + 1}!HR{(i * 100) + 1}")];
        var connector = await ConnectAsync(simulator.EndPoint, addresses, """{"AnswerTimeout":"12ms","Retries":1}""");
        for (var round = 0; round < 20; round++)
        {
            try
            {
                await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token);
            }
            catch (ConnectorException)
            {
                await connector.DisconnectAsync();
                await connector.ConnectAsync(_stop.Token);
            }
        }

        Assert.Contains(_sink.Samples, s => s.Quality == TagQuality.Good);
        Assert.All(
            _sink.Samples.Where(s => s.Quality == TagQuality.Good),
            s => Assert.Equal(s.Tag[(s.Tag.IndexOf("HR", StringComparison.Ordinal) + 2)..], s.Value.ToString()));
    }

    [Fact]
    public async Task An_answer_held_back_in_the_network_is_dropped_when_it_comes()
    {
        var simulator = await SimulateAsync();
        simulator.SetRegister(ModbusTable.HoldingRegister, 0, 111);
        simulator.SetRegister(ModbusTable.HoldingRegister, 500, 222);
        var proxy = await ProxyAsync(simulator.EndPoint);
        var connector = await ConnectAsync(proxy.EndPoint, ["1!HR1", "2!HR501"], """{"AnswerTimeout":"600ms","Retries":0}""");
        proxy.HoldAnswers();

        // Unit 1 stays silent, then unit 2 too: both answers lie in the proxy when the device is given up.
        await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token));
        await connector.ConnectAsync(_stop.Token);
        proxy.ReleaseAnswers();
        _sink.Clear();
        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token);

        Assert.Equal("111", _sink.Last("1!HR1").Value.ToString());
        Assert.Equal("222", _sink.Last("2!HR501").Value.ToString());
    }

    [Fact]
    public async Task Answers_in_single_bytes_are_put_together()
    {
        var simulator = await SimulateAsync();
        var proxy = await ProxyAsync(simulator.EndPoint);
        proxy.AnswerPieceBytes = 1;
        simulator.SetRegister(ModbusTable.HoldingRegister, 99, 4711);
        var connector = await ConnectAsync(proxy.EndPoint, [.. Enumerable.Range(1, 100).Select(i => $"HR{i}")]);

        await connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token);

        Assert.Equal("4711", _sink.Last("HR100").Value.ToString());
    }

    [Theory]
    [InlineData(1, 0, "did not answer")] // a foreign transaction id is no answer at all
    [InlineData(0, 1, "unit 2 answered, unit 1 was asked")]
    public async Task An_answer_to_somebody_else_is_never_taken(int transactionShift, int unitShift, string words)
    {
        var simulator = await SimulateAsync();
        simulator.FaultFor = (_, _) => new(TransactionShift: transactionShift, UnitShift: unitShift);
        // Only the answer that is none is waited for in vain.
        var timeout = transactionShift == 0 ? "20s" : "100ms";
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1"], $$"""{"AnswerTimeout":"{{timeout}}","Retries":0}""");

        var lost = await Assert.ThrowsAsync<ConnectorException>(() => connector.ReadAsync(new(0, TimeSpan.FromSeconds(1)), _sink, _stop.Token));

        Assert.Contains(words, lost.Message, StringComparison.Ordinal);
        Assert.Empty(_sink.Samples);
    }

    [Fact]
    public async Task A_write_without_confirmation_is_sent_once_and_its_fate_is_unknown()
    {
        var simulator = await SimulateAsync();
        simulator.FaultFor = (_, pdu) => pdu.Span[0] == 6 ? new(IsSilent: true) : null;
        var connector = await ConnectAsync(simulator.EndPoint, ["HR1"], """{"AnswerTimeout":"100ms"}""");

        await Assert.ThrowsAsync<WriteUnconfirmedException>(() => WriteAsync(connector, "HR1", TagValue.OfInteger(DataType.UInt16, 5)));

        Assert.Equal(1, simulator.Requests);
    }

    [Fact]
    public async Task A_refused_write_leaves_the_connection_as_it_is()
    {
        var simulator = await SimulateAsync();
        simulator.IsMissing = (_, offset) => offset == 5;
        var connector = await ConnectAsync(simulator.EndPoint, ["HR6", "HR1"]);

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => WriteAsync(connector, "HR6", TagValue.OfInteger(DataType.UInt16, 5)));
        Assert.Contains("exception 2", refused.Message, StringComparison.Ordinal);
        await WriteAsync(connector, "HR1", TagValue.OfInteger(DataType.UInt16, 5));
    }

    [Fact]
    public async Task Under_a_worker_a_device_that_goes_and_comes_back_turns_bad_and_good()
    {
        var simulator = await SimulateAsync([new("HR1", DataType.Float, Signal.Constant(21.5))]);
        var proxy = await ProxyAsync(simulator.EndPoint);
        var device = Device(proxy.EndPoint, ["HR1:FLOAT"], "{}");
        var plan = new ModbusKind().Plan(device, TimeProvider.System);
        var worker = new ConnectorWorker("press", plan, device.Tags, _sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        var running = worker.RunAsync(_stop.Token);
        Assert.Equal(21.5, (await _sink.WaitForAsync(s => s.Quality == TagQuality.Good)).Value.Number);

        _sink.Clear();
        proxy.Cut();
        await _sink.WaitForAsync(s => s.Quality == TagQuality.Bad);
        await _sink.WaitForAsync(s => s.Quality == TagQuality.Good);

        Assert.Equal(2, proxy.Connections);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(1, false, "does not tell who it is (function 43/14): exception 1")]
    [InlineData(0, true, "does not answer the question who it is")]
    public async Task A_device_without_identity_passes_the_test_all_the_same(byte exception, bool isSilent, string words)
    {
        var simulator = await SimulateAsync([new("HR1", DataType.Int16, Signal.Constant(7))]);
        simulator.FaultFor = (_, pdu) => pdu.Span[0] == 43 ? new(Exception: exception, IsSilent: isSilent) : null;

        var steps = await new ConnectionTest(TimeProvider.System).RunAsync(new ModbusKind(), Device(simulator.EndPoint, ["HR1"], "{}"), _stop.Token);

        Assert.All(steps, s => Assert.True(s.Passed, s.Message));
        Assert.Contains(words, steps.Single(s => s.Name == "Identity").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_measured_on_the_wire_can_be_read_and_the_last_frames_in_words()
    {
        var simulator = await SimulateAsync();
        simulator.FaultFor = (unit, _) => unit == 2 ? new(IsSilent: true) : null;
        simulator.IsMissing = (_, offset) => offset == 99;
        var device = Device(simulator.EndPoint, ["HR1", "HR100", "2!HR1"], """{"AnswerTimeout":"600ms","Retries":1}""");
        var kind = new ModbusKind();
        var plan = kind.Plan(device, TimeProvider.System);
        _open.Add(plan.Connector);
        await plan.Connector.ConnectAsync(_stop.Token);

        await plan.Connector.ReadAsync(plan.Groups[0], _sink, _stop.Token);

        var figures = plan.Traffic.Read();
        Assert.Equal((4, 2, 2, 1, 1), (figures.Requests, figures.Answers, figures.Timeouts, figures.Retries, figures.Refusals));
        Assert.Equal((4 * 12, 11 + 9), (figures.BytesOut, figures.BytesIn));
        Assert.NotNull(figures.RoundTrip99);
        Assert.Equal([(1, 0), (2, 2)], figures.Stations.Select(s => (s.Station, (int)s.Timeouts)));
        Assert.Equal(2, figures.Errors.Count);
        var words = plan.Traffic.Frames().Select(f => kind.Explain(device, f)).ToList();
        Assert.Equal("unit 1, transaction 1: read holding registers HR1 (function 3)", words[0]);
        Assert.Equal("unit 1, transaction 1: read holding registers (function 3, 3 bytes)", words[1]);
        Assert.StartsWith("unit 1, transaction 2: read holding registers refused with exception 2", words[3], StringComparison.Ordinal);
        Assert.Equal("unit 2, transaction 3: read holding registers HR1 (function 3)", words[4]);
    }

    [Fact]
    public async Task Two_connections_are_opened_and_each_unit_is_asked_over_its_own()
    {
        var simulator = await SimulateAsync();
        simulator.SetRegister(ModbusTable.HoldingRegister, 0, 4711);
        var proxy = await ProxyAsync(simulator.EndPoint);
        var device = Device(proxy.EndPoint, ["1!HR1", "2!HR1", "3!HR1"], """{"Connections":2}""");
        var plan = new ModbusKind().Plan(device, TimeProvider.System);
        var worker = new ConnectorWorker("gateway", plan, device.Tags, _sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        var running = worker.RunAsync(_stop.Token);

        foreach (var tag in device.Tags)
        {
            Assert.Equal(4711, (await _sink.WaitForAsync(s => s.Tag == tag.Name)).Value.Number);
        }

        Assert.Equal(2, proxy.Connections);
        Assert.Equal([0, 1, 0], plan.TagLanes);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_connection_test_names_the_step_that_fails()
    {
        var simulator = await SimulateAsync([new("HR1", DataType.Int16, Signal.Constant(7))]);
        simulator.IsMissing = (_, offset) => offset == 99;
        var kind = new ModbusKind();
        var test = new ConnectionTest(TimeProvider.System);

        var good = await test.RunAsync(kind, Device(simulator.EndPoint, ["HR1", "HR100"], "{}"), _stop.Token);
        Assert.Equal(["Settings", "Name", "Port", "Protocol", "Identity", "First value", "Tag HR1", "Tag HR100"], good.Select(s => s.Name));
        Assert.Equal([true, true, true, true, true, true, true, false], good.Select(s => s.Passed));
        Assert.Equal("Vendor Uns, Product Simulator, Revision 1.0.", good[4].Message);
        Assert.Equal("HR1 is 7; 1 of 2 tags can be read.", good[5].Message);
        Assert.Equal("7", good[6].Message);
        Assert.Contains("exception 2", good[7].Message, StringComparison.Ordinal);

        var end = simulator.EndPoint;
        await simulator.DisposeAsync();
        var closed = await test.RunAsync(kind, Device(end, ["HR1"], "{}"), _stop.Token);
        Assert.Equal("Port", closed[^1].Name);
        Assert.Contains("connection refused", closed[^1].Message, StringComparison.Ordinal);

        var faulty = await test.RunAsync(kind, Device(end, ["HR0"], """{"Prot":1}"""), _stop.Token);
        Assert.Equal("Settings", Assert.Single(faulty).Name);
        Assert.Contains("did you mean Port?", faulty[0].Message, StringComparison.Ordinal);
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

    private static Task WriteAsync(IConnector connector, string tag, TagValue value) =>
        connector.WriteAsync(tag, value, CancellationToken.None).WaitAsync(Deadline);

    private static DeviceOptions Device(IPEndPoint end, string[] addresses, string settings)
    {
        var json = (JsonObject)JsonNode.Parse(settings)!;
        json["Host"] = end.Address.ToString();
        json["Port"] = end.Port;
        return new()
        {
            Name = "press",
            Protocol = "modbus",
            Settings = json,
            Tags = [.. addresses.Select(a => new TagOptions { Name = a, Address = a, Period = TimeSpan.FromMilliseconds(50) })],
        };
    }

    private async Task<ModbusSimulator> SimulateAsync(IEnumerable<SimulatedRegister>? registers = null)
    {
        var simulator = new ModbusSimulator(registers ?? [], TimeProvider.System);
        _open.Add(simulator);
        await simulator.StartAsync();
        return simulator;
    }

    private async Task<FaultProxy> ProxyAsync(IPEndPoint target)
    {
        var proxy = new FaultProxy(target);
        _open.Add(proxy);
        await proxy.StartAsync();
        return proxy;
    }

    private async Task<IConnector> ConnectAsync(IPEndPoint end, string[] addresses, string settings = """{"AnswerTimeout":"10s"}""")
    {
        var connector = new ModbusKind().Plan(Device(end, addresses, settings), TimeProvider.System).Connector;
        _open.Add(connector);
        await connector.ConnectAsync(_stop.Token);
        return connector;
    }
}
