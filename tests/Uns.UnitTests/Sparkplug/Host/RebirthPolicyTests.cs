using Uns.Sparkplug.Host;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Nodes that the host does not ask for rebirths: what is believed of them, and that it is said.</summary>
public sealed class RebirthPolicyTests
{
    private const RebirthCauses Start = RebirthCauses.HostStart;
    private const RebirthCauses Gap = RebirthCauses.Gap | RebirthCauses.Malformed;
    private const RebirthCauses Unknown = RebirthCauses.UnknownMetric | RebirthCauses.DataBeforeBirth;

    [Theory]
    [InlineData("G/E", "G", "E", true)]
    [InlineData("G/E", "G", "e", false)]
    [InlineData("G/E", "G", "E2", false)]
    [InlineData("G/*", "G", "E", true)]
    [InlineData("*/E", "other", "E", true)]
    [InlineData("*/*", "any", "thing", true)]
    [InlineData("plant*/line*7", "plant:berlin", "line-07", true)]
    [InlineData("plant*/line*7", "plant", "line7", true)]
    [InlineData("plant*/line*7", "plant", "line78", false)]
    [InlineData("*a*b*/x", "ccabab", "x", true)]
    [InlineData("*a*b*/x", "ccba", "x", false)]
    [InlineData("**/x", "", "x", true)]
    [InlineData("E", "G", "E", false)]
    public void A_rule_names_one_node_or_many(string pattern, string group, string node, bool fits) =>
        Assert.Equal(fits, new NodeRule { Node = pattern }.Fits(new(group, node)));

    [Fact]
    public void The_first_rule_that_speaks_of_a_matter_counts_and_else_what_is_set_for_all()
    {
        var options = new HostOptions
        {
            RebirthOn = Start,
            NodeRules =
            [
                new() { Node = "G/slow", CommandsByName = true },
                new() { Node = "G/*", RebirthOn = RebirthCauses.None },
                new() { Node = "*/*", RebirthOn = Gap, CommandsByName = false },
            ],
        };
        Assert.Empty(options.Check());
        Assert.Equal((RebirthCauses.None, true), (options.RebirthOnOf(new("G", "slow")), options.CommandsByNameOf(new("G", "slow"))));
        Assert.Equal((Gap, false), (options.RebirthOnOf(new("H", "slow")), options.CommandsByNameOf(new("H", "slow"))));
        Assert.Equal(Start, new HostOptions { RebirthOn = Start }.RebirthOnOf(new("H", "slow")));
        Assert.All(new[] { "G", "G/", "/E", "G/E/D", "G/+", "#/E" }, node => Assert.Single(new HostOptions { NodeRules = [new() { Node = node }] }.Check()));
    }

    [Fact]
    public void A_node_that_is_not_asked_after_a_gap_is_stale_and_says_so_until_it_is_born_by_itself()
    {
        var stage = Stage(Start | Unknown);
        Lose(stage);
        Assert.Empty(stage.Rebirths());
        Assert.Equal((TagValue.Of(1.0), TagQuality.Stale), (stage["level"].Value, stage["level"].Quality));
        Assert.Contains("is not asked to be born again", stage["level"].Reason!, StringComparison.Ordinal);
        Assert.Equal((true, RebirthReason.Gap), (stage.Info.AwaitsBirth, stage.Info.NotAsked!.Value));
        Assert.Equal(["unknown", "start"], stage.Info.RebirthOn);
        stage.Now += TimeSpan.FromHours(1);
        stage.Session.Tick(stage.Now);
        Assert.Single(stage.Report.Timeline, e => e.Kind == NodeEventKind.RebirthNotAsked);
        stage.NodeBirth();
        stage.DeviceBirth(1);
        Assert.Equal((TagQuality.Good, null, false), (stage["level"].Quality, stage.Info.NotAsked, stage.Info.AwaitsBirth));
    }

    [Fact]
    public void A_node_that_is_never_asked_is_asked_by_a_person_all_the_same()
    {
        var stage = Stage(RebirthCauses.None);
        Lose(stage);
        stage.Data(5, HostStage.ByAlias(1, 9));
        Assert.Empty(stage.Rebirths());
        stage.Session.AskRebirth(HostStage.Id);
        Assert.Equal(RebirthReason.Manual, Assert.Single(stage.Rebirths()).Reason);
        stage.Data(6, HostStage.ByAlias(1, 9));
        Assert.Null(stage.Info.NotAsked); // It is asked now.
        stage.Born();
        Assert.Equal((TagQuality.Good, 1L), (stage["level"].Quality, stage.Info.RebirthsAsked));
    }

