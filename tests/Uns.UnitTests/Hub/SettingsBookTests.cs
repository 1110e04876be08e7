using Uns.Alarms;
using Uns.Connectors;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Hub;

/// <summary>Changes that meet one another, and names that differ by case alone.</summary>
public sealed class SettingsBookTests : IAsyncLifetime
{
    private readonly BookStage _hub = new();

    public async ValueTask InitializeAsync() => await _hub.OpenAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Removing_an_alarm_that_somebody_changed_meanwhile_is_a_clash()
    {
        await ChangeAsync(new PlantChange { Alarms = [new() { Name = "hot", Path = "a/b", Limit = 80 }] });
        var opened = _hub.Settings.Now;
        var hot = opened.Alarms[0];
        await ChangeAsync(new PlantChange { Alarms = [hot with { Limit = 70 }] }, author: "bert");
        var clash = await Assert.ThrowsAsync<SettingsClashException>(() => ChangeAsync(new PlantChange { RemovedAlarms = [hot.Id] }, opened));
        Assert.Contains("bert", clash.Message, StringComparison.Ordinal);
        Assert.Contains("hot", clash.Message, StringComparison.Ordinal);
        Assert.Equal(70, Assert.Single(_hub.Settings.Now.Alarms).Limit);
        await ChangeAsync(new PlantChange { RemovedAlarms = [hot.Id] }, _hub.Settings.Now);
        Assert.Empty(_hub.Settings.Now.Alarms);
    }

    [Theory]
    [InlineData(true)] // As a page renames.
    [InlineData(false)] // As the API saves.
    public async Task A_device_whose_name_changes_by_case_alone_leaves_none_behind(bool isRemovedToo)
    {
        await ChangeAsync(new PlantChange { Devices = [Device("Pump")] });
        Assert.Equal(["hub-Pump"], Nodes());
        await ChangeAsync(new PlantChange { Devices = [Device("PUMP")], RemovedDevices = isRemovedToo ? ["Pump"] : [] });
        Assert.Equal(["hub-PUMP"], Nodes());
        Assert.Equal(["PUMP"], _hub.Devices.All().Select(d => d.Name));
        await _hub.OpenAsync();
        Assert.Equal(["PUMP"], _hub.Devices.All().Select(d => d.Name));
    }

    [Fact]
    public async Task A_device_goes_by_its_name_in_any_case()
    {
        await ChangeAsync(new PlantChange { Devices = [Device("Pump")] });
        await ChangeAsync(new PlantChange { RemovedDevices = ["pUMP"] });
        Assert.Empty(Nodes());
        Assert.Empty(_hub.Devices.All());
    }

    private Task<SettingsVersion> ChangeAsync(PlantChange change, PlantSettings? opened = null, string author = "anna") => _hub.Settings.ChangeAsync(change, new ChangeNote(author), opened, default);

    private List<string> Nodes() => [.. _hub.Edges.All.Select(e => e.Id.NodeId)];

    private static DeviceOptions Device(string name) => new()
    {
        Name = name,
        Protocol = "simulated",
        Tags = [new() { Name = "level", Address = "sine(0, 100, 1m)", DataType = Uns.Tags.DataType.Double }],
    };
}
