using System.Buffers;
using System.Text;
using Uns.Hub.Republish;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Tree;

/// <summary>A value or a branch that gets another place, and the old topic that goes on until a date.</summary>
public sealed class MoveTests
{
    private readonly ManualClock _clock = new();
    private readonly UnsTree _tree;
    private readonly ForwardedTopics _forwarded;

    public MoveTests()
    {
        _tree = new UnsTree(_clock);
        _forwarded = new ForwardedTopics(_tree);
    }

    private DateTimeOffset InThirtyDays => _clock.GetUtcNow().AddDays(30);

    [Theory]
    [InlineData("G/E/d", "acme/press", "Oil/Level", "acme/press/Oil/Level")] // A branch with all below it.
    [InlineData("G/E", "acme/berlin", "Speed", "acme/berlin/d/Speed")]
    [InlineData("G/E/d/Speed", "G/E/d/Rpm", "Speed", "G/E/d/Rpm")] // One value gets another name.
    [InlineData("G/E/d/Spee", "acme", "Speed", "G/E/d/Speed")] // The beginning of a name is no branch.
    [InlineData("G/E/d", "G/E/d/cell", "Speed", "G/E/d/cell/Speed")] // A level more.
    public void What_moves_is_the_value_or_the_branch_and_nothing_else(string from, string to, string metric, string stands)
    {
        Set(metric, 1);
        Moves(Row(from, to));
        Assert.Equal(1, Value(stands));
        Set(metric, 2);
        Assert.Equal(2, Value(stands));
        Assert.Single(_tree.Root.Values());
    }

    [Fact]
    public void Moves_are_carried_out_in_their_order_and_every_former_place_is_remembered()
    {
        Set("Speed", 1);
        Moves(Row("G/E/d", "acme/one", InThirtyDays), Row("acme/one", "acme/two", InThirtyDays.AddDays(1)));
        var node = _tree.Find("acme/two/Speed")!;
        Assert.Equal([new FormerPlace("G/E/d/Speed", InThirtyDays), new FormerPlace("acme/one/Speed", InThirtyDays.AddDays(1))], node.Formerly);
        Assert.Same(node, _tree.MovedFrom("G/E/d/Speed"));
        Assert.Same(node, _tree.MovedFrom("acme/one/Speed"));
        Assert.Equal("acme/two", _tree.MovedTo("G/E/d"));

        // Back where it began: that is no former place any more.
        Moves(Row("G/E/d", "acme/one", InThirtyDays), Row("acme/one", "G/E/d", InThirtyDays));
        Assert.Equal([new FormerPlace("acme/one/Speed", InThirtyDays)], _tree.Find("G/E/d/Speed")!.Formerly);
        Assert.Null(_tree.MovedFrom("G/E/d/Speed"));
    }

    [Fact]
    public void What_is_born_later_below_a_moved_branch_is_moved_too()
    {
        Moves(Row("G/E", "acme/berlin", InThirtyDays));
        Set("Speed", 1);
        Assert.Equal(1, Value("acme/berlin/d/Speed"));
        Assert.Equal("G/E/d/Speed", Assert.Single(_tree.Find("acme/berlin/d/Speed")!.Formerly).Path);
        Assert.True(_tree.Find("acme/berlin/d")!.IsPlace);
    }

    [Fact]
    public void A_move_to_a_place_that_another_value_has_is_refused_and_shown()
    {
        _tree.Changed(Change(new MetricKey(new EdgeNodeId("G", "E"), "other", "Speed"), 7));
        Set("Speed", 1);
        Moves(Row("G/E/d", "G/E/other"));
        Assert.Equal(7, Value("G/E/other/Speed"));
        Assert.Equal("G/E/d:Speed", Assert.Single(_tree.Conflicts()).Refused);
    }

