using System.Text.Json.Nodes;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.OpcUa;
using Uns.Connectors.OpcUa.Security;
using Uns.Tags;
using Uns.Tree;
using Uns.Ui;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Ui;

/// <summary>What is different between two settings, two people's changes laid together, and the topics that settings make.</summary>
public sealed class ChangeTests
{
    private static readonly UiOptions Hub = new("uns", TimeSpan.FromSeconds(5), "plant", "hub", 1883, HasOpcUa: false, HasNodePerDevice: false);
    private static readonly PlantDiff Diff = new([new ModbusKind()]);

    private readonly TagOptions _temperature = new() { Id = Guid.NewGuid(), Name = "Oven/Temp", Address = "40001", Unit = "°C" };
    private readonly TagOptions _door = new() { Id = Guid.NewGuid(), Name = "Oven/Door", Address = "10001" };

    [Fact]
    public void A_change_is_told_old_and_new_field_by_field()
    {
        var before = Settings(Device("press", _temperature, _door));
        var after = Settings(Device("press", _temperature with { Period = TimeSpan.FromMilliseconds(500), DeadbandPercent = 2 }) with { Settings = new JsonObject { ["Host"] = "10.0.0.9" } });
        var change = Assert.Single(Diff.Between(before, after));
        Assert.Equal(("device", "press", ThingOutcome.Changed), (change.Kind, change.Name, change.Outcome));
        Assert.Equal("host 10.0.0.5 → 10.0.0.9; tag removed: Oven/Door; Oven/Temp: period 1 s → 500 ms, deadband percent 0 → 2", change.Line);
    }

    [Fact]
    public void A_number_and_the_same_number_as_text_are_no_change()
    {
        var one = Device("press", _temperature) with { Settings = new JsonObject { ["Host"] = "10.0.0.5", ["Port"] = 502 } };
        var other = Device("press", _temperature) with { Settings = new JsonObject { ["host"] = "10.0.0.5", ["Port"] = "502" } };
        Assert.Empty(Diff.Between(Settings(one), Settings(other)));
    }

    [Fact]
    public void A_secret_is_told_as_changed_and_never_shown()
    {
        var directory = Directory.CreateTempSubdirectory("uns-change-");
        var diff = new PlantDiff([new OpcUaKind(new CertificateStore(directory.FullName, TimeProvider.System))]);
        directory.Delete(recursive: true);
        var robot = new DeviceOptions { Name = "robot", Protocol = "opcua", Settings = new JsonObject { ["Endpoint"] = "opc.tcp://10.0.0.7:4840", ["Password"] = "old secret" } };
        var line = Assert.Single(diff.Between(Settings(robot), Settings(robot with { Settings = new JsonObject { ["Endpoint"] = "opc.tcp://10.0.0.7:4840", ["Password"] = "new secret" } }))).Line;
        Assert.Equal("password changed", line);
        Assert.DoesNotContain("secret", Assert.Single(diff.Between(PlantSettings.Empty, Settings(robot))).Line, StringComparison.Ordinal);
    }

    [Fact]
    public void New_and_removed_things_are_told_and_a_change_leads_from_one_to_the_other()
    {
        var alarm = new AlarmRule { Id = Guid.NewGuid(), Name = "Too hot", Path = "a/b", Kind = AlarmKind.High, Limit = 300 };
        var before = Settings(Device("press", _temperature));
        var after = new PlantSettings([Device("oven", _door)], [new EquipmentRule { Device = "oven", Path = "acme/oven" }], [alarm]);
        Assert.Equal(
            ["oven New: modbus, 10.0.0.5, 1 tag", "press Removed: modbus, 10.0.0.5, 1 tag", "Mapping Changed: */*/oven at acme/oven", "Too hot New: a/b above 300"],
            Diff.Between(before, after).Select(c => $"{c.Name} {c.Outcome}: {c.Line}"));
        Assert.Empty(Diff.Between(before.With(before.To(after)), after));
        Assert.Empty(Diff.Between(after.With(after.To(before)), before));
    }

    [Fact]
    public void Two_peoples_changes_of_one_device_are_both_kept()
    {
        var opened = Device("press", _temperature, _door);
        var mine = Device("press", _temperature with { Period = TimeSpan.FromSeconds(2) }, _door);
        var added = new TagOptions { Id = Guid.NewGuid(), Name = "Oven/Light", Address = "00001" };
        var theirs = Device("press", _temperature with { Unit = "K" }, added) with { Enabled = false };
        var (merged, clashes) = DeviceMerge.Merge(opened, mine, theirs, mineWins: true);
        Assert.Empty(clashes);
        Assert.False(merged.Enabled);
        Assert.Equal(["Oven/Temp", "Oven/Light"], merged.Tags.Select(t => t.Name));
        Assert.Equal((TimeSpan.FromSeconds(2), "K", _temperature.Id), (merged.Tags[0].Period, merged.Tags[0].Unit, merged.Tags[0].Id));
    }

