using Uns.Hub.Bench;

namespace Uns.UnitTests.Hub;

public sealed class BenchLedgerTests
{
    [Theory]
    [InlineData("0 1 2 3", 0, 0, 0)]   // all well
    [InlineData("0 2 3", 1, 0, 0)]     // one lost in the middle
    [InlineData("0 1 2", 1, 0, 0)]     // the last one lost
    [InlineData("0 1 1 2 3", 0, 1, 0)] // one doubled
    [InlineData("0 2 1 3", 0, 0, 1)]   // one overtaken
    [InlineData("0 2 1 1 3", 0, 1, 1)] // overtaken and doubled
    [InlineData("", 4, 0, 0)]
    public void What_is_lost_doubled_or_out_of_order_is_counted(string arrived, int lost, int doubled, int reordered)
    {
        var ledger = new DeliveryLedger(receivers: 2, streams: 3);
        foreach (var number in arrived.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            ledger.Arrived(receiver: 1, stream: 2, long.Parse(number));
        }

        Assert.Equal((lost, doubled, reordered), ((int)ledger.Missing(1, 2, sent: 4), (int)ledger.Doubled, (int)ledger.Reordered));
        Assert.Equal(4, ledger.Missing(0, 2, sent: 4));
    }

    [Fact]
    public void A_message_of_somebody_else_ends_the_run() =>
        Assert.Throws<BenchException>(() => new DeliveryLedger(1, 1).Arrived(0, stream: 7, number: 0));

    [Theory]
    [InlineData(50, 500)]
    [InlineData(99, 990)]
    [InlineData(99.9, 999)]
    [InlineData(100, 1000)]
    public void A_percentile_is_right_within_two_percent(double percent, double microseconds)
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++)
        {
            histogram.Add(i * 1000);
        }

        Assert.InRange(histogram.Microseconds(percent), microseconds, microseconds * 1.02);
    }

    [Fact]
    public void Each_wildcard_message_has_exactly_the_five_subscribers_that_are_expected()
    {
        var shape = BenchShape.Wildcards(publishers: 10);
        Assert.Equal(10_000, shape.Filters.Sum(f => f.Count));
        Assert.All(shape.Filters.SelectMany(f => f), f => Assert.True(f.Contains('+') || f.Contains('#'), f));
        for (var stream = 0; stream < shape.Streams.Count; stream += 37)
        {
            var topic = shape.Streams[stream].Topic.Split('/');
            var receivers = Enumerable.Range(0, shape.Filters.Count).SelectMany(s => shape.Filters[s].Where(f => Matches(f.Split('/'), topic)).Select(_ => s));
            Assert.Equal(shape.ReceiversOf(stream).Order(), receivers.Order());
        }
    }

    [Fact]
    public void The_median_leaves_out_what_was_not_measured() => Assert.Equal(2.5, BenchReport.Median([4, null, 1, 2, 3]));

    private static bool Matches(string[] filter, string[] topic)
    {
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] == "#")
            {
                return true;
            }

            if (i >= topic.Length || (filter[i] != "+" && filter[i] != topic[i]))
            {
                return false;
            }
        }

        return filter.Length == topic.Length;
    }
}
