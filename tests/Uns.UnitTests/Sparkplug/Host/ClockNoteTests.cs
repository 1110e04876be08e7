using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>A node's clock that is far off: what is said beside its values, when it begins and when it ends.</summary>
public sealed class ClockNoteTests
{
    private readonly HostStage _stage = new();
    private int _seq = 2;

    [Fact]
    public void A_clock_a_minute_ahead_is_said_beside_every_value_of_the_node_and_the_values_stay_good()
    {
        _stage.Born();
        Say(ahead: 75);
        Assert.Equal((TagValue.Of(3.0), TagQuality.Good, null), (_stage["level"].Value, _stage["level"].Quality, _stage["level"].Reason));
        Assert.Equal("The clock of the edge node is 75 s ahead of the host's, and its values' times with it", _stage.Info.ClockNote);
        Assert.Equal(_stage.Known.Keys.OrderBy(k => k.ToString(), StringComparer.Ordinal), _stage.Notes.Select(m => m.Key).OrderBy(k => k.ToString(), StringComparer.Ordinal)); // Each once.
        Assert.All(_stage.Notes, m => Assert.Equal(_stage.Info.ClockNote, m.Note));
        Assert.Single(_stage.Report.Timeline, e => e.Kind == NodeEventKind.ClockFarOff);
        Assert.Equal(1, _stage.CountOf(RuleBreach.ClockOff));
    }

    [Fact]
    public void Less_than_a_minute_is_a_breach_and_no_note()
    {
        _stage.Born();
        Say(ahead: 59);
        Assert.Equal((null, 1L), (_stage.Info.ClockNote, _stage.CountOf(RuleBreach.ClockOff)));
        Assert.Empty(_stage.Notes);
    }

    [Fact]
    public void A_clock_at_the_limit_does_not_make_the_note_come_and_go()
    {
        _stage.Born();
        for (var i = 0; i < 100; i++)
        {
            _stage.Now += TimeSpan.FromSeconds(70); // Longer than a message is remembered.
            Say(ahead: i % 2 == 0 ? 62 : 55);
        }

        Assert.Equal(_stage.Known.Count, _stage.Notes.Count);
        Assert.Equal(1, _stage.CountOf(RuleBreach.ClockOff));
        Assert.NotNull(_stage.Info.ClockNote);
    }

    [Fact]
    public void A_clock_that_was_set_right_is_right_within_a_minute_whatever_it_said_before()
    {
        _stage.Born();
        Say(ahead: 7200);
        Assert.Contains("2 h ahead", Told(), StringComparison.Ordinal);
        for (var second = 0; second <= 60; second += 5)
        {
            _stage.Now += TimeSpan.FromSeconds(5);
            Say(ahead: 0);
        }

        Assert.Null(_stage.Info.ClockNote);
        Assert.Equal(_stage.Known.Count * 2, _stage.Notes.Count);
        Assert.Single(_stage.Report.Timeline, e => e.Kind == NodeEventKind.ClockNearAgain);
        Assert.Equal(TimeSpan.Zero, _stage.Info.ClockSkew);
    }

    [Fact]
    public void A_clock_that_runs_away_is_said_anew_only_when_it_is_a_quarter_farther()
    {
        _stage.Born();
        for (var ahead = 0; ahead <= 240; ahead++)
        {
            Say(ahead);
        }

        Assert.Equal(_stage.Known.Count * 7, _stage.Notes.Count); // 60, 76, 96, 121, 152, 191 and 239 s.
        Assert.Contains("4 min ahead", Told(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_behind_is_said_when_it_stays_so_for_one_message_may_just_be_late()
    {
        _stage.Send(MessageVerb.NBirth, null, 0, _stage.Now.AddMinutes(-5), HostStage.Double("x", 1));
        Assert.Null(_stage.Info.ClockNote);
        _stage.Now += TimeSpan.FromSeconds(11);
        _stage.Send(MessageVerb.NData, null, 1, _stage.Now.AddMinutes(-5), HostStage.ByName("x", 2));
        Assert.Contains("5 min behind the host's", Told(), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_that_were_held_up_move_nothing_while_one_came_straight()
    {
        _stage.Born();
        for (var i = 0; i < 200; i++)
        {
            Say(ahead: -120); // A queue is emptied, within a moment.
        }

        Assert.Equal((null, 0L), (_stage.Info.ClockNote, _stage.CountOf(RuleBreach.ClockOff)));
        _stage.Now += TimeSpan.FromMinutes(10);
        Say(ahead: -120); // One late message after a long silence, and one straight behind it.
        Say(ahead: 0);
        _stage.Now += TimeSpan.FromSeconds(20);
        Say(ahead: -120);
        Assert.Null(_stage.Info.ClockNote);
        Assert.Empty(_stage.Notes);
    }

    [Fact]
    public void Values_of_the_past_say_nothing_about_the_clock()
    {
        _stage.Born();
        for (var minute = 0; minute < 5; minute++)
        {
            _stage.Now += TimeSpan.FromMinutes(1);
            _stage.Send(MessageVerb.DData, "D", _seq++, _stage.Now.AddHours(-3), HostStage.ByAlias(1, 2) with { IsHistorical = true });
        }

        Assert.Equal((null, TimeSpan.Zero), (_stage.Info.ClockNote, _stage.Info.ClockSkew!.Value));
    }

    [Fact]
    public void A_host_whose_own_clock_is_set_counts_anew()
    {
        _stage.Born();
        _stage.Now += TimeSpan.FromHours(-1); // The host's clock went back, and the node's stayed.
        Say(ahead: 3600);
        Assert.Contains("60 min ahead", Told(), StringComparison.Ordinal);
        _stage.Now += TimeSpan.FromHours(1);
        Say(ahead: 0);
        Assert.Null(_stage.Info.ClockNote);
    }

    private string Told() => _stage.Info.ClockNote ?? "";

    private void Say(double ahead)
    {
        _stage.Send(MessageVerb.DData, "D", _seq, _stage.Now.AddSeconds(ahead), HostStage.ByAlias(1, 3));
        _seq = (_seq + 1) % 256;
    }
}
