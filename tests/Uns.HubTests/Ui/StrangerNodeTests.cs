using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;
using Uns.TestKit;

namespace Uns.HubTests.Ui;

/// <summary>A stranger's edge node with a wrong clock, which the settings let nobody ask for a rebirth: what the API, the topics and the pages say of it.</summary>
public sealed class StrangerNodeTests : IAsyncLifetime
{
    private const string Path = "Berlin/line7/press/level";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly EdgeNodeId Id = new("Berlin", "line7");
    private readonly string _data = Directory.CreateTempSubdirectory("uns-hub-").FullName;
    private HubProcess _hub = null!;
    private MqttClient _node = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(System.IO.Path.Combine(_data, "hub.json"), """
            { "rebirthOn": ["start"], "legacyState": true, "writeAnswerTimeoutSeconds": 0.5, "nodeRules": [ { "node": "Berlin/line*", "rebirthOn": "off", "commandsByName": true } ] }
            """);
        _hub = await HubProcess.StartAsync(data: _data);
        _node = await MqttClient.ConnectAsync(
            new MqttClientOptions { Host = "127.0.0.1", Port = _hub.MqttPort, ClientId = "line7", ConnectTimeout = Limit }, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        await _node.SubscribeAsync([new SubscriptionRequest("spBv1.0/Berlin/NCMD/line7"), new SubscriptionRequest("spBv1.0/Berlin/DCMD/line7/press"), new SubscriptionRequest("STATE/uns-hub")], default);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _hub.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Its_wrong_clock_stands_beside_good_values_and_a_gap_makes_it_stale_until_a_person_asks()
    {
        await NextAsync("STATE/uns-hub", m => m.Payload.Span.SequenceEqual("ONLINE"u8));
        await using var topics = MosquittoSubscriber.Text(_hub.MqttPort, $"uns/{Path}");
        await BornAsync(ahead: TimeSpan.FromHours(3));
        var noted = await _hub.NodeAsync(Path, n => n.TryGetProperty("note", out _));
        Assert.Equal(("Good", "4.5"), (noted.GetProperty("quality").GetString(), noted.GetProperty("value").ToString()));
        Assert.Contains("3 h ahead", noted.GetProperty("note").GetString(), StringComparison.Ordinal);
        await topics.ReadUntilAsync(l => l.Contains("\"quality\":\"Good\",\"note\":\"The clock of the edge node is 3 h ahead", StringComparison.Ordinal), Limit);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(new Uri(_hub.Page, $"/namespace?path={Path}"));
        await page.Locator("#current-note").GetByText("3 h ahead of the host's").WaitForAsync();
        page = await browser.OpenAsync(new Uri(_hub.Page, "/namespace?path=Berlin"));
        await page.Locator($"tr[data-path='{Path}'] .note").WaitForAsync();
        page = await browser.OpenAsync(new Uri(_hub.Page, "/sparkplug/Berlin/line7"));
        await page.Locator("#clock-note").WaitForAsync();
        await page.Locator("#causes").GetByText("nothing, unless a person asks").WaitForAsync();

        // A command goes by name, though the birth gave an alias.
        using var write = await _hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Path, value = 7.5 });
        var command = PayloadReader.Read((await NextAsync("spBv1.0/Berlin/DCMD/line7/press")).Payload.Span).Metrics;
        Assert.Equal(("level", null), (Assert.Single(command).Name, command[0].Alias));

        // seq 2 is missing: nobody asks, everybody is told.
        await SendAsync(MessageVerb.DData, 3, TimeSpan.FromHours(3), Level(9));
        await _hub.NodeAsync(Path, n => n.GetProperty("quality").GetString() == "Stale" && n.GetProperty("reason").GetString()!.Contains("not asked", StringComparison.Ordinal));
        Assert.Equal("Gap", (await InfoAsync()).GetProperty("notAsked").GetString());
        await page.Locator("#state").GetByText("Birth missing").WaitForAsync();
        await page.Locator("#not-asked").WaitForAsync();
        await _hub.EventuallyAsync(async () => (await _hub.Http.GetStringAsync("/api/v1/health")).Contains("birth missing", StringComparison.Ordinal), "the first page tells it");
        await page.ClickAsync("#rebirth");
        Assert.Equal("Node Control/Rebirth", Assert.Single(PayloadReader.Read((await NextAsync("spBv1.0/Berlin/NCMD/line7")).Payload.Span).Metrics).Name);

        await BornAsync(ahead: TimeSpan.FromHours(3));
        await _hub.ValueAsync(Path, "4.5");
        await page.Locator("#state").GetByText("Online").WaitForAsync();
    }

    private async Task<JsonElement> InfoAsync() => (await _hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/sparkplug/nodes/Berlin/line7")).GetProperty("info");

    private async Task<MqttMessage> NextAsync(string topic, Func<MqttMessage, bool>? wanted = null)
    {
        using var deadline = new CancellationTokenSource(Limit);
        while (true)
        {
            var message = await _node.Messages.ReadAsync(deadline.Token);
            if (message.Topic == topic && wanted?.Invoke(message) != false)
            {
                return message;
            }
        }
    }

    private async Task BornAsync(TimeSpan ahead)
    {
        await SendAsync(MessageVerb.NBirth, 0, ahead, Metric.Of("bdSeq", TagValue.OfInteger(DataType.Int64, 0)), Metric.Of("Node Control/Rebirth", TagValue.Of(false)));
        await SendAsync(MessageVerb.DBirth, 1, ahead, Metric.Of("level", TagValue.Of(4.5)) with { Alias = 7, Properties = [MetricProperty.Of(MetricPropertyKeys.ReadOnly, false)] });
    }

    private static Metric Level(double value) => new() { Alias = 7, Value = WireConversion.ToWire(TagValue.Of(value)) };

    private async Task SendAsync(MessageVerb verb, int seq, TimeSpan ahead, params Metric[] metrics)
    {
        var at = TimeProvider.System.GetUtcNow() + ahead;
        var topic = verb == MessageVerb.NBirth ? SparkplugTopic.OfNode(verb, Id) : SparkplugTopic.OfDevice(verb, Id, "press");
        var payload = new SparkplugPayload { Timestamp = at, Seq = seq, Metrics = [.. metrics.Select(m => m with { Timestamp = at })] };
        await _node.PublishAsync(topic.ToString(), PayloadWriter.Write(payload));
    }
}
