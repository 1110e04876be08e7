using Uns.Historian;
using Uns.Tags;

namespace Uns.UnitTests.Historian;

public sealed class SegmentTests
{
    [Fact]
    public void Samples_of_every_kind_come_back_as_they_were()
    {
        TagValue[] values =
        [
            TagValue.Of(21.5), TagValue.Of(21.25f), TagValue.Of(double.NaN), TagValue.Of(double.NegativeInfinity), TagValue.Of(true), TagValue.Of(false), TagValue.OfInteger(DataType.Int8, -128),
            TagValue.OfInteger(DataType.Int64, long.MinValue), TagValue.OfInteger(DataType.Int64, long.MaxValue), TagValue.OfInteger(DataType.UInt64, -1), TagValue.Of("Füller \"7\""), TagValue.Of(""),
            TagValue.Null(DataType.Double), TagValue.Of(DateTimeOffset.UnixEpoch.AddDays(20_000)), TagValue.Null(DataType.String), TagValue.Of(0.0), TagValue.Of(0.0),
        ];
        var samples = values.SelectMany((v, i) => Enum.GetValues<HistoryQuality>().Select(q => new HistorySample(1_700_000_000_000 + (i * 997) + (int)q, v, q))).ToList();
        Assert.Equal(samples, Read(Write(samples), samples.Count));
    }

    [Fact]
    public void Arrays_and_long_texts_are_kept_as_text_of_a_thousand_characters()
    {
        var array = TagValue.OfObject(DataType.Int16Array, new short[] { 1, 2 });
        var read = Read(Write([new(1, array, HistoryQuality.Good), new(2, TagValue.Of(new string('x', 5000)), HistoryQuality.Good)]), 2);
        Assert.Equal("[1, 2]", read[0].Value.Text);
        Assert.Equal(1000, read[1].Value.Text!.Length);
    }

    [Fact]
    public void A_single_that_walks_costs_less_than_eight_bytes_a_second()
    {
        var random = new Random(7);
        var level = 20f;
        var samples = Enumerable.Range(0, 1024).Select(i => new HistorySample(1_700_000_000_000 + (i * 1000L), TagValue.Of(level += (float)random.NextDouble() - .5f), HistoryQuality.Good)).ToList();
        Assert.InRange(Write(samples).Length, 1024, 8 * 1024);
    }

    [Fact]
    public void Damaged_bytes_are_told_and_never_thrown()
    {
        var samples = Enumerable.Range(0, 40).Select(i => new HistorySample(i * 1000L, i % 3 == 0 ? TagValue.Of($"text {i}") : TagValue.Of(i * 1.5), (HistoryQuality)(i % 5))).ToList();
        var bytes = Write(samples);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            Assert.False(SegmentWriter.TryRead(bytes.AsSpan(0, cut), samples.Count, []));
        }

        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var hurt = (byte[])bytes.Clone();
            hurt[random.Next(hurt.Length)] = (byte)random.Next(256);
            SegmentWriter.TryRead(hurt, samples.Count, []);
        }
    }

    private static byte[] Write(IEnumerable<HistorySample> samples)
    {
        var run = new SegmentWriter(1, 1);
        foreach (var sample in samples)
        {
            run.Add(sample);
        }

        return run.ToArray();
    }

    private static List<HistorySample> Read(byte[] bytes, int count)
    {
        var read = new List<HistorySample>();
        Assert.True(SegmentWriter.TryRead(bytes, count, read));
        return read;
    }
}
