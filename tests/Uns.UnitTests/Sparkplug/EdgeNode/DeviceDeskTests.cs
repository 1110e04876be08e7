using Uns.Sparkplug.EdgeNode;
using Uns.Tags;

namespace Uns.UnitTests.Sparkplug.EdgeNode;

/// <summary>What a device says around its birth: nothing that it said is lost, and a birth shows values.</summary>
public sealed class DeviceDeskTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly EdgeNodeSession _session = new(new EdgeNodeOptions { GroupId = "G", NodeId = "E" });
    private readonly DeviceDesk _desk = new(TimeSpan.FromSeconds(1));
    private readonly List<OutgoingMessage> _due = [];
    private readonly List<TagSample> _taken = [];
    private DateTimeOffset _now = Noon.AddMinutes(1);

    [Fact]
    public void Of_values_that_come_together_with_the_device_the_first_is_in_the_birth_and_all_others_follow()
    {
        Born();
        _desk.SetOnline("robot", true);
        Offer("Count", 1, 2, 3);
        Offer("Speed", 70);
        Offer("Count", 4);
        Apply();
        Assert.Equal(["DBirth Count=1 Speed=70", "DData Count=2 Count=3 Count=4"], Told());
        Assert.Equal([2, 3, 4], _taken.Select(s => s.Value.Integer)); // What the line may still lose.
        Assert.Equal([Noon.AddSeconds(2), Noon.AddSeconds(3), Noon.AddSeconds(4)], _due[1].Payload.Metrics.Select(m => m.Timestamp!.Value));
    }

    [Fact]
    public void Of_a_device_that_is_born_all_values_are_data_and_of_one_that_stays_away_none_is_told()
    {
        Born();
        Offer("Count", 1, 2);
        Apply();
        Assert.Empty(_due);
        _desk.SetOnline("robot", true);
        Apply();
        Offer("Count", 3, 4);
        Apply();
        Assert.Equal(["DBirth Count=2 Speed=", "DData Count=3 Count=4"], Told());
    }

    [Fact]
    public void Changes_of_tags_that_follow_one_another_are_told_together_and_lose_no_sample()
    {
        Born();
        _desk.SetOnline("robot", true);
        Apply();
        _due.Clear();
        _now += TimeSpan.FromSeconds(2);
        SetTags("Count", "Speed", "Force");
        Apply();
        Assert.Equal(["DDeath ", "DBirth Count= Force= Speed="], Told());
        _due.Clear();
        SetTags("Count", "Speed", "Heat");
        Offer("Heat", 5);
        Offer("Count", 6);
        Apply();
        _now += TimeSpan.FromSeconds(0.5);
        SetTags("Count", "Heat");
        Apply();
        Assert.Empty(_due);
        Assert.Equal(new TimeSpan(Noon.AddSeconds(63).Ticks), _desk.TagsDue);
        _now += TimeSpan.FromSeconds(0.5);
        Offer("Heat", 7);
        Apply();
        Assert.Equal(["DDeath ", "DBirth Count= Heat=", "DData Count=6 Heat=5 Heat=7"], Told());
        Assert.Null(_desk.TagsDue);
    }

    [Fact]
    public void A_device_that_goes_while_its_tags_wait_dies_at_once_and_is_born_with_the_new_ones()
    {
        Born();
        _desk.SetOnline("robot", true);
        Apply();
        SetTags("Heat");
        _desk.SetOnline("robot", false);
        Apply();
        _desk.SetOnline("robot", true);
        Apply();
        Assert.Equal(["DBirth Count= Speed=", "DDeath "], Told());
        _due.Clear();
        _now += TimeSpan.FromSeconds(1);
        Apply();
        Assert.Equal(["DBirth Heat="], Told());
    }

    [Fact]
    public void Tags_that_are_set_again_as_they_were_are_no_change_and_before_the_node_is_born_nobody_waits()
    {
        Born();
        _desk.SetOnline("robot", true);
        Apply();
        _due.Clear();
        SetTags("Heat");
        Apply();
        SetTags("Count", "Speed"); // As the session knows them.
        Apply();
        Assert.Empty(_due);
        Assert.Null(_desk.TagsDue);
        _session.Disconnected();
        SetTags("Heat");
        Apply();
        Assert.Null(_desk.TagsDue);
        _session.Connect(2, _now);
        _session.Birth(_now, _due);
        Assert.Equal("Heat", Assert.Single(_due[1].Payload.Metrics).Name);
    }

    private void SetTags(params string[] names) => _desk.Set("robot", [.. names.Select(name => new TagDefinition { Name = name, DataType = DataType.Int32 })]);

    private void Born()
    {
        _session.Connect(1, Noon);
        _session.Birth(Noon, _due);
        _due.Clear();
        _desk.Set("robot", [new TagDefinition { Name = "Count", DataType = DataType.Int32 }, new TagDefinition { Name = "Speed", DataType = DataType.Int32 }]);
    }

    private void Offer(string tag, params int[] values)
    {
        foreach (var value in values)
        {
            Assert.True(_desk.Offer("robot", new TagSample(tag, TagValue.OfInteger(DataType.Int32, value), TagQuality.Good, Noon.AddSeconds(value))));
        }
    }

    private void Apply() => Assert.Equal(0, _desk.Apply(_session, new TimeSpan(_now.Ticks), _now, _due, (_, samples) => _taken.AddRange(samples)));

    // Data name no metric: here the two have the aliases in the order of the tags.
    private IEnumerable<string> Told()
    {
        var names = _due.SelectMany(m => m.Payload.Metrics).Where(m => m.Name is not null).ToDictionary(m => m.Alias!.Value, m => m.Name!);
        return _due.Select(m => $"{m.Topic.Verb} {string.Join(' ', m.Payload.Metrics.OrderBy(x => x.Timestamp).ThenBy(x => x.Alias).Select(x => $"{names[x.Alias!.Value]}={(x.IsNull ? "" : x.Value.Bits)}").Order(StringComparer.Ordinal))}");
    }
}
