using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Tree;
using Uns.Ui;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Ui;

/// <summary>Devices counted up, many tags given the same, many tags placed by one pattern.</summary>
public sealed class ManyTagsTests
{
    private static readonly UiOptions Hub = new("uns", TimeSpan.FromSeconds(5), "plant", "hub", 1883, HasOpcUa: false, HasNodePerDevice: false);

    [Theory]
    [InlineData("press-09", 1, "press-10")]
    [InlineData("press 1 left", 2, "press 3 left")]
    [InlineData("10.0.0.5", 3, "10.0.0.8")]
    [InlineData("10.0.0.254", 2, null)]
    [InlineData("plc7.plant.local", 1, "plc8.plant.local")]
    [InlineData("opc.tcp://10.0.0.5:4840/server", 1, "opc.tcp://10.0.0.6:4840/server")]
    [InlineData("opc.tcp://robot:4840/server", 1, null)]
    [InlineData("press", 1, null)]
    [InlineData("99999999999999999999", 1, null)]
    public void The_last_number_is_counted_up(string text, int steps, string? expected) => Assert.Equal(expected, CloneSeries.CountUp(text, steps));

    [Fact]
    public void Clones_have_names_hosts_and_identities_of_their_own_and_the_models_places()
    {
        var model = new DeviceOptions { Name = "press", Protocol = "modbus", Settings = new JsonObject { ["Host"] = "10.0.0.5", ["Unit"] = 1 }, Tags = [new TagOptions { Id = Guid.NewGuid(), Name = "Temp", Address = "40001" }] };
        var faults = new List<SettingFault>();
        var clones = Enumerable.Range(0, 3).Select(at => CloneSeries.Clone(model, CloneSeries.NextName("press"), ["Host"], at, enabled: true, faults)).ToList();
        Assert.Empty(faults);
        Assert.Equal(["press-2 10.0.0.6 1", "press-3 10.0.0.7 1", "press-4 10.0.0.8 1"], clones.Select(c => $"{c.Name} {c.Settings["Host"]} {c.Settings["Unit"]}"));
        Assert.All(clones, c => Assert.Equal(Guid.Empty, c.Tags[0].Id));
        EquipmentRule[] rules = [Row("press", "Temp", "special/{name}"), Row("press", "*", "acme/press")];
        var after = new EquipmentMap(CloneSeries.Place(rules, model, clones, "acme/{device}", Hub));
        Assert.Equal("special/Temp", after.PathOf("plant", "hub", "press-3", "Temp"));
        Assert.Equal("acme/press-3/Other", after.PathOf("plant", "hub", "press-3", "Other"));
        CloneSeries.Clone(model with { Settings = new JsonObject { ["Host"] = "10.0.0.255" } }, "x", ["host"], 0, enabled: true, faults);
        Assert.Contains("cannot be counted up by 1", Assert.Single(faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_field_leaves_each_tag_as_it_is_and_a_deadband_takes_the_other_away()
    {
        var faults = new List<SettingFault>();
        var tag = new TagOptions { Name = "Temp", Unit = "K", Low = 1, High = 2, Deadband = 5, Writable = true };
        Assert.Equal(tag, new TagBatch().Read(faults)(tag));
        var changed = new TagBatch { Period = "500ms", DeadbandPercent = "2", Writable = "no", High = "1e3" }.Read(faults)(tag);
        Assert.Equal(tag with { Period = TimeSpan.FromMilliseconds(500), Deadband = 0, DeadbandPercent = 2, Writable = false, High = 1000 }, changed);
        Assert.Empty(faults);
        new TagBatch { Period = "fast", Low = "much", Factor = "NaN" }.Read(faults);
        Assert.Equal(["Period", "Factor", "Low"], faults.Select(f => f.Path));
    }

    [Fact]
    public void A_device_whose_tags_are_all_placed_gets_one_row_and_single_tags_one_each()
    {
        var press = new DeviceOptions { Name = "press", Tags = [new TagOptions { Name = "A/1" }, new TagOptions { Name = "A/2" }] };
        var mill = new DeviceOptions { Name = "mill", Tags = [new TagOptions { Name = "B" }, new TagOptions { Name = "C" }] };
        var settings = new PlantSettings([press, mill], [Row("press", "A/1", "old"), Row("mill", "*", "acme/mill")], []);
        var picked = new Dictionary<string, IReadOnlySet<string>> { ["press"] = new HashSet<string> { "A/1", "A/2" }, ["mill"] = new HashSet<string> { "B" } };
        var rules = PlacePattern.Place(settings, picked, "new/{device}/{name}", Hub);
        Assert.Equal([Row("press", "*", "new/{device}/{name}"), Row("mill", "B", "new/{device}/{name}"), Row("mill", "*", "acme/mill")], rules);
        Assert.Equal(["new/press/1", "new/press/2", "new/mill/B", "acme/mill/C"], TopicPlan.Of(settings with { Mapping = rules }, Hub).Select(t => t.Path));
    }

    [Fact]
    public void The_row_of_a_single_tag_follows_its_new_name()
    {
        var tag = new TagOptions { Id = Guid.NewGuid(), Name = "B" };
        var now = new PlantSettings([new DeviceOptions { Name = "mill", Tags = [tag] }], [Row("mill", "B", "acme/{name}"), Row("other", "B", "x")], []);
        var change = MappingRows.Follow(now, new PlantChange { Devices = [new DeviceOptions { Name = "mill", Tags = [tag with { Name = "B2" }] }] });
        Assert.Equal([Row("mill", "B2", "acme/{name}"), Row("other", "B", "x")], change.Mapping);
        Assert.Null(MappingRows.Follow(now, new PlantChange { Devices = [new DeviceOptions { Name = "mill", Tags = [tag with { Unit = "K" }] }] }).Mapping);
    }

    private static EquipmentRule Row(string device, string metric, string path) => new() { Group = "plant", Node = "hub", Device = device, Metric = metric, Path = path };
}
