using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Tree;

public sealed class UnsTreeTests
{
    private readonly ManualClock _clock = new();
    private readonly UnsTree _tree;

    public UnsTreeTests() => _tree = new UnsTree(_clock);

    [Fact]
    public void A_metric_stands_at_the_place_of_the_first_row_that_fits()
    {
        _tree.Remap(new EquipmentMap(
        [
            new EquipmentRule { Group = "G", Device = "press", Metric = "Oil/*", Path = "acme/berlin/utilities" },
            new EquipmentRule { Group = "G", Device = "press", Path = "acme/berlin/press shop/{device}".Replace(' ', '_') },
        ]));
        Set("press", "Oil/Level", 5);
        Set("press", "Speed", 7);
        Set("other", "Speed", 9);
        Assert.Equal(5, Value("acme/berlin/utilities/Oil/Level"));
        Assert.Equal(7, Value("acme/berlin/press_shop/press/Speed"));
        Assert.Equal(9, Value("G/E/other/Speed"));
    }

    [Fact]
    public void A_group_with_colons_gives_the_upper_levels()
    {
        _tree.Changed(Change(new MetricKey(new EdgeNodeId("acme:berlin:press", "line1"), "cell", "Speed"), 1));
        Assert.Equal("Enterprise", _tree.Find("acme")!.Level);
        Assert.Equal("Area", _tree.Find("acme/berlin/press")!.Level);
        Assert.Equal("Cell", _tree.Find("acme/berlin/press/line1/cell")!.Level);
        Assert.Equal("Tag", _tree.Find("acme/berlin/press/line1/cell/Speed")!.Level);
    }

    [Fact]
    public void What_speaks_of_the_session_has_no_place_in_the_plant()
    {
        _tree.Changed(Change(new MetricKey(new EdgeNodeId("G", "E"), null, "bdSeq"), 0));
        _tree.Changed(Change(new MetricKey(new EdgeNodeId("G", "E"), null, "Node Control/Rebirth"), 0));
        Assert.Empty(_tree.Root.Children);
    }

    [Fact]
    public void Staleness_keeps_the_value_and_its_time()
    {
        Set("d", "m", 5);
        var read = _tree.Find("G/E/d/m")!.Current!;
        _clock.Advance(TimeSpan.FromMinutes(1));
        _tree.Changed(new MetricChange(Key("d", "m"), TagValue.Of(5.0), TagQuality.Stale, _clock.GetUtcNow(), "the node died", null));
        var stale = _tree.Find("G/E/d/m")!.Current!;
        Assert.Equal((TagQuality.Stale, read.Value, read.Timestamp), (stale.Quality, stale.Value, stale.Timestamp));
        Assert.Equal(_clock.GetUtcNow(), stale.QualitySince);
        Assert.Equal("the node died", stale.Reason);
    }

    [Fact]
    public void Of_two_metrics_for_one_place_the_first_keeps_it_and_the_second_follows_when_it_goes()
    {
        _tree.Remap(new EquipmentMap([new EquipmentRule { Path = "acme/line" }]));
        Set("a", "Speed", 1);
        Set("b", "Speed", 2);
        Set("b", "Speed", 3);
        Assert.Equal(1, Value("acme/line/Speed"));
        var conflict = Assert.Single(_tree.Conflicts());
        Assert.Equal(("acme/line/Speed", "G/E/a:Speed", "G/E/b:Speed"), (conflict.Path, conflict.Owner, conflict.Refused));
        _tree.Removed(Key("a", "Speed"));
        Assert.Equal(3, Value("acme/line/Speed"));
        Assert.Empty(_tree.Conflicts());
    }

    [Fact]
    public void A_new_table_moves_every_value_and_leaves_nothing_behind()
    {
        Set("a", "Speed", 1);
        using var reader = _tree.Feed.Open("");
        _tree.Remap(new EquipmentMap([new EquipmentRule { Device = "a", Path = "acme/berlin" }]));
        Assert.Equal(1, Value("acme/berlin/Speed"));
        Assert.Null(_tree.Find("G"));
        Assert.Contains("G/E/a/Speed", reader.Take().Select(n => n.Path));
    }

    [Fact]
    public void A_note_stands_beside_its_value_through_moves_until_it_ends_and_is_told_like_a_change()
    {
        var metric = new Noted(Key("a", "Speed"));
        var witness = new Counting();
        _tree.Witness = witness;
        _tree.Changed(Change(metric.Key, 1) with { Source = metric });
        using var reader = _tree.Feed.Open("");
        metric.Says = "the clock is wrong";
        _tree.Noted(metric);
        _tree.Noted(metric);
        _tree.Noted(new Noted(Key("a", "Unknown"))); // No place: no news.
        Assert.Equal("G/E/a/Speed", Assert.Single(reader.Take()).Path);
        Assert.Equal(("the clock is wrong", 1), (_tree.Find("G/E/a/Speed")!.Note, witness.Seen));
        _tree.Remap(new EquipmentMap([new EquipmentRule { Device = "a", Path = "acme/berlin" }]));
        Assert.Equal("the clock is wrong", _tree.Find("acme/berlin/Speed")!.Note);
        var later = new Noted(Key("a", "Force")) { Says = "the clock is wrong" };
        _tree.Changed(Change(later.Key, 1) with { Source = later }); // Born while it is so.
        Assert.Equal("the clock is wrong", _tree.Find("acme/berlin/Force")!.Note);
        metric.Says = null;
        _tree.Noted(metric);
        Assert.Null(_tree.Find("acme/berlin/Speed")!.Note);
    }

