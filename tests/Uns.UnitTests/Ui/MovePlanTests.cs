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

namespace Uns.UnitTests.Ui;

/// <summary>What moving a value or a branch would do, before it is made.</summary>
public sealed class MovePlanTests
{
    private static readonly UiOptions Options = new("uns", TimeSpan.FromSeconds(1), "plant", "hub", 1883, false, false);
    private readonly ManualClock _clock = new();
    private readonly UnsTree _tree;
    private readonly Book _book = new();
    private readonly MovePlan _plan;

    public MovePlanTests()
    {
        _tree = new UnsTree(_clock);
        _plan = new MovePlan(_tree, _book, new AffectedClients(_book, _book), Options, _clock);
        Born("press", "Speed");
        Born("press", "Oil/Level");
        Born("oven", "Temp");
    }

    private DateTimeOffset InThirtyDays => _clock.GetUtcNow().AddDays(30);

    [Fact]
    public async Task Old_and_new_topics_alarms_and_subscribers_are_shown()
    {
        _book.Now.Add(new("mes", "uns/#", "Tcp"));
        _book.Past.Add(new("old", "uns/plant/#", _clock.GetUtcNow(), _clock.GetUtcNow(), false));
        var shown = PlantSettings.Empty with { Alarms = [new AlarmRule { Name = "High", Path = "plant/hub/press/Speed" }, new AlarmRule { Name = "Other", Path = "plant/hub/oven/Temp" }] };
        var preview = await _plan.OfAsync(shown, "/plant/hub/press/", "acme/berlin/press", InThirtyDays, CancellationToken.None);
        Assert.Empty(preview.Faults);
        Assert.Empty(preview.Notes);
        Assert.Equal([("uns/plant/hub/press/Oil/Level", "uns/acme/berlin/press/Oil/Level"), ("uns/plant/hub/press/Speed", "uns/acme/berlin/press/Speed")], preview.Topics.Select(t => (t.From, t.To)));
        Assert.Equal(["High"], preview.Alarms);
        Assert.Equal([("mes", 2, false), ("old", 2, true)], preview.Clients.Select(c => (c.ClientId, c.Topics, c.LastSeen is not null)));
        Assert.Equal(new EquipmentRule { From = "plant/hub/press", Path = "acme/berlin/press", Until = InThirtyDays }, Assert.Single(preview.Change.Mapping!));
    }

    [Fact]
    public async Task What_the_settings_hold_and_nobody_has_told_yet_moves_too()
    {
        var shown = PlantSettings.Empty with { Devices = [new DeviceOptions { Name = "mixer", Protocol = "modbus", Tags = [new TagOptions { Name = "Rpm" }] }] };
        var preview = await _plan.OfAsync(shown, "plant/hub/mixer/Rpm", "plant/hub/mixer/Speed", InThirtyDays, CancellationToken.None);
        Assert.Equal(("uns/plant/hub/mixer/Speed", "mixer:Rpm"), (Assert.Single(preview.Topics).To, preview.Topics[0].Source));
    }

    [Theory]
    [InlineData("plant/hub/press", "acme//x", "empty level")]
    [InlineData("plant/hub/press", "acme/a b", "a_b")]
    [InlineData("plant/hub/press", "plant/hub/press", "stands already")]
    [InlineData("plant/hub/nope", "acme/x", "Nothing stands at 'plant/hub/nope'")]
    public async Task What_cannot_be_made_says_why(string from, string to, string said) =>
        Assert.Contains(said, Assert.Single((await _plan.OfAsync(PlantSettings.Empty, from, to, InThirtyDays, CancellationToken.None)).Faults), StringComparison.Ordinal);

    [Fact]
    public async Task A_date_that_is_over_is_refused() =>
        Assert.Contains("which is over", Assert.Single((await _plan.OfAsync(PlantSettings.Empty, "plant/hub/press", "a/b", _clock.GetUtcNow(), CancellationToken.None)).Faults), StringComparison.Ordinal);

    [Theory]
    [InlineData("plant/hub/press/Speed", "plant/hub/oven/Temp", "belongs to plant/hub/oven:Temp")]
    [InlineData("plant/hub/press/Speed", "plant/HUB/Speed", "differs by case alone")]
    public async Task Clashes_are_named(string from, string to, string said) =>
        Assert.Contains((await _plan.OfAsync(PlantSettings.Empty, from, to, InThirtyDays, CancellationToken.None)).Notes, note => note.Contains(said, StringComparison.Ordinal));

    [Fact]
    public async Task Without_a_date_it_is_said_that_the_old_topics_end_at_once() =>
        Assert.Contains((await _plan.OfAsync(PlantSettings.Empty, "plant/hub/press", "a/b", null, CancellationToken.None)).Notes, note => note.Contains("end at once", StringComparison.Ordinal));

    private void Born(string device, string metric) => _tree.Changed(new MetricChange(
        new MetricKey(new EdgeNodeId("plant", "hub"), device, metric), TagValue.Of(1.0), TagQuality.Good, _clock.GetUtcNow(), null, new TagDefinition { Name = metric, DataType = DataType.Double }));

    private sealed class Book : IEquipmentMapBook, IClientBook, ISubscriberLedger
    {
        public List<SubscriberRow> Now { get; } = [];

        public List<PastSubscriber> Past { get; } = [];

        public IReadOnlyList<EquipmentRule> Rules => [];

        public Task<IReadOnlyList<SubscriberRow>> ListeningAsync(string topic, int most) => Task.FromResult<IReadOnlyList<SubscriberRow>>(Now);

        public IReadOnlyList<PastSubscriber> Lately(string topic, int most) => Past;

        public Task<ClientList> ListAsync(string search, int most, string? after = null) => throw new NotSupportedException();

        public Task<Uns.Ui.Live.GridPart<ClientRow>> PageAsync(ClientQuestion asked) => throw new NotSupportedException();

        public Task<ClientSheet?> FindAsync(string clientId) => throw new NotSupportedException();

        public Task<bool> DisconnectAsync(string clientId, string who) => throw new NotSupportedException();

        public Task<bool> DropSessionAsync(string clientId, string who) => throw new NotSupportedException();
    }
}
