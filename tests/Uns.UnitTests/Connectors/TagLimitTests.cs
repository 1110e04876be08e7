using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>Deadband in percent, and what commands may set and how often.</summary>
public sealed class TagLimitTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly ManualClock _clock = new();
    private readonly RecordingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    [Fact]
    public async Task A_deadband_in_percent_is_a_part_of_the_span()
    {
        double[] values = [100, 101.9, 98.1, 102, 104.1, 200];
        var at = 0;
        var connector = new FakeConnector
        {
            OnRead = (_, sink, _) =>
            {
                sink.Add(new("a", TagValue.Of(values[Math.Min(at++, values.Length - 1)]), TagQuality.Good, DateTimeOffset.UnixEpoch));
                return Task.CompletedTask;
            },
        };
        Start(connector, new() { Name = "a", DataType = DataType.Double, Low = 100, High = 300, DeadbandPercent = 1 });

        await _sink.WaitForAsync(s => s.Value.Number == 200, _clock);

        Assert.Equal([100, 102, 104.1, 200], _sink.Samples.Select(s => s.Value.Number));
    }

    [Theory]
    [InlineData(9, "'a' of press is 9: commands may set 10 to 90 °C.")]
    [InlineData(91.5, "'a' of press is 91.5: commands may set 10 to 90 °C.")]
    [InlineData(200, "'a' of press is 200: give at most 100 °C.")]
    public async Task A_command_beyond_its_own_bounds_is_refused_with_value_and_range(double value, string sentence)
    {
        var worker = await RunningAsync(new() { Name = "a", DataType = DataType.Double, Writable = true, Low = 0, High = 100, WriteMinimum = 10, WriteMaximum = 90, Unit = "°C" });

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => worker.WriteAsync("a", TagValue.Of(value), _stop.Token));

        Assert.Equal(sentence, refused.Message);
        await worker.WriteAsync("a", TagValue.Of(10.0), _stop.Token).WaitAsync(Deadline);
        await worker.WriteAsync("a", TagValue.Of(90.0), _stop.Token).WaitAsync(Deadline);
    }

    [Theory]
    [InlineData(10f, 90f, null)]
    [InlineData(10f, 91.5f, "'a' of press has 91.5: commands may set 10 to 90 °C.")]
    [InlineData(-1f, 50f, "'a' of press has -1: give at least 0 °C.")]
    [InlineData(101f, 50f, "'a' of press has 101: give at most 100 °C.")]
    [InlineData(50f, float.NaN, "'a' of press has NaN: give a finite number.")]
    [InlineData(float.PositiveInfinity, 50f, "'a' of press has Infinity: give a finite number.")]
    public async Task Limits_hold_for_every_element_of_an_array(float first, float second, string? sentence)
    {
        var worker = await RunningAsync(new() { Name = "a", DataType = DataType.FloatArray, Writable = true, Low = 0, High = 100, WriteMinimum = 10, WriteMaximum = 90, Unit = "°C" });
        var writing = worker.WriteAsync("a", TagValue.OfObject(DataType.FloatArray, new[] { first, second }), _stop.Token).WaitAsync(Deadline);

        Assert.Equal(sentence, sentence is null ? await writing.ContinueWith(t => t.Exception?.Message) : (await Assert.ThrowsAsync<WriteRefusedException>(() => writing)).Message);
    }

    [Theory]
    [InlineData(DataType.Float, "1.5 NaN", "bad: the device sent NaN, which is no number: check type and byte order.")]
    [InlineData(DataType.Double, "-Infinity 2", "bad: the device sent -Infinity, which is no number: check type and byte order.")]
    [InlineData(DataType.Float, "1.5 2", "[1.5, 2]: ")]
    [InlineData(DataType.Float, "-0.5 11", "[0, 10]: held at its limit.")]
    [InlineData(DataType.Int16, "-1 5", "[0, 5]: held at its limit.")]
    public void Elements_that_are_no_numbers_turn_an_array_bad_and_clamping_holds_each(DataType element, string numbers, string told)
    {
        var elements = numbers.Split(' ').Select(n => Make(element, double.Parse(n, System.Globalization.CultureInfo.InvariantCulture))).ToList();
        var raw = new TagSample("a", TagArray.Join(TagArray.ArrayOf(element), elements), TagQuality.Good, DateTimeOffset.UnixEpoch);

        var sample = TagStage.Clamp(TagStage.Scale(raw, Scaling.None, raw.Value.Type), (0, 10));

        Assert.Equal(told, sample.Quality == TagQuality.Bad ? $"bad: {sample.Reason}" : $"{sample.Value}: {sample.Reason}");
        Assert.Equal(raw.Value.Type, sample.Value.Type);

        static TagValue Make(DataType type, double number)
        {
            Assert.True(TagNumber.TryMake(type, number, out var made));
            return made;
        }
    }

    [Fact]
    public async Task More_writes_than_a_minute_may_bring_are_refused_until_it_is_over()
    {
        var worker = await RunningAsync(new() { Name = "a", DataType = DataType.Double, Writable = true, WritesPerMinute = 2 });
        await worker.WriteAsync("a", TagValue.Of(1.0), _stop.Token).WaitAsync(Deadline);
        _clock.Advance(TimeSpan.FromSeconds(30));
        await worker.WriteAsync("a", TagValue.Of(2.0), _stop.Token).WaitAsync(Deadline);

        var refused = await Assert.ThrowsAsync<WriteRefusedException>(() => worker.WriteAsync("a", TagValue.Of(3.0), _stop.Token));
        Assert.Equal("'a' of press was not written: 2 writes came in the last minute, and more are not allowed (WritesPerMinute).", refused.Message);

        _clock.Advance(TimeSpan.FromSeconds(30));
        await worker.WriteAsync("a", TagValue.Of(3.0), _stop.Token).WaitAsync(Deadline);
        await Assert.ThrowsAsync<WriteRefusedException>(() => worker.WriteAsync("a", TagValue.Of(4.0), _stop.Token));
    }

    [Theory]
    [InlineData(0, 1, null, null, null, null, 0, "DeadbandPercent: is 1: give Low and High too")]
    [InlineData(2, 1, 0.0, 10.0, null, null, 0, "DeadbandPercent: is 1 and Deadband is 2: give one of the two.")]
    [InlineData(0, 101, 0.0, 10.0, null, null, 0, "DeadbandPercent: is 101: give 0 to 100.")]
    [InlineData(0, 0, null, null, 5.0, 4.0, 0, "WriteMaximum: is 4 and WriteMinimum is 5")]
    [InlineData(0, 0, null, null, double.NaN, null, 0, "WriteMinimum: is NaN")]
    [InlineData(0, 0, null, null, null, null, 601, "WritesPerMinute: is 601: give 0 to 600")]
    public void What_is_wrong_with_them_is_said(double deadband, double percent, double? low, double? high, double? least, double? most, int writes, string words)
    {
        var tag = new TagOptions
        {
            Name = "a",
            Deadband = deadband,
            DeadbandPercent = percent,
            Low = low,
            High = high,
            WriteMinimum = least,
            WriteMaximum = most,
            WritesPerMinute = writes,
        };

        var fault = Assert.Single(DeviceChecks.Check(tag));

        Assert.StartsWith(words, $"{fault.Path}: {fault.Message}", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task<ConnectorWorker> RunningAsync(TagOptions tag)
    {
        var worker = Start(new FakeConnector(), tag);
        await Waiting.ReachAsync(() => worker.Status.Reads > 0);
        return worker;
    }

    private ConnectorWorker Start(FakeConnector connector, TagOptions tag)
    {
        var plan = new ConnectorPlan(connector, [new(0, TimeSpan.FromSeconds(1))], [DeviceChecks.Define(tag, tag.DataType)], [tag.DataType]);
        var worker = new ConnectorWorker("press", plan, [tag], _sink, _clock, NullLogger<ConnectorWorker>.Instance);
        _running = Task.Run(() => worker.RunAsync(_stop.Token));
        return worker;
    }
}
