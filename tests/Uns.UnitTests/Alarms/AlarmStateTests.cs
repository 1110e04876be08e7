using Uns.Alarms;
using Uns.Tags;

namespace Uns.UnitTests.Alarms;

public sealed class AlarmStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AlarmRule High = new() { Name = "hot", Path = "a/b", Kind = AlarmKind.High, Limit = 80, Hysteresis = 5 };

    [Theory]
    [InlineData(AlarmKind.High, "79 80 81 79 76 75 74 81", "- - Raised - - Gone - Raised")]
    [InlineData(AlarmKind.Low, "81 80 79 81 84 85 86 79", "- - Raised - - Gone - Raised")]
    public void A_limit_raises_and_the_hysteresis_ends(AlarmKind kind, string values, string happened)
    {
        var alarm = new AlarmState(High with { Kind = kind }, AlarmStanding.Calm);
        var told = values.Split(' ').Select((v, i) => Observe(alarm, double.Parse(v), i)?.ToString() ?? "-");
        Assert.Equal(happened, string.Join(' ', told));
    }

    [Fact]
    public void A_delay_must_be_stood_through_and_a_dip_begins_it_anew()
    {
        var alarm = new AlarmState(High with { Delay = TimeSpan.FromSeconds(10) }, AlarmStanding.Calm);
        Assert.Null(Observe(alarm, 90, 0));
        Assert.Null(Tick(alarm, 9));
        Assert.Null(Observe(alarm, 60, 9.5));
        Assert.Null(Observe(alarm, 91, 10));
        Assert.Null(Tick(alarm, 19.9));
        Assert.Equal(AlarmHappening.Raised, Tick(alarm, 20));
        Assert.Equal(("Active", "91", Noon.AddSeconds(20)), (alarm.Standing.Word, alarm.Standing.Value, alarm.Standing.Since));
        Assert.Null(Tick(alarm, 21));
    }

    [Fact]
    public void An_alarm_that_nobody_saw_stays_open_when_it_is_gone()
    {
        var alarm = new AlarmState(High, AlarmStanding.Calm);
        Observe(alarm, 90, 0);
        Assert.Equal(AlarmHappening.Gone, Observe(alarm, 10, 1));
        Assert.Equal(("Gone unseen", true), (alarm.Standing.Word, alarm.Standing.IsOpen));
        Assert.Equal(AlarmHappening.Acknowledged, alarm.Acknowledge());
        Assert.Equal(("Normal", false), (alarm.Standing.Word, alarm.Standing.IsOpen));
        Assert.Null(alarm.Acknowledge());
        Assert.Equal(AlarmHappening.Raised, Observe(alarm, 90, 2));
        Assert.Equal("Active", alarm.Standing.Word);
        alarm.Acknowledge();
        Assert.Equal(("Acknowledged", true), (alarm.Standing.Word, alarm.Standing.IsOpen));
    }

    [Fact]
    public void What_cannot_be_believed_raises_nothing_and_ends_nothing_but_a_stale_alarm()
    {
        var alarm = new AlarmState(High, AlarmStanding.Calm);
        Assert.Null(alarm.Observe(TagValue.Of(99.0), TagQuality.Bad, Noon, TimeSpan.FromSeconds(0), Noon.AddSeconds(0)));
        Observe(alarm, 90, 1);
        Assert.Null(alarm.Observe(TagValue.Of(10.0), TagQuality.Stale, Noon, TimeSpan.FromSeconds(2), Noon.AddSeconds(2)));
        Assert.True(alarm.Standing.IsActive);

        // A value that nobody has read yet is no low value, and no known state.
        foreach (var rule in new[] { High with { Kind = AlarmKind.Low, Limit = 5 }, High with { Kind = AlarmKind.State, State = "" } })
        {
            Assert.Null(new AlarmState(rule, AlarmStanding.Calm).Observe(TagValue.Null(DataType.Double), TagQuality.Stale, Noon, TimeSpan.FromSeconds(0), Noon.AddSeconds(0)));
        }

        var stale = new AlarmState(High with { Kind = AlarmKind.Stale, Delay = TimeSpan.FromSeconds(5) }, AlarmStanding.Calm);
        Assert.Null(stale.Observe(TagValue.Of(10.0), TagQuality.Stale, Noon, TimeSpan.FromSeconds(0), Noon.AddSeconds(0)));
        Assert.Equal(AlarmHappening.Raised, Tick(stale, 5));
        Assert.Equal(AlarmHappening.Gone, stale.Observe(TagValue.Of(10.0), TagQuality.Good, Noon, TimeSpan.FromSeconds(6), Noon.AddSeconds(6)));
    }

    [Fact]
    public void A_state_is_met_by_its_word_and_a_rate_by_its_step()
    {
        var state = new AlarmState(High with { Kind = AlarmKind.State, State = "TRUE" }, AlarmStanding.Calm);
        Assert.Null(state.Observe(TagValue.Of(false), TagQuality.Good, Noon, TimeSpan.FromSeconds(0), Noon.AddSeconds(0)));
        Assert.Equal(AlarmHappening.Raised, state.Observe(TagValue.Of(true), TagQuality.Good, Noon, TimeSpan.FromSeconds(0), Noon.AddSeconds(0)));
        var rate = new AlarmState(High with { Kind = AlarmKind.Rate, Limit = 60, Hysteresis = 0 }, AlarmStanding.Calm);
        Assert.Null(Observe(rate, 10, 0));
        Assert.Null(Observe(rate, 20, 10));
        Assert.Equal(AlarmHappening.Raised, Observe(rate, 5, 20)); // 90 a minute, downwards.
        Assert.Equal(AlarmHappening.Gone, Tick(rate, 80));
    }

    [Fact]
    public void A_shelf_silences_for_its_time_and_the_alarm_is_watched_on()
    {
        var alarm = new AlarmState(High, AlarmStanding.Calm);
        alarm.Shelve(Noon.AddMinutes(10));
        Assert.Equal(AlarmHappening.Raised, Observe(alarm, 90, 1));
        Assert.Equal(("Shelved", false), (alarm.Standing.Word, alarm.Standing.IsOpen));
        Assert.Null(Tick(alarm, 9 * 60));
        Assert.Equal(AlarmHappening.Unshelved, Tick(alarm, 10 * 60));
        Assert.Equal(("Active", true), (alarm.Standing.Word, alarm.Standing.IsOpen));
    }

    [Fact]
    public void A_standing_from_before_a_restart_goes_on()
    {
        var alarm = new AlarmState(High, new AlarmStanding(true, true, Noon.AddHours(-1), null, "90"));
        Assert.Null(Observe(alarm, 78, 0)); // Within the hysteresis: still the same alarm.
        Assert.Equal("Acknowledged", alarm.Standing.Word);
        Assert.Equal(AlarmHappening.Gone, Observe(alarm, 70, 1));
    }

    [Fact]
    public void Every_fault_of_a_rule_is_named_at_once()
    {
        var faults = string.Join(' ', new AlarmRule { Name = "a/b", Limit = double.NaN, Hysteresis = -1, Delay = TimeSpan.FromDays(2) }.Faults());
        foreach (var word in new[] { "Name is 'a/b'", "Path is empty", "Limit", "Hysteresis", "Delay" })
        {
            Assert.Contains(word, faults, StringComparison.Ordinal);
        }

        Assert.Empty(High.Faults());
        Assert.Equal("above 80 °C for 10 s", (High with { Delay = TimeSpan.FromSeconds(10) }).Words("°C"));
    }

    [Fact]
    public void A_clock_that_is_set_ends_no_delay_and_lengthens_none()
    {
        foreach (var set in new[] { TimeSpan.FromHours(-1), TimeSpan.FromHours(1) })
        {
            var alarm = new AlarmState(High with { Delay = TimeSpan.FromSeconds(10) }, AlarmStanding.Calm);
            Assert.Null(Observe(alarm, 90, 0));
            Assert.Null(alarm.Tick(TimeSpan.FromSeconds(9.9), Noon.AddSeconds(9.9) + set));
            Assert.Equal(AlarmHappening.Raised, alarm.Tick(TimeSpan.FromSeconds(10), Noon.AddSeconds(10) + set));
            Assert.Equal(Noon.AddSeconds(10) + set, alarm.Standing.Since);

            var rate = Rate();
            Observe(rate, 0, 0);
            Assert.Equal(AlarmHappening.Raised, Observe(rate, 100, 10));
            Assert.Null(rate.Tick(TimeSpan.FromSeconds(69), Noon.AddSeconds(69) + set));
            Assert.Equal(AlarmHappening.Gone, rate.Tick(TimeSpan.FromSeconds(70), Noon.AddSeconds(70) + set)); // It stands still.
        }
    }

    [Fact]
    public void A_rate_is_measured_by_the_times_of_the_source_and_two_of_one_time_tell_none()
    {
        var held = Rate();
        Observe(held, 10, 0);
        for (var i = 1; i <= 10; i++)
        {
            Assert.Null(Observe(held, 10 + (5 * i), second: 100, source: 10 * i)); // 30 a minute, held up by a line and let go together.
        }

        Assert.Null(Observe(held, 200, second: 101, source: 100));
        Assert.Null(Observe(held, 10, second: 102, source: 50)); // A source whose clock was set back is measured from here on.
        Assert.Null(Observe(held, 15, second: 103, source: 60));
        Assert.Equal(AlarmHappening.Raised, Observe(held, 95, second: 104, source: 120)); // 80 a minute.
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_shelf_longer()
    {
        var alarm = new AlarmState(High, AlarmStanding.Calm);
        alarm.Shelve(Noon.AddMinutes(10));
        Assert.Null(Tick(alarm, 0));
        Assert.Null(alarm.Tick(TimeSpan.FromMinutes(9), Noon.AddDays(-365)));
        Assert.Equal(AlarmHappening.Unshelved, alarm.Tick(TimeSpan.FromMinutes(10), Noon.AddDays(-365)));

        // And one from before a restart is no longer than the longest.
        alarm = new AlarmState(High, AlarmStanding.Calm with { ShelvedUntil = Noon.AddYears(3) });
        Assert.Null(Tick(alarm, 0));
        Assert.Equal(AlarmHappening.Unshelved, Tick(alarm, AlarmState.LongestShelf.TotalSeconds));
    }

    private static AlarmState Rate() => new(High with { Kind = AlarmKind.Rate, Limit = 60, Hysteresis = 0 }, AlarmStanding.Calm);

    private static AlarmHappening? Observe(AlarmState alarm, double value, double second, double? source = null) =>
        alarm.Observe(TagValue.Of(value), TagQuality.Good, Noon.AddSeconds(source ?? second), TimeSpan.FromSeconds(second), Noon.AddSeconds(second));

    private static AlarmHappening? Tick(AlarmState alarm, double second) => alarm.Tick(TimeSpan.FromSeconds(second), Noon.AddSeconds(second));
}