    [Fact]
    public void A_value_from_before_a_restart_is_stale_until_its_source_speaks()
    {
        _tree.Restore("G/E/d/m", TagValue.Of(4.0), _clock.GetUtcNow() - TimeSpan.FromHours(1));
        Assert.Equal(TagQuality.Stale, _tree.Find("G/E/d/m")!.Current!.Quality);
        Set("d", "m", 5);
        Assert.Equal((TagQuality.Good, 5.0), (_tree.Find("G/E/d/m")!.Current!.Quality, Value("G/E/d/m")));
        _tree.Restore("G/E/d/m", TagValue.Of(4.0), _clock.GetUtcNow());
        Assert.Equal(5, Value("G/E/d/m"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tag_that_nobody_has_read_yet_keeps_what_was_retained_and_is_never_good(bool birthFirst)
    {
        var retainedAt = _clock.GetUtcNow() - TimeSpan.FromHours(1);
        var unread = new MetricChange(Key("d", "m"), TagValue.Null(DataType.Double), TagQuality.Stale, _clock.GetUtcNow(), "It has not been read yet.", new() { Name = "m", DataType = DataType.Double });
        if (birthFirst)
        {
            _tree.Changed(unread);
            Assert.Equal((TagQuality.Stale, true), (_tree.Find("G/E/d/m")!.Current!.Quality, _tree.Find("G/E/d/m")!.Current!.Value.IsNull));
        }

        _tree.Restore("G/E/d/m", TagValue.Of(4.0), retainedAt);
        if (!birthFirst)
        {
            _tree.Changed(unread);
        }

        var node = _tree.Find("G/E/d/m")!.Current!;
        Assert.Equal((TagQuality.Stale, TagValue.Of(4.0), retainedAt), (node.Quality, node.Value, node.Timestamp));
        Set("d", "m", 5);
        Assert.Equal((TagQuality.Good, 5.0), (_tree.Find("G/E/d/m")!.Current!.Quality, Value("G/E/d/m")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_birth_certificate_tells_less_than_the_newer_value_that_was_retained(bool certificateFirst)
    {
        var retainedAt = _clock.GetUtcNow() - TimeSpan.FromHours(1);
        foreach (var (metric, value) in new[] { ("m", TagValue.Of(1.0)), ("n", TagValue.Null(DataType.Double)) })
        {
            var certificate = new MetricChange(Key("d", metric), value, TagQuality.Stale, retainedAt - TimeSpan.FromDays(1), "known from a certificate", new() { Name = metric, DataType = DataType.Double, Unit = "bar" });
            if (certificateFirst)
            {
                _tree.Changed(certificate);
            }

            _tree.Restore($"G/E/d/{metric}", TagValue.Of(4.0), retainedAt);
            if (!certificateFirst)
            {
                _tree.Changed(certificate);
            }

            var node = _tree.Find($"G/E/d/{metric}")!;
            Assert.Equal((TagQuality.Stale, TagValue.Of(4.0), retainedAt, "bar"), (node.Current!.Quality, node.Current.Value, node.Current.Timestamp, node.Definition!.Unit));
        }
    }

    [Fact]
    public void Only_what_is_stale_can_be_forgotten()
    {
        _tree.Restore("G/E/old/m", TagValue.Of(4.0), _clock.GetUtcNow());
        Set("d", "m", 5);
        Assert.Equal(1, _tree.Forget("G"));
        Assert.Null(_tree.Find("G/E/old"));
        Assert.Equal(5, Value("G/E/d/m"));
    }

    [Fact]
    public async Task A_reader_hears_of_its_branch_alone_and_of_each_node_once()
    {
        using var reader = _tree.Feed.Open("G/E/a");
        Set("a", "m", 1);
        Set("a", "m", 2);
        Set("ab", "m", 1);
        await reader.WaitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
        Assert.Equal(["G/E/a/m"], reader.Take().Select(n => n.Path));
        Assert.False(reader.WaitAsync(default).IsCompleted);
    }

    [Theory]
    [InlineData("Druck (bar)", "Druck_(bar)")]
    [InlineData("a+b#c", "aplusbnoc")]
    [InlineData("$SYS", "_SYS")]
    [InlineData(" x ", "x")]
    [InlineData("\u0007", "_")]
    [InlineData("温度🔥", "温度🔥")]
    [InlineData("", "_")]
    public void A_name_becomes_a_level_that_a_topic_can_carry(string name, string level) => Assert.Equal(level, EquipmentPath.Sanitise(name));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a//b", "empty level")]
    [InlineData("acme/press shop", "press_shop")]
    [InlineData("acme/+", "plus")]
    public void A_place_that_cannot_be_a_topic_is_refused_with_what_to_write(string path, string wanted) => Assert.Contains(wanted, EquipmentPath.Fault(path));

    private static MetricKey Key(string device, string metric) => new(new EdgeNodeId("G", "E"), device, metric);

    private MetricChange Change(MetricKey key, double value) =>
        new(key, TagValue.Of(value), TagQuality.Good, _clock.GetUtcNow(), null, new TagDefinition { Name = key.Name, DataType = DataType.Double });

    private void Set(string device, string metric, double value) => _tree.Changed(Change(Key(device, metric), value));

    private double? Value(string path) => _tree.Find(path)?.Current?.Value.Number;

    private sealed class Noted(MetricKey key) : MetricSource
    {
        public override MetricKey Key => key;

        public override string? Note => Says;

        public string? Says { get; set; }
    }

    private sealed class Counting : IValueWitness
    {
        public int Seen { get; private set; }

        public void Changed(UnsNode node, in MetricChange change) => Seen++;

        public void Late(UnsNode node, in MetricChange change)
        {
        }

        public void Gone(UnsNode node)
        {
        }
    }
}
