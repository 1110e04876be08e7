using Uns.Sparkplug.EdgeNode;
using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.EdgeNode;

public sealed class SampleQueueTests
{
    [Fact]
    public void When_full_the_newest_of_each_tag_stays_and_the_loss_is_counted()
    {
        var queue = new SampleQueue(4);
        foreach (var (tag, value) in new[] { ("a", 1), ("b", 1), ("a", 2), ("a", 3), ("c", 1), ("b", 2), ("b", 3), ("b", 4) })
        {
            queue.Offer(Sample(tag, value));
        }

        var taken = new List<TagSample>();
        queue.Take(taken);
        Assert.Equal("a3 c1 b3 b4", string.Join(' ', taken.Select(s => s.Tag + s.Value)));
        Assert.Equal(4, queue.Merged);
        queue.Take(taken);
        Assert.Equal(4, taken.Count);
    }

    [Fact]
    public void A_caller_that_invents_tags_cannot_make_it_grow()
    {
        var queue = new SampleQueue(8);
        for (var i = 0; i < 1000; i++)
        {
            queue.Offer(Sample($"tag{i}", i));
        }

        var taken = new List<TagSample>();
        queue.Take(taken);
        Assert.Equal(8, taken.Count);
        Assert.Equal("tag999", taken[^1].Tag);
        Assert.Equal(992, queue.Merged);
    }

    [Theory]
    [InlineData("5", true, DataType.Int32, "")]
    [InlineData("5", false, DataType.Int32, "cannot be written")]
    [InlineData("11", true, DataType.Int32, "0 to 10 is wanted")]
    [InlineData("-1", true, DataType.Int32, "0 to 10 is wanted")]
    [InlineData("5", true, DataType.String, "Int32 is wanted")]
    [InlineData("null", true, DataType.Int32, "null")]
    public void A_command_is_held_against_rights_type_and_range(string value, bool writable, DataType given, string fault)
    {
        var tag = new TagDefinition { Name = "t", DataType = DataType.Int32, Low = 0, High = 10, Writable = writable };
        var number = value == "null" ? TagValue.Null(DataType.Int32) : TagValue.OfInteger(DataType.Int32, long.Parse(value));
        var metric = Metric.Of("t", number) with { DataType = given };
        Assert.Equal(fault.Length == 0, CommandCheck.TryRead(tag, metric, out var read, out var found));
        Assert.Contains(fault, found, StringComparison.Ordinal);
        Assert.True(fault.Length > 0 || read == number);
    }

    [Fact]
    public void NaN_lies_in_no_range()
    {
        var tag = new TagDefinition { Name = "t", DataType = DataType.Double, Writable = true };
        Assert.False(CommandCheck.TryRead(tag, Metric.Of("t", TagValue.Of(double.NaN)), out _, out _));
        Assert.False(CommandCheck.TryRead(tag, Metric.Of("t", TagValue.Of(double.PositiveInfinity)), out _, out _));
        Assert.True(CommandCheck.TryRead(tag, Metric.Of("t", TagValue.Of(1e300)), out _, out _));
    }

    [Theory]
    [InlineData(0f, 10f, "")]
    [InlineData(0f, 10.5f, "was given 10.5: 0 to 10 is wanted")]
    [InlineData(float.NaN, 1f, "was given NaN: 0 to 10 is wanted")]
    public void Each_element_of_an_array_must_lie_in_the_range(float first, float second, string fault)
    {
        var tag = new TagDefinition { Name = "t", DataType = DataType.FloatArray, Low = 0, High = 10, Writable = true };
        Assert.Equal(fault.Length == 0, CommandCheck.TryRead(tag, Metric.Of("t", TagValue.OfObject(DataType.FloatArray, new[] { first, second })), out _, out var found));
        Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    private static TagSample Sample(string tag, int value) => new(tag, TagValue.OfInteger(DataType.Int32, value), TagQuality.Good, DateTimeOffset.UnixEpoch);
}
