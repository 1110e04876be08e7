using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;
using Uns.Ui.Live;

namespace Uns.UnitTests.Ui;

/// <summary>The lines of the tree: counted whole, made only where they are looked at.</summary>
public sealed class TreeLinesTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Only_open_levels_have_lines()
    {
        var tree = Plant(("press", 3));
        Assert.Equal(["Plant"], Names(TreeLines.Of(tree.Root, Open())));
        var lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub"));
        Assert.Equal(["Plant", "hub", "press"], Names(lines));
        Assert.Equal(new TreeRow(tree.Find("Plant/hub/press")!, 2, 3, true, false, 1, 1, null, false), lines.Read(2, 1)[0]);

        // Open below a folded level counts for nothing, and a value is never open.
        Assert.Equal(["Plant"], Names(TreeLines.Of(tree.Root, Open("Plant/hub", "Plant/hub/press"))));
        lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/press", "Plant/hub/press/tag00000"));
        Assert.Equal((false, false, TagQuality.Good), (lines.Read(3, 1)[0].Folds, lines.Read(3, 1)[0].IsOpen, lines.Read(3, 1)[0].Quality));
    }

    [Fact]
    public void Any_part_of_the_lines_is_what_the_whole_has_there_and_every_node_knows_its_line()
    {
        var tree = Plant(("drill", 7), ("lathe", 500), ("mill", 1), ("press", 40));
        var lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/drill", "Plant/hub/lathe", "Plant/hub/press"));
        var all = Flat(tree.Root, ["Plant", "Plant/hub", "Plant/hub/drill", "Plant/hub/lathe", "Plant/hub/press"]).ToList();
        Assert.Equal(2 + 4 + 7 + 500 + 40, lines.Count);
        Assert.Equal(all.Count, lines.Count);
        for (var first = 0; first < all.Count; first += 3)
        {
            foreach (var count in (int[])[0, 1, 5, 20, int.MaxValue])
            {
                var part = lines.Read(first, count);
                Assert.Equal(all.Skip(first).Take(count), part.Select(r => r.Node));
                Assert.Equal(Enumerable.Range(first, part.Count), part.Select(r => r.Line));
            }

            Assert.Equal(first, lines.LineOf(all[first].Path));
        }

        var last = lines.Read(all.Count - 1, 1)[0];
        Assert.Equal((4, 40, 40), (last.Level, last.Place, last.Siblings));
        Assert.All(["", "Plant/nope", "Plant/hub/mill/tag00000", "Plant/hub/lathe/tag00000/x", "/", "Plant/"], path => Assert.Equal(-1, lines.LineOf(path)));
        Assert.Empty(lines.Read(all.Count, 10));
        Assert.Equal(2, lines.Read(-5, 7).Count);
    }

    [Fact]
    public void Letters_find_the_next_line_that_begins_so_and_go_on_from_the_top()
    {
        var tree = Plant(("drill", 3), ("Lathe", 1000), ("mill", 1));
        var lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/Lathe", "Plant/hub/drill"));
        Assert.Equal(["Plant", "hub", "Lathe"], Names(lines)[..3]); // Capital letters stand first.
        Assert.Equal(lines.LineOf("Plant/hub/mill"), lines.Find("m", 3));
        Assert.Equal(lines.LineOf("Plant/hub/Lathe"), lines.Find("l", 900));
        Assert.Equal(lines.LineOf("Plant/hub/Lathe/tag00999"), lines.Find("TAG00999", 0));
        Assert.Equal(lines.LineOf("Plant/hub/drill/tag00002"), lines.Find("tag00002", lines.LineOf("Plant/hub/Lathe/tag00003")));
        Assert.Equal(5, lines.Find("tag", 5));
        Assert.Equal(-1, lines.Find("x", 0));
        Assert.Equal(-1, TreeLines.Of(new UnsTree(_clock).Root, Open("Plant")).Find("p", 0));
    }

    [Fact]
    public void Lines_stand_while_values_move_and_are_old_when_one_comes_or_goes()
    {
        var tree = Plant(("press", 3), ("saw", 1));
        var lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/press"));
        Tell(tree, "press", 1, TagQuality.Bad);
        Assert.True(lines.IsCurrent);
        Assert.Equal(TagQuality.Bad, lines.Read(4, 1)[0].Quality);
        Tell(tree, "saw", 7, TagQuality.Good);
        Assert.True(lines.IsCurrent); // Of a level that is folded nothing is shown.
        Tell(tree, "press", 7, TagQuality.Good);
        Assert.False(lines.IsCurrent);
        lines = TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/press"));
        tree.Removed(Key("press", 0));
        Assert.False(lines.IsCurrent);
        Assert.Equal((8, true), (lines.Count, lines.Read(3, 1)[0].IsGone));
        Assert.Equal(7, TreeLines.Of(tree.Root, Open("Plant", "Plant/hub", "Plant/hub/press")).Count);
    }

    private static MetricKey Key(string device, int tag) => new(new EdgeNodeId("Plant", "hub"), device, $"tag{tag:00000}");

    private static HashSet<string> Open(params string[] paths) => [.. paths];

    private static string[] Names(TreeLines lines) => [.. lines.Read(0, lines.Count).Select(r => r.Node.Name)];

    private static IEnumerable<UnsNode> Flat(UnsNode node, string[] open) => node.Children.SelectMany(c => open.Contains(c.Path) ? Flat(c, open).Prepend(c) : [c]);

    private UnsTree Plant(params (string Device, int Tags)[] devices)
    {
        var tree = new UnsTree(_clock);
        foreach (var (device, tags) in devices)
        {
            for (var tag = 0; tag < tags; tag++)
            {
                Tell(tree, device, tag, TagQuality.Good);
            }
        }

        return tree;
    }

    private void Tell(UnsTree tree, string device, int tag, TagQuality quality) => tree.Changed(new MetricChange(Key(device, tag), TagValue.Of(1.0), quality, _clock.GetUtcNow(), null, null));
}
