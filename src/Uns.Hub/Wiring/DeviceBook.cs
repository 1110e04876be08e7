using System.Text.Json;
using Microsoft.Data.Sqlite;
using Uns.Connectors;
using Uns.Hub.Changes;
using Uns.Hub.Settings;
using Uns.Store;
using Uns.Tags;

namespace Uns.Hub.Wiring;

/// <summary>
/// The devices, saved and running. A change to one device restarts that one alone. A saved device that can no longer run
/// (a setting that a newer version refuses) stays saved, stays down, and says why.
/// </summary>
internal sealed partial class DeviceBook(
    HubStore store, IEnumerable<IConnectorKind> kinds, SecretSeal seal, EdgeNodes edges, TimeProvider clock, ILoggerFactory loggers)
    : IDeviceBook, IAsyncDisposable
{
    /// <summary>The book's part of the store.</summary>
    public static readonly SchemaStep[] Schema =
    [
        new("devices", 1, "CREATE TABLE devices_device (name TEXT PRIMARY KEY COLLATE NOCASE, document TEXT NOT NULL, saved_at TEXT NOT NULL) STRICT"),
    ];

    private readonly ILogger _logger = loggers.CreateLogger<DeviceBook>();
    private readonly Dictionary<string, IConnectorKind> _kinds = kinds.ToDictionary(k => k.Protocol, StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, DeviceOptions> _devices = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DeviceRun> _runs = new(StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<DeviceOptions> All()
    {
        lock (_gate)
        {
            return [.. _devices.Values];
        }
    }

    /// <inheritdoc/>
    public DeviceOptions? Find(string name)
    {
        lock (_gate)
        {
            return _devices.GetValueOrDefault(name);
        }
    }

    /// <inheritdoc/>
    public ConnectorStatus? StatusOf(string name) => RunOf(name)?.Status;

    /// <inheritdoc/>
    public DeviceDiagnostics? DiagnosticsOf(string name) => RunOf(name)?.Diagnostics();

    /// <inheritdoc/>
    public IReadOnlyList<TrafficFrame> FramesOf(string name) => RunOf(name)?.Frames() ?? [];

    /// <summary>Tells what becomes of each sample of a tag while its device runs; null ends it.</summary>
    public void Follow(string name, string tag, Action<ReadSighting>? follower) => RunOf(name)?.Follow(tag, follower);

    /// <summary>The raw frames of one device from a timestamp of the clock on, the oldest first.</summary>
    public IReadOnlyList<TrafficFrame> FramesSince(string name, long stamp) => RunOf(name)?.FramesSince(stamp) ?? [];

    /// <inheritdoc/>
    public Task LookAsync(DeviceOptions device, Func<IConnector, CancellationToken, Task> look, CancellationToken cancellationToken) =>
        ReferenceEquals(Find(device.Name), device) && RunOf(device.Name) is { Status.State: ConnectorState.Running } run
            ? run.LookAsync(look, cancellationToken)
            : new DeviceBrowser(clock).LookAsync(_kinds[device.Protocol], Complete(device), look, cancellationToken);

    /// <inheritdoc/>
    public Task ActAsync(string name, string what, Func<IConnector, CancellationToken, Task> act, CancellationToken cancellationToken) =>
        RunOf(name)?.ActAsync(what, act, cancellationToken) ?? throw new WriteRefusedException($"Device '{name}' is not running: nothing was done.");

    /// <inheritdoc/>
    public DeviceOptions Conceal(DeviceOptions device) =>
        _kinds.TryGetValue(device.Protocol, out var kind) ? DeviceSecrets.Hide(device, kind.Fields) : device;

    /// <inheritdoc/>
    public DeviceOptions Complete(DeviceOptions device) => Complete(device, Find(device.Name));

    /// <inheritdoc/>
    public DeviceOptions Complete(DeviceOptions device, DeviceOptions? saved) =>
        _kinds.TryGetValue(device.Protocol, out var kind) ? DeviceSecrets.Restore(device, saved, kind.Fields) : device;

    /// <inheritdoc/>
    public IReadOnlyList<SettingFault> Check(DeviceOptions device)
    {
        if (NameFault(device.Name) is { } fault)
        {
            return [new SettingFault("Name", fault)];
        }

        return device.Settings.FirstOrDefault(s => SecretSeal.IsSealed(s.Value)) is { Key: { } unopened }
            ? [new SettingFault($"Settings.{unopened}", "was sealed with another key than the hub has now: give it anew, or put the key file back and start the hub again.")]
            : _kinds.TryGetValue(device.Protocol, out var kind)
            ? kind.Check(device)
            : [new SettingFault("Protocol", $"is '{device.Protocol}': give one of {string.Join(", ", _kinds.Keys.Order())}.")];
    }

    /// <summary>Writes devices into the transaction of a change.</summary>
    public void Write(SqliteConnection connection, IReadOnlyList<DeviceOptions> set, IReadOnlyList<string> gone, DateTimeOffset now)
    {
        foreach (var device in set)
        {
            connection.Run(
                "INSERT INTO devices_device VALUES ($name, $document, $now) ON CONFLICT (name) DO UPDATE SET name = $name, document = $document, saved_at = $now",
                ("$name", device.Name), ("$document", JsonSerializer.Serialize(seal.Seal(device), HubJson.Options)), ("$now", now.ToString("O")));
        }

        foreach (var name in gone)
        {
            connection.Run("DELETE FROM devices_device WHERE name = $name", ("$name", name));
        }
    }

    /// <summary>Restarts those that are written in their new shape, and stops those that are gone. One change at a time.</summary>
    public async Task PutInForceAsync(IReadOnlyList<DeviceOptions> set, IReadOnlyList<string> gone)
    {
        await Task.WhenAll(set.Select(d => d.Name).Concat(gone).Select(StopAsync));
        List<string> left;
        lock (_gate)
        {
            // As they were spelt: the edge node tells names apart by case, and so does every host. Another spelling is another device there.
            left = [.. gone.Select(name => _devices.GetValueOrDefault(name)?.Name ?? name), .. set.Select(d => _devices.GetValueOrDefault(d.Name)?.Name ?? d.Name).Except(set.Select(d => d.Name))];
            foreach (var name in set.Select(d => d.Name).Concat(gone))
            {
                _devices.Remove(name);
            }

            foreach (var device in set)
            {
                _devices[device.Name] = device;
            }
        }

        foreach (var name in left)
        {
            await edges.RemoveAsync(name);
        }

        foreach (var device in set)
        {
            Start(device);
        }

        if (set.Count + gone.Count > 0)
        {
            Changed?.Invoke();
        }
    }

    /// <summary>Brings back all saved devices; <see cref="StartAll"/> starts them.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var documents = await store.ReadAsync(
            connection => connection.Rows("SELECT name, document FROM devices_device", row => (Name: row.GetString(0), Document: row.GetString(1))), cancellationToken);
        foreach (var (name, document) in documents)
        {
            try
            {
                var device = seal.Open(JsonSerializer.Deserialize<DeviceOptions>(document, HubJson.Options)!);
                lock (_gate)
                {
                    _devices[name] = device;
                }
            }
            catch (JsonException unreadable)
            {
                LogUnreadable(name, unreadable.Message);
            }
        }
    }

    /// <summary>Starts every device that does not run yet.</summary>
    public void StartAll()
    {
        foreach (var device in All().Where(d => StatusOf(d.Name) is null))
        {
            Start(device);
        }
    }

    /// <summary>Takes a command from the edge node to the device it is for.</summary>
    public Task CommandAsync(string name, string tag, TagValue value, CancellationToken cancellationToken) =>
        RunOf(name)?.WriteAsync(tag, value, cancellationToken) ?? throw new WriteRefusedException($"Device '{name}' is not running: '{tag}' was not written.");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var name in All().Select(d => d.Name))
        {
            await StopAsync(name);
        }
    }

    private DeviceRun? RunOf(string name)
    {
        lock (_gate)
        {
            return _runs.GetValueOrDefault(name);
        }
    }

    /// <summary>A tag that comes without an identity takes that of the tag of its name, or a new one.</summary>
    public static DeviceOptions Identify(DeviceOptions device, DeviceOptions? before)
    {
        if (device.Tags.All(t => t.Id != Guid.Empty))
        {
            return device;
        }

        var known = before?.Tags.ToDictionary(t => t.Name, t => t.Id, StringComparer.OrdinalIgnoreCase) ?? [];
        return device with
        {
            Tags = [.. device.Tags.Select(t => t.Id != Guid.Empty ? t : t with { Id = known.TryGetValue(t.Name, out var id) && id != Guid.Empty ? id : Guid.CreateVersion7() })],
        };
    }

    private static string? NameFault(string name) =>
        TagName.Fault(name) ?? (name.Equals(Uns.Alarms.AlarmTags.DeviceName, StringComparison.OrdinalIgnoreCase) ? "is 'alarms', under which the hub speaks for its alarms: give another." : null) ?? (name.Contains('/', StringComparison.Ordinal) ? $"is '{name}': leave out the /, it becomes a Sparkplug device id." : null);

    private void Start(DeviceOptions device)
    {
        if (!device.Enabled)
        {
            return;
        }

        if (Check(device) is { Count: > 0 } faults)
        {
            LogCannotRun(device.Name, string.Join(" ", faults));
            return;
        }

        var run = new DeviceRun(device, _kinds[device.Protocol], edges.For(device.Name), clock, loggers.CreateLogger<ConnectorWorker>());
        lock (_gate)
        {
            _runs[device.Name] = run;
        }

        run.Start();
    }

    private async Task StopAsync(string name)
    {
        DeviceRun? run;
        lock (_gate)
        {
            _runs.Remove(name, out run);
        }

        if (run is not null)
        {
            await run.DisposeAsync();
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "The saved device '{Name}' cannot be read and stays down: {Fault}")]
    private partial void LogUnreadable(string name, string fault);

    [LoggerMessage(4002, LogLevel.Error, "Device '{Name}' stays down: {Faults}")]
    private partial void LogCannotRun(string name, string faults);
}
