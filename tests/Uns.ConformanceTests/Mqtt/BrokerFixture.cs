using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Inspection;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Packets;
using Uns.Store;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The real broker on loopback, with a clock that a test turns, and a store if asked for.</summary>
public abstract class BrokerFixture : IAsyncLifetime
{
    /// <summary>Longest wait for anything, which only a broken broker makes true: the machine may be slow.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _owned = [];
    private readonly List<string> _directories = [];

    public ManualClock Clock { get; } = new();

    public MqttBroker Broker { get; private set; } = null!;

    /// <summary>The store that was opened last, and where it is.</summary>
    internal HubStore LastStore { get; private set; } = null!;

    internal string StoreDirectory { get; private set; } = "";

    /// <summary>Closes the last store and opens it again.</summary>
    internal async Task<HubStore> ReopenAsync()
    {
        await LastStore.DisposeAsync();
        return OpenStore(StoreDirectory);
    }

    protected virtual MqttBrokerOptions Options => new() { Address = IPAddress.Loopback, Port = 0 };

    public virtual async ValueTask InitializeAsync() => Broker = await StartAsync(null);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }

        _directories.ForEach(d => Directory.Delete(d, recursive: true));
    }

    internal async Task<MqttBroker> StartAsync(HubStore? store, MqttBrokerOptions? options = null)
    {
        var broker = new MqttBroker((options ?? Options) with { Address = IPAddress.Loopback, Port = 0 }, store, Clock, NullLogger<MqttBroker>.Instance);
        _owned.Add(broker);
        await broker.StartAsync();
        return Broker = broker;
    }

    internal string NewDirectory()
    {
        var directory = Directory.CreateTempSubdirectory("uns-mqtt-").FullName;
        _directories.Add(directory);
        return directory;
    }

    internal HubStore OpenStore(string directory)
    {
        var store = HubStore.Open(directory, BrokerSchema.Steps, Clock);
        _owned.Add(store);
        (LastStore, StoreDirectory) = (store, directory);
        return store;
    }

    /// <summary>A new broker on a copy of the files as they lie on the disk at this moment, while the old one still runs.</summary>
    internal async Task CrashAsync(string directory)
    {
        var copy = NewDirectory();
        foreach (var file in new[] { "hub.db", "hub.db-wal" })
        {
            await using var from = new FileStream(Path.Combine(directory, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using var to = File.Create(Path.Combine(copy, file));
            await from.CopyToAsync(to);
        }

        await StartAsync(OpenStore(copy));
    }

    /// <summary>Moves the time on by steps of at most a second. The broker has done all that was under way before the first, and all that is due at each.</summary>
    internal async Task AdvanceAsync(TimeSpan time)
    {
        await Broker.SettledAsync();
        while (time > TimeSpan.Zero)
        {
            var step = time < TimeSpan.FromSeconds(1) ? time : TimeSpan.FromSeconds(1);
            Clock.Advance(step);
            await Broker.SettledAsync();
            time -= step;
        }
    }

    /// <summary>The broker's figures once it has done all that was under way.</summary>
    internal async Task<BrokerStatistics> FiguresAsync()
    {
        await Broker.SettledAsync();
        return Broker.Statistics;
    }

    /// <summary>The connected clients once the broker has done all that was under way.</summary>
    internal async Task<IReadOnlyList<ClientInfo>> ClientsAsync()
    {
        return [.. (await Broker.ListClientsAsync()).Clients.Where(c => c.Connection is not null)];
    }

    /// <summary>Awaits that the broker knows a client to be gone.</summary>
    internal async Task GoneAsync(string clientId)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while ((await ClientsAsync()).Any(c => c.ClientId == clientId))
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    internal async Task<RawClient> OpenAsync(ProtocolVersion version = ProtocolVersion.V5, string? from = null)
    {
        var client = await RawClient.OpenAsync(Broker.EndPoint, version, from);
        _owned.Add(client);
        return client;
    }

    internal async Task<RawClient> ConnectAsync(string clientId, ProtocolVersion version = ProtocolVersion.V5, ConnectPacket? connect = null)
    {
        var client = await OpenAsync(version);
        var answer = await client.ConnectAsync((connect ?? new ConnectPacket()) with { ClientId = clientId });
        Assert.Equal(ReasonCode.Success, answer.Reason);
        return client;
    }

    internal static ConnectPacket Kept(bool cleanStart = false, ProtocolVersion version = ProtocolVersion.V5) => new()
    {
        CleanStart = cleanStart,
        Properties = version == ProtocolVersion.V5 ? new Properties { SessionExpiryInterval = 3600 } : Properties.None,
    };
}
