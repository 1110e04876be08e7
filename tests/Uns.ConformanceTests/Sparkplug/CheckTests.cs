using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Aware;
using Uns.Sparkplug.Check;

namespace Uns.ConformanceTests.Sparkplug;

/// <summary>What <c>sparkplug check</c> does, against our own broker, edge node and host.</summary>
public sealed class CheckTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2); // What an unaware broker does not send costs as much, four times.
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(2);
    private readonly Plant _plant = new();

    public async ValueTask InitializeAsync() => await _plant.StartAsync();

    public ValueTask DisposeAsync() => _plant.DisposeAsync();

    [Fact]
    public async Task Our_broker_is_aware_by_every_check_and_leaves_nothing_behind_but_certificates()
    {
        var watch = new SparkplugWatch(new AwareOptions(), NullLogger<SparkplugWatch>.Instance);
        await using var broker = new MqttBroker(
            new MqttBrokerOptions { Address = IPAddress.Loopback, Port = 0, Watch = watch, SysInterval = TimeSpan.Zero }, null, TimeProvider.System, NullLogger<MqttBroker>.Instance);
        await broker.StartAsync();
        var report = await new BrokerCheck(new MqttClientOptions { Host = "127.0.0.1", Port = broker.EndPoint.Port }, Patience, TimeProvider.System).RunAsync(aware: true, default);
        Assert.Equal([], report.Results.Where(r => r.Verdict != CheckVerdict.Pass));
        Assert.Equal(CheckList.Of("broker-compliant", "broker-aware").Order(StringComparer.Ordinal), report.Results.Select(r => r.Id));
        Assert.Equal(2, broker.Statistics.Retained);
    }

    [Fact]
    public async Task A_broker_that_is_not_aware_is_told_so_and_is_compliant_all_the_same()
    {
        var report = await new BrokerCheck(_plant.Broker, Patience, TimeProvider.System).RunAsync(aware: true, default);
        Assert.All(CheckList.Of("broker-compliant"), id => Assert.Equal(CheckVerdict.Pass, report[id].Verdict));
        var store = report["tck-id-conformance-mqtt-aware-store"];
        Assert.Equal(CheckVerdict.Fail, store.Verdict);
        Assert.Contains("not Sparkplug aware", store.Why, StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.Maybe, report["tck-id-conformance-mqtt-aware-ndeath-timestamp"].Verdict);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("played")]
    public async Task Our_edge_node_passes_the_line_probe(string? primaryHost)
    {
        var probe = new LineProbe(_plant.Broker, _plant.EdgeLine, Length, TimeProvider.System, NullLogger.Instance) { WatchesOn = false };
        _plant.RunEdgeNode(change: o => o with { PrimaryHost = primaryHost ?? "" });
        var report = await probe.EdgeAsync(null, primaryHost, default);
        Assert.NotNull(report);
        Assert.Equal([], report.Results.Where(r => r.Verdict is CheckVerdict.Fail or CheckVerdict.Maybe));
        string[] stirred =
        [
            "tck-id-operational-behavior-data-commands-rebirth-action-3", "tck-id-topics-nbirth-bdseq-increment", "tck-id-topics-dbirth-metrics", "tck-id-payloads-alias-uniqueness",
            .. primaryHost is null ? [] : new[] { "tck-id-message-flow-edge-node-birth-publish-phid-offline", "tck-id-operational-behavior-edge-node-termination-host-offline-reconnect" },
        ];
        Assert.Equal([], stirred.Where(id => report[id].Verdict != CheckVerdict.Pass));
    }

    [Fact]
    public async Task Our_host_passes_the_line_probe()
    {
        var probe = new LineProbe(_plant.Broker, _plant.HostLine, Length, TimeProvider.System, NullLogger.Instance) { WatchesOn = false };
        _plant.RunHost();
        var report = await probe.HostAsync("hub", default);
        Assert.NotNull(report);
        Assert.Equal([], report.Results.Where(r => r.Verdict is CheckVerdict.Fail or CheckVerdict.Maybe));
        string[] stirred =
        [
            "tck-id-message-flow-hid-sparkplug-state-message-delivered", "tck-id-operational-behavior-data-commands-ncmd-rebirth-name", "tck-id-payloads-state-birth-payload",
        ];
        Assert.Equal([], stirred.Where(id => report[id].Verdict != CheckVerdict.Pass));
    }

    [Fact]
    public async Task A_line_on_which_nobody_speaks_has_no_report()
    {
        var probe = new LineProbe(_plant.Broker, _plant.EdgeLine, TimeSpan.FromMilliseconds(200), TimeProvider.System, NullLogger.Instance);
        Assert.Null(await probe.EdgeAsync(null, null, default));
        Assert.Null(await probe.HostAsync("hub", default));
    }
}
