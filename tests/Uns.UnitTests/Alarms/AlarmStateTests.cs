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
        var told = values.Split(' ').Select((v, i) => alarm.Observe(TagValue.Of(double.Parse(v)), TagQuality.Good, Noon.AddSeconds(i))?.ToString() ?? "-");
        Assert.Equal(happened, string.Join(' ', told));
    }

    [Fact]
    public void A_delay_must_be_stood_through_and_a_dip_begins_it_anew()
    {
        var alarm = new AlarmState(High with { Delay = TimeSpan.FromSeconds(10) }, AlarmStanding.Calm);
        Assert.Null(Observe(alarm, 90, 0));
        Assert.Null(alarm.Tick(Noon.AddSeconds(9)));
        Assert.Null(Observe(alarm, 60, 9.5));
        Assert.Null(Observe(alarm, 91, 10));
        Assert.Null(alarm.Tick(Noon.AddSeconds(19.9)));
        Assert.Equal(AlarmHappening.Raised, alarm.Tick(Noon.AddSeconds(20)));
        Assert.Equal(("Active", "91", Noon.AddSeconds(20)), (alarm.Standing.Word, alarm.Standing.Value, alarm.Standing.Since));
        Assert.Null(alarm.Tick(Noon.AddSeconds(21)));
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
        Assert.Null(alarm.Observe(TagValue.Of(99.0), TagQuality.Bad, Noon));
        Observe(alarm, 90, 1);
        Assert.Null(alarm.Observe(TagValue.Of(10.0), TagQuality.Stale, Noon.AddSeconds(2)));
        Assert.True(alarm.Standing.IsActive);

        // A value that nobody has read yet is no low value, and no known state.
        foreach (var rule in new[] { High with { Kind = AlarmKind.Low, Limit = 5 }, High with { Kind = AlarmKind.State, State = "" } })
        {
            Assert.Null(new AlarmState(rule, AlarmStanding.Calm).Observe(TagValue.Null(DataType.Double), TagQuality.Stale, Noon));
        }

        var stale = new AlarmState(High with { Kind = AlarmKind.Stale, Delay = TimeSpan.FromSeconds(5) }, AlarmStanding.Calm);
        Assert.Null(stale.Observe(TagValue.Of(10.0), TagQuality.Stale, Noon));
        Assert.Equal(AlarmHappening.Raised, stale.Tick(Noon.AddSeconds(5)));
        Assert.Equal(AlarmHappening.Gone, stale.Observe(TagValue.Of(10.0), TagQuality.Good, Noon.AddSeconds(6)));
    }

    [Fact]
    public void A_state_is_met_by_its_word_and_a_rate_by_its_step()
    {
        var state = new AlarmState(High with { Kind = AlarmKind.State, State = "TRUE" }, AlarmStanding.Calm);
        Assert.Null(state.Observe(TagValue.Of(false), TagQuality.Good, Noon));
        Assert.Equal(AlarmHappening.Raised, state.Observe(TagValue.Of(true), TagQuality.Good, Noon));
        var rate = new AlarmState(High with { Kind = AlarmKind.Rate, Limit = 60, Hysteresis = 0 }, AlarmStanding.Calm);
        Assert.Null(Observe(rate, 10, 0));
        Assert.Null(Observe(rate, 20, 10));
        Assert.Equal(AlarmHappening.Raised, Observe(rate, 5, 20)); // 90 a minute, downwards.
        Assert.Equal(AlarmHappening.Gone, rate.Tick(Noon.AddSeconds(80)));
    }

    [Fact]
    public void A_shelf_silences_for_its_time_and_the_alarm_is_watched_on()
    {
        var alarm = new AlarmState(High, AlarmStanding.Calm);
        alarm.Shelve(Noon.AddMinutes(10));
        Assert.Equal(AlarmHappening.Raised, Observe(alarm, 90, 1));
        Assert.Equal(("Shelved", false), (alarm.Standing.Word, alarm.Standing.IsOpen));
        Assert.Null(alarm.Tick(Noon.AddMinutes(9)));
        Assert.Equal(AlarmHappening.Unshelved, alarm.Tick(Noon.AddMinutes(10)));
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

    private static AlarmHappening? Observe(AlarmState alarm, double value, double second) => alarm.Observe(TagValue.Of(value), TagQuality.Good, Noon.AddSeconds(second));
}
