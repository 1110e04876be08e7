using System.Buffers;
using System.Text;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Tree;

public sealed class ValuePayloadTests
{
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddTicks(1239999);

    public static TheoryData<string, string> Messages() => new()
    {
        { "double", """{"value":21.5,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good","unit":"°C"}""" },
        { "nan", """{"value":null,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good"}""" },
        { "big", """{"value":"9007199254740993","timestamp":"2026-01-31T12:00:00.123Z","quality":"Good"}""" },
        { "text", """{"value":"a \"b\" <c> 温","timestamp":"2026-01-31T12:00:00.123Z","quality":"Good"}""" },
        { "array", """{"value":[1,-2],"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good"}""" },
        { "stale", """{"value":true,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Stale","reason":"the node died"}""" },
        { "null", """{"value":null,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Bad","reason":"no answer"}""" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_value_is_the_message_that_strangers_read(string name, string message)
    {
        var (value, quality, reason, unit) = name switch
        {
            "double" => (TagValue.Of(21.5), TagQuality.Good, null, "°C"),
            "nan" => (TagValue.Of(double.NaN), TagQuality.Good, null, ""),
            "big" => (TagValue.OfInteger(DataType.Int64, 9007199254740993), TagQuality.Good, null, ""),
            "text" => (TagValue.Of("a \"b\" <c> 温"), TagQuality.Good, null, ""),
            "array" => (TagValue.OfObject(DataType.Int16Array, new short[] { 1, -2 }), TagQuality.Good, null, ""),
            "stale" => (TagValue.Of(true), TagQuality.Stale, "the node died", ""),
            _ => (TagValue.Null(DataType.Double), TagQuality.Bad, (string?)"no answer", ""),
        };
        var tree = new UnsTree(new ManualClock());
        var key = new MetricKey(new EdgeNodeId("G", "E"), null, "m");
        tree.Changed(new MetricChange(key, value, quality, At, reason, new TagDefinition { Name = "m", DataType = value.Type, Unit = unit }));
        var node = tree.Find("G/E/m")!;
        var output = new ArrayBufferWriter<byte>();
        ValuePayload.Write(output, node, node.Current!);
        Assert.Equal(message, Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.True(ValuePayload.TryRead(output.WrittenSpan, out _, out var time));
        Assert.Equal(At.ToUnixTimeMilliseconds(), time.ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("{}")]
    [InlineData("""{"value":1}""")]
    [InlineData("""{"value":1,"timestamp":"yesterday"}""")]
    [InlineData("""{"value":1,"timestamp":"2026-01-31T12:00:00Z" """)]
    public void What_others_put_on_the_topic_is_passed_over(string payload) =>
        Assert.False(ValuePayload.TryRead(Encoding.UTF8.GetBytes(payload), out _, out _));
}
