using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Uns.Connectors;
using Uns.Connectors.S7;
using Uns.Connectors.Simulated;
using Uns.Hub.Changes;
using Uns.Hub.Settings;
using Uns.Hub.Wiring;
using Uns.Mqtt.Client;
using Uns.Sparkplug.EdgeNode;
using Uns.Store;
using Uns.TestKit;
using Uns.Tree;

namespace Uns.UnitTests.Hub;

/// <summary>The hub's books over a real store, without broker, pages and pumps.</summary>
internal sealed class BookStage : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("uns-books-").FullName;

    public ManualClock Clock { get; } = new();

    public RecordedLog Log { get; } = new();

    public HubStore Store { get; private set; } = null!;

    public EdgeNodes Edges { get; private set; } = null!;

    public AlarmDesk Alarms { get; private set; } = null!;

    public DeviceBook Devices { get; private set; } = null!;

    public LogBook People { get; private set; } = null!;

    public SettingsBook Settings { get; private set; } = null!;

    public DraftBook Drafts { get; private set; } = null!;

    /// <summary>What seals the passwords.</summary>
    public byte[] Key { get; set; } = new byte[32];

    /// <summary>The bytes of the store's file and of its journal.</summary>
    public byte[] OnDisk() => [.. Directory.GetFiles(_directory, "hub.db*").SelectMany(File.ReadAllBytes)];

    /// <summary>Opens all of them, or opens them again on the same disk.</summary>
    public async Task OpenAsync()
    {
        if (Store is not null)
        {
            await CloseAsync();
        }

        Store = HubStore.Open(
            _directory, [.. BirthSequenceStore.Schema, .. DeviceBook.Schema, .. EquipmentMapBook.Schema, .. AlarmStore.Schema, .. LogBook.Schema, .. SettingsStore.Schema, .. SecretMove.Schema], Clock);
        var options = new HubOptions();
        var loggers = new LoggerFactory([Log]);
        var numbers = new BirthSequenceStore(Store, NullLogger<BirthSequenceStore>.Instance);
        Edges = new EdgeNodes(isSplit: true, device => new EdgeNodePublisher(
            new EdgeNodeOptions { GroupId = "plant", NodeId = $"hub-{device}" }, [new MqttClientOptions()], numbers, null, Clock, NullLogger<EdgeNodePublisher>.Instance));
        var tree = new UnsTree(Clock);
        IConnectorKind[] kinds = [new SimulatedKind(), new S7Kind()];
        People = new LogBook(Store, Clock, NullLogger<LogBook>.Instance);
        Alarms = new AlarmDesk(new AlarmStore(Store), Edges, tree, People, Clock, loggers.CreateLogger<AlarmDesk>());
        var seal = new SecretSeal(Key, kinds);
        await new SecretMove(Store, seal, Clock).RunAsync(default);
        Devices = new DeviceBook(Store, kinds, seal, Edges, Clock, loggers);
        var mapping = new EquipmentMapBook(Store, tree);
        Settings = new SettingsBook(Store, new SettingsStore(Store), People, Devices, seal, mapping, Alarms, new AlarmFollow(tree, options), kinds, Clock);
        await Devices.LoadAsync(default);
        await Alarms.LoadAsync(default);
        await Settings.LoadAsync(default);
        Drafts = new DraftBook(new SettingsStore(Store), Settings, Devices, seal, new AlarmFollow(tree, options), People, Clock, loggers.CreateLogger<DraftBook>());
        await Drafts.LoadAsync(default);
    }

    public Task RunAsync(string sql) => Store.WriteAsync(connection => connection.Run(sql));

    /// <summary>The disk takes no more rows of a table, or takes them again.</summary>
    public Task RefuseAsync(string table, bool isSo) => RunAsync(
        isSo ? $"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END" : $"DROP TRIGGER full_{table}");

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task CloseAsync()
    {
        await Devices.DisposeAsync();
        Settings.Dispose();
        Drafts.Dispose();
        await Store.DisposeAsync();
    }
}
