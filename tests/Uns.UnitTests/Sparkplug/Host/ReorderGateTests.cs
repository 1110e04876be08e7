using Uns.Sparkplug.Host;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

public sealed class ReorderGateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ReorderGate<string> _gate = new(reorderTimeout: TimeSpan.FromSeconds(5), messagesBound: 4, bytesBound: 100);
    private readonly List<string> _due = [];

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

    [Fact]
    public void What_waits_is_bounded_in_number_and_bytes()
    {
        _gate.Open(0);
        Send("3 4 5 6", Noon);
        Assert.Equal(GateVerdict.Full, _gate.Judge(7, 1, Noon));
        _gate.Open(0);
        Assert.Equal(GateVerdict.Early, _gate.Judge(3, 99, Noon));
        _gate.Keep(3, 99, "3");
        Assert.Equal(GateVerdict.Full, _gate.Judge(4, 2, Noon));
        Assert.Equal(GateVerdict.Early, _gate.Judge(4, 1, Noon));
    }

    [Fact]
    public void Any_order_within_the_window_gives_the_order_that_was_sent()
    {
        var random = new Random(20260106);
        for (var round = 0; round < 10_000; round++)
        {
            // The reference: whatever was shuffled within four comes out sorted.
            var birth = random.Next(256);
            var sent = Enumerable.Range(1, 20).Select(i => (birth + i) % 256).ToArray();
            var arrived = sent.Chunk(4).SelectMany(four => four.OrderBy(_ => random.Next())).ToArray();
            _due.Clear();
            _gate.Open(birth);
            Send(string.Join(' ', arrived), Noon);
            Assert.Equal(string.Join(' ', sent), Shown());
            Assert.Equal(0, _gate.Waiting);
            Assert.False(_gate.NeedsRebirth(Noon.AddHours(1)));
        }
    }

    private void Send(string seqs, DateTimeOffset now)
    {
        foreach (var text in seqs.Split(' '))
        {
            var seq = int.Parse(text);
            switch (_gate.Judge(seq, 1, now))
            {
                case GateVerdict.Next:
                    _due.Add(text);
                    break;
                case GateVerdict.Early:
                    _gate.Keep(seq, 1, text);
                    break;
                default:
                    break;
            }

            while (_gate.TryTake(out _, out var held))
            {
                _due.Add(held);
            }
        }
    }

    private string Shown() => string.Join(' ', _due);

    [Fact]
    public void A_clock_that_is_set_back_ends_the_wait_for_a_gap()
    {
        _gate.Open(0);
        Assert.Equal(GateVerdict.Early, _gate.Judge(2, 1, Noon));
        Assert.False(_gate.NeedsRebirth(Noon));
        Assert.True(_gate.NeedsRebirth(Noon.AddHours(-3)));
    }
}
