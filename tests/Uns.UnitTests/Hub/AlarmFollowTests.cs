using Uns.Alarms;
using Uns.Connectors;
using Uns.Hub.Changes;
using Uns.Hub.Settings;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Hub;

/// <summary>An alarm goes with its value, however that comes to another place.</summary>
public sealed class AlarmFollowTests
{
    private static readonly Guid TagId = Guid.NewGuid();
    private static readonly DeviceOptions Press = new() { Name = "press", Protocol = "modbus", Tags = [new TagOptions { Id = TagId, Name = "Speed" }] };
    private static readonly AlarmRule Alarm = new() { Id = Guid.NewGuid(), Name = "Too fast", Path = "plant/hub/press/Speed", Limit = 5 };

    private readonly UnsTree _tree = new(new ManualClock());
    private readonly AlarmFollow _follow;

    public AlarmFollowTests() => _follow = new AlarmFollow(_tree, new HubOptions { GroupId = "plant", NodeId = "hub" });

    private static PlantSettings Now => new([Press], [], [Alarm]);

    [Fact]
    public void By_a_move() => Assert.Equal("acme/press/Speed", After(new PlantChange { Mapping = [new EquipmentRule { From = "plant/hub/press", Path = "acme/press" }] }).Path);

    [Fact]
    public void By_another_mapping() => Assert.Equal("acme/berlin/Speed", After(new PlantChange { Mapping = [new EquipmentRule { Device = "press", Path = "acme/berlin" }] }).Path);

    [Fact]
    public void By_another_name_of_its_tag() =>
        Assert.Equal("plant/hub/press/Rpm", After(new PlantChange { Devices = [Press with { Tags = [new TagOptions { Id = TagId, Name = "Rpm" }] }] }).Path);

    [Fact]
    public void Of_a_strangers_value_too()
    {
        _tree.Changed(new MetricChange(new MetricKey(new EdgeNodeId("other", "node"), "dev", "Temp"), TagValue.Of(1.0), TagQuality.Good, DateTimeOffset.UnixEpoch, null, null));
        var now = Now with { Alarms = [Alarm with { Path = "other/node/dev/Temp" }] };
        var change = _follow.Alarms(now, new PlantChange { Mapping = [new EquipmentRule { From = "other/node", Path = "acme/hall" }] });
        Assert.Equal("acme/hall/dev/Temp", Assert.Single(change.Alarms).Path);
    }

    [Fact]
    public void One_that_is_sent_elsewhere_by_hand_goes_there()
    {
        var change = _follow.Alarms(Now, new PlantChange { Mapping = [new EquipmentRule { From = "plant/hub/press", Path = "acme/press" }], Alarms = [Alarm with { Path = "some/where/else" }] });
        Assert.Equal("some/where/else", Assert.Single(change.Alarms).Path);
    }

    [Fact]
    public void What_does_not_move_is_left_alone()
    {
        var change = new PlantChange { Mapping = [new EquipmentRule { From = "plant/hub/oven", Path = "acme/oven" }] };
        Assert.Same(change, _follow.Alarms(Now, change));
    }

    private AlarmRule After(PlantChange change) => Now.With(_follow.Alarms(Now, change)).Alarm(Alarm.Id)!;
}
