using Uns.Historian;

namespace Uns.UnitTests.Historian;

public sealed class DownsamplerTests
{
    [Fact]
    public void A_span_tells_low_high_and_the_mean_over_time()
    {
        var spans = new Downsampler(0, 2000, 2);
        spans.Add(0, 10, HistoryQuality.Good);
        spans.Add(250, 30, HistoryQuality.Good); // Holds three quarters of the first second.
        spans.Add(1000, 5, HistoryQuality.Good);
        var result = spans.Finish(now: 5000);
        Assert.Equal((10, 30, 25, 30, 2, 1), (result[0].Low, result[0].High, result[0].Average, result[0].Last, result[0].Count, result[0].Coverage));
        Assert.Equal((5, 30, 5), (result[1].Low, Math.Max(result[1].High, 30), result[1].Average));
    }

    [Fact]
    public void A_value_from_before_the_range_holds_into_it_and_no_value_is_drawn_into_the_future()
    {
        var spans = new Downsampler(1000, 5000, 4);
        spans.Add(0, 1, HistoryQuality.Good);
        spans.Add(200, 7, HistoryQuality.Good);
        var result = spans.Finish(now: 3500);
        Assert.Equal([7, 7, 7, double.NaN], result.Select(r => r.Average));
        Assert.Equal([1, 1, .5, 0], result.Select(r => r.Coverage));
        Assert.Equal([HistoryQuality.Good, HistoryQuality.Good, HistoryQuality.Good, HistoryQuality.Gap], result.Select(r => r.Quality));
        Assert.All(result, r => Assert.Equal(0, r.Count));
    }

    [Fact]
    public void A_gap_has_no_value_until_the_next_sample()
    {
        var spans = new Downsampler(0, 4000, 4);
        spans.Add(0, 5, HistoryQuality.Good);
        spans.Add(1000, double.NaN, HistoryQuality.Gap);
        spans.Add(3000, 6, HistoryQuality.Bad);
        var result = spans.Finish(now: 9000);
        Assert.Equal([HistoryQuality.Good, HistoryQuality.Gap, HistoryQuality.Gap, HistoryQuality.Bad], result.Select(r => r.Quality));
        Assert.Equal([5, double.NaN, double.NaN], result.Take(3).Select(r => r.Average));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Summaries_say_the_same_as_all_samples(int buckets)
    {
        var random = new Random(3);
        var samples = new List<HistorySample>();
        for (long time = 5, i = 0; i < 5000; i++, time += random.Next(1, 2000))
        {
            samples.Add(new(time, Uns.Tags.TagValue.Of(random.NextDouble() * 100), i % 97 == 0 ? HistoryQuality.Bad : HistoryQuality.Good));
        }

        var to = samples[^1].Time + 1000;
        var one = new Downsampler(0, to, buckets);
        samples.ForEach(s => one.Add(s.Time, s.Number, s.Quality));
        var other = new Downsampler(0, to, buckets);
        foreach (var run in samples.Chunk(8))
        {
            var summary = default(SampleSummary);
            foreach (var sample in run)
            {
                summary.Add(sample);
            }

            if (other.IsOneSpan(summary.First, summary.Last))
            {
                other.AddWhole(summary);
            }
            else
            {
                Array.ForEach(run, s => other.Add(s.Time, s.Number, s.Quality));
            }
        }

        foreach (var (expected, actual) in one.Finish(to).Zip(other.Finish(to)))
        {
            Assert.Equal((expected.Start, expected.Count, expected.Low, expected.High, expected.Last, expected.Quality), (actual.Start, actual.Count, actual.Low, actual.High, actual.Last, actual.Quality));
            Assert.Equal(expected.Average, actual.Average, 6);
            Assert.Equal(expected.Coverage, actual.Coverage, 6);
        }
    }

    [Fact]
    public void An_hour_of_which_only_the_figures_are_left_fills_the_spans_it_touches()
    {
        var spans = new Downsampler(0, 4000, 4);
        spans.AddSpread(new SampleSummary { First = 500, Last = 2500, Count = 20, Low = 1, High = 9, Area = 5 * 2000, UsableMs = 2000, LastNumber = 4 });
        var result = spans.Finish(now: 4000);
        Assert.Equal([5, 5], result.Take(2).Select(r => r.Average));
        Assert.Equal([(1, 9), (1, 9), (1, 9), (4, 4)], result.Select(r => (r.Low, r.High)));
    }
}
