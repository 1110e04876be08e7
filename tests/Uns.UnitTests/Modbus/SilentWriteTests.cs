using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Modbus;

/// <summary>A write that a unit behind a gateway does not answer: it fails, and the other units do not notice.</summary>
public sealed class SilentWriteTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private Gateway _line = null!;
    private Task _running = Task.CompletedTask;

    [Fact]
    public async Task One_write_to_a_dead_unit_fails_alone_and_the_next_one_at_once()
    {
        var worker = Start();
        await WaitForAllAsync();
        _line.Answer = (unit, pdu) => unit == 7 && pdu[0] == ModbusPdu.WriteRegister ? new(ModbusOutcome.Silent, 0, default) : null;
        _sink.Clear();

        var silent = await Assert.ThrowsAsync<WriteUnconfirmedException>(() => WriteAsync(worker, "u7"));
        var resting = await Assert.ThrowsAsync<WriteRefusedException>(() => WriteAsync(worker, "u7"));
        await WriteAsync(worker, "u1");

        Assert.Equal("unit 7 did not confirm the write of 'u7' within 1000 ms: whether it took the value is not known.", silent.Message);
        Assert.Equal("'u7' was not written: unit 7 did not answer within 1000 ms. It is left alone for now.", resting.Message);
        Assert.Equal([(7, 1), (1, 1)], _line.Writes.GroupBy(u => u).Select(g => ((int)g.Key, g.Count())));

        // Its tags are bad while it rests and good again when it answers; of the others and of the connection nobody hears anything.
        await _sink.WaitForAsync(s => s is { Tag: "u7", Quality: TagQuality.Bad }, _clock);
        await _sink.WaitForAsync(s => s is { Tag: "u7", Quality: TagQuality.Good }, _clock);
        Assert.All(_sink.Samples.Where(s => s.Tag != "u7"), s => Assert.Equal(TagQuality.Good, s.Quality));
        Assert.Equal(ConnectorState.Running, worker.Status.State);
        Assert.Equal(1, _line.Opened);
    }

    [Fact]
    public async Task A_unit_that_answers_neither_reads_nor_writes_makes_the_line_new_only_when_it_is_the_only_one()
    {
        var worker = Start(units: [7]);
        await WaitForAllAsync();
        _line.Answer = (_, _) => new(ModbusOutcome.Silent, 0, default);

        await Assert.ThrowsAsync<WriteUnconfirmedException>(() => WriteAsync(worker, "u7"));

        await _clock.TurnUntilAsync(Waiting.ReachAsync(() => _line.Opened > 1), Second / 4);
        Assert.Single(_line.Writes); // Never sent twice.
    }

    [Theory]
    [InlineData(ModbusException.Acknowledge, true)]
    [InlineData(ModbusException.GatewayTarget, true)]
    [InlineData(ModbusException.GatewayPath, false)]
    [InlineData(ModbusException.IllegalAddress, false)]
    public async Task A_refusal_behind_which_the_value_may_still_be_taken_is_no_refusal(byte exception, bool isUnknown)
    {
        var worker = Start();
        await WaitForAllAsync();
        _line.Answer = (unit, pdu) => unit == 7 && pdu[0] == ModbusPdu.WriteRegister ? new(ModbusOutcome.Refused, exception, default) : null;

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(worker, "u7"));

        Assert.IsType(isUnknown ? typeof(WriteUnconfirmedException) : typeof(WriteRefusedException), failure);
        Assert.Contains(isUnknown ? "is not known" : "was not written", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"exception {exception}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bit_whose_register_is_not_told_was_not_written()
    {
        var worker = Start(address: "HR1.3");
        await WaitForAllAsync();
        _line.Answer = (unit, pdu) => unit != 7 ? null
            : pdu[0] == ModbusPdu.MaskRegister ? new(ModbusOutcome.Refused, ModbusException.IllegalFunction, default) : new(ModbusOutcome.Silent, 0, default);

        var failure = await Assert.ThrowsAsync<WriteRefusedException>(() => WriteAsync(worker, "u7", TagValue.Of(true)));

        Assert.Contains("was not written: unit 7 did not tell its register", failure.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static Task WriteAsync(ConnectorWorker worker, string tag, TagValue? value = null) =>
        worker.WriteAsync(tag, value ?? TagValue.OfInteger(DataType.UInt16, 5), CancellationToken.None).WaitAsync(Deadline);

    private async Task WaitForAllAsync()
    {
        foreach (var unit in _line.Units)
        {
            await _sink.WaitForAsync(s => s.Tag == $"u{unit}" && s.Quality == TagQuality.Good, _clock);
        }
    }

    private ConnectorWorker Start(byte[]? units = null, string address = "HR1")
    {
        units ??= [1, 7, 9];
        var device = new DeviceOptions
        {
            Name = "gateway",
            Protocol = "modbus",
            Tags = [.. units.Select(u => new TagOptions { Name = $"u{u}", Address = $"{u}!{address}", Writable = true })],
        };
        var traffic = new DeviceTraffic(_clock);
        _line = new Gateway(units, _clock);
        var whole = new ModbusKind().Plan(device, _clock);
        var plan = ModbusPlan.Make(new ModbusOptions { Host = "gateway" }, device.Tags);
        var worker = new ConnectorWorker(
            device.Name, whole with { Connector = new ModbusConnector(plan, [_line], _clock, traffic) }, device.Tags, _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        _running = Task.Run(() => worker.RunAsync(_stop.Token));
        return worker;
    }

    // Answers at once; only a write that nobody answers takes its time, for then nobody else turns the clock.
    private sealed class Gateway(byte[] units, ManualClock clock) : IModbusChannel
    {
        public byte[] Units => units;

        public Func<byte, byte[], ModbusAnswer?> Answer { get; set; } = (_, _) => null;

        public List<byte> Writes { get; } = [];

        public int Opened { get; private set; }

        public bool MayBeLeftEarly => true;

        public Task OpenAsync(CancellationToken cancellationToken)
        {
            Opened++;
            return Task.CompletedTask;
        }

        public Task<ModbusAnswer> SendAsync(byte unit, ReadOnlyMemory<byte> pdu, TimeSpan patience, CancellationToken cancellationToken)
        {
            var answer = Answer(unit, pdu.ToArray()) ?? new(ModbusOutcome.Done, 0, new byte[2]);
            if (pdu.Span[0] > ModbusPdu.ReadInputRegisters)
            {
                Writes.Add(unit);
                clock.Advance(answer.Outcome == ModbusOutcome.Silent ? patience : TimeSpan.Zero);
            }

            return Task.FromResult(answer);
        }

        public void Close()
        {
        }
    }
}
