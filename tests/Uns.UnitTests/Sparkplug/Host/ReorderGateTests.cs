using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

public sealed class ReorderGateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ReorderGate _gate = new(reorderTimeout: TimeSpan.FromSeconds(5));
    private readonly List<SparkplugMessage> _due = [];

    [Theory, Spec("tck-id-payloads-sequence-num-incrementing"), Spec("tck-id-operational-behavior-host-reordering-success")]
    [InlineData(0, "1 2 3", "1 2 3")]           // in order
    [InlineData(0, "1 3 2", "1 2 3")]           // one overtakes
    [InlineData(0, "1 2 2 3", "1 2 3")]         // a repeat is no news
    [InlineData(0, "3 2 3 1", "1 2 3")]         // a repeat of one that waits
    [InlineData(253, "254 0 255 1", "254 255 0 1")] // over the end of the ring
    [InlineData(255, "0 1", "0 1")]
    public void Messages_leave_in_sequence(int birth, string arrived, string left)
    {
        _gate.Open(birth);
        Send(arrived, Noon);
        Assert.Equal(left, Shown());
        Assert.False(_gate.NeedsRebirth(Noon.AddHours(1)));
    }

    [Fact, Spec("tck-id-operational-behavior-host-reordering-start"), Spec("tck-id-operational-behavior-host-reordering-rebirth"), Spec("tck-id-operational-behavior-host-reordering-param")]
    public void A_gap_that_outlasts_the_reorder_timeout_asks_for_a_rebirth()
    {
        _gate.Open(0);
        Send("1 3 4", Noon);
        Assert.Equal("1", Shown());
        Assert.False(_gate.NeedsRebirth(Noon.AddSeconds(4.9)));
        Assert.True(_gate.NeedsRebirth(Noon.AddSeconds(5)));
    }

    [Fact]
    public void Progress_gives_a_later_gap_its_own_wait_and_a_birth_forgets_all()
    {
        _gate.Open(0);
        Send("2 4", Noon);
        Send("1", Noon.AddSeconds(4));
        Assert.Equal("1 2", Shown());
        Assert.False(_gate.NeedsRebirth(Noon.AddSeconds(8)));
        Assert.True(_gate.NeedsRebirth(Noon.AddSeconds(9)));
        _gate.Open(0);
        Assert.False(_gate.NeedsRebirth(Noon.AddHours(1)));
        Send("1", Noon);
        Assert.Equal("1 2 1", Shown());
    }

    private void Send(string seqs, DateTimeOffset now)
    {
        foreach (var seq in seqs.Split(' '))
        {
            var topic = SparkplugTopic.OfNode(MessageVerb.NData, new EdgeNodeId("G", "E"));
            _gate.Accept(new(topic, new SparkplugPayload { Seq = int.Parse(seq) }, now), now, _due);
        }
    }

    private string Shown() => string.Join(' ', _due.Select(m => m.Payload.Seq));
}
