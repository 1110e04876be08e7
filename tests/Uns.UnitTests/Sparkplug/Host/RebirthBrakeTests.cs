using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;

namespace Uns.UnitTests.Sparkplug.Host;

public sealed class RebirthBrakeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EdgeNodeId Node = new("G", "E");
    private readonly RebirthBrake _brake = new(new HostOptions { RebirthTries = 4 }, () => 0.5); // Half: no spread.

    [Fact]
    public void The_first_request_leaves_at_once_and_repeats_come_ever_more_rarely_until_given_up()
    {
        var sent = new List<int>();
        _brake.Ask(Node, RebirthReason.Gap);
        for (var second = 0; second < 1000; second++)
        {
            _brake.Ask(Node, RebirthReason.UnknownMetric);
            if (Due(Noon.AddSeconds(second)).Count > 0)
            {
                sent.Add(second);
            }
        }

        Assert.Equal([0, 5, 15, 35, 75, 155, 315, 615, 915], sent); // 5 s doubling to 5 min.
    }

    [Fact]
    public void Without_a_new_cause_it_stops_after_the_tries()
    {
        _brake.Ask(Node, RebirthReason.HostStart);
        var sent = Enumerable.Range(0, 3600).Count(second => Due(Noon.AddSeconds(second)).Count > 0);
        Assert.Equal(4, sent);
        Assert.Equal(4, _brake.Asked(Node));
    }

    [Fact]
    public void A_birth_settles_it_and_the_next_cause_is_answered_at_once()
    {
        _brake.Ask(Node, RebirthReason.Gap);
        Assert.Single(Due(Noon));
        _brake.Settle(Node);
        Assert.Empty(Due(Noon.AddHours(1)));
        _brake.Ask(Node, RebirthReason.Malformed);
        Assert.Equal(new RebirthRequest(Node, RebirthReason.Malformed), Assert.Single(Due(Noon.AddHours(1))));
    }

    [Fact]
    public void A_clock_that_is_set_back_by_hours_holds_no_request_up_for_hours()
    {
        _brake.Ask(Node, RebirthReason.Gap);
        Assert.Single(Due(Noon));
        Assert.Single(Due(Noon.AddHours(-3)));
        Assert.Empty(Due(Noon.AddHours(-3)));
    }

    [Fact]
    public void Five_hundred_nodes_are_asked_at_a_bounded_rate_each_once_per_window_and_all_are_born_within_a_minute()
    {
        for (var i = 0; i < 500; i++)
        {
            _brake.Ask(new("G", $"E{i}"), RebirthReason.HostStart);
        }

        var asked = new Dictionary<EdgeNodeId, List<double>>();
        var tenth = 0;
        for (; asked.Count < 500; tenth++)
        {
            var due = Due(Noon.AddSeconds(tenth / 10.0));
            Assert.True(due.Count <= 20);
            foreach (var request in due)
            {
                asked.TryAdd(request.Node, []);
                asked[request.Node].Add(tenth / 10.0);
                _brake.Settle(request.Node); // It is born.
            }
        }

        Assert.InRange(tenth, 240, 599);
        Assert.All(asked.Values, times => Assert.Single(times));
    }

    [Fact]
    public void Nodes_whose_messages_do_not_fit_come_before_those_only_known_to_exist()
    {
        for (var i = 0; i < 100; i++)
        {
            _brake.Ask(new("G", $"E{i}"), RebirthReason.HostStart);
        }

        Assert.Equal(20, Due(Noon).Count);
        _brake.Ask(new("G", "E99"), RebirthReason.UnknownMetric);
        Assert.Equal(new RebirthRequest(new("G", "E99"), RebirthReason.UnknownMetric), Due(Noon.AddSeconds(0.05))[0]);
        var later = Enumerable.Range(1, 40).SelectMany(tenth => Due(Noon.AddSeconds(tenth / 10.0))).ToList();
        Assert.DoesNotContain(later, request => request.Node == new EdgeNodeId("G", "E99")); // It stood in both queues, and was asked once.
    }

    private List<RebirthRequest> Due(DateTimeOffset now)
    {
        var due = new List<RebirthRequest>();
        _brake.TakeDue(now, due);
        return due;
    }
}
