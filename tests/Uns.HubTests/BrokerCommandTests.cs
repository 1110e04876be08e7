using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>The broker alone, as its user starts it, with Debian's mosquitto clients.</summary>
public sealed partial class BrokerCommandTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_says_where_it_listens_and_brings_a_message_from_one_client_to_another()
    {
        using var broker = Start("--memory");
        var port = await PortAsync(broker);
        await using var subscriber = Subscriber(port, "plant/#", "-d");
        await subscriber.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        Assert.Equal(0, await PublishAsync(port, "plant/line", "17"));
        await subscriber.ReadUntilAsync(l => l == "plant/line 17", Limit);
        Assert.Equal(0, await StopAsync(broker));
    }

    [Fact]
    public async Task A_retained_message_survives_a_stop_in_the_data_directory()
    {
        var data = Directory.CreateTempSubdirectory("uns-broker-").FullName;
        try
        {
            using (var broker = Start("--data", data))
            {
                Assert.Equal(0, await PublishAsync(await PortAsync(broker), "plant/line", "18", "-r", "-q", "1"));
                Assert.Equal(0, await StopAsync(broker));
            }

            using var again = Start("--data", data);
            await using var subscriber = Subscriber(await PortAsync(again), "plant/#");
            await subscriber.ReadUntilAsync(l => l == "plant/line 18", Limit);
            Assert.Equal(0, await StopAsync(again));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Theory]
    [InlineData("mqttv311", "128")]
    [InlineData("mqttv5", "135")]
    public async Task A_denied_filter_is_refused_and_its_messages_reach_nobody(string version, string reason)
    {
        using var broker = Start("--memory", "--deny-subscribe", "plant/secret/#");
        var port = await PortAsync(broker);
        await using var refused = Subscriber(port, "plant/secret/#", "-V", version, "-d");
        await refused.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal) && l.Contains(reason, StringComparison.Ordinal), Limit);
        await using var wide = Subscriber(port, "plant/#", "-V", version, "-d");
        await wide.ReadUntilAsync(l => l.Contains("Subscribed", StringComparison.Ordinal), Limit);
        Assert.Equal(0, await PublishAsync(port, "plant/secret/code", "1234"));
        Assert.Equal(0, await PublishAsync(port, "plant/open", "5"));
        var first = await wide.ReadUntilAsync(l => l.StartsWith("plant/", StringComparison.Ordinal), Limit);
        Assert.Equal("plant/open 5", first);
        Assert.Equal(0, await StopAsync(broker));
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence_and_exit_code_1()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exitCode, _, error) = await HubProcess.RunToEndAsync("broker", "--memory", "--mqtt", $"127.0.0.1:{port}");
        Assert.Equal(1, exitCode);
        Assert.Contains(port.ToString(), Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("--maximum-qos is '3': give a whole number, 0 to 2.", "--maximum-qos", "3")]
    [InlineData("--retain-available is 'maybe': give true or false.", "--retain-available", "maybe")]
    [InlineData("--deny-subscribe is 'a/#/b': give a topic filter", "--deny-subscribe", "a/#/b")]
    [InlineData("--no-such-option", "--no-such-option")]
    [InlineData("give one of them", "--data", "elsewhere")]
    public async Task A_wrong_option_is_one_sentence_and_exit_code_2(string said, params string[] options)
    {
        var (exitCode, _, error) = await HubProcess.RunToEndAsync(["broker", "--memory", .. options]);
        Assert.Equal(2, exitCode);
        Assert.Contains(said, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task The_load_generator_measures_it_and_finds_nothing_wrong()
    {
        using var broker = Start("--memory");
        var port = await PortAsync(broker);
        foreach (var load in new[] { "fan-in", "pairs", "wildcards", "retained" })
        {
            var (exitCode, output, error) = await HubProcess.RunToEndAsync("bench", load, "--host", $"127.0.0.1:{port}", "--rounds", "1", "--seconds", "1", "--warm-up", "0", "--messages", "2000");
            Assert.True(exitCode == 0, error);
            Assert.Contains("\"lost\":0,\"doubled\":0,\"reordered\":0", output);
        }

        Assert.Equal(0, await StopAsync(broker));
    }

    private static Process Start(params string[] options) => Process.Start(new ProcessStartInfo("dotnet", [HubProcess.Program, "broker", "--mqtt", "127.0.0.1:0", .. options])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
    })!;

    /// <summary>Debian's <c>mosquitto_sub</c>, which tells each step at once.</summary>
    private static PeerProcess Subscriber(int port, string filter, params string[] more) =>
        PeerProcess.Start("stdbuf", ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", port.ToString(), "-t", filter, "-F", "%t %p", .. more]);

    private static async Task<int> PortAsync(Process broker)
    {
        var line = await broker.StandardOutput.ReadLineAsync().WaitAsync(Limit) ?? "";
        return BrokerLine().Match(line) is { Success: true } found ? int.Parse(found.Groups["port"].Value) : throw new InvalidOperationException($"The broker's first line is: {line}");
    }

    private static async Task<int> PublishAsync(int port, string topic, string text, params string[] more)
    {
        using var publisher = Process.Start("mosquitto_pub", ["-h", "127.0.0.1", "-p", port.ToString(), "-t", topic, "-m", text, .. more]);
        await publisher.WaitForExitAsync().WaitAsync(Limit);
        return publisher.ExitCode;
    }

    private static async Task<int> StopAsync(Process broker)
    {
        using var term = Process.Start("kill", ["-TERM", broker.Id.ToString()]);
        await term.WaitForExitAsync();
        await broker.WaitForExitAsync().WaitAsync(Limit);
        return broker.ExitCode;
    }

    [GeneratedRegex(@"^Broker: 127\.0\.0\.1:(?<port>\d+)")]
    private static partial Regex BrokerLine();
}
