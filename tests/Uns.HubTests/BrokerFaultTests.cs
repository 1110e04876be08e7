using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Client;
using Uns.Mqtt.Packets;
using Uns.TestKit;

namespace Uns.HubTests;

/// <summary>What the system refuses a running broker: files, and the disk's writes. The limits of its process are set from outside.</summary>
public sealed class BrokerFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("uns-fault-").FullName;
    private readonly List<MqttClient> _clients = [];
    private PeerProcess _broker = null!;
    private int _port;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _broker.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Without_a_file_handle_left_the_broker_serves_its_clients_at_rest_and_takes_new_ones_when_there_is_one()
    {
        var old = await ConnectAsync("old");
        await old.SubscribeAsync([new("echo", QualityOfService.AtLeastOnce)], CancellationToken.None);
        var open = Directory.GetFileSystemEntries($"/proc/{_broker.Id}/fd").Length;
        await LimitAsync($"--nofile={open + 100}:");
        var sockets = new List<Socket>();
        for (var i = 0; i < 150; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, _port); // The system takes it; the broker cannot.
        }

        using var process = Process.GetProcessById(_broker.Id);
        var (worked, clock) = (process.TotalProcessorTime, Stopwatch.StartNew());
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 30; i++)
        {
            await old.PublishAsync("echo", BitConverter.GetBytes(i), QualityOfService.AtLeastOnce, retain: true).AsTask().WaitAsync(Limit);
            Assert.Equal(i, BitConverter.ToInt32((await old.Messages.ReadAsync().AsTask().WaitAsync(Limit)).Payload.Span));
            await pace.WaitForNextTickAsync();
        }

        process.Refresh();
        var share = (process.TotalProcessorTime - worked) / clock.Elapsed;
        Assert.True(share < 0.5, $"The broker used {share:P0} of a processor while it could take nobody.");
        sockets.ForEach(s => s.Dispose());
        var late = await ConnectInTimeAsync("late", pace);
        await late.SubscribeAsync([new("echo", QualityOfService.AtMostOnce)], CancellationToken.None);
        Assert.Equal(29, BitConverter.ToInt32((await late.Messages.ReadAsync().AsTask().WaitAsync(Limit)).Payload.Span));
    }

    [Fact]
    public async Task After_an_io_error_nothing_durable_is_acknowledged_live_traffic_goes_on_and_a_restart_has_all_that_was()
    {
        await using (var away = Subscriber("-E"))
        {
            await away.ReadUntilAsync(l => l.Contains("received SUBACK", StringComparison.Ordinal), Limit);
        }

        var publisher = await ConnectAsync("publisher");
        var acknowledged = 0;
        while (acknowledged < 50)
        {
            await publisher.PublishAsync("kept", Text(acknowledged), QualityOfService.AtLeastOnce).AsTask().WaitAsync(Limit);
            acknowledged++;
        }

        await LimitAsync("--fsize=1:unlimited"); // Each write that would make a file longer fails; no space is missing.
        var refused = await Assert.ThrowsAsync<MqttRefusedException>(async () =>
        {
            while (acknowledged < 10_000)
            {
                await publisher.PublishAsync("kept", Text(acknowledged), QualityOfService.AtLeastOnce).AsTask().WaitAsync(Limit);
                acknowledged++;
            }
        });
        Assert.Equal(ReasonCode.QuotaExceeded, refused.Reason);
        var live = await ConnectAsync("live");
        await live.SubscribeAsync([new("live", QualityOfService.AtMostOnce)], CancellationToken.None);
        await publisher.PublishAsync("live", new byte[] { 7 }, QualityOfService.AtLeastOnce).AsTask().WaitAsync(Limit);
        Assert.Equal(7, (await live.Messages.ReadAsync().AsTask().WaitAsync(Limit)).Payload.Span[0]);

        // A disk that failed once may have lost what it said it wrote: it is not asked again.
        await LimitAsync("--fsize=unlimited:unlimited");
        await Assert.ThrowsAsync<MqttRefusedException>(() => publisher.PublishAsync("kept", Text(-1), QualityOfService.AtLeastOnce).AsTask().WaitAsync(Limit));
        await _broker.KillAsync();
        await _broker.DisposeAsync();
        await StartAsync();
        await using var back = Subscriber("-F", "%p");
        for (var i = 0; i < acknowledged; i++)
        {
            await back.ReadUntilAsync(l => l == $"{i}", Limit);
        }
    }

    private static byte[] Text(int number) => System.Text.Encoding.UTF8.GetBytes($"{number}");

    // A process that writes beyond its limit gets a signal too, which ends it unless it is ignored.
    private async Task StartAsync()
    {
        _broker = PeerProcess.Start("bash", "-c", "trap '' XFSZ; DOTNET_EnableWriteXorExecute=0 exec dotnet \"$@\"", "bash", BrokerHost.Program, _data, "0");
        _port = int.Parse((await _broker.ReadLineAsync(Limit))["READY ".Length..]);
    }

    private async Task LimitAsync(string limit)
    {
        using var set = Process.Start("prlimit", ["--pid", _broker.Id.ToString(), limit]);
        await set.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, set.ExitCode);
    }

    private PeerProcess Subscriber(params string[] more) => PeerProcess.Start(
        "stdbuf", ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", _port.ToString(), "-i", "away", "-c", "-q", "1", "-t", "kept", "-d", .. more]);

    /// <summary>Tries again as long as the broker turns it away: it looks for files once a second.</summary>
    private async Task<MqttClient> ConnectInTimeAsync(string clientId, PeriodicTimer pace)
    {
        using var deadline = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return await ConnectAsync(clientId);
            }
            catch (MqttConnectException)
            {
                await pace.WaitForNextTickAsync(deadline.Token);
            }
        }
    }

    private async Task<MqttClient> ConnectAsync(string clientId)
    {
        var options = new MqttClientOptions { Host = "127.0.0.1", Port = _port, ClientId = clientId, ConnectTimeout = Limit };
        var client = await MqttClient.ConnectAsync(options, null, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        _clients.Add(client);
        return client;
    }
}
