using Uns.Connectors;
using Uns.TestKit;

namespace Uns.UnitTests.Connectors.Diagnostics;

public sealed class TrafficTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Percentiles_are_those_of_the_last_minutes_and_within_their_bucket()
    {
        var traffic = new DeviceTraffic(_clock);
        for (var i = 1; i <= 100; i++)
        {
            traffic.Answered(1, TimeSpan.FromMilliseconds(i), isRefusal: false);
        }

        var figures = traffic.Read();
        Near(50, figures.RoundTrip50);
        Near(90, figures.RoundTrip90);
        Near(99, figures.RoundTrip99);

        _clock.Advance(TimeSpan.FromMinutes(6));
        for (var i = 0; i < 1000; i++)
        {
            traffic.Answered(1, TimeSpan.FromMilliseconds(3), isRefusal: false);
        }

        Near(3, traffic.Read().RoundTrip50);
        _clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Null(traffic.Read().RoundTrip50);
        Assert.Equal(1100, traffic.Read().Answers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.0005)]
    [InlineData(3_600_000)]
    public void A_time_beyond_the_buckets_is_counted_in_the_last_one(double milliseconds)
    {
        var traffic = new DeviceTraffic(_clock);
        traffic.Answered(1, TimeSpan.FromMilliseconds(milliseconds), isRefusal: false);
        Assert.NotNull(traffic.Read().RoundTrip99);
    }

    [Fact]
    public void Each_station_has_its_own_figures_and_a_repeated_error_is_counted()
    {
        var traffic = new DeviceTraffic(_clock);
        traffic.Sent(1, new byte[12]);
        traffic.Received(FrameKind.Received, new byte[20]);
        traffic.Answered(1, TimeSpan.FromMilliseconds(10), isRefusal: true);
        traffic.Sent(2, new byte[12]);
        traffic.TimedOut(2);
        traffic.Retried();
        traffic.Received(FrameKind.Dropped, new byte[5]);
        traffic.Failed("unit 2 is silent.");
        _clock.Advance(TimeSpan.FromSeconds(5));
        traffic.Failed("unit 2 is silent.");

        var figures = traffic.Read();
        Assert.Equal((2, 1, 1, 1, 1, 1), (figures.Requests, figures.Answers, figures.Timeouts, figures.Retries, figures.Refusals, figures.DroppedAnswers));
        Assert.Equal((24, 25), (figures.BytesOut, figures.BytesIn));
        Assert.Equal([new StationFigures(1, 1, 0, TimeSpan.FromMilliseconds(10)), new StationFigures(2, 1, 1, null)], figures.Stations);
        var error = Assert.Single(figures.Errors);
        Assert.Equal((2, TimeSpan.FromSeconds(5)), (error.Count, error.LastAt - error.FirstAt));
        for (var i = 0; i < 100; i++)
        {
            traffic.Failed($"error {i}.");
        }

        Assert.Equal(DeviceTraffic.MostErrors, traffic.Read().Errors.Count);
        Assert.Equal("error 99.", traffic.Read().Errors[^1].Sentence);
    }

    [Fact]
    public void The_ring_gives_the_last_frames_whole_and_in_order_whatever_their_sizes()
    {
        var ring = new FrameRing();
        var random = new Random(11);
        var all = new List<byte[]>();
        for (var round = 0; round < 5000; round++)
        {
            var frame = new byte[random.Next(1, round % 3 == 0 ? 1500 : 60)];
            random.NextBytes(frame);
            all.Add(frame);
            ring.Add(_clock.GetUtcNow(), FrameKind.Sent, frame);
            if (round % 97 != 0)
            {
                continue;
            }

            var kept = ring.Read();
            Assert.InRange(kept.Count, Math.Min(all.Count, 16), FrameRing.MostFrames);
            foreach (var (got, sent) in kept.Zip(all.Skip(all.Count - kept.Count)))
            {
                Assert.Equal(sent.Length, got.Length);
                Assert.Equal(sent.Take(FrameRing.MostFrameBytes), got.Bytes.ToArray());
            }
        }
    }

    [Fact]
    public void Noting_a_frame_allocates_nothing()
    {
        var ring = new FrameRing();
        var frame = new byte[260];
        ring.Add(default, FrameKind.Sent, frame);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            ring.Add(default, FrameKind.Sent, frame);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    private static void Near(double milliseconds, TimeSpan? found) => Assert.InRange(found!.Value.TotalMilliseconds, milliseconds * 0.99, milliseconds * 1.14);
}
