using Uns.Tree;

namespace Uns.UnitTests.Tree;

/// <summary>Places by pattern: where the metric's folders and name go.</summary>
public sealed class EquipmentMapPatternTests
{
    [Theory]
    [InlineData("acme/{device}", "acme/press/Line 1/Oven/Temp")]
    [InlineData("acme/{folder}/{device}/{name}", "acme/Line_1/Oven/press/Temp")]
    [InlineData("acme/{folder2}/{folder1}/{device}-{name}", "acme/Oven/Line_1/press-Temp")]
    [InlineData("acme/{folder3}/{name}", "acme/Temp")]
    [InlineData("acme/{device}-{folder}/{name}", "acme/press-Line_1_Oven/Temp")]
    public void A_pattern_says_where_folders_and_name_go(string pattern, string path)
    {
        var rule = new EquipmentRule { Device = "press", Path = pattern };
        Assert.Null(rule.Fault());
        Assert.Equal(path.Replace("press/Line 1", "press/Line_1", StringComparison.Ordinal), new EquipmentMap([rule]).PathOf("plant", "hub", "press", "Line 1/Oven/Temp"));
    }

    [Theory]
    [InlineData("acme/{name}/x", "above its last level")]
    [InlineData("acme/{folder}", "End it with {name}")]
    [InlineData("acme/{unit}/{name}", "unknown placeholder")]
    [InlineData("acme/{name}{name}", "above its last level")]
    public void A_pattern_that_cannot_be_used_is_refused_in_words(string pattern, string word) =>
        Assert.Contains(word, new EquipmentRule { Path = pattern }.Fault(), StringComparison.Ordinal);

    [Fact]
    public void The_first_row_that_fits_rules_however_it_is_found()
    {
        EquipmentRule exact = new() { Group = "plant", Node = "hub", Device = "press", Metric = "Temp", Path = "exact" }, any = new() { Path = "any" };
        Assert.Equal("exact/Temp", new EquipmentMap([exact, any]).PathOf("plant", "hub", "press", "Temp"));
        Assert.Equal("any/Temp", new EquipmentMap([any, exact]).PathOf("plant", "hub", "press", "Temp"));
        Assert.Equal("any/Other", new EquipmentMap([exact, any]).PathOf("plant", "hub", "press", "Other"));
        Assert.Equal("exact/Temp", new EquipmentMap([new() { Device = "mill", Path = "no" }, exact, exact with { Path = "later" }]).PathOf("plant", "hub", "press", "Temp"));
    }
}
