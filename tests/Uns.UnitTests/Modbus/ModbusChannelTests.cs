using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.TestKit;

namespace Uns.UnitTests.Modbus;

/// <summary>Whatever a line does to answers, a value is the right one or none.</summary>
public sealed class ModbusChannelTests
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData("tcp", true)]
    [InlineData("rtu", true)]
    [InlineData("rtu", false)]
    [InlineData("ascii", true)]
    [InlineData("ascii", false)]
    public async Task No_wrong_value_in_100_000_reads_over_a_bad_line(string kind, bool isCheapToRenew)
    {
        IModbusFraming framing = kind switch { "rtu" => new RtuFraming(), "ascii" => new AsciiFraming(), _ => new MbapFraming() };
        var random = new Random(17);
        var clock = new ManualClock();
        using var line = new FaultyLine(framing, random, clock, AnswerTimeout, isCheapToRenew);
        using var channel = new ModbusChannel(line, framing, AnswerTimeout, clock, new(clock));
        await channel.OpenAsync(CancellationToken.None);
        var (good, silent, lost) = (0, 0, 0);
        for (var read = 0; read < 100_000; read++)
        {
            var (unit, start, count) = ((byte)random.Next(1, 4), random.Next(60_000), random.Next(1, 11));
            try
            {
                var answer = await channel.SendAsync(unit, ModbusPdu.Read(ModbusTable.HoldingRegister, (ushort)start, count), AnswerTimeout, CancellationToken.None);
                if (answer.Outcome == ModbusOutcome.Silent)
                {
                    silent++;
                    continue;
                }

                good++;
                Assert.Equal(count * 2, answer.Data.Length);
                for (var index = 0; index < count; index++)
                {
                    Assert.Equal(start + index, (answer.Data.Span[index * 2] << 8) | answer.Data.Span[(index * 2) + 1]);
                }
            }
            catch (ConnectorException)
            {
                lost++;
                await channel.OpenAsync(CancellationToken.None);
            }
        }

        Assert.True(good > 90_000, $"{good} good, {silent} silent, {lost} lost.");
        Assert.True(silent > 1000 && lost > 100, $"{good} good, {silent} silent, {lost} lost.");
        Assert.True(channel.DroppedAnswers > 100);
    }

    [Fact]
    public async Task A_line_that_never_falls_silent_is_given_up()
    {
        var clock = new ManualClock();
        using var line = new ChatteringLine(clock);
        using var channel = new ModbusChannel(line, new RtuFraming(), AnswerTimeout, clock, new(clock));
        await channel.OpenAsync(CancellationToken.None);

        var lost = await Assert.ThrowsAsync<ConnectorException>(() => channel.SendAsync(1, ModbusPdu.Read(ModbusTable.Coil, 0, 1), AnswerTimeout, CancellationToken.None));

        Assert.Contains("bytes without an answer among them", lost.Message, StringComparison.Ordinal);
    }

    private sealed class ChatteringLine(ManualClock clock) : IModbusLine
    {
        public string Name => "line";

        public bool IsCheapToRenew => false;

        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => ValueTask.FromResult(bytes.Length);

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            buffer.Span[..Math.Min(8, buffer.Length)].Fill(0x55);
            return ValueTask.FromResult(Math.Min(8, buffer.Length));
        }

        public int Drop() => 0;

        public void Close()
        {
        }

        public void Dispose()
        {
        }
    }
}
