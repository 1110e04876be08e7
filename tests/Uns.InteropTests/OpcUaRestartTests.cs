using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.OpcUa;
using Uns.Tags;
using Uns.TestKit;
using Uns.TestKit.Devices;

namespace Uns.InteropTests;

/// <summary>A server that this project did not write comes back with other node ids behind other namespaces.</summary>
public sealed class OpcUaRestartTests
{
    [Fact]
    public async Task Tags_resume_by_browse_path_under_other_ids_and_values_can_be_written()
    {
        var first = await PeerProcess.StartAsync("opcua_server.js", "0");
        var port = first.Port.ToString(CultureInfo.InvariantCulture);
        var kind = new OpcUaKind();
        var device = new DeviceOptions
        {
            Name = "robot",
            Protocol = "opcua",
            Settings = new JsonObject { ["Endpoint"] = $"opc.tcp://127.0.0.1:{port}/plant", ["AnswerTimeout"] = "20s", ["KeepAlive"] = "1s" },
        };

        // What browsing gives is what is saved.
        var browser = new DeviceBrowser(TimeProvider.System);
        var line = Assert.Single(await browser.BrowseAsync(kind, device, null, default), e => e.Name == "Line1");
        var tags = (await browser.BrowseAsync(kind, device, line.Id, default))
            .Where(e => e.DataType is not null)
            .Select(e => new TagOptions { Name = e.Name, Address = e.Id, BrowsePath = line.Step + e.Step, DataType = e.DataType!.Value, Writable = e.Writable, Period = TimeSpan.FromMilliseconds(200) });
        device = device with { Tags = [.. tags] };
        Assert.Equal(4, device.Tags.Count);
        Assert.Contains(device.Tags, t => t.Address == "nsu=urn:plant;s=Line1.Speed" && t.BrowsePath == "/nsu=urn:plant;Line1/nsu=urn:plant;Speed");

        var sink = new RecordingSink();
        var plan = kind.Plan(device, TimeProvider.System);
        var worker = new ConnectorWorker("robot", plan, device.Tags, sink, TimeProvider.System, NullLogger<ConnectorWorker>.Instance);
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(stop.Token);
        await sink.WaitForAsync(s => s is { Tag: "Speed", Quality: TagQuality.Good, Value.Number: 10.5 });
        await first.DisposeAsync();
        await sink.WaitForAsync(s => s is { Tag: "Speed", Quality: TagQuality.Bad });
        sink.Clear();

        await using var second = await PeerProcess.StartAsync("opcua_server.js", port, "moved");
        await second.AskAsync("set Speed 77.5");
        foreach (var tag in device.Tags)
        {
            await sink.WaitForAsync(s => s.Tag == tag.Name && s.Quality == TagQuality.Good);
        }

        await sink.WaitForAsync(s => s is { Tag: "Speed", Quality: TagQuality.Good, Value.Number: 77.5 });
        await worker.WriteAsync("Speed", TagValue.Of(5.25), default);
        Assert.Equal("5.25", await second.AskAsync("get Speed"));
        var moved = worker.Diagnostics().Traffic.Rebindings;
        Assert.Equal(device.Tags.Select(t => t.Name).Order(), moved.Select(m => m.Tag).Order());
        Assert.All(moved, m => Assert.StartsWith("nsu=urn:plant;i=50", m.To));
        Assert.Contains(worker.Diagnostics().Findings, f => f.Contains("4 tags are read by browse path", StringComparison.Ordinal));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