    [Fact]
    public void An_old_topic_goes_on_until_its_date_and_ends_then()
    {
        Set("Speed", 1);
        Moves(Row("G/E/d", "acme/press", InThirtyDays));
        var node = _tree.Find("acme/press/Speed")!;
        Assert.Same(node, _forwarded.HolderOf("G/E/d/Speed", _clock.GetUtcNow()));
        Assert.Equal(ForwardStep.Tell, _forwarded.Step("G/E/d/Speed", node, _clock.GetUtcNow()));
        Assert.Equal(InThirtyDays, _forwarded.NextEnd);
        var end = InThirtyDays;
        _clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1));
        Assert.Empty(_forwarded.TakeEnded(_clock.GetUtcNow()));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(end, _clock.GetUtcNow());
        Assert.Equal(["G/E/d/Speed"], _forwarded.TakeEnded(_clock.GetUtcNow()));
        Assert.Null(_forwarded.NextEnd);
        Assert.Null(_forwarded.HolderOf("G/E/d/Speed", _clock.GetUtcNow()));
        Assert.Equal(ForwardStep.Nothing, _forwarded.Step("G/E/d/Speed", node, _clock.GetUtcNow()));
    }

    [Fact]
    public void An_old_topic_whose_date_is_taken_back_ends_at_once_and_only_once()
    {
        Set("Speed", 1);
        Moves(Row("G/E/d", "acme/press", InThirtyDays));
        var node = _tree.Find("acme/press/Speed")!;
        Assert.Equal(ForwardStep.Tell, _forwarded.Step("G/E/d/Speed", node, _clock.GetUtcNow()));
        using var reader = _tree.Feed.Open("");
        Moves(Row("G/E/d", "acme/press"));
        Assert.Contains(node, reader.Take());
        Assert.Equal(ForwardStep.End, _forwarded.Step("G/E/d/Speed", node, _clock.GetUtcNow()));
        Assert.Equal(ForwardStep.Nothing, _forwarded.Step("G/E/d/Speed", node, _clock.GetUtcNow()));
    }

    [Fact]
    public void An_old_topic_that_another_value_takes_is_that_values_own()
    {
        Set("Speed", 1);
        _tree.Changed(Change(new MetricKey(new EdgeNodeId("G", "E"), "other", "Speed"), 7));
        Moves(Row("G/E/d", "acme/press", InThirtyDays), Row("G/E/other", "G/E/d", InThirtyDays));
        Assert.Equal((1, 7), (Value("acme/press/Speed"), Value("G/E/d/Speed")));
        Assert.Equal(ForwardStep.Nothing, _forwarded.Step("G/E/d/Speed", _tree.Find("acme/press/Speed")!, _clock.GetUtcNow()));
    }

    [Fact]
    public void A_former_place_that_is_given_up_is_told_like_one_that_goes()
    {
        Set("Speed", 1);
        Moves(Row("G/E/d", "acme/press", InThirtyDays));
        using var reader = _tree.Feed.Open("");
        _tree.Removed(Key("Speed"));
        Assert.Contains("G/E/d/Speed", reader.Take().Where(n => n.Parent is null).Select(n => n.Path));
        Assert.Null(_tree.MovedFrom("G/E/d/Speed"));
    }

    [Fact]
    public void What_a_restart_brings_back_from_an_old_topic_stands_at_the_new_place_and_goes_on_at_the_old_one()
    {
        Moves(Row("G/E/d", "acme/press", InThirtyDays));
        _tree.Restore(_tree.Map.Follow("G/E/d/Speed"), TagValue.Of(4.0), _clock.GetUtcNow(), new FormerPlace("G/E/d/Speed", _tree.Map.ForwardedUntil("G/E/d/Speed")));
        var node = _tree.Find("acme/press/Speed")!;
        Assert.Equal(TagQuality.Stale, node.Current!.Quality);
        Assert.Same(node, _forwarded.HolderOf("G/E/d/Speed", _clock.GetUtcNow()));
        Set("Speed", 5);
        Assert.Equal(5, Value("acme/press/Speed"));
        Assert.Equal("G/E/d/Speed", Assert.Single(_tree.Find("acme/press/Speed")!.Formerly).Path);
        Assert.Null(_tree.Find("G"));
    }

    [Fact]
    public void What_a_restart_brought_back_and_nobody_has_claimed_moves_too()
    {
        _tree.Restore("G/E/d/Speed", TagValue.Of(4.0), _clock.GetUtcNow());
        Moves(Row("G/E/d", "acme/press", InThirtyDays));
        Assert.Equal(4, Value("acme/press/Speed"));
        Assert.Null(_tree.Find("G"));
    }

    [Fact]
    public void The_message_on_an_old_topic_says_where_the_value_is_told_now()
    {
        Set("Speed", 1);
        var node = _tree.Find("G/E/d/Speed")!;
        var output = new ArrayBufferWriter<byte>();
        ValuePayload.Write(output, node, node.Current!, "uns/acme/press/Speed", new DateTimeOffset(2026, 12, 22, 0, 0, 0, TimeSpan.Zero));
        Assert.EndsWith("\"movedTo\":\"uns/acme/press/Speed\",\"movedUntil\":\"2026-12-22T00:00:00.000Z\"}", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
        Assert.True(ValuePayload.TryRead(output.WrittenSpan, out var value, out _, out var movedTo));
        Assert.Equal((1.0, "uns/acme/press/Speed"), (value.Number, movedTo));
        output.ResetWrittenCount();
        ValuePayload.Write(output, node, node.Current!);
        Assert.DoesNotContain("moved", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a/b", "stands already")]
    [InlineData("a/b", "a//c", "empty level")]
    [InlineData("a/b", "a/c d", "'c d'")]
    [InlineData("a/b", "a/{device}", "placeholder")]
    [InlineData("", "a/c", "From '' is empty")]
    public void A_move_that_cannot_be_made_says_why(string from, string to, string said) =>
        Assert.Contains(said, new EquipmentRule { From = from, Path = to, Until = InThirtyDays }.Fault(), StringComparison.Ordinal);

    private static EquipmentRule Row(string from, string to, DateTimeOffset? until = null) => new() { From = from, Path = to, Until = until };

    private static MetricKey Key(string metric) => new(new EdgeNodeId("G", "E"), "d", metric);

    private MetricChange Change(MetricKey key, double value) =>
        new(key, TagValue.Of(value), TagQuality.Good, _clock.GetUtcNow(), null, new TagDefinition { Name = key.Name, DataType = DataType.Double });

    private void Set(string metric, double value) => _tree.Changed(Change(Key(metric), value));

    private void Moves(params EquipmentRule[] rows) => _tree.Remap(new EquipmentMap(rows));

    private double Value(string path) => _tree.Find(path)!.Current!.Value.Number;
}
