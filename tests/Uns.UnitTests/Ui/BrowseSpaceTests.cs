using Uns.Connectors;
using Uns.Connectors.TagFiles;
using Uns.Tags;
using Uns.Ui.Browsing;

namespace Uns.UnitTests.Ui;

/// <summary>What is ticked in a device's address space, as it becomes known piece by piece.</summary>
public sealed class BrowseSpaceTests
{
    private readonly HashSet<string> _tags = [];
    private readonly BrowseSpace _space;

    public BrowseSpaceTests()
    {
        _space = new BrowseSpace(_tags.Contains);
        _space.Put(null, [Folder("Line"), Folder("Hall"), Value("Clock")]);
    }

    [Fact]
    public void A_folder_shows_how_much_of_what_was_unfolded_is_ticked()
    {
        var line = At("Line");
        Assert.False(_space.Knows(line));
        Assert.Equal(TickState.None, _space.StateOf(line));
        _space.Put(line, [Value("Speed"), Value("Count"), Method("Start"), Folder("Empty")]);
        _space.Tick(At("Speed"), on: true);
        Assert.Equal(TickState.Some, _space.StateOf(line));
        _space.Tick(At("Count"), on: true);
        Assert.Equal(TickState.Some, _space.StateOf(line)); // What is below Empty nobody asked.
        _space.Put(At("Empty"), []);
        Assert.Equal(TickState.All, _space.StateOf(line));
        _space.Tick(line, on: false);
        Assert.Empty(_space.Ticked);
    }

    [Fact]
    public void All_below_a_place_is_ticked_by_what_the_device_told_and_its_parts_show_it()
    {
        var line = At("Line");
        Assert.Equal(1, _space.Learn(line, Offer(("Speed", ""), ("Arm", ""), ("Pos", "Arm"), ("Odd", "Arm"))));
        _space.Tick(line, on: true);
        Assert.Equal(["Line/Speed", "Line/Arm/Pos"], _space.Ticked.Select(p => string.Join('/', p.Path)));
        Assert.Equal((TickState.All, 2), (_space.StateOf(line), _space.CountBelow(line)));
        _space.Put(line, [Value("Speed"), Folder("Arm")]);
        var arm = At("Arm");
        Assert.Equal(TickState.All, _space.StateOf(arm));
        Assert.False(_space.Knows(arm)); // A walk names each value once: what stands below Arm as well may have been met elsewhere.
        _space.Tick(arm, on: false);
        Assert.Equal((TickState.None, TickState.Some), (_space.StateOf(arm), _space.StateOf(line)));
        Assert.Equal(["Speed"], _space.Ticked.Select(p => p.Address));
    }

    [Fact]
    public void A_walk_that_comes_round_to_where_it_began_says_nothing_of_what_is_above()
    {
        var line = At("Line");
        _space.Put(line, [Folder("Arm")]);
        _space.Learn(line, Offer(("Speed", ""), ("Arm", "")));
        _space.Tick(line, on: true);
        _space.Learn(At("Arm"), Offer(("Line", ""), ("Hall", "Line"), ("Level", "Hall")));
        Assert.Equal((TickState.All, 1), (_space.StateOf(line), _space.CountBelow(line)));
        Assert.True(_space.Knows(line));
        Assert.Equal(1, _space.CountBelow(At("Arm")));
    }

    [Fact]
    public void What_is_a_tag_already_counts_as_ticked_and_is_not_had_twice()
    {
        _tags.Add("Speed");
        var line = At("Line");
        _space.Learn(line, Offer(("Speed", ""), ("Count", "")));
        Assert.Equal(TickState.Some, _space.StateOf(line));
        _space.Tick(line, on: true);
        Assert.Equal(["Count"], _space.Ticked.Select(p => p.Address));
        Assert.Equal(TickState.All, _space.StateOf(line));
    }

    [Fact]
    public void A_long_level_is_drawn_in_parts_and_a_row_of_neighbours_is_taken_as_drawn()
    {
        var line = At("Line");
        line.IsOpen = true;
        _space.Put(line, [.. Enumerable.Range(0, 5000).Select(i => Value($"V{i:0000}"))]);
        var rows = _space.Rows();
        Assert.Equal(3 + BrowseNode.Step + 1, rows.Count);
        Assert.Equal((BrowseLine.More, 5000 - BrowseNode.Step), (rows[BrowseNode.Step + 1].Line, rows[BrowseNode.Step + 1].Left));
        line.Drawn += BrowseNode.Step;
        Assert.Equal(3 + (2 * BrowseNode.Step) + 1, _space.Rows().Count);
        Assert.Equal(["V0007", "V0008", "V0009"], BrowseSpace.Between(rows, At("V0009"), At("V0007")).Select(n => n.Entry.Name));
        Assert.Equal(["V0007"], BrowseSpace.Between(rows, At("Hall"), At("V0007")).Select(n => n.Entry.Name)); // Not of one level.
    }

    [Fact]
    public void A_filter_keeps_what_holds_the_words_and_what_leads_to_it()
    {
        var line = At("Line");
        _space.Put(line, [Value("Motor speed"), Value("Motor current"), Folder("Arm")]);
        _space.Put(At("Arm"), [Value("Speed")]);
        Assert.Equal(["Line", "Motor speed", "Arm", "Speed"], Names("speed"));
        Assert.Equal(["Line", "Motor speed"], Names("SPEED motor"));
        Assert.Equal(["Line"], Names("line")); // Folded, as it was.
        line.IsOpen = true;
        Assert.Equal(["Line", "Motor speed", "Motor current", "Arm"], Names("line"));
        Assert.Empty(Names("nothing"));
        Assert.Equal(["Motor speed", "Speed"], _space.Matching("speed").Select(n => n.Entry.Name));

        IEnumerable<string> Names(string filter) => _space.Rows(filter).Select(r => r.Node!.Entry.Name);
    }

    [Fact]
    public void A_level_without_a_step_leads_nowhere_further()
    {
        var line = At("Line");
        _space.Put(line, [Value("Speed"), Value("Odd") with { Step = "" }]);
        Assert.Equal("/Line/Speed", At("Speed").Way);
        _space.Put(At("Odd"), [Value("Below")]);
        Assert.Equal(("", ""), (At("Odd").Way, At("Below").Way));
    }

    private static BrowseEntry Folder(string name) => new(name, name, true, null, false) { Step = $"/{name}" };

    private static BrowseEntry Value(string name) => new(name, name, true, DataType.Double, true) { Step = $"/{name}" };

    private static BrowseEntry Method(string name) => new(name, name, false, null, false) { Method = new([], []) };

    // Names that begin with one of these are folders; Odd is a value that no tag can carry.
    private static TagOffer Offer(params (string Name, string Above)[] met) => new(
        [.. met.Where(m => m.Name is not ("Arm" or "Line" or "Hall")).Select((m, i) => new TagRow(i + 1, new TagOptions { Name = m.Name, Address = m.Name, DataType = DataType.Double }, m.Name == "Odd" ? "no tag can carry its type." : null))], true)
    {
        Places = met.ToDictionary(m => m.Name, m => new OfferedPlace(m.Name, m.Above)),
    };

    private BrowseNode At(string name) => Loaded(_space.Top!).First(n => n.Entry.Name == name);

    private static IEnumerable<BrowseNode> Loaded(IReadOnlyList<BrowseNode> level) => level.SelectMany(n => Loaded(n.Below ?? []).Prepend(n));
}
