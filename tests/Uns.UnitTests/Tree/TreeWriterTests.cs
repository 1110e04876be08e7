using System.Text.Json;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Tree;

public sealed class TreeWriterTests : ICommandSink
{
    private const string Path = "G/E/d/SetPoint";
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly MetricKey Key = new(new EdgeNodeId("G", "E"), "d", "SetPoint");

    private readonly ManualClock _clock = new();
    private readonly UnsTree _tree;
    private readonly TreeWriter _writer;
    private readonly List<TagValue> _sent = [];
    private Action<TagValue>? _device;

    public TreeWriterTests()
    {
        _tree = new UnsTree(_clock);
        _writer = new TreeWriter(_tree, this, _clock);
        Data(10, new TagDefinition { Name = "SetPoint", DataType = DataType.Int16, Writable = true, Low = 0, High = 100, Unit = "1/min" });
    }

    Task ICommandSink.SendAsync(MetricKey key, TagValue value, CancellationToken cancellationToken)
    {
        _sent.Add(value);
        _device?.Invoke(value);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_write_is_done_when_the_value_comes_back()
    {
        _device = value => Data(value.Integer);
        var result = await WriteAsync("42");
        Assert.Equal((WriteOutcome.Done, 42), (result.Outcome, result.Value!.Value.Integer));
    }

    [Theory]
    [InlineData("\"fast\"", "'fast'")]
    [InlineData("1.5", "whole number")]
    [InlineData("40000", "from -32768 to 32767")]
    [InlineData("101", "give 0 to 100 1/min")]
    [InlineData("-1", "give 0 to 100 1/min")]
    [InlineData("null", "is null")]
    public async Task A_value_that_does_not_fit_is_never_sent(string given, string said)
    {
        var result = await WriteAsync(given);
        Assert.Equal(WriteOutcome.BadValue, result.Outcome);
        Assert.Contains(said, result.Message);
        Assert.Contains(Path, result.Message);
        Assert.Empty(_sent);
    }

    [Fact]
    public async Task Silence_is_told_as_silence_after_the_time_limit()
    {
        var writing = WriteAsync("42");
        _clock.Advance(AnswerTimeout);
        Assert.Equal(WriteOutcome.NoAnswer, (await writing).Outcome);
        Assert.Single(_sent);
    }

    [Fact]
    public async Task Another_value_that_comes_back_is_told()
    {
        _device = _ => Data(41);
        var writing = WriteAsync("42");
        _clock.Advance(AnswerTimeout);
        var result = await writing;
        Assert.Equal(WriteOutcome.Different, result.Outcome);
        Assert.Contains("now reads 41, not 42", result.Message);
    }

    [Fact]
    public async Task The_value_that_stood_there_already_is_no_answer()
    {
        var writing = WriteAsync("10");
        Assert.Single(_sent);
        Assert.False(writing.IsCompleted);
        _clock.Advance(AnswerTimeout);
        var result = await writing;
        Assert.Equal(WriteOutcome.NoAnswer, result.Outcome);
        Assert.Contains("read 10 already, and nothing came back within 5 s: whether the device took it is not known", result.Message);

        _device = value => Data(value.Integer);
        Assert.Equal(WriteOutcome.Done, (await WriteAsync("10")).Outcome);
    }

    [Theory]
    [InlineData(DataType.Int32, 3_000_000, "3000001", 3_000_000, false)] // a step that the device refused
    [InlineData(DataType.Int32, 3_000_000, "3000001", 3_000_001, true)]
    [InlineData(DataType.Int64, 0, "9007199254740993", 9_007_199_254_740_992, false)]
    [InlineData(DataType.Double, 3_000_000, "3000001", 3_000_000, false)]
    [InlineData(DataType.Double, 30_000, "30000.001", 30_000, false)]
    [InlineData(DataType.Double, 5_000, "30000.001", 30_000, false)]
    [InlineData(DataType.Double, 1, "0.1", 0.1f, true)] // the device holds single precision
    [InlineData(DataType.Double, 1, "0.3", 0.1 * 3, true)] // scaled
    [InlineData(DataType.Double, 1, "0", -5.551115123125783e-17, true)]
    [InlineData(DataType.Double, 1e-9, "2e-9", 1e-9, false)]
    [InlineData(DataType.Double, 40, "42.37", 42.4, false)] // the nearest raw step
    [InlineData(DataType.Float, 1, "0.1", 0.10000001f, true)]
    [InlineData(DataType.Float, 3_000_000, "3000001", 3_000_000, false)]
    [InlineData(DataType.Float, 1, "3000001", 3_000_000, false)]
    public async Task What_comes_back_is_the_value_wanted_within_the_precision_that_scaling_leaves(DataType type, double before, string wanted, double back, bool isDone)
    {
        Number(type, before, new TagDefinition { Name = "SetPoint", DataType = type, Writable = true });
        _device = _ => Number(type, back);
        var writing = WriteAsync(wanted);
        _clock.Advance(AnswerTimeout);
        var result = await writing;
        Assert.Equal(isDone ? WriteOutcome.Done : WriteOutcome.Different, result.Outcome);
        Assert.Equal(isDone, result.Message is null);
    }

    [Fact]
    public async Task A_value_that_turns_bad_after_the_command_is_told_as_such()
    {
        _device = _ => _tree.Changed(new MetricChange(Key, TagValue.OfInteger(DataType.Int16, 42), TagQuality.Bad, _clock.GetUtcNow(), "unit 7 did not answer.", null));
        var writing = WriteAsync("42");
        _clock.Advance(AnswerTimeout);
        var result = await writing;
        Assert.Equal(WriteOutcome.NoAnswer, result.Outcome);
        Assert.Contains("is bad now: unit 7 did not answer.", result.Message);
    }

    [Fact]
    public async Task Nothing_is_sent_to_what_is_unknown_unclaimed_or_read_only()
    {
        Assert.Equal(WriteOutcome.NotFound, (await _writer.WriteAsync("G/E/d/Nope", Json("1"), AnswerTimeout, default)).Outcome);
        Data(10, new TagDefinition { Name = "SetPoint", DataType = DataType.Int16 });
        Assert.Equal(WriteOutcome.NotWritable, (await WriteAsync("1")).Outcome);
        _tree.Restore("G/E/d/Kept", TagValue.OfInteger(DataType.Int16, 10), _clock.GetUtcNow());
        Assert.Equal(WriteOutcome.Offline, (await _writer.WriteAsync("G/E/d/Kept", Json("1"), AnswerTimeout, default)).Outcome);
        Assert.Empty(_sent);
    }

    [Fact]
    public async Task Of_a_stale_value_the_host_says_whether_anybody_is_there()
    {
        _device = value => Data(value.Integer);
        Stale("It has not been read yet.");
        Assert.Equal(WriteOutcome.Done, (await WriteAsync("42")).Outcome);

        _device = _ => throw new CommandRefusedException("The edge node G/E is offline.");
        Stale("node died");
        var result = await WriteAsync("43");
        Assert.Equal((WriteOutcome.Offline, "The edge node G/E is offline."), (result.Outcome, result.Message));
    }

    private void Stale(string reason) =>
        _tree.Changed(new MetricChange(Key, TagValue.OfInteger(DataType.Int16, 10), TagQuality.Stale, _clock.GetUtcNow(), reason, null));

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private Task<WriteResult> WriteAsync(string given) => _writer.WriteAsync(Path, Json(given), AnswerTimeout, default);

    private void Number(DataType type, double value, TagDefinition? definition = null)
    {
        Assert.True(TagNumber.TryMake(type, value, out var made));
        _tree.Changed(new MetricChange(Key, made, TagQuality.Good, _clock.GetUtcNow(), null, definition));
    }

    private void Data(long value, TagDefinition? definition = null) =>
        _tree.Changed(new MetricChange(Key, TagValue.OfInteger(DataType.Int16, value), TagQuality.Good, _clock.GetUtcNow(), null, definition));
}
