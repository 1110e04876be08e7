using System.Net.Http.Json;
using System.Text.Json;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary>An edge node made of the npm package sparkplug-client, on the hub's broker.</summary>
public sealed class EdgeNodeTests
{
    private const string Press = "Berlin/line7/press/";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_strangers_edge_node_appears_and_goes_stale_in_every_view_when_it_is_killed()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var deaths = MosquittoSubscriber.Sparkplug(hub.MqttPort, "spBv1.0/Berlin/NDEATH/line7");
        await using var json = MosquittoSubscriber.Text(hub.MqttPort, "uns/Berlin/#");
        await using var browser = await Browser.StartAsync();
        var node = await PeerProcess.StartAsync("edge_node.js", hub.MqttPort.ToString(), "Berlin", "line7");
        await using (node)
        {
            await hub.ValueAsync(Press + "Temperature", "21.5");
            await hub.ValueAsync(Press + "Count", "-12");
            await hub.ValueAsync(Press + "Run", "True");
            await hub.ValueAsync("Berlin/line7/Properties/Vendor", "peer");
            var page = await browser.OpenAsync(new Uri(hub.Page, "/?path=Berlin/line7"));
            await page.Locator($"tr[data-path='{Press}Count'] td.value").GetByText("-12").WaitForAsync();
            await json.ReadUntilAsync(l => l.StartsWith($"uns/{Press}Count {{\"value\":-12,", StringComparison.Ordinal), Limit);

            await node.AskAsync("set Count 2000000000");
            await node.AskAsync("set Temperature -0.25");
            await hub.ValueAsync(Press + "Count", "2000000000");
            await hub.ValueAsync(Press + "Temperature", "-0.25");

            await node.KillAsync();
            await deaths.ReadUntilAsync(l => l.Contains("NDEATH", StringComparison.Ordinal), Limit);
            var stale = await json.ReadUntilAsync(l => l.StartsWith($"uns/{Press}Count ", StringComparison.Ordinal) && l.Contains("\"quality\":\"Stale\"", StringComparison.Ordinal), Limit);
            Assert.Contains("\"value\":2000000000", stale);
            Assert.Contains("\"reason\":\"", stale);
            await hub.NodeAsync(Press + "Run", n => n.GetProperty("quality").GetString() == "Stale");
            await page.Locator($"tr[data-path='{Press}Temperature'] .badge.stale").WaitForAsync();
        }

        // A subscriber that comes later sees it too: the retained message itself is stale.
        await using var late = MosquittoSubscriber.Text(hub.MqttPort, $"uns/{Press}Count");
        Assert.Contains("\"quality\":\"Stale\"", await late.ReadLineAsync(Limit));
    }

    [Fact]
    public async Task A_node_that_was_born_before_the_hub_saw_it_is_asked_for_a_rebirth()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var node = await PeerProcess.StartAsync("edge_node.js", hub.MqttPort.ToString(), "Berlin", "line7");
        await hub.ValueAsync(Press + "Count", "-12");
        await hub.KillAsync();
        await hub.StartAgainAsync(samePorts: true);
        await hub.ValueAsync(Press + "Count", "-12", TimeSpan.FromSeconds(60));
        await node.AskAsync("set Count 5");
        await hub.ValueAsync(Press + "Count", "5");
    }

    [Theory]
    [InlineData("GZIP")]
    [InlineData("DEFLATE")]
    public async Task A_strangers_compressed_births_and_data_are_read(string algorithm)
    {
        await using var hub = await HubProcess.StartAsync();
        await using var node = await PeerProcess.StartAsync("edge_node.js", hub.MqttPort.ToString(), "Berlin", "line7", algorithm);
        await hub.ValueAsync(Press + "Count", "-12");
        await node.AskAsync("set Temperature -0.25");
        await hub.ValueAsync(Press + "Temperature", "-0.25");
    }

    [Fact]
    public async Task A_command_to_a_strangers_node_is_refused_unless_its_birth_offers_the_metric()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var node = await PeerProcess.StartAsync("edge_node.js", hub.MqttPort.ToString(), "Berlin", "line7");
        await hub.ValueAsync(Press + "Count", "-12");
        using var answer = await hub.Http.PutAsJsonAsync("/api/v1/values", new { path = Press + "Count", value = 5 });
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("read-only", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
        Assert.Equal("-12", await node.AskAsync("get Count"));
    }
}