    [Theory]
    [InlineData(true, "mbar", 2)]
    [InlineData(false, "bar", 1)]
    public void Where_both_changed_the_same_the_one_that_is_asked_for_wins_and_the_clash_is_named(bool mineWins, string unit, int tags)
    {
        var opened = Device("press", _temperature, _door);
        var mine = Device("press", _temperature with { Unit = "mbar" }, _door with { Address = "10002" });
        var theirs = Device("press", _temperature with { Unit = "bar" });
        var (merged, clashes) = DeviceMerge.Merge(opened, mine, theirs, mineWins);
        Assert.Equal(["Oven/Temp unit: yours is mbar, theirs is bar", "tag Oven/Door: yours is changed, theirs is gone"], clashes);
        Assert.Equal((unit, tags), (merged.Tags[0].Unit, merged.Tags.Count));
    }

    [Fact]
    public void A_tag_that_both_added_is_one_tag()
    {
        var (merged, clashes) = DeviceMerge.Merge(Device("press"), Device("press", _temperature with { Unit = "K" }), Device("press", _temperature with { Id = Guid.NewGuid() }), mineWins: true);
        Assert.Equal(["Oven/Temp unit: yours is K, theirs is °C"], clashes);
        Assert.Equal("K", Assert.Single(merged.Tags).Unit);
    }

    [Fact]
    public void A_change_of_one_row_is_taken_back_and_other_rows_stay()
    {
        EquipmentRule[] before = [Row("a", "acme/a")];
        EquipmentRule[] after = [Row("a", "acme/x"), Row("b", "acme/b")];
        EquipmentRule[] now = [Row("c", "acme/c"), .. after];
        Assert.Equal(before, MappingRows.TakeBack(before, after, after));
        Assert.Equal([Row("a", "acme/a"), Row("c", "acme/c")], MappingRows.TakeBack(before, after, now));
        Assert.Null(MappingRows.TakeBack(before, after, [Row("a", "acme/y"), Row("b", "acme/b")]));
    }

    [Fact]
    public void A_draft_laid_over_a_plant_that_went_on_keeps_both()
    {
        var opened = Settings(Device("press", _temperature));
        var draft = new DraftContent(new PlantChange { Devices = [Device("press", _temperature with { Unit = "K" }), Device("oven", _door)] }, opened);
        var now = Settings(Device("press", _temperature) with { Enabled = false }, Device("mill", _door));
        var (change, clashes) = DraftMerge.Onto(now, draft, mineWins: true);
        var after = now.With(change);
        Assert.Empty(clashes);
        Assert.Equal(["mill", "oven", "press"], after.Devices.Select(d => d.Name));
        Assert.Equal((false, "K"), (after.Device("press")!.Enabled, after.Device("press")!.Tags[0].Unit));
    }

    [Theory]
    [InlineData(true, new[] { "press" })]
    [InlineData(false, new string[0])]
    public void A_device_that_was_removed_meanwhile_is_a_clash(bool mineWins, string[] left)
    {
        var draft = new DraftContent(new PlantChange { Devices = [Device("press", _temperature with { Unit = "K" })] }, Settings(Device("press", _temperature)));
        var (change, clashes) = DraftMerge.Onto(PlantSettings.Empty, draft, mineWins);
        Assert.Equal(["press: was removed, and is changed here"], clashes);
        Assert.Equal(left, change.Devices.Select(d => d.Name));
    }

    [Fact]
    public void A_later_change_in_a_draft_takes_the_place_of_an_earlier_one()
    {
        var first = new PlantChange { Devices = [Device("a", _door), Device("b", _door)], RemovedDevices = ["c"] };
        var then = first.Then(new PlantChange { Devices = [Device("C", _temperature)], RemovedDevices = ["B"] });
        Assert.Equal(["a", "C"], then.Devices.Select(d => d.Name));
        Assert.Equal(["B"], then.RemovedDevices);
    }

