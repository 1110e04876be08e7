using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.InteropTests;

/// <summary><c>sparkplug check</c> against a broker and an edge node of others, as its user runs it.</summary>
public sealed partial class SparkplugCheckTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Mosquitto_is_compliant_and_not_aware_and_the_report_says_so()
    {
        var port = FreePort();
        await using var broker = await MosquittoAsync(port);
        var (code, output, _) = await HubProcess.RunToEndAsync("sparkplug", "check", "--broker", $"127.0.0.1:{port}", "--profile", "broker", "--seconds", "12");
        Assert.Equal(0, code);
        Assert.Contains("5 PASS", output, StringComparison.Ordinal);
        (code, output, _) = await HubProcess.RunToEndAsync("sparkplug", "check", "--broker", $"127.0.0.1:{port}", "--profile", "broker-aware", "--seconds", "12");
        Assert.Equal(3, code);
        Assert.Contains("the broker is not Sparkplug aware", output, StringComparison.Ordinal);
        Assert.Contains("PASS          tck-id-conformance-mqtt-aware-basic", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hubs_own_broker_is_aware()
    {
        await using var hub = await HubProcess.StartAsync();
        var (code, output, _) = await HubProcess.RunToEndAsync("sparkplug", "check", "--broker", $"127.0.0.1:{hub.MqttPort}", "--profile", "broker-aware", "--seconds", "12");
        Assert.True(code == 0, output);
        Assert.Contains("\n13 PASS", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_strangers_edge_node_is_judged_and_its_will_of_qos_0_is_named()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var check = PeerProcess.Start(
            "dotnet", HubProcess.Program, "sparkplug", "check", "--broker", $"127.0.0.1:{hub.MqttPort}", "--profile", "edge", "--seconds", "25");
        var said = await check.ReadUntilAsync(l => l.StartsWith("Let the edge node connect to ", StringComparison.Ordinal), Limit);
        var port = Port().Match(said).Groups["port"].Value;
        await using var node = await PeerProcess.StartAsync("edge_node.js", port, "Berlin", "line7");
        var lines = await ReportAsync(check);
        Assert.Contains(lines, l => l.StartsWith("  FAIL          tck-id-payloads-ndeath-will-message-qos  The will's QoS is 0.", StringComparison.Ordinal));
        Assert.Contains(lines, l => l == "  PASS          tck-id-topics-nbirth-topic");
        Assert.Contains(lines, l => l.StartsWith("  NOT EXECUTED  tck-id-message-flow-edge-node-birth-publish-phid-wait", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mosquitto", "PASS")]
    [InlineData("the hub's broker", "NOT EXECUTED")] // It lets nobody say the false death in the host's name.
    public async Task A_host_made_of_other_parts_passes_and_is_seen_to_leave_in_order(string broker, string onFalseDeath)
    {
        await using var hub = broker == "mosquitto" ? null : await HubProcess.StartAsync();
        var port = hub?.MqttPort ?? FreePort();
        await using var mosquitto = hub is null ? await MosquittoAsync(port) : null;
        await using var check = await CheckHostAsync(port, "45");
        await using var host = await PeerProcess.StartAsync("host.js", check.Line, "scada");
        using var deadline = new CancellationTokenSource(Limit);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (await host.AskAsync("asked") == "0") // The check plays a node, of which a message is missing.
        {
            await pace.WaitForNextTickAsync(deadline.Token);
        }

        Assert.Equal("ok", await host.AskAsync("stop"));
        var lines = await ReportAsync(check.Process);
        Assert.DoesNotContain(lines, l => l.StartsWith("  FAIL", StringComparison.Ordinal) || l.StartsWith("  MAYBE", StringComparison.Ordinal));
        Assert.Contains($"  {onFalseDeath,-12}  tck-id-message-flow-hid-sparkplug-state-message-delivered", lines);
        foreach (var id in new[]
        {
            "tck-id-operational-behavior-host-reordering-rebirth", "tck-id-payloads-state-will-message-retain", "tck-id-operational-behavior-data-commands-ncmd-rebirth-value",
            "tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean",
        })
        {
            Assert.Contains($"  PASS          {id}", lines);
        }
    }

    [Fact]
    public async Task A_host_that_breaks_rules_is_told_each_of_them()
    {
        var port = FreePort();
        await using var mosquitto = await MosquittoAsync(port);
        await using var check = await CheckHostAsync(port, "40");
        await using var host = await PeerProcess.StartAsync("host.js", check.Line, "scada", "sloppy");
        var lines = await ReportAsync(check.Process);
        foreach (var id in new[]
        {
            "tck-id-payloads-state-will-message-qos", "tck-id-payloads-state-will-message-retain", "tck-id-host-topic-phid-birth-payload-timestamp", "tck-id-host-topic-phid-birth-qos",
            "tck-id-payloads-state-subscribe", "tck-id-message-flow-hid-sparkplug-state-message-delivered",
        })
        {
            Assert.Contains(lines, l => l.StartsWith($"  FAIL          {id}  ", StringComparison.Ordinal));
        }

        Assert.Contains(lines, l => l.StartsWith("  MAYBE         tck-id-operational-behavior-host-reordering-rebirth  ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_strangers_device_that_offers_its_metrics_is_commanded_and_answers()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var node = await PeerProcess.StartAsync("edge_node.js", hub.MqttPort.ToString(CultureInfo.InvariantCulture), "Berlin", "line7", "writable");
        await hub.ValueAsync("Berlin/line7/press/Count", "-12");
        foreach (var (metric, value, shown) in new (string, object, string)[] { ("Count", 41, "41"), ("Temperature", -0.25, "-0.25"), ("Run", false, "False") })
        {
            using var answer = await hub.Http.PutAsJsonAsync("/api/v1/values", new { path = $"Berlin/line7/press/{metric}", value });
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            await hub.ValueAsync($"Berlin/line7/press/{metric}", shown);
            Assert.Equal(shown.ToUpperInvariant(), (await node.AskAsync($"get {metric}")).ToUpperInvariant());
        }
    }

    // Without a file of its own it would read the machine's: it is read at the start alone.
    private static async Task<PeerProcess> MosquittoAsync(int port)
    {
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, $"listener {port} 127.0.0.1\nallow_anonymous true\n");
        var broker = PeerProcess.Start("mosquitto", "-c", settings);
        await ListensAsync(port);
        File.Delete(settings);
        return broker;
    }

    private static async Task<HostCheck> CheckHostAsync(int broker, string seconds)
    {
        var check = PeerProcess.Start("dotnet", HubProcess.Program, "sparkplug", "check", "--broker", $"127.0.0.1:{broker}", "--profile", "host", "--host", "scada", "--seconds", seconds);
        var said = await check.ReadUntilAsync(l => l.StartsWith("Let scada connect to ", StringComparison.Ordinal), Limit);
        return new(check, Port().Match(said).Groups["port"].Value);
    }

    private static async Task<List<string>> ReportAsync(PeerProcess check)
    {
        var lines = new List<string>();
        await check.ReadUntilAsync(
            l =>
            {
                lines.Add(l);
                return l.Contains(" NOT EXECUTED", StringComparison.Ordinal) && l.Contains(" PASS, ", StringComparison.Ordinal);
            },
            Limit);
        return lines;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ListensAsync(int port)
    {
        using var deadline = new CancellationTokenSource(Limit);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, deadline.Token);
                return;
            }
            catch (SocketException)
            {
                await pace.WaitForNextTickAsync(deadline.Token);
            }
        }
    }

    private sealed record HostCheck(PeerProcess Process, string Line) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }

    [GeneratedRegex(@"127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex Port();
}
