using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Values of the past, compressed payloads, the timeline and what the host allocates.</summary>
public sealed class HostHistoryTests
{
    private readonly HostStage _stage = new();

    [Fact]
    public void Historical_values_go_to_their_own_place_and_never_move_the_live_one()
    {
        _stage.Born();
        _stage.Data(2, HostStage.ByAlias(1, 4));
        var old = HostStage.ByAlias(1, 99) with { IsHistorical = true, Timestamp = HostStage.Noon.AddHours(-1) };
        var future = HostStage.ByAlias(1, 98) with { IsHistorical = true, Timestamp = HostStage.Noon.AddHours(1) };
        _stage.Data(3, old, future, HostStage.ByAlias(2, 0) with { Value = new(WireKind.Int, 7), IsTransient = true });
        Assert.Equal((TagValue.Of(4.0), HostStage.Noon), (_stage["level"].Value, _stage["level"].Timestamp));
        Assert.Equal([(99.0, HostStage.Noon.AddHours(-1)), (98.0, HostStage.Noon.AddHours(1))], _stage.Past.Select(p => (p.Value.Number, p.Timestamp)));
        Assert.All(_stage.Past, p => Assert.Equal((new MetricKey(HostStage.Id, "D", "level"), TagQuality.Good), (p.Key, p.Quality)));
        Assert.True(_stage["count"].IsTransient);
        Assert.Equal(2, _stage.Info.Historical);
    }

    [Theory]
    [InlineData(CompressionAlgorithm.Gzip)]
    [InlineData(CompressionAlgorithm.Deflate)]
    public void Compressed_births_and_data_are_taken_like_plain_ones(CompressionAlgorithm algorithm)
    {
        var plain = new SparkplugPayload { Timestamp = _stage.Now, Seq = 0, Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 3)), HostStage.Double("x", 1, alias: 1)] };
        _stage.Deliver(SparkplugTopic.OfNode(MessageVerb.NBirth, HostStage.Id), PayloadCompression.Compress(plain, algorithm));
        _stage.Deliver(
            SparkplugTopic.OfNode(MessageVerb.NData, HostStage.Id),
            PayloadCompression.Compress(new SparkplugPayload { Timestamp = _stage.Now, Seq = 1, Metrics = [HostStage.ByAlias(1, 2)] }, algorithm));
        Assert.Equal((TagValue.Of(2.0), 3), (_stage["x", null].Value, _stage.Info.BdSeq!.Value));
    }

    [Fact]
    public void The_timeline_tells_what_happened_in_order_and_counts_data_in_a_row()
    {
        _stage.Born();
        for (var seq = 2; seq < 12; seq++)
        {
            _stage.Data(seq, HostStage.ByAlias(1, seq));
        }

        _stage.Data(13, HostStage.ByAlias(1, 13));
        _stage.Now += TimeSpan.FromSeconds(2);
        _stage.Session.Tick(_stage.Now);
        _stage.Rebirths();
        _stage.Born();
        _stage.Send(MessageVerb.DDeath, "D", 2, _stage.Now);
        _stage.Death(0);
        Assert.Equal(
            [
                NodeEventKind.Birth, NodeEventKind.DeviceBirth, NodeEventKind.Data, NodeEventKind.Breach, NodeEventKind.Gap, NodeEventKind.RebirthAsked,
                NodeEventKind.Rebirth, NodeEventKind.DeviceBirth, NodeEventKind.DeviceDeath, NodeEventKind.Death,
            ],
            _stage.Report.Timeline.Select(e => e.Kind));
        Assert.Equal((10L, 11), (_stage.Report.Timeline[2].Count, _stage.Report.Timeline[2].Seq!.Value));
        Assert.Equal(new SessionPair(0, HostStage.Noon, _stage.Now, true), Assert.Single(_stage.Report.Sessions));
        Assert.Null(_stage.Session.Report(new("G", "nobody")));
    }

    [Fact]
    public void The_timeline_and_the_sessions_are_bounded()
    {
        var stage = new HostStage(new HostOptions { JournalLength = 8 });
        for (var i = 0; i < 100; i++)
        {
            stage.Born(i);
            stage.Death(i);
        }

        Assert.Equal((8, 16), (stage.Report.Timeline.Count, stage.Report.Sessions.Count));
        Assert.Equal(NodeEventKind.Death, stage.Report.Timeline[^1].Kind);
    }

    [Fact]
    public void Asking_for_rebirths_can_be_switched_off_by_cause_and_a_person_is_always_heard()
    {
        var stage = new HostStage(new HostOptions { RebirthOn = RebirthCauses.All & ~RebirthCauses.UnknownMetric });
        stage.Born();
        stage.Data(2, HostStage.ByAlias(99, 1));
        Assert.Empty(stage.Rebirths());
        stage.Session.AskRebirth(HostStage.Id);
        Assert.Equal(RebirthReason.Manual, Assert.Single(stage.Rebirths()).Reason);
    }

    [Fact]
    public void A_node_that_never_answers_is_given_up_with_an_alarm_until_it_is_born()
    {
        _stage.Data(2, HostStage.ByAlias(1, 1));
        for (var minute = 0; minute < 60; minute++)
        {
            _stage.Rebirths();
            _stage.Now += TimeSpan.FromMinutes(1);
        }

        Assert.Equal((true, 5L), (_stage.Info.HasGivenUp, _stage.Info.RebirthsAsked));
        Assert.Contains(_stage.Report.Timeline, e => e.Kind == NodeEventKind.GaveUp);
        _stage.Born();
        Assert.False(_stage.Info.HasGivenUp);
    }

    [Fact]
    public void Data_of_numbers_allocate_nothing_once_warm()
    {
        var session = new HostSession(new HostOptions(), new Nobody(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var metrics = Enumerable.Range(0, 20).ToArray();
        var at = HostStage.Noon;
        session.Accept("spBv1.0/G/NBIRTH/E", Wire(0, [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0))]), at);
        session.Accept("spBv1.0/G/DBIRTH/E/D", Wire(1, [.. metrics.Select(i => HostStage.Double($"line/tag {i}", i, (ulong)i))]), at);
        var round = Enumerable.Range(0, 256).Select(i => Wire((i + 2) % 256, [.. metrics.Select(m => HostStage.ByAlias((ulong)m, i) with { Timestamp = at })])).ToArray();
        var topic = "spBv1.0/G/DDATA/E/D";
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((0L, 0L), (session.Nodes()[0].Dropped, session.Nodes()[0].Gaps));

        void Run()
        {
            foreach (var wire in round)
            {
                session.Accept(topic, wire, at);
            }
        }

        byte[] Wire(int seq, Metric[] content) => PayloadWriter.Write(new SparkplugPayload { Timestamp = at, Seq = seq, Metrics = content });
    }

    private sealed class Nobody : IMetricSink
    {
        public void Changed(in MetricChange change)
        {
        }

        public void Removed(MetricKey key)
        {
        }
    }
}
