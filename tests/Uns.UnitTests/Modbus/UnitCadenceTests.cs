using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.Modbus.Wire;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Modbus;

/// <summary>Units behind one gateway: what a silent one costs the others, counted by a clock that only the line moves.</summary>
public sealed class UnitCadenceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Of_32_units_on_one_line_one_dead_the_others_lose_less_than_5_percent(int answerSeconds)
    {
        var clock = new ManualClock(Noon);
        var sink = new RecordingSink();
        var tags = Enumerable.Range(1, 32).Select(u => new TagOptions { Name = $"u{u}", Address = $"{u}!HR1" }).ToList();
        var plan = ModbusPlan.Make(new ModbusOptions { Host = "gateway", AnswerTimeout = TimeSpan.FromSeconds(answerSeconds), RecoveryPeriod = TimeSpan.FromSeconds(30) }, tags);
        var traffic = new DeviceTraffic(clock);
        var line = new Gateway(clock, traffic, dead: 7);
        await using var connector = new ModbusConnector(plan, [line], clock, traffic);
        await connector.ConnectAsync(CancellationToken.None);

        var paces = plan.Groups.Select(g => new PollClock(g.Period, TimeSpan.Zero)).ToArray();
        while (clock.GetUtcNow() - Noon < TimeSpan.FromMinutes(10))
        {
            var now = clock.GetUtcNow() - Noon;
            var next = PollLane.Next(paces, now);
            if (paces[next].Due > now)
            {
                clock.Advance(paces[next].Due - now);
                continue;
            }

            await connector.ReadAsync(plan.Groups[next], sink, CancellationToken.None);
            paces[next].Advance(clock.GetUtcNow() - Noon);
        }

        foreach (var unit in Enumerable.Range(1, 32).Where(u => u != 7))
        {
            Assert.True(line.Asked[unit] >= 570, $"unit {unit} had {line.Asked[unit]} of 600 cycles");
        }

        // After the first failures a question that finds nobody waits as long as an answer here usually takes, and every eighth the whole time.
        Assert.InRange(line.Waited, TimeSpan.FromSeconds(answerSeconds * 4), TimeSpan.FromSeconds((answerSeconds * 8) + 5));

        // Twice at first, then once for each rest: 1 s, 2 s, 30 s, 30 s …
        Assert.InRange(line.Asked[7], 15, 24);
        Assert.Contains("unit 7 did not answer", sink.Last("u7").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unit_that_failed_often_enough_is_asked_every_recovery_period_until_it_answers()
    {
        var health = new UnitHealth(2, failuresBeforeRest: 3, TimeSpan.FromSeconds(60));
        var rests = new List<double>();
        var now = TimeSpan.Zero;
        for (var failure = 0; failure < 5; failure++)
        {
            health.Failed(5, "silent.", isSilent: true, now);
            var begun = now;
            while (health.RestReason(5, now) is not null)
            {
                now += TimeSpan.FromSeconds(0.5);
            }

            rests.Add((now - begun).TotalSeconds);
        }

        Assert.Equal([1, 2, 60, 60, 60], rests);
        Assert.True(health.IsDoubted(5));
        Assert.False(health.AllSilent);
        health.Answered(5);
        Assert.False(health.IsDoubted(5));
    }

    [Theory]
    [InlineData(1, "0 0 0 0 0")]
    [InlineData(2, "0 1 0 1 0")]
    [InlineData(8, "0 1 2 3 4")]
    public void Units_are_dealt_out_among_the_connections(int connections, string lanes)
    {
        var plan = ModbusPlan.Make(
            new ModbusOptions { Connections = connections }, [.. Enumerable.Range(1, 5).Select(u => new TagOptions { Name = $"u{u}", Address = $"{u}!HR1" })]);

        Assert.Equal(lanes, string.Join(' ', Enumerable.Range(1, 5).Select(u => plan.LaneOf((byte)u))));
        Assert.All(plan.Groups, g => Assert.All(plan.BlocksOf(g.Index), b => Assert.Equal(g.Lane, plan.LaneOf(b.Unit))));
    }

    [Fact]
    public void A_group_of_many_blocks_is_cut_into_parts_of_eight()
    {
        var plan = ModbusPlan.Make(new ModbusOptions(), [.. Enumerable.Range(0, 20).Select(i => new TagOptions { Name = $"t{i}", Address = $"HR{(i * 500) + 1}" })]);

        Assert.Equal([8, 8, 4], plan.Groups.Select(g => plan.BlocksOf(g.Index).Count));
        Assert.All(plan.Groups, g => Assert.Equal(TimeSpan.FromSeconds(1), g.Period));
    }

    // Ten milliseconds for an answer, the whole patience for none.
    private sealed class Gateway(ManualClock clock, DeviceTraffic traffic, byte dead) : IModbusChannel
    {
        public int[] Asked { get; } = new int[256];

        public TimeSpan Waited { get; private set; }

        public bool MayBeLeftEarly => true;

        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ModbusAnswer> SendAsync(byte unit, ReadOnlyMemory<byte> pdu, TimeSpan patience, CancellationToken cancellationToken)
        {
            Asked[unit]++;
            if (unit == dead)
            {
                Waited += patience;
                clock.Advance(patience);
                return Task.FromResult(new ModbusAnswer(ModbusOutcome.Silent, 0, default));
            }

            clock.Advance(TimeSpan.FromMilliseconds(10));
            traffic.Answered(unit, TimeSpan.FromMilliseconds(10), isRefusal: false);
            return Task.FromResult(new ModbusAnswer(ModbusOutcome.Done, 0, new byte[2]));
        }

        public void Close()
        {
        }
    }
}
