using Uns.Tags;
using Uns.Ui.Browsing;

namespace Uns.UnitTests.Ui;

/// <summary>Names for values that were ticked: legal, unique, and what was changed is said.</summary>
public sealed class PickNamesTests
{
    [Theory]
    [InlineData("PLC/Arm/Speed", "", "Arm/Speed", "PLC/Arm/Speed", "Speed")]
    [InlineData("PLC/Arm/Speed", "PLC/Arm/Pos", "Arm/Speed Arm/Pos", "PLC/Arm/Speed PLC/Arm/Pos", "Speed Pos")]
    [InlineData("PLC/Arm/Speed", "PLC/Leg/Pos", "PLC/Arm/Speed PLC/Leg/Pos", "PLC/Arm/Speed PLC/Leg/Pos", "Speed Pos")]
    [InlineData("Site/PLC/Arm/Speed", "Site/PLC/Leg/Pos", "PLC/Arm/Speed PLC/Leg/Pos", "Site/PLC/Arm/Speed Site/PLC/Leg/Pos", "Speed Pos")]
    [InlineData("Clock", "PLC/Arm/Speed", "Clock PLC/Arm/Speed", "Clock PLC/Arm/Speed", "Clock Speed")]
    public void A_name_has_as_much_of_the_way_as_is_asked_for(string first, string second, string fromFork, string whole, string last)
    {
        Picked[] picked = [.. new[] { first, second }.Where(p => p.Length > 0).Select(Pick)];
        Assert.Equal(fromFork, Names(PickNaming.FromFork));
        Assert.Equal(whole, Names(PickNaming.Whole));
        Assert.Equal(last, Names(PickNaming.LastOnly));
        Assert.Equal(fromFork.Split(' ')[0], PickNames.First(picked, PickNaming.FromFork));

        string Names(PickNaming naming) => string.Join(' ', PickNames.Of(picked, naming, []).Select(n => n.Name));
    }

    [Fact]
    public void Two_of_one_name_are_counted_and_said_also_where_only_case_differs()
    {
        var named = PickNames.Of([Pick("A/Speed"), Pick("B/speed"), Pick("C/Speed"), Pick("D/Speed_2"), Pick("E/Pos")], PickNaming.LastOnly, ["POS"]);
        Assert.Equal(["Speed", "speed_2", "Speed_3", "Speed_2_2", "Pos_2"], named.Select(n => n.Name));
        Assert.Equal([null, "speed", "Speed", "Speed_2", "Pos"], named.Select(n => n.Clash));
        Assert.Equal(named.Count, named.Select(n => n.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("Temp/°C", "Temp_°C")]
    [InlineData("A+B#1", "A_B_1")]
    [InlineData("  Speed ", "Speed")]
    [InlineData("", "_")]
    [InlineData(" \t", "_")]
    [InlineData("bell\u0007", "bell_")]
    [InlineData("<script>alert(1)</script>", "<script>alert(1)<_script>")]
    [InlineData("速度 😀", "速度 😀")]
    public void A_name_that_a_topic_cannot_carry_is_made_into_one_and_it_is_said(string level, string name)
    {
        var named = Assert.Single(PickNames.Of([new("ns=1;i=1", [level], "", DataType.Double, false)], PickNaming.Whole, []));
        Assert.Equal(name, named.Name);
        Assert.Null(TagName.Fault(named.Name));
        Assert.Equal(level == name, named.Changed is null);
    }

    [Fact]
    public void Half_a_character_is_none() => Assert.Equal("half_", PickNames.Of([new("ns=1;i=1", [$"half{(char)0xd83d}"], "", DataType.Double, false)], PickNaming.Whole, [])[0].Name);

    [Fact]
    public void A_name_that_is_too_long_loses_folders_then_letters_and_stays_unique()
    {
        var level = new string('x', 300);
        var long1 = new Picked("1", [level, level, "End"], "", DataType.Double, false);
        var long2 = new Picked("2", ["y", string.Concat(Enumerable.Repeat("😀", 400))], "", DataType.Double, false);
        var named = PickNames.Of([long1, long2, long2 with { Address = "3" }], PickNaming.Whole, []);
        Assert.Equal($"{level}/End", named[0].Name);
        Assert.All(named, n => Assert.Null(TagName.Fault(n.Name)));
        Assert.All(named, n => Assert.Contains("it is cut to", n.Changed, StringComparison.Ordinal));
        Assert.EndsWith("😀_2", named[2].Name, StringComparison.Ordinal);
        Assert.Equal(512, named[1].Name.Length);
    }

    [Fact]
    public void Ten_thousand_of_one_name_are_told_apart()
    {
        var picked = Enumerable.Range(0, 10_000).Select(i => Pick($"F{i}/Value")).ToList();
        Assert.Equal(10_000, PickNames.Of(picked, PickNaming.LastOnly, []).Select(n => n.Name).Distinct().Count());
    }

    private static Picked Pick(string path) => new(path, path.Split('/'), "", DataType.Double, false);
}
