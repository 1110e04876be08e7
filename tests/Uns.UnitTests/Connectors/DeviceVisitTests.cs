using System.Text.Json.Nodes;
using Uns.Connectors;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.Connectors;

/// <summary>Looking around in a device: how many connections that opens, and when they are closed.</summary>
public sealed class DeviceVisitTests
{
    private static readonly DeviceOptions Plc = new() { Name = "plc", Protocol = "fake", Settings = new JsonObject { ["Host"] = "a" } };
    private readonly ManualClock _clock = new();
    private readonly FakeKind _kind = new();
    private readonly DeviceVisit _visit;

    public DeviceVisitTests() => _visit = new DeviceVisit(_clock);

    [Fact]
    public async Task All_looks_go_over_one_connection_until_nobody_has_looked_for_a_minute()
    {
        for (var n = 0; n < 5; n++)
        {
            await LookAsync();
            _clock.Advance(DeviceVisit.Silence - TimeSpan.FromSeconds(1));
        }

        Assert.False(Assert.Single(_kind.Made).IsDisposed);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await LookAsync();
        Assert.Equal(2, _kind.Made.Count);
        await Waiting.ReachAsync(() => _kind.Made[0].IsDisposed);
        await _visit.DisposeAsync();
        Assert.True(_kind.Made[1].IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => LookAsync());
    }

    [Fact]
    public async Task A_look_that_takes_longer_than_the_silence_keeps_its_connection()
    {
        var answer = new TaskCompletionSource();
        var walk = LookAsync((_, _) => answer.Task, limit: TimeSpan.FromMinutes(10));
        _clock.Advance(DeviceVisit.Silence * 3);
        Assert.False(_kind.Made[0].IsDisposed);
        answer.SetResult();
        await walk;
        await LookAsync();
        Assert.Single(_kind.Made);
    }

    [Fact]
    public async Task Looks_at_the_same_time_wait_for_one_connection()
    {
        var open = new TaskCompletionSource();
        _kind.OnConnect = _ => open.Task;
        var looks = Enumerable.Range(0, 4).Select(_ => LookAsync()).ToList();
        open.SetResult();
        await Task.WhenAll(looks);
        Assert.Equal(1, Assert.Single(_kind.Made).Connects);
    }

    [Fact]
    public async Task A_device_of_other_settings_is_connected_to_anew()
    {
        await LookAsync();
        await LookAsync(device: Plc with { Name = "other", Settings = new JsonObject { ["Host"] = "a" } }); // The same by its settings.
        Assert.Single(_kind.Made);
        await LookAsync(device: Plc with { Settings = new JsonObject { ["Host"] = "b" } });
        Assert.Equal(2, _kind.Made.Count);
        await Waiting.ReachAsync(() => _kind.Made[0].IsDisposed);
    }

    [Fact]
    public async Task A_connection_that_the_device_has_closed_meanwhile_is_replaced()
    {
        await LookAsync();
        List<IConnector> asked = [];
        await LookAsync((connector, _) =>
        {
            asked.Add(connector);
            return asked.Count == 1 ? throw new ConnectorException("closed the connection") : Task.CompletedTask;
        });
        Assert.Equal<IConnector>(_kind.Made, asked);
        await Waiting.ReachAsync(() => _kind.Made[0].IsDisposed);
        Assert.False(_kind.Made[1].IsDisposed);
    }

    [Fact]
    public async Task What_fails_over_a_new_connection_too_is_told_and_the_next_look_begins_anew()
    {
        await LookAsync();
        var fault = await Assert.ThrowsAsync<ConnectorException>(() => LookAsync((_, _) => throw new ConnectorException("no such node")));
        Assert.Equal("no such node", fault.Message);
        Assert.Equal(2, _kind.Made.Count);
        await LookAsync();
        Assert.Equal(3, _kind.Made.Count);
        _kind.OnConnect = _ => throw new ConnectorException("connection refused");
        await _visit.DisposeAsync();
        Assert.All(_kind.Made, c => Assert.True(c.IsDisposed));
    }

    [Fact]
    public async Task A_device_that_cannot_be_reached_leaves_nothing_open()
    {
        _kind.OnConnect = _ => throw new ConnectorException("connection refused");
        await Assert.ThrowsAsync<ConnectorException>(() => LookAsync());
        Assert.True(Assert.Single(_kind.Made).IsDisposed);
    }

    [Fact]
    public async Task A_look_that_is_given_up_takes_its_connection_along()
    {
        await LookAsync();
        using var stop = new CancellationTokenSource();
        var look = LookAsync((_, token) => Task.Delay(Timeout.InfiniteTimeSpan, _clock, token), stop: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => look);
        await LookAsync();
        Assert.Equal(2, _kind.Made.Count);
    }

    [Fact]
    public async Task A_look_has_its_limit_connection_included()
    {
        _kind.OnConnect = token => Task.Delay(Timeout.InfiniteTimeSpan, _clock, token);
        var look = LookAsync();
        _clock.Advance(DeviceBrowser.Limit);
        Assert.Equal("The device did not show what it offers within 15 s.", (await Assert.ThrowsAsync<ConnectorException>(() => look)).Message);
    }

    [Fact]
    public async Task A_visit_that_ends_lets_the_look_under_way_end_and_closes_behind_it()
    {
        var answer = new TaskCompletionSource();
        var look = LookAsync((_, _) => answer.Task);
        await _visit.DisposeAsync();
        Assert.False(_kind.Made[0].IsDisposed);
        answer.SetResult();
        await look;
        await Waiting.ReachAsync(() => _kind.Made[0].IsDisposed);
    }

    [Fact]
    public async Task Wrong_settings_are_told_and_nothing_is_opened()
    {
        _kind.Faults.Add(new SettingFault("Settings.Host", "is missing."));
        Assert.Equal("Settings.Host is missing.", (await Assert.ThrowsAsync<ConnectorException>(() => LookAsync())).Message);
        Assert.Empty(_kind.Made);
    }

    private Task LookAsync(Func<IConnector, CancellationToken, Task>? look = null, DeviceOptions? device = null, TimeSpan? limit = null, CancellationToken stop = default) =>
        _visit.LookAsync(_kind, device ?? Plc, look ?? ((_, _) => Task.CompletedTask), limit ?? DeviceBrowser.Limit, stop);

    private sealed class FakeKind : IConnectorKind
    {
        public List<FakeConnector> Made { get; } = [];

        public List<SettingFault> Faults { get; } = [];

        public Func<CancellationToken, Task> OnConnect { get; set; } = _ => Task.CompletedTask;

        public string Protocol => "fake";

        public string Title => "Fake";

        public IReadOnlyList<SettingField> Fields => [];

        public string SampleAddress => "x";

        public IReadOnlyList<SettingFault> Check(DeviceOptions device) => Faults;

        public ConnectorPlan Plan(DeviceOptions device, TimeProvider clock)
        {
            Made.Add(new FakeConnector { OnConnect = OnConnect });
            return new ConnectorPlan(Made[^1], [], [], []);
        }

        public DeviceEndPoint? EndPointOf(DeviceOptions device) => null;
    }
}
