using Uns.Alarms;
using Uns.Hub.Wiring;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Hub;

/// <summary>How alarms stand and what happened to them, over a disk that refuses and rows that cannot be read.</summary>
public sealed class AlarmDeskTests : IAsyncLifetime
{
    private static readonly AlarmRule Hot = new() { Id = Guid.Parse("019b0000-0000-7000-8000-000000000001"), Name = "hot", Path = "a/b", Limit = 80 };
    private readonly BookStage _hub = new();

    public async ValueTask InitializeAsync()
    {
        await _hub.OpenAsync();
        await _hub.Settings.ChangeAsync(new PlantChange { Alarms = [Hot, Hot with { Id = Guid.CreateVersion7(), Name = "cold" }] }, new ChangeNote("anna"), null, default);
    }

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task What_the_disk_refused_is_kept_once_it_takes_writes_again_and_the_fault_is_over()
    {
        await _hub.RefuseAsync("alarms_event", isSo: true);
        Assert.True(_hub.Alarms.Shelve(Hot.Id, TimeSpan.FromMinutes(10), "anna"));
        await _hub.Alarms.TickAsync();
        Assert.NotNull(_hub.Alarms.Fault);
        _hub.Alarms.Shelve(Hot.Id, TimeSpan.Zero, "bert");
        await _hub.Alarms.TickAsync();
        Assert.Empty(await _hub.Alarms.HistoryAsync(10, default));
        Assert.Single(_hub.Log.Entries, e => e.Event.Id == 4102); // Told once.

        _hub.Alarms.Shelve(Hot.Id, TimeSpan.FromMinutes(20), "carl");
        await _hub.RefuseAsync("alarms_event", isSo: false);
        await _hub.Alarms.TickAsync();
        Assert.Null(_hub.Alarms.Fault);
        Assert.Equal(["carl", "bert", "anna"], (await _hub.Alarms.HistoryAsync(10, default)).Select(e => e.Who)); // Each once, in its order.
        await _hub.OpenAsync();
        Assert.Equal(_hub.Clock.GetUtcNow().AddMinutes(20), Alarm("hot").Standing.ShelvedUntil);
    }

    [Fact]
    public async Task A_disk_that_refuses_for_long_costs_the_oldest_happenings_and_never_how_an_alarm_stands()
    {
        await _hub.RefuseAsync("alarms_event", isSo: true);
        for (var i = 0; i < 20_000; i++)
        {
            _hub.Alarms.Shelve(Hot.Id, TimeSpan.FromMinutes(10), $"person {i}");
            if (i % 5000 == 0)
            {
                await _hub.Alarms.TickAsync();
            }
        }

        await _hub.RefuseAsync("alarms_event", isSo: false);
        do
        {
            await _hub.Alarms.TickAsync();
        }
        while ((await _hub.Alarms.HistoryAsync(1, default)) is not [{ Who: "person 19999" }]);
        Assert.Equal(10_000, (await _hub.Alarms.HistoryAsync(10_000, default)).Count);
        await _hub.OpenAsync();
        Assert.NotNull(Alarm("hot").Standing.ShelvedUntil);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_costs_that_alarm_alone_and_stays_saved()
    {
        await _hub.RunAsync($"UPDATE alarms_rule SET document = '{{\"Kind\":\"Unheard\"}}' WHERE id = '{Hot.Id}'");
        await _hub.OpenAsync();
        Assert.Equal(["cold"], _hub.Alarms.All().Select(a => a.Rule.Name));
        Assert.StartsWith(Hot.Id.ToString(), Assert.Single(_hub.Alarms.Unreadable), StringComparison.Ordinal);
        Assert.Contains(_hub.Log.Entries, e => e.Event.Id == 4111);
        Assert.Equal(2, await _hub.Store.ReadAsync(c => Uns.Store.Statements.Rows(c, "SELECT COUNT(*) FROM alarms_rule", row => row.GetInt32(0))[0]));
    }

    [Fact]
    public async Task A_standing_that_cannot_be_read_is_calm_and_its_rule_is_watched()
    {
        await _hub.RunAsync($"UPDATE alarms_rule SET standing = '[' WHERE id = '{Hot.Id}'");
        await _hub.OpenAsync();
        Assert.Equal(AlarmStanding.Calm, Alarm("hot").Standing);
        Assert.Single(_hub.Alarms.Unreadable);
    }

    private Alarm Alarm(string name) => _hub.Alarms.All().Single(a => a.Rule.Name == name);
}
