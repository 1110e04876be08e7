using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.Connectors.Modbus;
using Uns.Connectors.TagFiles;
using Uns.Tags;

namespace Uns.UnitTests.Connectors.TagFiles;

/// <summary>What becomes of each row in each mode.</summary>
public sealed class TagImportTests
{
    private static readonly Dictionary<string, Guid> Ids = [];

    private static readonly DeviceOptions Device = new()
    {
        Name = "press",
        Protocol = "modbus",
        Settings = new JsonObject { ["Host"] = "10.0.0.7" },
        Tags = [Tag("same", "HR1"), Tag("changed", "HR2"), Tag("kept", "HR3")],
    };

    private static readonly TagRow[] Rows =
    [
        new(2, Tag("new", "HR10")), new(3, Tag("same", "HR1")), new(4, Tag("Changed", "HR22") with { Name = "changed" }),
        new(5, Tag("bad", "HR99999")), new(6, new() { Name = "worse" }, "type is 'X'."), new(7, Tag("new", "HR11")), new(8, Tag("a//b", "HR1")),
    ];

    [Theory]
    [InlineData(ImportMode.Create, "new New|same Clashing|changed Clashing|bad Unreadable|worse Unreadable|new Clashing|a//b Unreadable", "same HR1|changed HR2|kept HR3|new HR10")]
    [InlineData(ImportMode.MergeSafe, "new New|same Same|changed Clashing|bad Unreadable|worse Unreadable|new Clashing|a//b Unreadable", "same HR1|changed HR2|kept HR3|new HR10")]
    [InlineData(ImportMode.MergeOverwrite, "new New|same Same|changed Changed|bad Unreadable|worse Unreadable|new Clashing|a//b Unreadable", "same HR1|changed HR22|kept HR3|new HR10")]
    [InlineData(ImportMode.Overwrite, "new New|same Same|changed Changed|bad Unreadable|worse Unreadable|new Clashing|a//b Unreadable|kept Removed", "same HR1|changed HR22|new HR10")]
    [InlineData(ImportMode.Delete, "new Clashing|same Removed|changed Removed|bad Clashing|worse Clashing|new Clashing|a//b Clashing", "kept HR3")]
    public void Each_mode_does_what_it_says(ImportMode mode, string rows, string tags)
    {
        var plan = TagImport.Plan(Device, Rows, mode, new ModbusKind().Check);

        Assert.Equal(rows, string.Join('|', plan.Rows.Select(r => $"{r.Name} {r.Outcome}")));
        Assert.Equal(tags, string.Join('|', plan.Device.Tags.Select(t => $"{t.Name} {t.Address}")));
        Assert.All(plan.Rows.Where(r => r.Outcome is ImportOutcome.Clashing or ImportOutcome.Unreadable), r => Assert.EndsWith(".", r.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_tag_keeps_its_identity_and_says_what_changed()
    {
        var plan = TagImport.Plan(Device, [new(2, Tag("changed", "HR22") with { Id = Guid.NewGuid(), Unit = "bar" })], ImportMode.MergeOverwrite, new ModbusKind().Check);

        Assert.Equal(Device.Tags[1].Id, plan.Device.Tags[1].Id);
        Assert.Equal("Address (HR2 became HR22), Unit ( became bar)", plan.Rows[0].Reason);
    }

    [Fact]
    public void Bad_rows_are_named_among_many_good_ones()
    {
        TagRow[] many = [.. Enumerable.Range(1, 50_000).Select(i => new TagRow(i, Tag($"t{i}", i % 100 == 0 ? "nowhere" : $"HR{i}") with { Id = Guid.Empty }))];

        var plan = TagImport.Plan(Device with { Tags = [] }, many, ImportMode.Create, new ModbusKind().Check);

        Assert.Equal((49_500, 500), (plan.Count(ImportOutcome.New), plan.Count(ImportOutcome.Unreadable)));
        Assert.Equal(49_500, plan.Device.Tags.Count);
        Assert.Contains("is 'nowhere'", plan.Rows[99].Reason, StringComparison.Ordinal);
    }

    private static TagOptions Tag(string name, string address) => new() { Id = Ids.TryGetValue(name, out var id) ? id : Ids[name] = Guid.NewGuid(), Name = name, Address = address, DataType = DataType.Int16 };
}
