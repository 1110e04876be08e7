using Uns.Hub.Subscribers;
using Uns.Mqtt.Broker.Access;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.UnitTests.Hub;

/// <summary>Who subscribes and who did lately.</summary>
public sealed class SubscriberLedgerTests
{
    private readonly ManualClock _clock = new();
    private readonly SubscriberLedger _ledger;
    private readonly DateTimeOffset _noon;

    public SubscriberLedgerTests()
    {
        _ledger = new SubscriberLedger(_clock, most: 20);
        _noon = _clock.GetUtcNow();
    }

    [Fact]
    public void One_that_is_there_is_seen_now_one_that_has_gone_when_it_went()
    {
        _ledger.Subscribed("mes", "uns/#", ClientListener.Tcp);
        _clock.Advance(TimeSpan.FromHours(1));
        var there = Assert.Single(_ledger.Lately("uns/acme/Speed", 10));
        Assert.Equal(("mes", "uns/#", _noon, _noon.AddHours(1), true), (there.ClientId, there.Filter, there.FirstSeen, there.LastSeen, there.IsNow));
        _ledger.Ended("mes");
        _clock.Advance(TimeSpan.FromDays(2));
        var gone = Assert.Single(_ledger.Lately("uns/acme/Speed", 10));
        Assert.Equal((_noon.AddHours(1), false), (gone.LastSeen, gone.IsNow));
        Assert.Empty(_ledger.Lately("other/acme/Speed", 10));
        _clock.Advance(TimeSpan.FromDays(29));
        Assert.Empty(_ledger.Lately("uns/acme/Speed", 10));
        Assert.Equal(("mes", "uns/#"), Assert.Single(_ledger.TakeChanges().Gone));
        Assert.Equal(0, _ledger.Count);
    }

    [Fact]
    public void A_session_that_waits_holds_its_subscription_and_was_last_seen_when_its_client_went()
    {
        _ledger.Subscribed("scada", "uns/+/Speed", ClientListener.Tls);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _ledger.Away("scada");
        _clock.Advance(TimeSpan.FromMinutes(9));
        var away = Assert.Single(_ledger.Lately("uns/press/Speed", 10));
        Assert.Equal((_noon.AddMinutes(1), true), (away.LastSeen, away.IsNow));
        _ledger.Back("scada");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(_clock.GetUtcNow(), Assert.Single(_ledger.Lately("uns/press/Speed", 10)).LastSeen);
        _ledger.Unsubscribed("scada", "uns/+/Speed");
        Assert.False(Assert.Single(_ledger.Lately("uns/press/Speed", 10)).IsNow);
    }

    [Fact]
    public void The_hubs_own_parts_are_nobody()
    {
        _ledger.Subscribed("host-hub", "spBv1.0/#", ClientListener.InProcess);
        Assert.Empty(_ledger.Lately("", 10));
    }

    [Fact]
    public void It_is_the_same_after_a_restart_and_who_was_there_was_seen_until_the_hub_ended()
    {
        _ledger.Subscribed("mes", "uns/#", ClientListener.Tcp);
        _ledger.Subscribed("old", "uns/#", ClientListener.Tcp);
        _clock.Advance(TimeSpan.FromHours(1));
        _ledger.Ended("old");
        var kept = _ledger.TakeChanges().Set;
        _clock.Advance(TimeSpan.FromHours(1));
        var endedAt = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromDays(1));

        var again = new SubscriberLedger(_clock);
        again.Load(kept, endedAt);
        Assert.Equal([("mes", endedAt, false), ("old", _noon.AddHours(1), false)], again.Lately("uns/x", 10).Select(s => (s.ClientId, s.LastSeen, s.IsNow)));
        var written = Assert.Single(again.TakeChanges().Set);
        Assert.Equal(("mes", endedAt, false), (written.ClientId, written.Last, written.WasThere));

        // A session that the broker's own store brought back.
        ((ISubscriptionWitness)again).Kept("mes", "uns/#");
        var waits = again.Lately("uns/x", 10)[0];
        Assert.Equal(("mes", _noon, endedAt, true), (waits.ClientId, waits.FirstSeen, waits.LastSeen, waits.IsNow));
    }

    [Fact]
    public void It_is_bounded_and_the_last_seen_stay()
    {
        _ledger.Subscribed("mes", "uns/#", ClientListener.Tcp);
        for (var i = 0; i < 100; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            _ledger.Subscribed($"chance-{i}", "uns/#", ClientListener.Tcp);
            _ledger.Ended($"chance-{i}");
        }

        Assert.InRange(_ledger.Count, 10, 20);
        var known = _ledger.Lately("uns/x", 100).Select(s => s.ClientId).ToList();
        Assert.Equal("mes", known[0]);
        Assert.Contains("chance-99", known);
        Assert.DoesNotContain("chance-0", known);
    }

    [Fact]
    public void One_client_with_very_many_filters_drives_out_nobody()
    {
        var ledger = new SubscriberLedger(_clock);
        ledger.Subscribed("mes", "uns/#", ClientListener.Tcp);
        for (var i = 0; i < SubscriberLedger.MostOfOne + 50; i++)
        {
            ledger.Subscribed("many", $"uns/{i}", ClientListener.Tcp);
        }

        Assert.Equal(SubscriberLedger.MostOfOne + 1, ledger.Count);
        Assert.Equal(2, ledger.Lately("uns/7", 10).Count);
    }

    [Theory]
    [InlineData("uns/#", "uns/a/b", true)]
    [InlineData("uns/#", "uns", true)]
    [InlineData("#", "uns/a", true)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("uns/+/b", "uns/a/b", true)]
    [InlineData("uns/+", "uns/a/b", false)]
    [InlineData("uns/+/#", "uns", false)]
    [InlineData("uns/+", "uns/", true)]
    [InlineData("uns/a", "uns/ab", false)]
    [InlineData("uns/a/b", "uns/a", false)]
    [InlineData("$share/g/uns/+", "uns/a", true)]
    [InlineData("$share/g/uns/+", "un/a", false)]
    public void A_filter_matches_as_the_standard_says(string filter, string topic, bool matches) => Assert.Equal(matches, TextRules.IsMatch(filter, topic));
}
