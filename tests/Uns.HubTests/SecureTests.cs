using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>The encrypted ways in, with clients of others: secure WebSocket, and TLS with client certificates.</summary>
public sealed partial class SecureTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("uns-secure-");

    public SecureTests() => TestCertificate.Write("hub", File("hub.pem"), File("hub.key"));

    public void Dispose() => _files.Delete(recursive: true);

    [Fact]
    public async Task Mqtt_is_spoken_over_a_secure_websocket_by_the_npm_package()
    {
        var data = _files.CreateSubdirectory("data");
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(data.FullName, "hub.json"), JsonSerializer.Serialize(new { https = "127.0.0.1:0", tlsCertificate = File("hub.pem"), tlsKey = File("hub.key") }));
        await using var hub = await HubProcess.StartAsync(data: data.FullName);
        var port = SecureLine().Match(hub.Printed).Groups["port"].Value;
        await using var subscriber = PeerProcess.Start("node", "websocket_subscriber.js", port, "spBv1.0/STATE/#", File("hub.pem"));
        Assert.Contains("spBv1.0/STATE/uns-hub", await subscriber.ReadLineAsync(Limit));
        var clients = await hub.Http.GetFromJsonAsync<JsonElement>("/api/v1/mqtt/clients?search=mqttjs");
        Assert.Equal("SecureWebSocket", Assert.Single(clients.GetProperty("clients").EnumerateArray()).GetProperty("listener").GetString());
    }

    [Fact]
    public async Task The_broker_alone_speaks_tls_and_lets_in_who_shows_a_trusted_certificate()
    {
        TestCertificate.Write("trusted", File("trusted.pem"), File("trusted.key"));
        TestCertificate.Write("stranger", File("stranger.pem"), File("stranger.key"));
        var options = new ProcessStartInfo("dotnet",
        [
            HubProcess.Program, "broker", "--mqtt", "127.0.0.1:0", "--mqtts", "127.0.0.1:0", "--tls-certificate", File("hub.pem"), "--tls-key", File("hub.key"),
            "--tls-client-certificates", "required", "--tls-client-authority", File("trusted.pem"), "--durability", "crash-safe", "--data", File("kept"), "--sys-interval", "1",
        ])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var broker = Process.Start(options)!;
        try
        {
            Assert.Contains("crash-safe", await broker.StandardOutput.ReadLineAsync().WaitAsync(Limit));
            var port = (await broker.StandardOutput.ReadLineAsync().WaitAsync(Limit))!.Split(':')[^1];
            Assert.Equal(0, await PublishAsync(port, "--cert", File("trusted.pem"), "--key", File("trusted.key")));
            Assert.NotEqual(0, await PublishAsync(port, "--cert", File("stranger.pem"), "--key", File("stranger.key")));
            Assert.NotEqual(0, await PublishAsync(port));
            await using var subscriber = PeerProcess.Start(
                "stdbuf", ["-oL", "mosquitto_sub", .. Secure(port), "--cert", File("trusted.pem"), "--key", File("trusted.key"), "-t", "plant/#", "-t", "$SYS/broker/store/durability", "-F", "%t %p"]);
            await subscriber.ReadUntilAsync(l => l == "plant/line 17", Limit);
            await subscriber.ReadUntilAsync(l => l == "$SYS/broker/store/durability crash-safe", Limit);
        }
        finally
        {
            broker.Kill();
            await broker.WaitForExitAsync();
        }
    }

    private string[] Secure(string port) => ["-h", "localhost", "-p", port, "--cafile", File("hub.pem")];

    private string File(string name) => Path.Combine(_files.FullName, name);

    private async Task<int> PublishAsync(string port, params string[] more)
    {
        using var publisher = Process.Start("mosquitto_pub", [.. Secure(port), "-t", "plant/line", "-m", "17", "-q", "1", "-r", .. more]);
        await publisher.WaitForExitAsync().WaitAsync(Limit);
        return publisher.ExitCode;
    }

    [GeneratedRegex(@"Secure: +https://127\.0\.0\.1:(?<port>\d+)/")]
    private static partial Regex SecureLine();
}
