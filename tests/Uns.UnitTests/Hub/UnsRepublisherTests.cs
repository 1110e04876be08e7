using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Hub.Republish;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Host;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Hub;

/// <summary>The JSON topics over a real broker, with what strangers keep among them.</summary>
public sealed class UnsRepublisherTests : IAsyncLifetime
{
    private const string Good = """{"value":7,"timestamp":"2026-01-31T12:00:00Z","quality":"Good"}""";
    private readonly CancellationTokenSource _stop = new();
    private readonly UnsTree _tree = new(TimeProvider.System);
    private readonly RecordedLog _log = new();
    private readonly MqttBroker _broker = new(new() { Address = IPAddress.Loopback, Port = 0 }, null, TimeProvider.System, NullLogger<MqttBroker>.Instance);
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync() => await _broker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _broker.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Odd_retained_messages_are_passed_over_and_the_others_are_restored()
    {
        await using var stranger = await ConnectAsync("stranger");
        (string Topic, string Payload)[] kept =
        [
            ("uns/a/first", Good),
            ("uns", Good),
            ("uns/", Good),
            ("uns//x", Good),
            ("uns/b/number", """{"value":1,"timestamp":1700000000}"""),
            ("uns/b/object", """{"value":1,"timestamp":{}}"""),
            ("uns/b/half", """{"value":"\ud800","timestamp":"2026-01-31T12:00:00Z"}"""),
            ("uns/b/inside", """{"value":["\udc00"],"timestamp":"2026-01-31T12:00:00Z"}"""),
            ("uns/b/moved", """{"value":1,"timestamp":"2026-01-31T12:00:00Z","movedTo":"\ud800"}"""),
            ("uns/c/last", Good),
        ];
        foreach (var (topic, payload) in kept)
        {
            await stranger.PublishAsync(topic, Encoding.UTF8.GetBytes(payload), QualityOfService.AtLeastOnce, retain: true);
        }

        Start();

        await Waiting.ReachAsync(() => _tree.Find("a/first")?.Current is not null && _tree.Find("c/last")?.Current is not null);
        Assert.Equal(["a/first", "c/last"], _tree.Root.Values().Select(n => n.Path));

        // And it goes on telling: nothing that came in stands in the way of what goes out.
        await stranger.SubscribeAsync([new SubscriptionRequest("uns/G/E/level")], _stop.Token);
        _tree.Changed(new MetricChange(
            new MetricKey(new EdgeNodeId("G", "E"), null, "level"), TagValue.Of(1.5), TagQuality.Good, DateTimeOffset.UnixEpoch, null, new TagDefinition { Name = "level", DataType = DataType.Double }));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var told = await stranger.Messages.ReadAsync(deadline.Token);
        Assert.StartsWith("""{"value":1.5,""", Encoding.UTF8.GetString(told.Payload.Span), StringComparison.Ordinal);
        Assert.Empty(_log.Entries);
    }

    private void Start() =>
        _running = new UnsRepublisher(_tree, OptionsOf("topics"), "uns", TimeProvider.System, LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<UnsRepublisher>()).RunAsync(_stop.Token);

    private async Task<MqttClient> ConnectAsync(string id) =>
        await MqttClient.ConnectAsync(OptionsOf(id), null, TimeProvider.System, NullLogger.Instance, _stop.Token);

    private MqttClientOptions OptionsOf(string id) => new() { Host = "this process", ClientId = id, Connect = _ => new(_broker.ConnectInProcess()) };
}