    [Fact]
    public void Topics_are_known_before_anything_is_saved_and_clashes_and_changed_names_are_named()
    {
        var odd = new TagOptions { Name = "Line 1/#3", Address = "40005" };
        var twin = new TagOptions { Name = "Line_1/no3", Address = "40006" };
        var settings = Settings(Device("press", _temperature, odd, twin)) with { Mapping = [new EquipmentRule { Device = "press", Path = "acme/{folder}/{device}/{name}" }] };
        var topics = TopicPlan.Of(settings, Hub).ToList();
        Assert.Equal(["acme/Oven/press/Temp", "acme/Line_1/press/no3", "acme/Line_1/press/no3"], topics.Select(t => t.Path));
        Assert.Equal("acme/Line_1/press/no3", Assert.Single(TopicPlan.Clashes(topics)).Path);
        Assert.Equal("'Line 1' becomes Line_1, '#3' becomes no3", TopicPlan.Renamed(odd));
        Assert.Null(TopicPlan.Renamed(_temperature));
        Assert.Equal("""{"value":0,"timestamp":"2026-01-31T12:00:00.000Z","quality":"Good","unit":"°C"}""", TopicPlan.Example(_temperature, null, new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void A_settings_file_comes_back_as_it_went_and_another_file_is_refused_in_words()
    {
        var settings = Settings(Device("press", _temperature)) with { Mapping = [Row("press", "acme/press")], Alarms = [new AlarmRule { Id = Guid.NewGuid(), Name = "hot", Path = "x" }] };
        var file = SettingsFileText.Write(settings, 7, DateTimeOffset.UnixEpoch);
        Assert.Empty(Diff.Between(settings, SettingsFileText.Read(System.Text.Encoding.UTF8.GetBytes(file))));
        foreach (var wrong in new[] { "", "[]", "{}", "{\"format\":\"uns-settings/9\"}", "name,address\nx,40001", file[..200] })
        {
            Assert.StartsWith("This is no settings file", Assert.Throws<System.Text.Json.JsonException>(() => SettingsFileText.Read(System.Text.Encoding.UTF8.GetBytes(wrong))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""[null]""", "[]", "[]", "null stands where")]
    [InlineData("""[{ "name": null }]""", "[]", "[]", "line 1 cannot be read")]
    [InlineData("""[{ "name": "a", "settings": null }]""", "[]", "[]", "line 1 cannot be read")]
    [InlineData("""[{ "name": "a", "tags": [null] }]""", "[]", "[]", "null stands where")]
    [InlineData("""[{ "name": "a" }, { "name": "A" }]""", "[]", "[]", "has the device 'a' twice")]
    [InlineData("[]", "[null]", "[]", "null stands where")]
    [InlineData("[]", "[]", "[null]", "null stands where")]
    [InlineData("[]", "[]", """[{ "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "x" }, { "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "y" }]""", "alarms 'x' and 'y' under one identity")]
    public void A_settings_file_with_holes_or_doubles_is_refused_in_words(string devices, string mapping, string alarms, string said)
    {
        var file = $$"""{"format":"uns-settings/1","version":1,"written":"2026-01-31T12:00:00Z","devices":{{devices}},"mapping":{{mapping}},"alarms":{{alarms}}}""";
        Assert.Contains(said, Assert.Throws<System.Text.Json.JsonException>(() => SettingsFileText.Read(System.Text.Encoding.UTF8.GetBytes(file))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Alarms_that_a_hand_wrote_without_identities_are_told_apart()
    {
        var read = SettingsFileText.Read("""{"format":"uns-settings/1","alarms":[{"name":"x","path":"a"},{"name":"y","path":"b"}]}"""u8.ToArray());
        Assert.Equal(["x", "y"], PlantSettings.Empty.With(PlantSettings.Empty.To(read)).Alarms.Select(a => a.Name));
    }

    [Theory]
    [InlineData("  Anna \n ", "Anna")]
    [InlineData(null, "")]
    [InlineData("<b>x</b>", "<b>x</b>")]
    public void An_author_is_a_line_of_text(string? typed, string kept)
    {
        Assert.Equal(kept, PageAuthor.Clean(typed));
        Assert.Equal(PageAuthor.MaximumLength, PageAuthor.Clean(new string('x', 1000)).Length);
    }

    private static EquipmentRule Row(string device, string path) => new() { Device = device, Path = path };

    private static PlantSettings Settings(params DeviceOptions[] devices) => PlantSettings.Empty with { Devices = [.. devices.OrderBy(d => d.Name, StringComparer.OrdinalIgnoreCase)] };

    private static DeviceOptions Device(string name, params TagOptions[] tags) =>
        new() { Name = name, Protocol = "modbus", Settings = new JsonObject { ["Host"] = "10.0.0.5" }, Tags = tags };
}
