using System.Net;
using System.Net.Sockets;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>What the user reads at start, good or bad.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task The_demo_shows_three_devices_read_over_the_wire_their_alarms_and_a_line_to_try()
    {
        await using var hub = await HubProcess.StartAsync("demo");
        Assert.Contains($"mosquitto_sub -h 127.0.0.1 -p {hub.MqttPort} -v -t 'uns/#'", hub.Printed);
        await hub.NodeAsync("acme/berlin/bottling/line1/filler/Temperature", IsGood);
        await hub.NodeAsync("acme/berlin/bottling/line1/capper/Torque", IsGood);
        await hub.NodeAsync("acme/berlin/utilities/steam/boiler/Level", IsGood);
        await hub.NodeAsync("acme/alarms/Product_too_warm/Active", IsGood);
        await using var subscriber = MosquittoSubscriber.Text(hub.MqttPort, "uns/acme/#", "-V", "5");
        Assert.Contains("\"quality\":\"Good\"", await subscriber.ReadUntilAsync(l => l.Contains("boiler/Level", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
        Assert.Equal(0, await hub.StopAsync());

        static bool IsGood(System.Text.Json.JsonElement node) => node.TryGetProperty("quality", out var quality) && quality.GetString() == "Good";
    }

    [Theory]
    [InlineData("--mqtt")]
    [InlineData("--http")]
    public async Task A_port_in_use_is_one_sentence_and_an_exit_code(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exitCode, _, error) = await RunAsync(option == "--mqtt" ? $"127.0.0.1:{port}" : "127.0.0.1:0", option == "--http" ? $"127.0.0.1:{port}" : "127.0.0.1:0");
        Assert.Equal(1, exitCode);
        var sentence = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(port.ToString(), sentence);
        Assert.Contains($"{option} ADDRESS:PORT", sentence);
    }

    [Fact]
    public async Task A_wrong_setting_is_one_sentence_and_an_exit_code()
    {
        var (exitCode, _, error) = await RunAsync("127.0.0.1:99999", "127.0.0.1:0");
        Assert.Equal(2, exitCode);
        Assert.Equal("--mqtt has the port '99999': give 0 to 65535.", error.Trim());
    }

    [Fact]
    public async Task Two_hubs_never_share_a_data_directory()
    {
        await using var hub = await HubProcess.StartAsync();
        var (exitCode, _, error) = await HubProcess.RunToEndAsync("run", "--data", hub.Data, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0");
        Assert.Equal(1, exitCode);
        Assert.Contains(hub.Data, error);
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_made_is_named()
    {
        var file = Path.GetTempFileName();
        try
        {
            var (exitCode, _, error) = await HubProcess.RunToEndAsync("run", "--data", Path.Combine(file, "data"), "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0");
            Assert.Equal(1, exitCode);
            Assert.Contains(file, error);
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string mqtt, string http)
    {
        var data = Directory.CreateTempSubdirectory("uns-start-").FullName;
        try
        {
            return await HubProcess.RunToEndAsync("run", "--data", data, "--mqtt", mqtt, "--http", http);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
