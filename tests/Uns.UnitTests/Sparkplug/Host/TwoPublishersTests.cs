using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.UnitTests.Sparkplug.Host;

public sealed class TwoPublishersTests
{
    private readonly HostStage _stage = new();

    [Fact, Spec("tck-id-topic-structure-namespace-unique-edge-node-descriptor")]
    public void Births_of_two_sessions_that_alternate_are_found_within_three_alternations()
    {
        _stage.Born(5);
        _stage.Born(9);
        _stage.Born(5);
        Assert.False(_stage.Info.IsTwoPublishers);
        _stage.NodeBirth(9);
        Assert.True(_stage.Info.IsTwoPublishers);
        Assert.Equal(TagQuality.Stale, _stage["level"].Quality);
        Assert.Contains("bdSeq 5 and 9", _stage["level"].Reason!, StringComparison.Ordinal);
        Assert.Contains("G/E", _stage["level"].Reason!, StringComparison.Ordinal);
        Assert.Equal(1, _stage.CountOf(RuleBreach.TwoPublishers));
    }

    [Fact]
    public void Two_that_count_on_with_each_connection_are_found_too()
    {
        foreach (var bdSeq in new[] { 5, 40, 6, 41 })
        {
            _stage.NodeBirth(bdSeq);
        }

        Assert.True(_stage.Info.IsTwoPublishers);
    }

    [Theory]
    [InlineData("3 4 5 0 1 2")] // The power was cut, and the number with it.
    [InlineData("0 0 0 0 0 0")] // Never counted.
    [InlineData("254 255 0 1 2 3")]
    [InlineData("1 3 6 10 11 20")] // Connections that came to nothing.
    public void One_publisher_is_not_taken_for_two(string bdSeqs)
    {
        foreach (var bdSeq in bdSeqs.Split(' '))
        {
            _stage.NodeBirth(long.Parse(bdSeq));
        }

        Assert.False(_stage.Info.IsTwoPublishers);
    }

    [Theory]
    [InlineData(2, 40)] // Two runs of seq at different places.
    [InlineData(2, 2)] // And side by side, with bdSeq never counted.
    public void Two_runs_of_seq_are_found_within_three_alternations(int mine, int other)
    {
        _stage.Born();
        for (var i = 0; i < 3; i++)
        {
            Assert.False(_stage.Info.IsTwoPublishers);
            _stage.Data(mine + i, HostStage.ByAlias(1, 1));
            _stage.Now += TimeSpan.FromMilliseconds(1);
            _stage.Data(other + i, HostStage.ByAlias(1, 100));
        }

        Assert.True(_stage.Info.IsTwoPublishers);
    }

    [Fact]
    public void Copies_of_a_message_and_messages_out_of_order_are_not_taken_for_two()
    {
        _stage.Born();
        for (var seq = 2; seq < 30; seq++)
        {
            _stage.Data(seq, HostStage.ByAlias(1, seq));
            _stage.Data(seq, HostStage.ByAlias(1, seq)); // A bridge that loops.
        }

        foreach (var seq in new[] { 33, 30, 34, 31, 32, 36, 35, 38, 39, 37 })
        {
            _stage.Data(seq, HostStage.ByAlias(1, seq));
        }

        Assert.False(_stage.Info.IsTwoPublishers);
        Assert.Equal(TagValue.Of(39.0), _stage["level"].Value);
    }

    [Fact]
    public void While_two_speak_nothing_is_believed_and_they_are_asked_once_a_minute()
    {
        BecomeTwo();
        _stage.Rebirths();
        var asked = 0;
        for (var second = 0; second < 600; second++)
        {
            _stage.Now += TimeSpan.FromSeconds(1);
            _stage.Data(second % 256, HostStage.ByAlias(1, second));
            _stage.Session.Tick(_stage.Now);
            if (_stage.Rebirths().Count > 0)
            {
                asked++;
                _stage.NodeBirth(5); // Both answer.
                _stage.NodeBirth(9);
            }
        }

        Assert.InRange(asked, 8, 10);
        Assert.True(_stage.Info.IsTwoPublishers);
        Assert.Equal(TagQuality.Stale, _stage["level"].Quality);
        Assert.Throws<CommandRefusedException>(() => _stage.Session.Command(new(HostStage.Id, "D", "level"), TagValue.Of(1.0), _stage.Now));
    }

    [Fact]
    public void When_one_is_left_it_is_believed_again()
    {
        BecomeTwo();
        for (var second = 0; second < 75; second++)
        {
            _stage.Now += TimeSpan.FromSeconds(1);
            _stage.Session.Tick(_stage.Now);
            if (_stage.Rebirths().Count > 0)
            {
                _stage.Born(9);
            }
        }

        Assert.False(_stage.Info.IsTwoPublishers);
        Assert.Equal(TagQuality.Good, _stage["level"].Quality);
        Assert.Contains(_stage.Report.Timeline, e => e.Kind == NodeEventKind.OnePublisher);
    }

    private void BecomeTwo()
    {
        foreach (var bdSeq in new[] { 5, 9, 5 })
        {
            _stage.Born(bdSeq);
        }

        _stage.Send(MessageVerb.NBirth, null, 0, _stage.Now, Uns.Sparkplug.Payloads.Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 9)));
        Assert.True(_stage.Info.IsTwoPublishers);
    }
}
