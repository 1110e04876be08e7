using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;
using Uns.Ui.Live;

namespace Uns.UnitTests.Ui;

/// <summary>The lines of the tree: what is open, in parts where a level is long.</summary>
public sealed class TreeRowTests
{
    private static readonly Dictionary<string, int> NothingAsked = [];

    [Fact]
    public void Only_open_levels_are_drawn()
    {
        var tree = Plant(3);
        Assert.Equal(["Plant"], Names(TreeRow.Of(tree.Root, new HashSet<string>(), NothingAsked)));
        var rows = TreeRow.Of(tree.Root, new HashSet<string> { "Plant", "Plant/hub" }, NothingAsked);
        Assert.Equal(["Plant", "hub", "press"], Names(rows));
        Assert.Equal((3, true, false, 1, 1), (rows[2].Level, rows[2].Folds, rows[2].IsOpen, rows[2].Place, rows[2].Siblings));
    }

    [Fact]
    public void A_long_level_is_drawn_in_parts_and_what_is_open_in_it_stands_there_all_the_same()
    {
        var tree = Plant(1000);
        var open = new HashSet<string> { "Plant", "Plant/hub", "Plant/hub/press" };
        var rows = TreeRow.Of(tree.Root, open, NothingAsked);
        Assert.Equal(3 + TreeRow.Step + 1, rows.Count);
        Assert.Equal((800, "Plant/hub/press"), (rows[^1].More, rows[^1].Node.Path));
        rows = TreeRow.Of(tree.Root, open, new Dictionary<string, int> { ["Plant/hub/press"] = 400 });
        Assert.Equal(600, rows[^1].More);
        rows = TreeRow.Of(tree.Root, new HashSet<string>(open) { "Plant/hub/press/tag0999" }, NothingAsked);
        Assert.Equal(["tag0999", "press"], Names(rows)[^2..]);
        Assert.Equal(799, rows[^1].More);
    }

    private static UnsTree Plant(int tags)
    {
        var clock = new ManualClock();
        var tree = new UnsTree(clock);
        foreach (var n in Enumerable.Range(0, tags))
        {
            tree.Changed(new MetricChange(new MetricKey(new EdgeNodeId("Plant", "hub"), "press", $"tag{n:0000}"), TagValue.Of((double)n), TagQuality.Good, clock.GetUtcNow(), null, null));
        }

        return tree;
    }

    private static string[] Names(IEnumerable<TreeRow> rows) => [.. rows.Select(r => r.Node.Name)];
}
