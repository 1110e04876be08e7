using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Connectors.TagFiles;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.UnitTests.OpcUa;

/// <summary>The connector against the simulated server, over loopback.</summary>
public sealed class OpcUaConnectorTests : IAsyncDisposable
{
    private readonly OpcUaSimulator _server = new(
        [
            new("Line1/Speed", DataType.Double, null), new("Line1/Count", DataType.Int32, new Signal(SignalShape.Counter, 0, 1e6, TimeSpan.FromMilliseconds(50))),
            new("Line1/Name", DataType.String, null),
        ],
        TimeProvider.System);

    private readonly RecordingSink _samples = new();
    private readonly OpcUaKind _kind = new();

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Values_come_as_they_change_and_writes_reach_the_server()
    {
        await using var run = await StartAsync();
        await _samples.WaitForAsync(s => s is { Tag: "Speed", Quality: TagQuality.Good, Value.Number: 0 });
        await run.Worker.WriteAsync("Speed", TagValue.Of(33.5), default);
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Value.Number == 33.5);
        await run.Worker.WriteAsync("Name", TagValue.Of("Füller"), default);
        await _samples.WaitForAsync(s => s.Tag == "Name" && s.Value.Text == "Füller");
        await _samples.WaitForAsync(s => s.Tag == "Count" && s.Value.Integer > 3);
    }

    [Fact]
    public async Task An_unknown_node_or_namespace_turns_only_its_own_tag_bad()
    {
        await using var run = await StartAsync(
            new TagOptions { Name = "Gone", Address = "nsu=urn:uns:simulator;s=Line1.Gone", DataType = DataType.Double },
            new TagOptions { Name = "Elsewhere", Address = "nsu=urn:elsewhere;s=X", DataType = DataType.Double },
            new TagOptions { Name = "Narrow", Address = "nsu=urn:uns:simulator;s=Line1.Speed", DataType = DataType.Int16 });
        var gone = await _samples.WaitForAsync(s => s.Tag == "Gone" && s.Quality == TagQuality.Bad);
        Assert.Contains("BadNodeIdUnknown", gone.Reason);
        var elsewhere = await _samples.WaitForAsync(s => s.Tag == "Elsewhere" && s.Quality == TagQuality.Bad);
        Assert.Contains("urn:elsewhere", elsewhere.Reason);
        var narrow = await _samples.WaitForAsync(s => s.Tag == "Narrow" && s.Quality == TagQuality.Bad);
        Assert.Contains("Double", narrow.Reason);
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Quality == TagQuality.Good);
    }

    [Fact]
    public async Task A_write_that_does_not_fit_is_refused_and_the_connection_stays()
    {
        await using var run = await StartAsync();
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Quality == TagQuality.Good);
        await Assert.ThrowsAsync<WriteRefusedException>(() => run.Worker.WriteAsync("Count", TagValue.OfInteger(DataType.Int32, 1), default));
        await run.Worker.WriteAsync("Speed", TagValue.Of(1.0), default);
        Assert.Equal(ConnectorState.Running, run.Worker.Status.State);
    }

    [Fact]
    public async Task A_lost_connection_turns_everything_bad_and_heals_by_itself()
    {
        await using var run = await StartAsync();
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Quality == TagQuality.Good);
        _samples.Clear();
        _server.DropConnections();
        var lost = await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Quality == TagQuality.Bad);
        Assert.False(string.IsNullOrEmpty(lost.Reason));
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Quality == TagQuality.Good);
    }

    [Fact]
    public async Task Browsing_shows_what_can_be_read_and_written()
    {
        await _server.StartAsync();
        var device = Device();
        var browser = new DeviceBrowser(TimeProvider.System);
        var roots = await browser.BrowseAsync(_kind, device, null, default);
        var line = Assert.Single(roots, r => r.Name == "Line1");
        var variables = await browser.BrowseAsync(_kind, device, line.Id, default);
        Assert.Contains(variables, v => v is { Id: "nsu=urn:uns:simulator;s=Line1.Speed", DataType: DataType.Double, Writable: true });
        Assert.Contains(variables, v => v is { Name: "Count", DataType: DataType.Int32, Writable: false });
    }

    [Fact]
    public async Task Browsing_on_and_on_takes_one_session_which_ends_with_the_visit()
    {
        await _server.StartAsync();
        await using var line = new FaultProxy(_server.EndPoint);
        await line.StartAsync();
        var device = Device() with { Settings = new JsonObject { ["Endpoint"] = $"opc.tcp://127.0.0.1:{line.EndPoint.Port}" } };
        await using var visit = new DeviceVisit(TimeProvider.System);
        var folder = Assert.Single(await visit.BrowseAsync(_kind, device, null, default), e => e.Name == "Line1").Id;
        for (var n = 0; n < 5; n++)
        {
            Assert.Equal(3, (await visit.BrowseAsync(_kind, device, folder, default)).Count);
        }

        var both = await Task.WhenAll(visit.BrowseAsync(_kind, device, folder, default), visit.BrowseAsync(_kind, device, null, default));
        Assert.All(both, entries => Assert.NotEmpty(entries));
        await visit.LookAsync(_kind, device, async (connector, token) => Assert.Equal(3, (await ((IOffersTags)connector).OfferAsync(new OfferAsk(folder), token)).Rows.Count), DeviceBrowser.Limit, default);
        Assert.Equal((1, 1), (_server.Sessions, line.Connections));

        // A server that was started anew, or closed what it had not heard of for long.
        line.Cut();
        Assert.Equal(3, (await visit.BrowseAsync(_kind, device, folder, default)).Count);
        Assert.Equal(2, line.Connections);
        var fault = await Assert.ThrowsAsync<ConnectorException>(() => visit.BrowseAsync(_kind, device, "nsu=urn:elsewhere;s=X", default));
        Assert.Equal("'nsu=urn:elsewhere;s=X' is no node of this server.", fault.Message);
        await visit.DisposeAsync();
        await Waiting.ReachAsync(() => _server.Sessions <= 1); // The one whose line was cut waits on the server for its time.
    }

    [Fact]
    public void Every_fault_of_a_device_is_found_at_once()
    {
        var device = new DeviceOptions
        {
            Name = "ua",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = "http://plc", ["KeepAliv"] = "5s", ["NodesPerRequest"] = 0 },
            Tags = [new() { Name = "a", Address = "nope" }],
        };
        var faults = _kind.Check(device).Select(f => f.ToString()).ToList();
        Assert.Contains(faults, f => f.StartsWith("Settings.Endpoint is 'http://plc'", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("did you mean KeepAlive", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Settings.NodesPerRequest is 0", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Tags[0].Address is 'nope'", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("Tags[0].DataType is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_array_is_not_scaled()
    {
        await _server.StartAsync();
        var device = Device(
            new() { Name = "Curve", Address = "nsu=urn:uns:simulator;s=Curve", DataType = DataType.DoubleArray, Factor = 0.1, Offset = 2 },
            new() { Name = "Plain", Address = "nsu=urn:uns:simulator;s=Plain", DataType = DataType.DoubleArray });

        Assert.Equal("Tags[3].Factor is 0.1 and Offset 2: an array is not scaled, give 1 and 0.", Assert.Single(_kind.Check(device)).ToString());
    }

    [Fact]
    public async Task A_value_written_once_more_is_answered_although_the_server_tells_only_changes()
    {
        await using var run = await StartAsync();
        await _samples.WaitForAsync(s => s is { Tag: "Speed", Quality: TagQuality.Good });
        await run.Worker.WriteAsync("Speed", TagValue.Of(33.5), default);
        await _samples.WaitForAsync(s => s.Tag == "Speed" && s.Value.Number == 33.5);
        _samples.Clear();
        await run.Worker.WriteAsync("Speed", TagValue.Of(33.5), default);
        Assert.Equal(33.5, (await _samples.WaitForAsync(s => s is { Tag: "Speed", IsAnswer: true })).Value.Number);
    }

    private DeviceOptions Device(params TagOptions[] more) => new()
    {
        Name = "ua",
        Protocol = "opcua",
        Settings = new JsonObject { ["Endpoint"] = _server.EndpointUrl },
        Tags =
        [
            new() { Name = "Speed", Address = "nsu=urn:uns:simulator;s=Line1.Speed", DataType = DataType.Double, Writable = true, Period = TimeSpan.FromMilliseconds(50) },
            new() { Name = "Count", Address = "nsu=urn:uns:simulator;s=Line1.Count", DataType = DataType.Int32, Writable = true, Period = TimeSpan.FromMilliseconds(50) },
            new() { Name = "Name", Address = "nsu=urn:uns:simulator;s=Line1.Name", DataType = DataType.String, Writable = true },
            .. more,
        ],
    };

    private async Task<Run> StartAsync(params TagOptions[] more)
    {
        await _server.StartAsync();
        var device = Device(more);
        Assert.Empty(_kind.Check(device));
        var worker = new ConnectorWorker("ua", _kind.Plan(device, TimeProvider.System), device.Tags, _samples, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        return new Run(worker);
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Run(ConnectorWorker worker)
        {
            Worker = worker;
            _running = worker.RunAsync(_stop.Token);
        }

        public ConnectorWorker Worker { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
