using Uns.Alarms;
using Uns.Connectors;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;
using Uns.Ui;
using Uns.Ui.Changes;
using Uns.Ui.Clients;
using Uns.Ui.Live;

namespace Uns.UnitTests.Ui;

/// <summary>What a change does to the topics by which alarms are told, and what a draft brings that can be watched.</summary>
public sealed class ChangeImpactTests
{
    private static readonly UiOptions Hub = new("uns", TimeSpan.FromSeconds(5), "plant", "hub", 1883, HasOpcUa: false, HasNodePerDevice: false);
    private static readonly AlarmRule Hot = new() { Id = Guid.NewGuid(), Name = "Too hot", Path = "plant/hub/press/Oven/Temp", Kind = AlarmKind.High, Limit = 300, Priority = AlarmPriority.Urgent };
    private static readonly TagOptions Temperature = new() { Id = Guid.NewGuid(), Name = "Oven/Temp", Unit = "°C", Description = "Upper zone" };
    private static readonly PlantSettings Plant = PlantSettings.Empty with { Devices = [Device("press", Temperature)] };

    private readonly ManualClock _clock = new();
    private readonly UnsTree _tree;
    private readonly NobodyListens _clients = new();

    public ChangeImpactTests() => _tree = new UnsTree(_clock);

    [Fact]
    public async Task A_new_alarm_brings_its_four_topics_with_the_messages_they_begin_with()
    {
        var report = await OfAsync(Plant, Plant with { Alarms = [Hot] });
        Assert.Equal(
            [
                ("uns/plant/hub/alarms/Too_hot/Acknowledged", "true"), ("uns/plant/hub/alarms/Too_hot/Active", "false"),
                ("uns/plant/hub/alarms/Too_hot/Priority", "\"Urgent\""), ("uns/plant/hub/alarms/Too_hot/Standing", "\"Normal\""),
            ],
            report.Topics.Select(t => (t.Topic, System.Text.Json.Nodes.JsonNode.Parse(t.Example)!["value"]!.ToJsonString())));
        Assert.All(report.Topics, t => Assert.Equal(TopicOutcome.Appears, t.Outcome));
        Assert.Equal("alarms:Too hot/Active", report.Topics[1].Source);
        Assert.Equal("alarms:Too hot/Active: 'Too hot' becomes Too_hot in the topic, which cannot carry it.", Assert.Single(report.Problems)); // Once, and not for each of the four.
    }

    [Fact]
    public async Task The_topics_of_an_alarm_that_goes_end_and_whoever_subscribes_to_them_is_named()
    {
        _clients.Subscribed = "uns/plant/hub/alarms/#";
        var report = await OfAsync(Plant with { Alarms = [Hot] }, Plant);
        Assert.Equal((4, 0), (report.Counts[TopicOutcome.Vanishes], report.Counts[TopicOutcome.Appears]));
        Assert.Equal(("scada", 4), (Assert.Single(report.Clients).ClientId, report.Clients[0].Topics));
    }