    [Fact]
    public void A_host_that_has_just_connected_asks_only_whom_it_may()
    {
        var stage = new HostStage(new HostOptions { NodeRules = [new() { Node = "G/E", RebirthOn = Gap }] });
        stage.Born();
        var other = new EdgeNodeId("G", "other");
        stage.Deliver(SparkplugTopic.OfNode(MessageVerb.NBirth, other), new SparkplugPayload { Timestamp = stage.Now, Seq = 0, Metrics = [Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0), stage.Now)] });
        stage.Session.BrokerLost(stage.Now);
        stage.Session.BrokerFound(stage.Now);
        Assert.Equal(new RebirthRequest(other, RebirthReason.HostStart), Assert.Single(stage.Rebirths()));
        Assert.Equal((RebirthReason.HostStart, TagQuality.Stale), (stage.Info.NotAsked!.Value, stage["level"].Quality));
        stage.Death(0);
        Assert.Null(stage.Info.NotAsked); // The dead are born by themselves.
    }

    [Fact]
    public void What_no_birth_named_is_left_aside_and_the_rest_is_believed()
    {
        var stage = Stage(Start | Gap);
        stage.Data(2, HostStage.ByAlias(99, 7), HostStage.ByAlias(1, 4));
        Assert.Empty(stage.Rebirths());
        Assert.Equal((TagValue.Of(4.0), TagQuality.Good), (stage["level"].Value, stage["level"].Quality));
        Assert.Equal((true, false, RebirthReason.UnknownMetric), (stage.Info.IsOnline, stage.Info.AwaitsBirth, stage.Info.NotAsked!.Value));
    }

    [Fact]
    public void An_alias_that_its_node_gives_to_another_metric_moves_nothing_any_more()
    {
        var stage = Stage(Start | Gap);
        stage.Data(2, HostStage.ByAlias(1, 4) with { Name = "count" });
        Assert.Equal((TagValue.Of(1.0), TagQuality.Stale), (stage["level"].Value, stage["level"].Quality));
        stage.Data(3, HostStage.ByAlias(1, 5)); // It means count.
        Assert.Equal((TagValue.Of(1.0), TagQuality.Stale), (stage["level"].Value, stage["level"].Quality));
        stage.Data(4, HostStage.ByName("level", 6));
        Assert.Equal((TagValue.Of(6.0), TagQuality.Good), (stage["level"].Value, stage["level"].Quality));
    }

    [Fact]
    public void A_message_that_cannot_be_read_leaves_nothing_that_is_believed()
    {
        foreach (var damaged in new[] { true, false })
        {
            var stage = Stage(Start | Unknown);
            if (damaged)
            {
                stage.Session.Accept("spBv1.0/G/DDATA/E/D", [0xFF, 0xFF], stage.Now);
            }
            else
            {
                stage.Send(MessageVerb.DData, "D", null, stage.Now, HostStage.ByAlias(1, 2));
            }

            Assert.Empty(stage.Rebirths());
            Assert.Equal((TagValue.Of(1.0), TagQuality.Stale, RebirthReason.Malformed), (stage["level"].Value, stage["level"].Quality, stage.Info.NotAsked!.Value));
            stage.Data(2, HostStage.ByAlias(1, 3));
            Assert.Equal((TagQuality.Stale, true), (stage["level"].Quality, stage.Info.AwaitsBirth));
            stage.Born();
            Assert.Equal(TagQuality.Good, stage["level"].Quality);
        }
    }

    [Fact]
    public void Two_publishers_that_are_never_asked_are_believed_again_once_one_of_them_is_born()
    {
        var stage = Stage(RebirthCauses.None);
        foreach (var bdSeq in new[] { 9, 5, 9, 5, 9 })
        {
            stage.NodeBirth(bdSeq);
        }

        Assert.True(stage.Info.IsTwoPublishers);
        stage.Now += TimeSpan.FromMinutes(1);
        stage.Session.Tick(stage.Now);
        Assert.Empty(stage.Rebirths());
        Assert.Equal((false, true, RebirthReason.TwoPublishers), (stage.Info.IsTwoPublishers, stage.Info.AwaitsBirth, stage.Info.NotAsked!.Value));
        Assert.DoesNotContain(stage.Report.Timeline, e => e.Kind == NodeEventKind.OnePublisher);
        stage.Born(10);
        Assert.Equal((TagQuality.Good, null), (stage["level"].Quality, stage.Info.NotAsked));
    }

    [Fact]
    public void A_command_goes_by_name_where_the_settings_say_so_and_where_the_alias_stands_for_two()
    {
        foreach (var (byName, name, alias) in new (bool, string?, ulong?)[] { (false, null, 1), (true, "level", null) })
        {
            var stage = new HostStage(new HostOptions { NodeRules = [new() { Node = "G/E", CommandsByName = byName }] });
            stage.NodeBirth();
            stage.Send(MessageVerb.DBirth, "D", 1, stage.Now, Writable("level", 1));
            Assert.Equal((name, alias, DataType.Double), Commanded(stage, "level"));
            Assert.Equal(byName, stage.Info.CommandsByName);
        }

        var twice = new HostStage();
        twice.NodeBirth();
        twice.Send(MessageVerb.DBirth, "D", 1, twice.Now, Writable("x", 7), Writable("y", 7));
        Assert.Equal(("x", null, DataType.Double), Commanded(twice, "x"));
    }

    private static Metric Writable(string name, ulong alias) => HostStage.Double(name, 1, alias) with { Properties = [MetricProperty.Of(MetricPropertyKeys.ReadOnly, false)] };

    private static (string? Name, ulong? Alias, DataType Type) Commanded(HostStage stage, string name)
    {
        var sent = Assert.Single(stage.Session.Command(new(HostStage.Id, "D", name), TagValue.Of(7.0), stage.Now).Payload.Metrics);
        return (sent.Name, sent.Alias, sent.DataType!.Value);
    }

    private static HostStage Stage(RebirthCauses causes)
    {
        var stage = new HostStage(new HostOptions { NodeRules = [new() { Node = "G/E", RebirthOn = causes }] });
        stage.Born();
        return stage;
    }

    // One message is missing, for longer than the host waits.
    private static void Lose(HostStage stage)
    {
        stage.Data(3, HostStage.ByAlias(1, 8));
        stage.Now += TimeSpan.FromSeconds(2);
        stage.Session.Tick(stage.Now);
    }
}
