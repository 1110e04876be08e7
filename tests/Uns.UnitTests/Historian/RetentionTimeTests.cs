using Uns.Historian;

namespace Uns.UnitTests.Historian;

/// <summary>By which time history is too old, whatever the clock is set to.</summary>
public sealed class RetentionTimeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Begin = TimeSpan.FromDays(3);

    [Fact]
    public void It_follows_the_clock_and_what_drifts()
    {
        var time = Started();
        for (var day = 1; day <= 400; day++)
        {
            var wall = Noon.AddDays(day).AddHours(day / 10.0); // Six minutes a day too fast.
            Assert.Equal(wall, time.Next(wall, Begin + TimeSpan.FromDays(day)));
        }

        Assert.Null(time.Apart);
    }

    [Fact]
    public void A_clock_that_is_years_ahead_for_a_while_counts_for_nothing()
    {
        var time = Started();
        Assert.Equal(Noon.AddMinutes(1), time.Next(Noon.AddYears(10), Begin + TimeSpan.FromMinutes(1)));
        Assert.Equal(Noon.AddYears(10) - Noon.AddMinutes(1), time.Apart);
        Assert.Equal(Noon.AddMinutes(10), time.Next(Noon.AddYears(10), Begin + TimeSpan.FromMinutes(10)));
        Assert.Equal(Noon.AddMinutes(11), time.Next(Noon.AddMinutes(11), Begin + TimeSpan.FromMinutes(11)));
        Assert.Equal((null, TimeSpan.Zero), (time.Apart, time.Stood));
    }

    [Fact]
    public void A_jump_that_stands_for_a_week_of_running_is_believed_over_restarts_too()
    {
        var (time, moment) = (Started(), Begin);
        for (var restart = 0; restart < 6; restart++)
        {
            moment += TimeSpan.FromDays(1);
            time.Next(Noon.AddDays(1000 + restart), moment);
            var ((reckoned, jump), stood) = (time.Now, time.Stood);
            time = new RetentionTime();
            moment = TimeSpan.FromHours(restart); // The machine was started anew, and was off for the half of a day.
            time.Load(reckoned, jump, stood, moment);
        }

        Assert.True(time.Next(Noon.AddDays(1006), moment + TimeSpan.FromDays(1)) < Noon.AddDays(10));
        Assert.Equal(Noon.AddDays(1007), time.Next(Noon.AddDays(1007), moment + TimeSpan.FromDays(2)));
        Assert.Null(time.Apart);
    }

    [Fact]
    public void Another_jump_in_between_begins_the_wait_anew()
    {
        var time = Started();
        time.Next(Noon.AddYears(1), Begin + TimeSpan.FromMinutes(1));
        time.Next(Noon.AddYears(1).AddDays(6), Begin + TimeSpan.FromDays(6));
        Assert.Equal(Noon.AddDays(7), time.Next(Noon.AddYears(20), Begin + TimeSpan.FromDays(7)));
        Assert.Equal(Noon.AddDays(13), time.Next(Noon.AddYears(20).AddDays(6), Begin + TimeSpan.FromDays(13)));
    }

    [Fact]
    public void A_clock_that_is_behind_gives_up_less_and_loses_nothing_of_what_is_reckoned()
    {
        var time = Started();
        Assert.Equal(Noon.AddYears(-30), time.Next(Noon.AddYears(-30), Begin + TimeSpan.FromMinutes(1)));
        Assert.Equal(Noon.AddMinutes(2), time.Next(Noon.AddMinutes(2), Begin + TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void A_night_without_the_hub_is_believed_at_once_and_so_is_the_very_first_clock()
    {
        var time = new RetentionTime();
        time.Load(Noon, TimeSpan.Zero, TimeSpan.Zero, Begin);
        Assert.Equal(Noon.AddHours(20), time.Next(Noon.AddHours(20), Begin));
        Assert.Equal(Noon, new RetentionTime().Next(Noon, Begin));
    }

    private static RetentionTime Started()
    {
        var time = new RetentionTime();
        time.Next(Noon, Begin);
        return time;
    }
}