    [Fact]
    public async Task An_alarm_that_is_renamed_moves_its_topics()
    {
        var report = await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Alarms = [Hot with { Name = "Overheated" }] });
        Assert.Equal(
            [("uns/plant/hub/alarms/Too_hot/Acknowledged", "uns/plant/hub/alarms/Overheated/Acknowledged"), ("uns/plant/hub/alarms/Too_hot/Active", "uns/plant/hub/alarms/Overheated/Active")],
            report.Topics.Take(2).Select(t => (t.From, t.Topic)));
        Assert.Equal(4, report.Counts[TopicOutcome.Moves]);
        Assert.Empty(report.Problems);
    }

    [Fact]
    public async Task An_alarm_of_another_limit_carries_something_else()
    {
        var report = await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Alarms = [Hot with { Limit = 280, Hysteresis = 5, Text = "Open the lid" }] });
        var changed = Assert.Single(report.Topics);
        Assert.Equal(("uns/plant/hub/alarms/Too_hot/Active", TopicOutcome.Changes, "condition above 300 → above 280 (hysteresis 5)"), (changed.Topic, changed.Outcome, changed.Why));
        changed = Assert.Single((await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Alarms = [Hot with { Path = "plant/hub/mill/Temp" }] })).Topics);
        Assert.Equal("condition plant/hub/press/Oven/Temp above 300 → plant/hub/mill/Temp above 300", changed.Why);
        changed = Assert.Single((await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Alarms = [Hot with { Id = Guid.NewGuid(), Kind = AlarmKind.Stale }] })).Topics); // Another one of the same name.
        Assert.Equal((TopicOutcome.Changes, "condition above 300 → stale or bad"), (changed.Outcome, changed.Why));
        Assert.Empty((await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Alarms = [Hot with { Text = "Open the lid", Priority = AlarmPriority.Low }] })).Topics);
    }

    [Fact]
    public async Task An_alarm_that_goes_with_its_value_means_the_same()
    {
        var mapping = new EquipmentRule { Device = "press", Path = "acme/press" };
        var report = await OfAsync(Plant with { Alarms = [Hot] }, Plant with { Mapping = [mapping], Alarms = [Hot with { Path = "acme/press/Oven/Temp" }] });
        Assert.Equal([("uns/acme/press/Oven/Temp", TopicOutcome.Moves)], report.Topics.Select(t => (t.Topic, t.Outcome)));
    }

    [Fact]
    public async Task A_mapping_that_moves_alarms_moves_each_of_their_topics_once()
    {
        foreach (var value in AlarmTags.DefinitionsOf(Hot))
        {
            _tree.Changed(new MetricChange(new MetricKey(new EdgeNodeId("plant", "hub"), AlarmTags.DeviceName, value.Name), TagValue.Of(true), TagQuality.Good, _clock.GetUtcNow(), null, value));
        }

        var before = Plant with { Alarms = [Hot] };
        var report = await OfAsync(before, before with { Mapping = [new EquipmentRule { Device = AlarmTags.DeviceName, Path = "acme/alarms" }] });
        Assert.Equal(4, report.Topics.Count);
        Assert.All(report.Topics, t => Assert.Equal((TopicOutcome.Moves, true), (t.Outcome, t.Topic.StartsWith("uns/acme/alarms/Too_hot/", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_name_that_differs_in_the_topic_alone_is_a_clash()
    {
        var report = await OfAsync(Plant, Plant with { Alarms = [Hot, Hot with { Id = Guid.NewGuid(), Name = "Too_hot" }] });
        Assert.Contains(report.Problems, p => p.StartsWith("uns/plant/hub/alarms/Too_hot/Active is wanted by alarms:Too hot/Active, alarms:Too_hot/Active", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/b#+")]
    [InlineData("{name}")]
    [InlineData("🌡️ Öfen <b>")]
    [InlineData("Device Control")]
    public async Task A_rule_that_cannot_be_published_is_worked_out_all_the_same(string name)
    {
        foreach (var odd in new[] { name, string.Concat(Enumerable.Repeat(name, 3000)) })
        {
            var report = await OfAsync(Plant, Plant with { Alarms = [Hot with { Name = odd }] });
            Assert.Equal("alarm", Assert.Single(report.Things).Kind);
            Assert.InRange(report.Topics.Count, 0, 4);
        }
    }

    [Fact]
    public void What_a_draft_brings_is_found_beside_what_is_there()
    {
        Born("press", "Oven/Temp");
        var drafted = PlantSettings.Empty with { Devices = [Device("press", Temperature, new TagOptions { Id = Guid.NewGuid(), Name = "Oven/Load", Unit = "t" }), Device("mill", Temperature)] };
        var added = TopicPlan.Added(Plant, drafted, Hub).ToList();
        Assert.Equal(["plant/hub/press/Oven/Load", "plant/hub/mill/Oven/Temp"], added.Select(t => t.Path));
        Assert.Equal([("plant/hub/mill/Oven/Temp", true), ("plant/hub/press/Oven/Temp", false)], TagSearch.Find(_tree.Root, added, "oven TEMP", 12).Select(t => (t.Path, t.IsDrafted)));
        Assert.Equal(["plant/hub/mill/Oven/Temp"], TagSearch.Find(_tree.Root, added, "upper", 12).Select(t => t.Path));
        Assert.Empty(TagSearch.Find(_tree.Root, added, "  ", 12));
        Assert.Empty(TagSearch.Find(_tree.Root, added, "nowhere", 12));
    }

    [Theory]
    [InlineData(20, 20, 6, 6)]
    [InlineData(20, 2, 10, 2)]
    [InlineData(2, 20, 2, 10)]
    [InlineData(3, 3, 3, 3)]
    [InlineData(0, 20, 0, 12)]
    public void Neither_the_draft_nor_the_plant_hides_the_other(int drafted, int there, int shownDrafted, int shownThere)
    {
        for (var n = 0; n < there; n++)
        {
            Born("press", $"V{n:00}");
        }

        var added = Enumerable.Range(0, drafted).Select(n => new PlannedTopic($"plant/hub/new/V{n:00}", Device("new"), new TagOptions { Name = $"V{n:00}" })).ToList();
        var found = TagSearch.Find(_tree.Root, added, "hub", 12);
        Assert.Equal((shownDrafted, shownThere), (found.Count(t => t.IsDrafted), found.Count(t => !t.IsDrafted)));
    }

    [Fact]
    public void A_value_that_is_there_and_in_the_draft_is_offered_once()
    {
        Born("mill", "Oven/Temp");
        var added = TopicPlan.Added(Plant, Plant with { Devices = [Device("mill", Temperature)] }, Hub).ToList();
        Assert.True(Assert.Single(TagSearch.Find(_tree.Root, added, "mill", 12)).IsDrafted);
    }

    // No device of a known protocol is in these settings: the book of devices is not asked.
    private Task<ImpactReport> OfAsync(PlantSettings before, PlantSettings after) =>
        new ChangeImpact([], null!, _tree, new AffectedClients(_clients, _clients), Hub, _clock).OfAsync(before, after, CancellationToken.None);

    private void Born(string device, string metric) => _tree.Changed(new MetricChange(
        new MetricKey(new EdgeNodeId("plant", "hub"), device, metric), TagValue.Of(1.0), TagQuality.Good, _clock.GetUtcNow(), null, new TagDefinition { Name = metric, DataType = DataType.Double, Unit = "°C" }));

    private static DeviceOptions Device(string name, params TagOptions[] tags) => new() { Name = name, Protocol = "paper", Tags = tags };

    private sealed class NobodyListens : IClientBook, ISubscriberLedger
    {
        public string? Subscribed { get; set; }

        public Task<IReadOnlyList<SubscriberRow>> ListeningAsync(string topic, int most) => Task.FromResult<IReadOnlyList<SubscriberRow>>(Subscribed is null ? [] : [new("scada", Subscribed, "Tcp")]);

        public IReadOnlyList<PastSubscriber> Lately(string topic, int most) => [];

        public Task<ClientList> ListAsync(string search, int most, string? after = null) => throw new NotSupportedException();

        public Task<GridPart<ClientRow>> PageAsync(ClientQuestion asked) => throw new NotSupportedException();

        public Task<ClientSheet?> FindAsync(string clientId) => throw new NotSupportedException();

        public Task<bool> DisconnectAsync(string clientId, string who) => throw new NotSupportedException();

        public Task<bool> DropSessionAsync(string clientId, string who) => throw new NotSupportedException();
    }
}
