using System.Buffers;
using System.Text;
using System.Text.Json;
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

    [Fact]
    public void A_note_stands_beside_a_good_value()
    {
        var tree = new UnsTree(new ManualClock());
        var metric = new Noted();
        tree.Changed(new MetricChange(metric.Key, TagValue.Of(21.5), TagQuality.Good, At, null, new TagDefinition { Name = "m", DataType = DataType.Double, Unit = "°C" }) { Source = metric });
        var node = tree.Find("G/E/m")!;
        var output = new ArrayBufferWriter<byte>();
        ValuePayload.Write(output, node, node.Current!);
        Assert.Equal("""{"value":21.5,"timestamp":"2026-01-31T12:00:00.123Z","quality":"Good","note":"the clock is wrong","unit":"°C"}""", Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.True(ValuePayload.TryRead(output.WrittenSpan, out var value, out _));
        Assert.Equal(21.5, value.Number);
    }

    private sealed class Noted : MetricSource
    {
        public override MetricKey Key => new(new EdgeNodeId("G", "E"), null, "m");

        public override string? Note => "the clock is wrong";
    }

    /// <summary>The short way writes what the writer of JSON writes, for values and units of every kind.</summary>
    [Fact]
    public void Every_value_is_written_as_the_writer_of_json_writes_it()
    {
        var random = new Random(7);
        var tree = new UnsTree(new ManualClock());
        string[] units = ["", "°C", "m³/h", "%", "µm", "kΩ", "1/min", "\"", "<b>", "\\", "温", "\u00A0", "\t", "&'+", new string('x', 32), new string('°', 33), "😀"];
        TagQuality[] qualities = [TagQuality.Good, TagQuality.Uncertain, TagQuality.Bad, TagQuality.Stale];
        foreach (var value in Values(random))
        {
            var key = new MetricKey(new EdgeNodeId("G", "E"), null, "m");
            var (quality, unit) = (qualities[random.Next(6) % 4 * random.Next(2)], units[random.Next(units.Length)]);
            var time = DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(4_000_000_000L * TimeSpan.TicksPerSecond)).ToOffset(TimeSpan.FromHours(random.Next(-12, 13)));
            tree.Changed(new MetricChange(key, value, quality, time, quality == TagQuality.Good ? null : "because", new TagDefinition { Name = "m", DataType = value.Type, Unit = unit }));
            var node = tree.Find("G/E/m")!;
            var (output, wanted) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
            ValuePayload.Write(output, node, node.Current!);
            using (var json = new Utf8JsonWriter(wanted, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                json.WriteStartObject();
                ValuePayload.WriteFields(json, node, node.Current!);
                json.WriteEndObject();
            }

            Assert.Equal(Encoding.UTF8.GetString(wanted.WrittenSpan), Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    private static IEnumerable<TagValue> Values(Random random)
    {
        foreach (var edge in new[] { 0.0, -0.0, 1e15, 1e16, 1e-5, 1e-7, -1.5, 0.1, double.MaxValue, double.Epsilon, double.NaN, double.PositiveInfinity, 9007199254740993d })
        {
            yield return TagValue.Of(edge);
            yield return TagValue.Of((float)edge);
        }

        foreach (var edge in new[] { 0L, -1, 1L << 53, (1L << 53) + 1, -(1L << 53), -(1L << 53) - 1, long.MinValue, long.MaxValue })
        {
            yield return TagValue.OfInteger(DataType.Int64, edge);
            yield return TagValue.OfInteger(DataType.UInt64, edge);
        }

        for (var i = 0; i < 20_000; i++)
        {
            yield return random.Next(8) switch
            {
                0 => TagValue.Of(random.Next(2) == 0),
                1 => TagValue.OfInteger(DataType.Int64, random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64)),
                2 => TagValue.OfInteger(DataType.UInt64, random.NextInt64(long.MinValue, long.MaxValue)),
                3 => TagValue.OfInteger(DataType.Int16, random.Next(short.MinValue, short.MaxValue)),
                4 => TagValue.Of(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))),
                5 => TagValue.Of(Math.Round((random.NextDouble() - 0.5) * 1000, random.Next(6))),
                6 => TagValue.Null(DataType.Double),
                _ => TagValue.Of(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))),
            };
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("{}")]
    [InlineData("""{"value":1}""")]
    [InlineData("""{"value":1,"timestamp":"yesterday"}""")]
    [InlineData("""{"value":1,"timestamp":"2026-01-31T12:00:00Z" """)]
    [InlineData("""{"value":1,"timestamp":1700000000}""")]
    [InlineData("""{"value":1,"timestamp":null}""")]
    [InlineData("""{"value":1,"timestamp":["2026-01-31T12:00:00Z"]}""")]
    [InlineData("""{"value":1,"timestamp":"\ud800"}""")]
    [InlineData("""{"value":1,"timestamp":"9999-12-31T23:59:59.9999999-14:00"}""")]
    [InlineData("""{"value":"\ud800","timestamp":"2026-01-31T12:00:00Z"}""")]
    [InlineData("""{"value":["a","\udc00"],"timestamp":"2026-01-31T12:00:00Z"}""")]
    [InlineData("""{"value":{"\ud800":1},"timestamp":"2026-01-31T12:00:00Z"}""")]
    [InlineData("""{"value":1,"timestamp":"2026-01-31T12:00:00Z","movedTo":"\ud800"}""")]
    public void What_others_put_on_the_topic_is_passed_over(string payload) =>
        Assert.False(ValuePayload.TryRead(Encoding.UTF8.GetBytes(payload), out _, out _));

    [Fact]
    public void Random_bytes_in_a_message_never_throw_and_what_was_read_can_be_written()
    {
        var random = new Random(11);
        var whole = Encoding.UTF8.GetBytes("""{"value":{"a":["x\u00e4\ud83d\ude00",1.5,null]},"timestamp":"2026-01-31T12:00:00.123Z","movedTo":"a/b"}""");
        for (var round = 0; round < 200_000; round++)
        {
            var bytes = whole[..(round % 4 == 0 ? random.Next(whole.Length) : whole.Length)];
            for (var changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (ValuePayload.TryRead(bytes, out var value, out _))
            {
                using var json = new Utf8JsonWriter(Stream.Null);
                TagValueJson.Write(json, value);
            }
        }
    }
}
