using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Mqtt.Broker;
using Uns.Mqtt.Broker.Persistence;
using Uns.Mqtt.Packets;
using Uns.Store;
using Uns.TestKit;

namespace Uns.ConformanceTests.Mqtt;

/// <summary>The real broker on loopback, with a clock that a test turns, and a store if asked for.</summary>
public abstract class BrokerFixture : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly List<string> _directories = [];

    public ManualClock Clock { get; } = new();

    public MqttBroker Broker { get; private set; } = null!;

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

    internal async Task<MqttBroker> StartAsync(HubStore? store)
    {
        var broker = new MqttBroker(Options, store, Clock, NullLogger<MqttBroker>.Instance);
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
        return store;
    }

    internal async Task<RawClient> OpenAsync(ProtocolVersion version = ProtocolVersion.V5)
    {
        var client = await RawClient.OpenAsync(Broker.EndPoint, version);
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
