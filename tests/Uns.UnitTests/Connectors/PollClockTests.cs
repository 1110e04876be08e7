using Uns.Connectors;

namespace Uns.UnitTests.Connectors;

public sealed class PollClockTests
{
    private readonly PollClock _clock = new(TimeSpan.FromMilliseconds(100), TimeSpan.Zero);

    [Theory]
    [InlineData(0, 100, 0)]      // at once
    [InlineData(99, 100, 0)]     // a long read that just made it
    [InlineData(100, 200, 1)]    // one cycle could not be kept
    [InlineData(1234, 1300, 12)] // a stall: counted, not caught up
    public void Due_times_lie_on_the_grid(int readEnded, int due, long missed)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(readEnded));

        Assert.Equal(TimeSpan.FromMilliseconds(due), _clock.Due);
        Assert.Equal(missed, _clock.Missed);
    }

    [Fact]
    public void A_million_reads_do_not_drift()
    {
        for (var i = 0; i < 1_000_000; i++)
        {
            _clock.Advance(_clock.Due + TimeSpan.FromMilliseconds(7));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(100) * 1_000_000, _clock.Due);
        Assert.Equal(0, _clock.Missed);
    }

    [Fact]
    public void Back_off_doubles_to_half_a_minute_and_starts_small_after_success()
    {
        var backOff = new BackOff(new Random(1));
        foreach (var whole in new[] { 0.5, 1, 2, 4, 8, 16, 30, 30, 30 })
        {
            Assert.InRange(backOff.Next().TotalSeconds, whole / 2, whole);
        }

        backOff.Reset();
        Assert.InRange(backOff.Next().TotalSeconds, 0.25, 0.5);
    }
}
